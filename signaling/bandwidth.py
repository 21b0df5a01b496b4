"""What a subscriber's line carries, from its transport-wide feedback.  (pure; time is an argument)

A line is full when a queue stands in it: the least delay of the last half second is well above the least of the
last half minute. Losses alone leave no queue. Jitter that keeps the order raises the least delay too, the more the more
is sent: it is told from a queue by its losing nothing, and by what stands although little is sent. Neither slows
anybody down for long. When it is full, the line carries what arrived. What it carries beyond that is found by
sending a little more each time, as padding, until the queue begins to stand. See draft-ietf-rmcat-gcc-02, and RFC 8289
for the least delay.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from signaling.loops.library import ffi, kernel

WINDOW, LATELY, LONG = 1.0, 0.5, 15.0  # seconds
STANDING = 0.08  # seconds of queue: more is a full line, if it loses packets or more is tried
PATIENT = 0.2  # else more than this is: below it nobody suffers, and jitter alone looks like that
LOSING = 0.05
DRAINED = 1.0  # seconds after a cut: what stands although less than half is sent since is the way's own unrest
HOPELESS = 0.4  # lost of every report of a second, without a queue: a line that polices
FEWEST = 6  # reports in a second that say anything about that
CUT_PAUSE = 0.5  # what was cut needs a moment to show
PATIENCE = 2.0  # a queue that stands although less was sent is no queue of ours: the way has become longer
SHARE = 0.9  # of what arrived: the queue has to drain
LEAST = 30_000  # bits/s
RING = int(kernel.RING)
NEVER = ffi.new("double[]", [-inf] * RING)
PROBE_STEP, PROBE_REACHED, PROBE_SECONDS = 1.25, 0.75, 8.0
CALM = 10.0
ALERT, SETTLED = 0.04, 5.0  # seconds: of queue, and since it or a loss was last seen; then samples are enough
LATE = 0.1  # of a report may be told as lost that is only late: real losses are asked for again, or stand in reports
GROWTH = 1.05  # a report; some arrivals come in heaps
REPAIRS = 0.25  # of a limited line's rate may be packets sent again
FIRST_WAIT, LONGEST_WAIT = 3.0, 60.0
PROBE_START = 100_000


@dataclass(frozen=True)
class Feedback:
    """One report: what of the packets it covers arrived, and how little they were delayed."""

    octets: int
    arrived: int
    lost: int
    least_delay: float
    since: float  # when the first of them left


class Departures:
    """The last packets sent, by their transport-wide sequence number.

    They stand in the `line` of the loops, who write there too; `begin` comes before any packet is noted.
    """

    def __init__(self) -> None:
        self.line = ffi.new("struct line *")
        self.line.numbered_until = inf
        self._memory: tuple[Any, Any] | None = None  # who only listens to silence needs none
        self._times: Any = memoryview(b"")
        self._sizes: Any = memoryview(b"")

    @property
    def octets(self) -> int:
        """Return how many bytes left, in all."""
        return int(self.line.octets)

    def begin(self) -> None:
        """Make room for the last packets."""
        if self._memory is None:
            times, sizes = self._memory = ffi.new("double[]", RING), ffi.new("uint32_t[]", RING)
            ffi.memmove(times, NEVER, ffi.sizeof(NEVER))
            self.line.times, self.line.sizes = times, sizes
            self._times = memoryview(ffi.buffer(times)).cast("B").cast("d")
            self._sizes = memoryview(ffi.buffer(sizes)).cast("B").cast("I")

    def note(self, sizes: Sequence[int], now: float) -> int:
        """Give packets that leave together their numbers; return the first."""
        self.begin()
        line, times, octets = self.line, self._times, self._sizes
        number = int(line.next)
        for step, size in enumerate(sizes):
            place = (number + step) & (RING - 1)
            times[place], octets[place] = now, size
        line.octets += sum(sizes)
        line.next = (number + len(sizes)) & 0xFFFF
        return number

    def settle(self, base: int, arrivals: Sequence[float | None], now: float) -> Feedback | None:
        """Match a report of arrivals (seconds of the receiver's clock, from `base` on); None if it covers nothing."""
        octets = arrived = lost = 0
        least = since = inf
        following, times, sizes = int(self.line.next), self._times, self._sizes
        for step, at in enumerate(arrivals[:RING] if self._memory is not None else ()):
            place = (base + step) & (RING - 1)
            sent: float = times[place]
            if now - sent > 10.0 or (following - base - step - 1) & 0xFFFF >= RING:
                continue  # not ours, or settled long ago
            since = min(since, sent)
            if at is None:
                lost += 1
                continue
            arrived += 1
            octets += sizes[place]
            least = min(least, at - sent)
        return Feedback(octets, arrived, lost, least, since) if arrived or lost else None


class Line:
    """The estimate of one subscriber's line."""

    def __init__(self) -> None:
        self.limit = inf  # bits/s; nothing is known against it
        self.rate = 0.0  # bits/s that arrived lately
        self.lost = 0.0
        self.standing = 0.0
        self.unrest = 0.0  # of standing: seen although we sent little
        self.probing = 0.0  # bits/s to send in all, 0 for no probe
        self.full = False
        self.news = False  # the limit changed
        self.heard_at = -inf
        self.sampled = False  # only some of what leaves is numbered
        self._uneasy_at = -inf
        self._all_since = -inf  # when all was numbered again; inf from the worry until the next tick
        self._first = False  # the next report is the first that a rate may be counted from
        self._goal = 0.0
        self._reports: deque[tuple[float, Feedback]] = deque()
        self._least = self._least_before = inf
        self._turned_at = self._probe_began = self._full_at = -inf
        self._calm_since = self._cut_at = self._stood_at = -inf
        self._cut_from = 0.0  # bits/s that arrived at the last cut
        self._wait = FIRST_WAIT
        self._repair_bytes, self._repaired_at = 0.0, -inf

    @property
    def measured(self) -> bool:
        """Feedback came at all: the client speaks transport-cc."""
        return self.heard_at > -inf

    @property
    def longest_delay(self) -> float:
        """Return the delay, between the clocks of both sides, above which a report gives cause to worry."""
        return min(self._least, self._least_before) + ALERT

    def quiet(self, now: float) -> bool:
        """Nothing is known against the line, nothing was suspicious for a while: a sample now and then is enough."""
        return self.limit == inf and self.measured and now - self._uneasy_at > SETTLED

    def worry(self, now: float) -> None:
        """Something may be wrong: everything is numbered and judged again, from what is reported from now on."""
        self._uneasy_at = now
        if self.sampled:
            self.sampled, self._all_since = False, inf

    def numbered(self, now: float) -> None:
        """Everything is numbered again from now on."""
        if self._all_since == inf:
            self._all_since = now

    def take(self, feedback: Feedback, now: float) -> None:
        """Take one report and judge the line; of samples only whether they give cause to worry."""
        if not self.measured:
            self._uneasy_at = now
        self.heard_at = now
        self._measure(feedback, now)
        if feedback.lost > LATE * (feedback.arrived + feedback.lost) or self.standing > ALERT:
            self.worry(now)
        if self.sampled or self._too_early(feedback):
            return
        policed = len(self._reports) >= FEWEST and all(
            each.lost > HOPELESS * (each.arrived + each.lost) for _, each in self._reports
        )
        was_full, self.full = self.full, self._stands(now) or policed
        if self.full:
            self._full_at = self._full_at if was_full else now
            self._filled(now)
        elif self.probing:
            self._probe(now)
        elif self.rate > self.limit:
            self.limit = min(self.rate, self.limit * GROWTH)

    def _too_early(self, feedback: Feedback) -> bool:
        """Tell of the first reports after samples, among what they cover went packets without numbers: no rate."""
        if feedback.since < self._all_since:
            self._reports.clear()
            self._first = True
            return True
        first, self._first = self._first, False
        return first

    def _measure(self, feedback: Feedback, now: float) -> None:
        reports = self._reports
        reports.append((now, feedback))
        while len(reports) > 1 and now - reports[0][0] > WINDOW:
            reports.popleft()
        if now - self._turned_at > LONG:
            self._turned_at, self._least_before, self._least = now, self._least, inf
        self._least = min(self._least, feedback.least_delay)
        lately = min(each.least_delay for at, each in reports if now - at <= LATELY)
        base = min(self._least, self._least_before)
        self.standing = lately - base if lately < inf else 0.0
        if self.standing > ALERT:
            self._stood_at = now
        elif now - self._stood_at > LONG:
            self.unrest = 0.0
        arrived, lost = sum(each.arrived for _, each in reports), sum(each.lost for _, each in reports)
        self.lost = lost / max(1, arrived + lost)
        newest = [(at, each) for at, each in reports if now - at <= LATELY]
        if len(newest) < 2:
            newest = list(reports)
        span = now - newest[0][0]
        if span > 0:  # the first report's packets are from before the span
            self.rate = sum(each.octets for _, each in newest[1:]) * 8 / span

    def _stands(self, now: float) -> bool:
        """Tell whether a queue stands that is ours, and learn what stands without us."""
        if now - self._cut_at > DRAINED and self.rate * 2 < self._cut_from and self.standing > ALERT:
            self.unrest = max(self.unrest, self.standing)
        least = STANDING if self.probing or self.lost > LOSING else PATIENT
        return self.standing > least + self.unrest

    def _filled(self, now: float) -> None:
        """The line carries what arrived, and a little less until the queue is gone."""
        if self.probing:
            self.probing = 0.0
            self._wait = min(LONGEST_WAIT, self._wait * 2)
        self._calm_since = now
        ours = self.rate / max(0.05, 1 - self.lost) > self.limit / 2 or self.limit == inf
        if ours and now - self._cut_at >= CUT_PAUSE:  # else the queue drains, or is not made by us
            self._cut_at, self._cut_from, self.news = now, self.rate, True
            self.limit = max(LEAST, min(self.limit, self.rate * SHARE))
        if now - self._full_at > PATIENCE:
            self.moved()

    def moved(self) -> None:
        """Forget how long the way was: it is another one."""
        self._least = self._least_before = inf
        self._full_at = inf

    def _probe(self, now: float) -> None:
        if self.rate >= self.probing * PROBE_REACHED:
            self.limit = max(self.limit, self.rate)
            if self.probing >= self._goal:
                self.limit, self.probing, self._wait = max(self.limit, self._goal), 0.0, FIRST_WAIT
                self.news = True
                return
            self.probing = min(self._goal, self.probing * PROBE_STEP)
        elif now - self._probe_began > PROBE_SECONDS:  # it is not we who fill the line: wait and try again
            self.probing, self._calm_since = 0.0, now

    def want(self, goal: float, now: float, *, padding: bool) -> None:
        """Begin to find out whether the line carries `goal` bits/s, unless it was full lately.

        Without `padding` the media itself must try; that is waited for longer each time.
        """
        if self.probing or self.limit >= goal or now - self._calm_since < self._wait or not self.measured:
            return
        if padding:
            self._goal, self._probe_began = goal, now
            self.probing = min(goal, max(PROBE_START, self.rate * PROBE_STEP, self.limit * PROBE_REACHED))
        else:
            self.limit, self._calm_since, self.news = goal, now, True
            self._wait = min(LONGEST_WAIT, self._wait * 2)

    def content(self, now: float) -> None:
        """Everything wished for is sent: after a calm time nothing is known against the line."""
        if self.measured and now - self._calm_since > CALM:
            self.limit = inf

    def repairs(self, size: int, now: float) -> bool:
        """Tell whether a packet of `size` bytes may be sent again: a full line must not fill with what it lost."""
        if self.limit == inf:
            return True
        most = self.limit * REPAIRS / 8
        self._repair_bytes = min(most * LATELY, self._repair_bytes + most * max(0.0, now - self._repaired_at))
        self._repaired_at = now
        if self._repair_bytes < size:
            return False
        self._repair_bytes -= size
        return True

    def told(self, bitrate: float) -> None:
        """Take the receiver's own estimate (REMB), which counts when there is no feedback of arrivals."""
        if not self.measured:
            self.limit = max(LEAST, bitrate)
