"""What came of one layer in one turn of the loop, laid out in memory once for all its subscribers.  (pure)"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from signaling.rewriter import Span
from signaling.rtp import HEADER, Packet, before
from signaling.transport.runs import Run, runs_of

LARGEST_PACKET = 2048  # header and payload
NUMBER_AT = 17  # where transport-cc's number stands: it is the first of the extensions
MOST_LAYOUTS = 8  # kept of one burst: whom nobody is like pays for itself
PLAIN, EXTENDED = struct.Struct(">BBHII").pack, struct.Struct(">HH").pack


class Dress(NamedTuple):
    """What of a header is the subscriber's and not the packet's: payload types and SSRC, and how it is protected.

    `extension` is the identifier of transport-cc's number, which is left 0 here, or 0 for no extension; `tag` are the
    bytes that SRTP adds; `redundant` is the payload type of RFC 2198's redundancy, -1 where it is not taken. `mid` is
    the header extension that names the section, empty for none.
    """

    extension: int
    tag: int
    kind: int
    redundant: int
    ssrc: int
    mid: bytes = b""

    def extensions(self) -> bytes:
        """Return what stands behind the fixed header: transport-cc's number, the section's name."""
        found = (bytes((self.extension << 4 | 1, 0, 0)) if self.extension else b"") + self.mid
        padded = found + bytes(-len(found) % 4)
        return EXTENDED(0xBEDE, len(padded) // 4) + padded if found else b""


class Layout(NamedTuple):
    """Packets behind each other as they leave, but for SRTP, for whose tags there is room.

    `places` are where each begins and its size unprotected.
    """

    image: bytes
    places: Sequence[tuple[int, int]]
    runs: Sequence[Run]
    sizes: Sequence[int]


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
        self._layouts: dict[tuple[Dress, int, int, int, int], Layout] = {}

    def layout(self, dress: Dress, span: Span) -> Layout:
        """Return how the packets leave; made once for all subscribers to whom they look alike.

        What would be too large is left out.
        """
        key = dress, span.seq, span.timestamp, span.picture, span.tl0
        found = self._layouts.get(key)
        if found is None:
            if len(self._layouts) >= MOST_LAYOUTS:
                self._layouts.clear()
            found = self._layouts[key] = _laid_out(self.packets, dress, span)
        return found


def _laid_out(packets: Sequence[Packet], dress: Dress, span: Span) -> Layout:
    _, tag, plain, redundant, ssrc, _ = dress
    extensions = dress.extensions()
    header = HEADER + len(extensions)
    parts: list[bytes] = []
    places: list[tuple[int, int]] = []
    sizes: list[int] = []
    at, tail, first = 0, bytes(tag), 0x90 if extensions else 0x80
    for packet in packets:
        seq, timestamp, marker, padding, payload, red, picture = packet
        kind = plain
        if red is not None and redundant >= 0:
            kind, payload = redundant, red
        elif picture is not None:
            payload = span.rewritten(packet).payload
        size = header + len(payload)
        if size > LARGEST_PACKET:
            continue
        flags, kind = first | 0x20 if padding else first, kind | 0x80 if marker else kind
        seq, timestamp = (seq + span.seq) & 0xFFFF, (timestamp + span.timestamp) & 0xFFFFFFFF
        places.append((at, size))
        parts += (PLAIN(flags, kind, seq, timestamp, ssrc), extensions, payload, tail)
        sizes.append(size)
        at += size + tag
    return Layout(b"".join(parts), places, runs_of([size + tag for size in sizes]), sizes)
