"""H264 packets to access units (RFC 6184) with lengths before each unit, as Matroska and MP4 hold them."""

from signaling.recording.bits import Bits
from signaling.recording.frames import LARGEST_FRAME, Format, Frame, Malformed
from signaling.rtp import Packet, media_size

IDR, SEQUENCE, PICTURE, DELIMITER = 5, 7, 8, 9
STAP_A, FU_A = 24, 28
DETAILED_PROFILES = {44, 83, 86, 100, 110, 118, 122, 128, 138, 139, 244}
LARGEST_SIDE = 16_384


def units_of(payload: bytes) -> list[bytes]:
    """Split a STAP-A into its units (RFC 6184 5.7.1); raises Malformed."""
    units, at = [], 1
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2])
        at += 2
        if not size or at + size > len(payload):
            raise Malformed("a STAP-A names more than it holds")
        units.append(payload[at : at + size])
        at += size
    return units


def _skip_scaling(bits: Bits, lists: int) -> None:
    """Pass over scaling lists (H.264 7.3.2.1.1.1)."""
    for number in range(lists):
        if bits.take(1):
            scale = following = 8
            for _ in range(16 if number < 6 else 64):
                if following:
                    following = (scale + bits.signed()) % 256
                scale = following or scale


def picture_size(unit: bytes) -> tuple[int, int]:
    """Return width and height of a sequence parameter set (H.264 7.3.2.1.1); raises Malformed."""
    bits = Bits(unit[1:].replace(b"\x00\x00\x03", b"\x00\x00"))
    profile = bits.take(24) >> 16
    bits.unsigned()
    chroma, separate = 1, 0
    if profile in DETAILED_PROFILES:
        chroma = bits.unsigned()
        separate = bits.take(1) if chroma == 3 else 0
        bits.unsigned()
        bits.unsigned()
        bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, 8 if chroma != 3 else 12)
    bits.unsigned()
    _skip_order(bits)
    bits.unsigned()
    bits.take(1)
    across, down = bits.unsigned() + 1, bits.unsigned() + 1
    frames_only = bits.take(1)
    if not frames_only:
        bits.take(1)
    bits.take(1)
    crop = [bits.unsigned() for _ in range(4)] if bits.take(1) else [0] * 4
    step_x = 2 if chroma in (1, 2) and not separate else 1
    step_y = (2 if chroma == 1 and not separate else 1) * (2 - frames_only)
    width = across * 16 - (crop[0] + crop[1]) * step_x
    height = down * 16 * (2 - frames_only) - (crop[2] + crop[3]) * step_y
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise Malformed("an H264 picture has no size, or too large a one")
    return width, height


def _skip_order(bits: Bits) -> None:
    """Pass over the picture order count (H.264 7.3.2.1.1)."""
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.unsigned(), 256)):
            bits.signed()


def configuration(sequence: bytes, picture: bytes) -> Format:
    """Return the decoder configuration record (ISO/IEC 14496-15 5.3.3.1) and the size; raises Malformed."""
    if len(sequence) < 4:
        raise Malformed("an H264 sequence parameter set is cut off")
    width, height = picture_size(sequence)
    private = b"\x01" + sequence[1:4] + b"\xff\xe1" + len(sequence).to_bytes(2) + sequence
    return Format(width, height, private + b"\x01" + len(picture).to_bytes(2) + picture)


class H264Frames:
    """The state between two packets. Parameter sets stay in the frames too: they may change with the picture size."""

    def __init__(self) -> None:
        self.wants_keyframe = True
        self._units: list[bytes] = []
        self._fragment: list[bytes] = []
        self._size = 0
        self._timestamp: int | None = None
        self._sets: dict[int, bytes] = {}

    def push(self, packet: Packet) -> Frame | None:
        """Take the next packet; return the access unit it completes. Raises Malformed."""
        payload = packet.payload[: media_size(packet.payload, padding=packet.padding)]
        if not payload:
            return None
        if self._timestamp not in (None, packet.timestamp):
            self.lost()  # the one before has no end
        self._timestamp = packet.timestamp
        self._size += len(payload)
        if self._size > LARGEST_FRAME:
            self.lost()
            raise Malformed("an H264 access unit has no end")
        self._split(payload)
        return self._complete() if packet.marker else None

    def lost(self) -> None:
        """At least one packet is missing here: of this access unit, or all of another that later ones refer to."""
        self._units, self._fragment, self._size, self._timestamp = [], [], 0, None
        self.wants_keyframe = True

    def _split(self, payload: bytes) -> None:
        kind = payload[0] & 31
        if kind == FU_A:
            self._fragmented(payload)
        elif kind == STAP_A:
            for unit in units_of(payload):
                self._add(unit)
        elif 1 <= kind <= 23:
            self._add(payload)
        else:
            raise Malformed("an H264 packet type that was not negotiated")

    def _fragmented(self, payload: bytes) -> None:
        """Join fragments (RFC 6184 5.8)."""
        if len(payload) < 3:
            raise Malformed("an FU-A without a fragment")
        if payload[1] & 0x80:
            self._fragment = [bytes([payload[0] & 0xE0 | payload[1] & 0x1F])]
        elif not self._fragment:
            self.wants_keyframe = True
            return
        self._fragment.append(payload[2:])
        if payload[1] & 0x40:
            unit, self._fragment = b"".join(self._fragment), []
            self._add(unit)

    def _add(self, unit: bytes) -> None:
        kind = unit[0] & 31
        if kind in (SEQUENCE, PICTURE) and len(unit) < 0x10000:
            self._sets[kind] = unit
        elif kind != DELIMITER:
            self._units.append(unit)

    def _complete(self) -> Frame | None:
        units, timestamp, whole = self._units, self._timestamp or 0, not self._fragment
        self._units, self._fragment, self._size, self._timestamp = [], [], 0, None
        if not units:
            return None
        form = None
        if any(unit[0] & 31 == IDR for unit in units) and whole and len(self._sets) == 2:
            sets = [self._sets[SEQUENCE], self._sets[PICTURE]]
            form = configuration(*sets)
            units = sets + units
            self.wants_keyframe = False
        if self.wants_keyframe or not whole:
            self.wants_keyframe = True
            return None
        return Frame(timestamp, b"".join(len(unit).to_bytes(4) + unit for unit in units), form)
