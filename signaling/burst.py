"""What came of one layer in one turn of the loop, laid out in memory once for all its subscribers.  (pure)"""

from collections.abc import Sequence
from typing import NamedTuple

from signaling.rtp import Packet, before
from signaling.transport.runs import Run, runs_of

PLAIN_HEADER, NUMBERED_HEADER = 12, 20  # numbered: with one header extension of two bytes (RFC 8285 4.2)
LARGEST_PACKET = 2048  # header and payload
MOST_AT_ONCE = 64


class Head(NamedTuple):
    """Where a packet's header goes, what differs in it from packet to packet, and the packet's size unprotected."""

    at: int
    flags: int
    marker: int
    redundant: bool
    seq: int
    timestamp: int
    size: int


class Layout(NamedTuple):
    """Packets behind each other as they leave: headers to be filled in, payloads, room for SRTP's tags."""

    image: bytes
    heads: tuple[Head, ...]
    runs: tuple[Run, ...]
    sizes: list[int]
    pictures: tuple[tuple[int, Packet], ...]  # where the payloads stand whose picture numbers may be rewritten


class Burst:
    """Some packets, at least one, in order of arrival."""

    __slots__ = ("_layouts", "newest", "octets", "oldest", "packets")

    def __init__(self, packets: Sequence[Packet]) -> None:
        self.packets = packets
        self.oldest = self.newest = packets[0]
        for packet in packets[1:]:
            if before(self.newest.seq, packet.seq):
                self.newest = packet
            elif before(packet.seq, self.oldest.seq):
                self.oldest = packet
        self.octets = sum([len(each.payload) for each in packets])
        self._layouts: dict[tuple[int, int, bool], Layout] = {}

    def layout(self, header: int, tag: int, *, redundant: bool) -> Layout:
        """Return how the packets lie in memory; made once for all who take them alike.

        `header` and `tag` are sizes in bytes. `redundant` takes RFC 2198's redundancy where it came. What would be too
        large is left out.
        """
        key = header, tag, redundant
        found = self._layouts.get(key)
        if found is None:
            found = self._layouts[key] = _laid_out(self.packets, header, tag, redundant=redundant)
        return found


def _laid_out(packets: Sequence[Packet], header: int, tag: int, *, redundant: bool) -> Layout:
    image, heads, pictures = bytearray(), [], []
    for packet in packets:
        red = redundant and packet.red is not None
        payload = packet.red if red and packet.red is not None else packet.payload
        size, at = header + len(payload), len(image)
        if size > LARGEST_PACKET:
            continue
        flags = 0x80 | packet.padding << 5 | (header > PLAIN_HEADER) << 4
        heads.append(Head(at, flags, packet.marker << 7, red, packet.seq, packet.timestamp, size))
        if packet.picture is not None:
            pictures.append((at + header, packet))
        image += bytes(header) + payload + bytes(tag)
    protected = [head.size + tag for head in heads]
    return Layout(bytes(image), tuple(heads), runs_of(protected), [head.size for head in heads], tuple(pictures))
