"""The last packets of a stream: what a NACK is answered from, and what waits for the end of the turn.

Where there are loops in C the packets stand in the slots of a `struct stream`, where these put most of them themselves.
"""

from typing import Any, Protocol

from signaling.loops import library
from signaling.loops.library import ffi, kernel
from signaling.rewriter import picture_of
from signaling.rtp import Packet

MOST_AT_ONCE, SLOT = int(kernel.MOST_AT_ONCE), int(kernel.SLOT)
_uncleared = ffi.new_allocator(should_clear_after_alloc=False)  # memory that nobody touches before a packet does


class Shelf(Protocol):
    """Bounded; the newest packets win."""

    def put(self, packet: Packet) -> bool:
        """Keep a packet in the place of the one `size` before it, and let it wait; False if too many wait."""

    def get(self, seq: int) -> Packet | None:
        """Return the packet with this number if it is still here."""

    @property
    def waiting(self) -> list[Packet]:
        """What came since the last call of `forwarded`."""

    def forwarded(self) -> None:
        """Let nothing wait any more."""


class Ring:
    """A shelf of `size` packets (a power of two)."""

    def __init__(self, size: int) -> None:
        if size <= 0 or size & (size - 1):
            raise ValueError("the size is no power of two")
        self._mask = size - 1
        self._ring: list[Packet | None] = [None] * size
        self.waiting: list[Packet] = []

    def put(self, packet: Packet) -> bool:
        """Keep a packet, and let it wait."""
        if len(self.waiting) >= MOST_AT_ONCE:
            return False
        self._ring[packet.seq & self._mask] = packet
        self.waiting.append(packet)
        return True

    def get(self, seq: int) -> Packet | None:
        """Return the packet with this number if it is still here."""
        packet = self._ring[seq & self._mask]
        return packet if packet is not None and packet.seq == seq else None

    def forwarded(self) -> None:
        """Let nothing wait any more."""
        self.waiting = []


class Slots:
    """A shelf of `size` packets (a power of two) in a `struct stream`; their memory is taken with the first."""

    def __init__(self, stream: Any, size: int, codec: str) -> None:
        if size <= 0 or size & (size - 1):
            raise ValueError("the size is no power of two")
        self._stream, self._codec, self._keep = stream, codec, library.library.keep
        self._memory: tuple[Any, ...] = ()
        stream.size, stream.newest = size, -1

    def begin(self) -> None:
        """Take memory: from now on the loops may put packets here."""
        if not self._memory:
            size = int(self._stream.size)
            memory, kept = _uncleared("unsigned char[]", size * SLOT), ffi.new("struct packet[]", size)
            waiting = ffi.new("struct packet[]", MOST_AT_ONCE)
            self._memory = memory, kept, waiting
            self._stream.memory, self._stream.kept, self._stream.waiting = memory, kept, waiting

    def put(self, packet: Packet) -> bool:
        """Keep a packet, and let it wait; False too where one that waits stands in its place."""
        self.begin()
        seq, timestamp, marker, padding, payload, red, _ = packet
        whole, redundant = (payload, 0) if red is None else (red, len(red))
        header = ffi.new("struct packet *")
        header.seq, header.timestamp, header.marker, header.padding = seq, timestamp, marker, padding
        header.red_size = redundant
        return bool(self._keep(self._stream, whole, len(whole), len(whole) - len(payload), header))

    def get(self, seq: int) -> Packet | None:
        """Return the packet with this number if it is still here."""
        if not self._memory:
            return None
        found = self._stream.kept[seq & (self._stream.size - 1)]
        return self._packet(found) if found.there and found.seq == seq else None

    @property
    def waiting(self) -> list[Packet]:
        """Return what came since the last call of `forwarded`."""
        return [self._packet(self._stream.waiting[each]) for each in range(self._stream.waiting_count)]

    def forwarded(self) -> None:
        """Let nothing wait any more."""
        self._stream.waiting_count = 0

    def _packet(self, found: Any) -> Packet:
        at, size, red_at, red_size = found.at, found.size, found.red_at, found.red_size
        payload = bytes(ffi.buffer(self._stream.memory + at, size))
        red = bytes(ffi.buffer(self._stream.memory + red_at, red_size)) if red_size else None
        packet = Packet(found.seq, found.timestamp, bool(found.marker), bool(found.padding), payload, red)
        return packet._replace(picture=picture_of(self._codec, packet)) if self._stream.renumbers else packet


def shelf(stream: Any, size: int, codec: str) -> Shelf:
    """Return a shelf for a stream's last packets."""
    return Ring(size) if library.library is None else Slots(stream, size, codec)
