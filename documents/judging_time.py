"""Judging as of a moment: pyHanko 0.38 reads the machine's clock in two places of the past validation.

A verdict must not depend on when it is asked for in any other way than the `now` it is given (and the tests judge files
in years to come), so these two places are given that moment. Checked again with each new version of pyHanko.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pyhanko.sign.validation import ades
from pyhanko_certvalidator import context
from pyhanko_certvalidator.ltv.ades_past import past_validate
from pyhanko_certvalidator.ltv.poe import POEManager

_moment: ContextVar[dt.datetime | None] = ContextVar("moment", default=None)


@contextmanager
def judging_as_of(now: dt.datetime) -> Iterator[None]:
    """Within this block (and the tasks begun in it) everything is judged as of `now`."""
    token = _moment.set(now)
    try:
        yield
    finally:
        _moment.reset(token)


class _PoeManager(POEManager):
    """Proofs of existence as of the moment of judging."""

    def __init__(self, current_dt_override: dt.datetime | None = None) -> None:
        super().__init__(current_dt_override or _moment.get())


def _last_moment(path: Any, now: dt.datetime) -> dt.datetime:
    """No later than the certificates say themselves: one without revocation gives no other bound (RFC 9608)."""
    ends: list[dt.datetime] = [one.not_valid_after for one in path if hasattr(one, "not_valid_after")]
    return min([now, *ends])


async def _past_validate(path: Any, **given: Any) -> Any:
    begin = given.pop("init_control_time", None) or _moment.get()
    bounded = None if begin is None else _last_moment(path, begin)
    return await past_validate(path, init_control_time=bounded, **given)


for module, name, ours in (
    (ades, "POEManager", _PoeManager),
    (context, "POEManager", _PoeManager),
    (ades, "past_validate", _past_validate),
):
    if not hasattr(module, name):
        raise ImportError(f"this version of pyHanko has no {module.__name__}.{name}")
    setattr(module, name, ours)
