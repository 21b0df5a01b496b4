"""Packets back into their order: a missing one is waited for as long as it may still be sent again."""

from collections.abc import Iterator
from typing import NamedTuple

from signaling.rtp import Packet

PATIENCE_NS = 800_000_000  # of the second in which the server asks for it again, so that a cut costs less than 2 s
MOST_WAITING = 2048


class Lost(NamedTuple):
    """So many packets did not come in time."""

    packets: int


class Arrived(NamedTuple):
    """A packet and when it came."""

    at: int
    packet: Packet


class Reorder:
    """A bounded buffer of one stream. Time is an argument, in nanoseconds."""

    def __init__(self, patience_ns: int = PATIENCE_NS, most: int = MOST_WAITING) -> None:
        self._patience, self._most = patience_ns, most
        self._next: int | None = None
        self._waiting: dict[int, Arrived] = {}

    def put(self, packet: Packet, now: int) -> None:
        """Take a packet that arrived now; one that comes after its place was given up, or twice, is dropped."""
        if self._next is None:
            self._next = packet.seq
        if (packet.seq - self._next) & 0xFFFF >= 0x8000:
            return
        self._waiting.setdefault(packet.seq, Arrived(now, packet))

    def take(self, now: int, *, everything: bool = False) -> Iterator[Arrived | Lost]:
        """Yield what is in order, over gaps that were waited for long enough; `everything`: over all gaps."""
        while self._waiting and self._next is not None:
            found = self._waiting.pop(self._next, None)
            if found is not None:
                self._next = (self._next + 1) & 0xFFFF
                yield found
                continue
            if not (everything or self._given_up(now)):
                return
            missing = min((seq - self._next) & 0xFFFF for seq in self._waiting)
            self._next = (self._next + missing) & 0xFFFF
            yield Lost(missing)

    def _given_up(self, now: int) -> bool:
        if len(self._waiting) > self._most:
            return True
        return now - min(each.at for each in self._waiting.values()) >= self._patience
