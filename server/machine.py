"""A state machine as a table: what decides the next state stands in one place and is pure.

`step` returns the target or raises and changes nothing; `offered` gives the buttons, so page and rule cannot differ;
`mermaid` prints the diagram of the README from the table.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from server.errors import NotAllowed, NotNow, _

S = TypeVar("S", bound=StrEnum)
T = TypeVar("T", bound=StrEnum)
R = TypeVar("R", bound=StrEnum)
F = TypeVar("F")


@dataclass(frozen=True)
class Guard(Generic[F]):
    """A named condition on the facts; its code is the code of the message, its sentence what the person reads."""

    code: str
    sentence: str
    holds: Callable[[F], bool]


@dataclass(frozen=True)
class Transition(Generic[S, T, R, F]):
    """One row of the table."""

    source: S
    trigger: T
    target: S
    by: frozenset[R]
    guards: tuple[Guard[F], ...] = ()


class Machine(Generic[S, T, R, F]):
    """The table, asked three ways."""

    def __init__(self, rows: Sequence[Transition[S, T, R, F]]) -> None:
        self.rows = tuple(rows)
        self._by_step: dict[tuple[S, T], Transition[S, T, R, F]] = {}
        for row in self.rows:
            key = (row.source, row.trigger)
            if key in self._by_step:
                raise ValueError(f"two rows for {row.source} + {row.trigger}")
            self._by_step[key] = row

    def step(self, state: S, trigger: T, roles: Iterable[R], facts: F) -> S:
        """Return the state this trigger leads to; raise NotNow or NotAllowed and change nothing."""
        row = self._by_step.get((state, trigger))
        if row is None:
            raise NotNow("not_in_this_state", _("这件事现在走到了别的一步，这个操作做不了。请刷新看看最新情况。"))
        if not row.by & frozenset(roles):
            raise NotAllowed("not_your_step", _("这一步不由您来做。"))
        for guard in row.guards:
            if not guard.holds(facts):
                raise NotNow(guard.code, guard.sentence)
        return row.target

    def offered(self, state: S, roles: Iterable[R], facts: F) -> list[tuple[T, Guard[F] | None]]:
        """List the triggers of this state for these roles, each with the first guard that stops it (None: go)."""
        wanted = frozenset(roles)
        return [
            (row.trigger, next((guard for guard in row.guards if not guard.holds(facts)), None))
            for row in self.rows
            if row.source == state and row.by & wanted
        ]

    def mermaid(self) -> str:
        """Print the table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2"]
        lines += [f"    {row.source.upper()} --> {row.target.upper()}: {row.trigger}" for row in self.rows]
        return "\n".join(lines) + "\n"
