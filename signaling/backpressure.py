"""How much reliable data may be on its way: senders wait for receivers, but not for one that hardly reads.  (pure)

What a sender sent is taken off its window (RFC 9260 6.2) until everybody it was for has taken most of what waits for
them, and until its share of this process's time allows more: SCTP in Python costs about a quarter of a second a
megabyte, and media must not wait for a file.
"""

from collections import deque
from typing import Protocol

from signaling.rate import Rate

BEHIND_BYTES = 1 << 20
SLOWEST, PATIENCE_SECONDS = 64 << 10, 5.0  # who takes fewer bytes a second for so long is not waited for
FORWARDED, AT_ONCE = 4 << 20, 16 << 20  # bytes a second, counted at each receiver
LUMP = 64 << 10


class Receiver(Protocol):
    """Somebody for whom data waits."""

    def behind(self, now: float) -> bool:
        """Tell whether senders should wait for it."""


class Reading:
    """How fast one receiver takes what waits for it."""

    __slots__ = ("_seen_at", "_slow", "_taken", "given")

    def __init__(self) -> None:
        self.given = 0  # bytes, ever
        self._seen_at: float | None = None
        self._taken = 0
        self._slow = False

    def behind(self, waiting: int, now: float) -> bool:
        """Tell whether senders should wait; asked regularly while it is so."""
        taken = self.given - waiting
        if waiting <= BEHIND_BYTES:
            self._seen_at, self._slow = None, False
            return False
        if self._seen_at is None:
            self._seen_at, self._taken = now, taken
        elif now - self._seen_at >= PATIENCE_SECONDS:
            self._slow = taken - self._taken < SLOWEST * (now - self._seen_at)
            self._seen_at, self._taken = now, taken
        return not self._slow


class Hold:
    """What one sender has sent and may not send as much again yet."""

    def __init__(self) -> None:
        self._lumps: deque[tuple[int, int]] = deque()  # bytes, and bytes at all receivers
        self._waits_for: set[Receiver] = set()
        self._rate = Rate(FORWARDED, AT_ONCE)

    def add(self, size: int, receivers: list[Receiver]) -> None:
        """Hold a message that went to so many."""
        cost = size * max(1, len(receivers))
        if self._lumps and self._lumps[-1][0] + size <= LUMP:  # many small ones are one
            before = self._lumps.pop()
            size, cost = size + before[0], cost + before[1]
        self._lumps.append((size, cost))
        self._waits_for.update(receivers)

    def freed(self, now: float) -> int:
        """Return how many bytes may be sent again."""
        self._waits_for = {each for each in self._waits_for if each.behind(now)}
        total = 0
        while self._lumps and not self._waits_for and self._rate.take(min(self._lumps[0][1], AT_ONCE), now):
            total += self._lumps.popleft()[0]
        return total

    @property
    def empty(self) -> bool:
        """Nothing is held."""
        return not self._lumps
