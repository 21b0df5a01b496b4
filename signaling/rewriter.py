"""Sequence numbers, timestamps and VP8 picture numbers made continuous across layer changes and pauses."""

from dataclasses import dataclass
from typing import Any

from signaling.rtp import Packet, before, media_size

VIDEO_CLOCK = 90_000
MOST_SPANS = 8
SPAN_STRETCH, SPAN_KEPT = 0x4000, 0x2000  # sequence numbers
H264_IDR, H264_SPS, H264_STAP_A, H264_FU_A = 5, 7, 24, 28


@dataclass(frozen=True)
class Vp8Descriptor:
    """Where the numbers stand in a VP8 payload descriptor (RFC 7741 4.2); -1 for what is absent."""

    keyframe: bool
    picture_at: int
    picture_bits: int
    tl0_at: int


def vp8_descriptor(payload: bytes, size: int) -> Vp8Descriptor | None:
    """Read the descriptor of a VP8 payload of `size` bytes; None if it is not whole."""
    if size < 2:
        return None
    first, at, picture_at, picture_bits, tl0_at = payload[0], 1, -1, 0, -1
    if first & 0x80:
        flags, at = payload[at], 2
        if flags & 0x80 and at < size:
            picture_at, picture_bits = at, 15 if payload[at] & 0x80 else 7
            at += 2 if picture_bits == 15 else 1
        if flags & 0x40:
            tl0_at, at = at, at + 1
        at += bool(flags & 0x30)
    if at >= size:
        return None
    starts_frame = first & 0x17 == 0x10  # the S bit, partition 0
    return Vp8Descriptor(starts_frame and not payload[at] & 1, picture_at, picture_bits, tl0_at)


def _h264_keyframe(payload: bytes, size: int) -> bool:
    """A packet that starts a decodable picture: SPS or IDR, alone, in STAP-A or begun in FU-A (RFC 6184 5.2)."""
    if size < 2:
        return False
    kind = payload[0] & 31
    if kind == H264_STAP_A:
        return size > 3 and payload[3] & 31 in (H264_SPS, H264_IDR)
    if kind == H264_FU_A:
        return bool(payload[1] & 0x80) and payload[1] & 31 in (H264_SPS, H264_IDR)
    return kind in (H264_SPS, H264_IDR)


def starts_keyframe(codec: str, packet: Packet) -> bool:
    """Tell whether decoding may begin with this packet."""
    size = media_size(packet.payload, padding=packet.padding)
    if codec == "VP8":
        found = vp8_descriptor(packet.payload, size)
        return found is not None and found.keyframe
    if codec == "H264":
        return _h264_keyframe(packet.payload, size)
    return True


def picture_of(codec: str, packet: Packet) -> Vp8Descriptor | None:
    """Return where a packet's picture numbers stand; None for a codec or a packet without."""
    if codec != "VP8":
        return None
    return vp8_descriptor(packet.payload, media_size(packet.payload, padding=packet.padding))


class Span:
    """A stretch of one source as a subscriber sees it: what is added to its numbers from its first packet on.

    A stretch outlasts the 16 bits of a sequence number: `first` follows its newest packet at a distance.
    """

    __slots__ = ("first", "picture", "rewrites", "seq", "source", "timestamp", "tl0")

    def __init__(self, source: Any, first: int) -> None:
        self.source, self.first = source, first
        self.seq = self.timestamp = self.picture = self.tl0 = 0
        self.rewrites = False  # the payload too

    def number(self, packet: Packet) -> int:
        """Return a packet's sequence number for the subscriber; -1 for one from before the span."""
        return -1 if (packet.seq - self.first) & 0xFFFF >= 0x8000 else (packet.seq + self.seq) & 0xFFFF

    def rewritten(self, packet: Packet) -> Packet:
        """Return a packet with PictureID and TL0PICIDX as the subscriber gets them."""
        found: Vp8Descriptor | None = packet.picture
        if found is None or not self.rewrites:
            return packet
        payload, at = bytearray(packet.payload), found.picture_at
        if found.picture_bits == 15:
            number = (((payload[at] & 0x7F) << 8 | payload[at + 1]) + self.picture) & 0x7FFF
            payload[at], payload[at + 1] = 0x80 | number >> 8, number & 255
        elif found.picture_bits:
            payload[at] = (payload[at] + self.picture) & 0x7F
        if found.tl0_at >= 0:
            payload[found.tl0_at] = (payload[found.tl0_at] + self.tl0) & 255
        return packet._replace(payload=bytes(payload))


