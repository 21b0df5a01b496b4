"""Reliable packets of the last seconds, for those whose channel was not open when they passed.  (pure)"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

KEPT_SECONDS = 30.0  # a client may take half of that to come back
KEPT_BYTES = 4 << 20


@dataclass(frozen=True)
class Kept:
    """One packet as it was sent, its sender's number for it, and whom it was for."""

    sender: str
    sequence: int
    message: bytes
    identities: Collection[str]
    sids: Collection[str]
    at: float

    def concerns(self, identity: str, sid: str) -> bool:
        """It was for somebody, or for everybody."""
        return (not self.identities and not self.sids) or identity in self.identities or sid in self.sids


class Replay:
    """The newest packets of a room, bounded in age and size."""

    def __init__(self) -> None:
        self._kept: deque[Kept] = deque()
        self._size = 0

    def keep(self, packet: Kept) -> None:
        """Remember a packet, forget the oldest."""
        self._kept.append(packet)
        self._size += len(packet.message)
        while self._kept and (self._size > KEPT_BYTES or packet.at - self._kept[0].at > KEPT_SECONDS):
            self._size -= len(self._kept.popleft().message)

    def missed(self, identity: str, sid: str, firsts: Mapping[str, int], now: float) -> Iterator[Kept]:
        """Yield in order what somebody has missed: of each sender from a number on."""
        for packet in tuple(self._kept):
            first = firsts.get(packet.sender)
            fresh = now - packet.at <= KEPT_SECONDS and packet.concerns(identity, sid)
            if fresh and first is not None and packet.sequence >= first:
                yield packet
