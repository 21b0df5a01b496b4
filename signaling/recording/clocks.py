"""What sender reports tell (RFC 3550 6.4.1): where a file begins on its sender's clock, and that clock beside ours."""

from statistics import median

NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
SECOND = 1_000_000_000
KEPT = 9  # an odd number of reports at either end: the median is not moved by a late one
STEADY = 60 * SECOND  # less than this between the ends says nothing about the rate
LEAP = 5 * SECOND
WORST_DRIFT = 5e-4  # five times what a crystal may be wrong


def ntp_to_ns(ntp: int) -> int:
    """Return an NTP time of 64 bits (32.32) as nanoseconds since 1970."""
    return ((ntp >> 32) - NTP_EPOCH) * SECOND + ((ntp & 0xFFFFFFFF) * SECOND >> 32)


class SenderClock:
    """One sender's clock, seen through the reports about one file. All times are nanoseconds."""

    def __init__(self) -> None:
        self._first: list[tuple[int, int]] = []
        self._last: list[tuple[int, int]] = []
        self._reference: int | None = None
        self.offset: int | None = None

    def arrived(self, sent: int, arrived: int) -> bool:
        """Note a report of the sender's time `sent`: the one that travelled least tells how far apart the clocks are.

        Return False for a report to ignore: somebody set the sender's clock since the first one.
        """
        apart = arrived - sent
        if self._reference is None:
            self._reference = self.offset = apart
        if self.offset is None or abs(apart - self._reference) > LEAP:
            return False
        self.offset = min(self.offset, apart)
        return True

    def note(self, position: int, sent: int) -> None:
        """Note that the file's `position` is the sender's time `sent`."""
        if len(self._first) < KEPT:
            self._first.append((position, sent))
        self._last = [*self._last[1 - KEPT :], (position, sent)]

    @property
    def began(self) -> int | None:
        """The sender's time of the file's first frame; None before the first report."""
        return int(median(sent - position for position, sent in self._first)) if self._first else None

    @property
    def drift(self) -> float:
        """How much longer the sender's time is than the file's, as a fraction; 0 if too little is known."""
        if not self._first or self._last[0][0] - self._first[-1][0] < STEADY:
            return 0.0
        early, late = (
            (median(position for position, _ in ends), median(sent - position for position, sent in ends))
            for ends in (self._first, self._last)
        )
        found = (late[1] - early[1]) / (late[0] - early[0])
        return found if abs(found) <= WORST_DRIFT else 0.0
