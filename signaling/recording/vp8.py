"""VP8 packets to frames (RFC 7741); a frame with a hole is dropped, and all after it until the next keyframe."""

from typing import NamedTuple

from signaling.recording.frames import LARGEST_FRAME, Format, Frame, Malformed
from signaling.rtp import Packet, media_size

START_CODE = b"\x9d\x01\x2a"  # RFC 6386 9.1


class Part(NamedTuple):
    """One packet's share of a frame."""

    starts: bool
    picture: int | None
    bits: int
    offset: int


def read_descriptor(payload: bytes) -> Part:
    """Read the payload descriptor (RFC 7741 4.2); raises Malformed."""
    if not payload:
        raise Malformed("a VP8 payload is empty")
    first, at, picture, bits = payload[0], 1, None, 0
    if first & 0x80:
        if len(payload) < 2:
            raise Malformed("a VP8 descriptor ends before its extension")
        flags, at = payload[1], 2
        if flags & 0x80:
            bits = 15 if len(payload) > 2 and payload[2] & 0x80 else 7
            picture = int.from_bytes(payload[2 : 2 + bits // 7]) & ((1 << bits) - 1)
            at += bits // 7
        at += bool(flags & 0x40) + bool(flags & 0x30)
    if at >= len(payload):
        raise Malformed("a VP8 descriptor has no payload behind it")
    return Part(first & 0x17 == 0x10, picture, bits, at)  # the S bit, and partition 0


def keyframe_format(frame: bytes) -> Format | None:
    """Return the picture size of a keyframe, None for another frame (RFC 6386 9.1); raises Malformed."""
    if frame[0] & 1:
        return None
    if len(frame) < 10 or frame[3:6] != START_CODE:
        raise Malformed("a VP8 keyframe lacks its start code")
    width, height = (int.from_bytes(frame[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    if not width or not height:
        raise Malformed("a VP8 keyframe is empty")
    return Format(width, height, b"")


class Vp8Frames:
    """The state between two packets."""

    def __init__(self) -> None:
        self.wants_keyframe = True
        self._parts: list[bytes] = []
        self._size = 0
        self._timestamp = 0
        self._doubtful = False  # something was lost between two frames: padding, or a frame?
        self._picture: int | None = None  # of the frame last begun
        self._bits = 0

    def push(self, packet: Packet) -> Frame | None:
        """Take the next packet; return the frame it completes. Raises Malformed."""
        payload = packet.payload[: media_size(packet.payload, padding=packet.padding)]
        if not payload:
            return None
        part = read_descriptor(payload)
        if part.starts:
            self._begin(packet, part, keyframe=not payload[part.offset] & 1)
        elif self._parts and packet.timestamp != self._timestamp:
            self._break()
        elif not self._parts:
            self.wants_keyframe = True  # of a frame whose beginning never came
        if not self._parts and not (part.starts and not self.wants_keyframe):
            return None
        self._parts.append(payload[part.offset :])
        self._size += len(payload) - part.offset
        if self._size > LARGEST_FRAME:
            self._break()
            raise Malformed("a VP8 frame has no end")
        return self._complete() if packet.marker else None

    def lost(self) -> None:
        """At least one packet is missing here."""
        if self._parts:
            self._break()
        self._doubtful = True

    def _begin(self, packet: Packet, part: Part, *, keyframe: bool) -> None:
        if self._parts:  # the one before has no end
            self._break()
        if self._doubtful and not self._follows(part):
            self.wants_keyframe = True
        if keyframe:
            self.wants_keyframe = False
        self._doubtful = False
        self._timestamp, self._picture, self._bits = packet.timestamp, part.picture, part.bits

    def _follows(self, part: Part) -> bool:
        """Tell by the picture numbers that no frame is missing."""
        if part.picture is None or self._picture is None or part.bits != self._bits:
            return False
        return part.picture == (self._picture + 1) & ((1 << part.bits) - 1)

    def _break(self) -> None:
        self._parts, self._size, self.wants_keyframe = [], 0, True

    def _complete(self) -> Frame:
        payload = b"".join(self._parts)
        self._parts, self._size = [], 0
        try:
            form = keyframe_format(payload)
        except Malformed:
            self._break()
            raise
        return Frame(self._timestamp, payload, form)