class Rewriter:
    """One subscriber's numbers for one track."""

    def __init__(self, codec: str, *, clock: int = VIDEO_CLOCK) -> None:
        self._codec, self._clock = codec, clock
        self.span: Span | None = None
        self._spans: list[Span] = []
        self._newest: Packet | None = None
        self._newest_at = 0.0

    def timestamp(self, timestamp: int) -> int:
        """Return a source timestamp in the subscriber's time, for sender reports."""
        offset = self.span.timestamp if self.span is not None else 0
        return (timestamp + offset) & 0xFFFFFFFF

    def begin(self, packet: Packet, now: float, source: Any = None) -> None:
        """Let `packet`, the first of another source or after a pause, follow what was sent last."""
        before, newest = self.span, self._newest
        span = Span(source, packet.seq)
        if before is not None and newest is not None:
            passed = max(1, int((now - self._newest_at) * self._clock))
            last = (newest.timestamp + before.timestamp) & 0xFFFFFFFF
            span.seq = (newest.seq + before.seq + 1 - packet.seq) & 0xFFFF
            span.timestamp = (last + passed - packet.timestamp) & 0xFFFFFFFF
            self._follow(span, before, newest, packet)
        self.span, self._newest, self._newest_at = span, packet, now
        self._spans = [*self._spans[1 - MOST_SPANS :], span]

    def _follow(self, span: Span, before: Span, newest: Packet, packet: Packet) -> None:
        """Let the picture numbers go on."""
        last, found = picture_of(self._codec, newest), picture_of(self._codec, packet)
        if found is None:
            return
        span.rewrites = True
        if last is None:
            span.picture, span.tl0 = before.picture, before.tl0
            return
        if found.picture_at >= 0 and last.picture_at >= 0:
            number = _picture_number(newest.payload, last) + before.picture
            span.picture = number + 1 - _picture_number(packet.payload, found)
        if found.tl0_at >= 0 and last.tl0_at >= 0:
            span.tl0 = newest.payload[last.tl0_at] + before.tl0 + 1 - packet.payload[found.tl0_at]

    def follow(self, newest: Packet, now: float) -> None:
        """Remember the newest of what is sent in this span."""
        if self._newest is not None and before(newest.seq, self._newest.seq):
            newest = self._newest
        self._newest, self._newest_at = newest, now
        span = self.span
        if span is not None and (newest.seq - span.first) & 0xFFFF >= SPAN_STRETCH:
            span.first = (newest.seq - SPAN_KEPT) & 0xFFFF

    def catch_up(self, newest: Packet, first: int, now: float) -> None:
        """Learn what was sent in this span by others: the newest packet, and where the span begins by now."""
        if self.span is not None:
            self.span.first = first
            self._newest, self._newest_at = newest, now

    def origin(self, seq: int) -> tuple[Span, int] | None:
        """Return from which span, and which number of its source, a packet came that the subscriber got."""
        for span in reversed(self._spans):
            source = (seq - span.seq) & 0xFFFF
            if (source - span.first) & 0xFFFF < 0x8000:
                return span, source
        return None


def _picture_number(payload: bytes, found: Vp8Descriptor) -> int:
    if found.picture_bits == 15:
        return (payload[found.picture_at] & 0x7F) << 8 | payload[found.picture_at + 1]
    return payload[found.picture_at] & 0x7F
