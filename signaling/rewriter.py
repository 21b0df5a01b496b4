"""Sequence numbers, timestamps and VP8 picture numbers made continuous across layer changes and pauses."""

from dataclasses import dataclass

from signaling.rtp import Packet, media_size

VIDEO_CLOCK = 90_000
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


class Rewriter:
    """One subscriber's numbers for one track."""

    def __init__(self, codec: str, *, clock: int = VIDEO_CLOCK) -> None:
        self._codec, self._clock = codec, clock
        self._seq_offset = self._timestamp_offset = 0
        self._picture_offset = self._tl0_offset = 0
        self._switched = False
        self._newest: Packet | None = None
        self._newest_at = 0.0
        self._picture = self._tl0 = 0

    def timestamp(self, timestamp: int) -> int:
        """Return a source timestamp in the subscriber's time, for sender reports."""
        return (timestamp + self._timestamp_offset) & 0xFFFFFFFF

    def begin(self, packet: Packet, now: float) -> None:
        """Let `packet`, the first of another source, follow what was sent last."""
        if self._newest is None:
            return
        passed = int((now - self._newest_at) * self._clock)
        self._seq_offset = (self._newest.seq + 1 - packet.seq) & 0xFFFF
        self._timestamp_offset = (self._newest.timestamp + max(1, passed) - packet.timestamp) & 0xFFFFFFFF
        found = self._descriptor(packet)
        if found is None:
            return
        self._switched = True
        if found.picture_at >= 0:
            self._picture_offset = self._picture + 1 - _picture_number(packet.payload, found)
        if found.tl0_at >= 0:
            self._tl0_offset = self._tl0 + 1 - packet.payload[found.tl0_at]

    def rewrite(self, packet: Packet, now: float) -> Packet:
        """Return the packet as the subscriber gets it."""
        seq = (packet.seq + self._seq_offset) & 0xFFFF
        payload = self._pictures(packet)
        sent = Packet(seq, self.timestamp(packet.timestamp), packet.marker, packet.padding, payload, packet.red)
        if self._newest is None or 0 < (seq - self._newest.seq) & 0xFFFF < 0x8000:
            self._newest, self._newest_at = sent, now
        return sent

    def _descriptor(self, packet: Packet) -> Vp8Descriptor | None:
        if self._codec != "VP8":
            return None
        return vp8_descriptor(packet.payload, media_size(packet.payload, padding=packet.padding))

    def _pictures(self, packet: Packet) -> bytes:
        """Rewrite PictureID and TL0PICIDX, and remember the newest of each."""
        found = self._descriptor(packet)
        if found is None or (found.picture_at < 0 and found.tl0_at < 0):
            return packet.payload
        payload = bytearray(packet.payload) if self._switched else None
        if found.picture_at >= 0:
            picture = (_picture_number(packet.payload, found) + self._picture_offset) & ((1 << found.picture_bits) - 1)
            self._picture = picture
            if payload is not None and found.picture_bits == 15:
                payload[found.picture_at] = 0x80 | picture >> 8
                payload[found.picture_at + 1] = picture & 255
            elif payload is not None:
                payload[found.picture_at] = picture
        if found.tl0_at >= 0:
            self._tl0 = (packet.payload[found.tl0_at] + self._tl0_offset) & 255
            if payload is not None:
                payload[found.tl0_at] = self._tl0
        return packet.payload if payload is None else bytes(payload)


def _picture_number(payload: bytes, found: Vp8Descriptor) -> int:
    if found.picture_bits == 15:
        return (payload[found.picture_at] & 0x7F) << 8 | payload[found.picture_at + 1]
    return payload[found.picture_at] & 0x7F
