"""What came of one layer in one turn of the loop, laid out in memory once for all its subscribers.  (pure)"""

from collections.abc import Sequence
from typing import NamedTuple

from signaling.rtp import Packet, before
from signaling.transport.runs import Run, runs_of

PLAIN_HEADER, NUMBERED_HEADER = 12, 20  # numbered: with one header extension of two bytes (RFC 8285 4.2)
LARGEST_PACKET = 2048  # header and payload
MOST_AT_ONCE = 64


# Where a packet's header goes; its first byte, the marker's bit, whether with redundancy, sequence number, timestamp;
# the packet's size unprotected. A plain tuple: one is made for each packet.
Head = tuple[int, int, int, bool, int, int, int]


class Layout(NamedTuple):
    """Packets behind each other as they leave: headers to be filled in, payloads, room for SRTP's tags."""

    image: bytes
    heads: Sequence[Head]
    runs: Sequence[Run]
    sizes: Sequence[int]
    pictures: Sequence[tuple[int, Packet]]  # where the payloads stand whose picture numbers may be rewritten


class Burst:
    """Some packets, at least one, in order of arrival."""

    __slots__ = ("_layouts", "newest", "octets", "oldest", "packets")

    def __init__(self, packets: Sequence[Packet]) -> None:
        self.packets = packets
        oldest = newest = packets[0]
        octets = len(oldest[4])
        for packet in packets[1:]:
            octets += len(packet[4])
            if before(newest[0], packet[0]):
                newest = packet
            elif before(packet[0], oldest[0]):
                oldest = packet
        self.oldest, self.newest, self.octets = oldest, newest, octets
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
    parts: list[bytes] = []
    heads: list[Head] = []
    sizes: list[int] = []
    pictures = []
    at, blank, tail = 0, bytes(header), bytes(tag)
    first = 0x90 if header > PLAIN_HEADER else 0x80
    for packet in packets:
        seq, timestamp, marker, padding, payload, red, picture = packet
        whole = redundant and red is not None
        chosen = red if whole and red is not None else payload
        size = header + len(chosen)
        if size > LARGEST_PACKET:
            continue
        flags = first | 0x20 if padding else first
        heads.append((at, flags, 0x80 if marker else 0, whole, seq, timestamp, size))
        if picture is not None:
            pictures.append((at + header, packet))
        parts += (blank, chosen, tail)
        sizes.append(size)
        at += size + tag
    return Layout(b"".join(parts), heads, runs_of([size + tag for size in sizes]), sizes, pictures)
