"""What the server writes to the recorder's standard input: length, kind, track, and what belongs to it."""

import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from signaling.rtp import Packet

OPEN, PACKET, REPORT, CLOSE = 1, 2, 3, 4
LENGTH = struct.Struct(">I")
START = struct.Struct(">BI")
PACKET_HEAD = struct.Struct(">IBIBBHIQ")
REPORT_BODY = struct.Struct(">BQIQ")
MARKER, PADDING, FRESH = 1, 2, 4
LARGEST = 1 << 20
PACKET_REST = PACKET_HEAD.size - LENGTH.size


class PacketMessage(NamedTuple):
    """A packet of a layer; `fresh`: the track was muted before it. Times are nanoseconds of the monotonic clock."""

    track: int
    layer: int
    fresh: bool
    arrived: int
    packet: Packet


class ReportMessage(NamedTuple):
    """A sender report about a layer."""

    track: int
    layer: int
    ntp: int
    timestamp: int
    arrived: int


class OpenMessage(NamedTuple):
    """Begin a file."""

    track: int
    order: Mapping[str, Any]


class CloseMessage(NamedTuple):
    """End a file."""

    track: int


Message = PacketMessage | ReportMessage | OpenMessage | CloseMessage


def packet(message: PacketMessage) -> bytes:
    """Return a packet message as bytes; this is on the media path."""
    seq, timestamp, marker, padding, payload = message.packet[:5]
    flags = marker * MARKER | padding * PADDING | message.fresh * FRESH
    length = PACKET_REST + len(payload)
    return (
        PACKET_HEAD.pack(
            length, PACKET, message.track, message.layer, flags, seq, timestamp, message.arrived
        ) + payload
    )  # fmt: skip


def report(message: ReportMessage) -> bytes:
    """Return a report message as bytes."""
    track, layer, ntp, timestamp, arrived = message
    return _framed(REPORT, track, REPORT_BODY.pack(layer, ntp, timestamp, arrived))


def opening(track: int, order: Mapping[str, Any]) -> bytes:
    """Return the message that begins a file."""
    return _framed(OPEN, track, json.dumps(order).encode())


def closing(track: int) -> bytes:
    """Return the message that ends a file."""
    return _framed(CLOSE, track, b"")


def _framed(kind: int, track: int, body: bytes) -> bytes:
    return LENGTH.pack(START.size + len(body)) + START.pack(kind, track) + body


class Decoder:
    """Bytes as they come to messages; raises ValueError for what no server wrote."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, piece: bytes) -> Iterator[Message]:
        """Yield the messages that are whole now."""
        self._waiting += piece
        at = 0
        try:
            while at + LENGTH.size <= len(self._waiting):
                (size,) = LENGTH.unpack_from(self._waiting, at)
                if not START.size <= size <= LARGEST:
                    raise ValueError("a message is too short or too long")
                end = at + LENGTH.size + size
                if end > len(self._waiting):
                    break
                message = bytes(self._waiting[at + LENGTH.size : end])
                at = end
                yield _read(message)
        finally:
            del self._waiting[:at]


def _read(message: bytes) -> Message:
    kind, track = START.unpack_from(message)
    body = message[START.size :]
    try:
        if kind == PACKET:
            layer, flags, seq, timestamp, arrived = struct.unpack_from(">BBHIQ", body)
            content = Packet(seq, timestamp, bool(flags & MARKER), bool(flags & PADDING), body[16:])
            return PacketMessage(track, layer, bool(flags & FRESH), arrived, content)
        if kind == REPORT:
            return ReportMessage(track, *REPORT_BODY.unpack(body))
    except struct.error as error:
        raise ValueError("a message is cut off") from error
    if kind == OPEN:
        return OpenMessage(track, _order(body))
    if kind == CLOSE:
        return CloseMessage(track)
    raise ValueError("a message of an unknown kind")


def _order(body: bytes) -> dict[str, Any]:
    order = json.loads(body)
    if not isinstance(order, dict):
        raise ValueError("an order is no object")  # noqa: TRY004  the caller knows one error
    return order
