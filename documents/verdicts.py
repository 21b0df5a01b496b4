"""Verdicts that were reached already: the same bytes, the same roots and the same moment give the same report."""

import datetime as dt
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from documents.report import Report
from documents.validation import verify

STEP = dt.timedelta(hours=1)  # within which no certificate or time stamp of ours comes to its end unnoticed for long
MOST = 512


class Verdicts:
    """A cache of reports by SHA-256 of the file, the roots, the expected fields, and the hour of `now`.

    A report says when it was reached (`checked_at`): a kept one is at most an hour old, and never from the future.
    Threads may share it. `judge` judges what is not kept, in this process or apart.
    """

    def __init__(self, judge: Callable[..., Report] = verify, most: int = MOST) -> None:
        self._judge, self._most = judge, most
        self._kept: OrderedDict[tuple[str, ...], Report] = OrderedDict()
        self._lock = threading.Lock()

    def verify(self, pdf: bytes, roots: Sequence[str], *, now: dt.datetime) -> Report:
        """As `validation.verify`, from memory where the same question was answered before."""
        hour = int(now.timestamp() // STEP.total_seconds())
        key = (hashlib.sha256(pdf).hexdigest(), hashlib.sha256("\n".join(roots).encode()).hexdigest(), str(hour))
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found.checked_at is not None and found.checked_at <= now:
                self._kept.move_to_end(key)
                return found
        report = self._judge(pdf, roots, now=now)
        if _lasting(report):
            with self._lock:
                self._kept[key] = report
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return report


def _lasting(report: Report) -> bool:
    """Whether the report says something of the file, not of how busy the machine was."""
    return all(one.code != "too_long" for one in report.reasons)
