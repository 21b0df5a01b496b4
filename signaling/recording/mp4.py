"""MP4 as bytes (ISO/IEC 14496-12, fragmented; 14496-15 for H264): one video track a file.

A file is whole after each fragment: the head names no frames, each fragment brings its own. What is only known at the
end (the duration) gets its room in the head, the index stands behind the last fragment.
"""

import itertools
import struct
from collections.abc import Sequence

from signaling.recording.frames import Block, Cue, Format

TICKS = 1000  # a second
EPOCH = 2_082_844_800  # seconds from 1904, which MP4 counts from, to 1970
TRACK = 1
USUAL_MS = 40  # how long the last frame of a fragment is shown if nothing tells; the next fragment has its own time
LONGEST_MS = 1000
KEYFRAME, OTHER = 0x02000000, 0x01010000  # depends on no other; on others, and is none to begin with
SAMPLE_FIELDS = 0x000701  # where the data begins; of each sample duration, size and flags
FROM_FRAGMENT = 0x020000  # offsets count from the fragment's first byte
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box."""
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """Return a box with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _entry(form: Format) -> bytes:
    """Return how frames are decoded; as `avc1`, which every player knows, though parameter sets stand in frames too."""
    shape = struct.pack(">HHIII", form.width, form.height, 0x480000, 0x480000, 0)
    about = bytes(6) + struct.pack(">H", 1) + bytes(16) + shape + struct.pack(">H32sHH", 1, b"", 24, 0xFFFF)
    return full(b"stsd", 0, 0, struct.pack(">I", 1), box(b"avc1", about, box(b"avcC", form.private)))


def _media(form: Format, times: bytes) -> bytes:
    """Return the description of the one track's media: no frame stands here."""
    empty = [full(kind, 0, 0, bytes(4)) for kind in (b"stts", b"stsc", b"stco")]
    table = box(b"stbl", _entry(form), *empty, full(b"stsz", 0, 0, bytes(8)))
    here = box(b"dinf", full(b"dref", 0, 0, struct.pack(">I", 1), full(b"url ", 0, 1)))
    return box(
        b"mdia",
        full(b"mdhd", 1, 0, times, struct.pack(">IQHH", TICKS, 0, 0x55C4, 0)),  # of no particular language
        full(b"hdlr", 0, 0, bytes(4), b"vide", bytes(12), b"picture\0"),
        box(b"minf", full(b"vmhd", 0, 1, bytes(8)), here, table),
    )


def head(form: Format, began_ns: int) -> bytes:
    """Return the beginning of a file whose time 0 is `began_ns` (UTC, nanoseconds since 1970)."""
    times = struct.pack(">QQ", *[max(0, began_ns // 1_000_000_000 + EPOCH)] * 2)
    movie = struct.pack(">IQIH", TICKS, 0, 0x10000, 0x0100) + bytes(10) + MATRIX + bytes(24)
    place = struct.pack(">IIQ", TRACK, 0, 0) + bytes(16) + MATRIX
    side = struct.pack(">II", form.width << 16, form.height << 16)
    extends = full(b"trex", 0, 0, struct.pack(">5I", TRACK, 1, 0, 0, 0))
    return box(b"ftyp", b"iso6", bytes(4), b"iso6avc1mp41") + box(
        b"moov",
        full(b"mvhd", 1, 0, times, movie, struct.pack(">I", TRACK + 1)),
        box(b"trak", full(b"tkhd", 1, 3, times, place, side), _media(form, times)),
        box(b"mvex", full(b"mehd", 1, 0, bytes(8)), extends),
    )


def _lengths(blocks: Sequence[Block]) -> list[int]:
    """Return how long each frame is shown, in milliseconds."""
    found = [after.at_ms - block.at_ms for block, after in itertools.pairwise(blocks)]
    last = found[-1] if found and 0 < found[-1] < LONGEST_MS else USUAL_MS
    return [*found, last]


def fragment(number: int, blocks: Sequence[Block]) -> bytes:
    """Return the fragment of that number: frames in order, which begin where the first of them does."""
    samples = b"".join(
        struct.pack(">III", length, len(block.payload), KEYFRAME if block.keyframe else OTHER)
        for block, length in zip(blocks, _lengths(blocks), strict=True)
    )
    frames = box(b"mdat", *(block.payload for block in blocks))

    def described(begins_at: int) -> bytes:
        run = struct.pack(">II", len(blocks), begins_at) + samples
        return box(
            b"moof",
            full(b"mfhd", 0, 0, struct.pack(">I", number)),
            box(
                b"traf",
                full(b"tfhd", 0, FROM_FRAGMENT, struct.pack(">I", TRACK)),
                full(b"tfdt", 1, 0, struct.pack(">Q", blocks[0].at_ms)),
                full(b"trun", 0, SAMPLE_FIELDS, run),
            ),
        )

    return described(len(described(0)) + 8) + frames


def index(cues: Sequence[Cue]) -> bytes:
    """Return where playing may begin, for a player that leaps; it stands at the very end."""
    entries = b"".join(struct.pack(">QQ3B", cue.at_ms, cue.offset, 1, 1, 1) for cue in cues)
    table = full(b"tfra", 1, 0, struct.pack(">III", TRACK, 0, len(cues)), entries)
    return box(b"mfra", table, full(b"mfro", 0, 0, struct.pack(">I", 8 + len(table) + 16)))


class Mp4:
    """One file's state between its pieces."""

    def __init__(self) -> None:
        self._head = b""
        self._number = 0
        self._cues: list[Cue] = []

    def begin(self, form: Format, began_ns: int) -> bytes:
        """Return the beginning of the file."""
        self._head = head(form, began_ns)
        return self._head

    def piece(self, blocks: Sequence[Block], offset: int) -> bytes:
        """Return the next piece of the file, which stands at `offset`."""
        if blocks[0].keyframe:
            self._cues.append(Cue(blocks[0].at_ms, offset))
        self._number += 1
        return fragment(self._number, blocks)

    def end(self, duration_ms: int, _size: int) -> tuple[bytes, list[tuple[int, bytes]]]:
        """Return what is appended at the end, and what is filled in before, as (offset, bytes)."""
        length = struct.pack(">Q", duration_ms)
        places = {b"mvhd": 28, b"tkhd": 32, b"mdhd": 28}  # of the duration, from the box's name on
        filled = [(self._head.index(kind) + place, length) for kind, place in places.items()]
        extends = self._head.rindex(b"mehd") + 8  # the last: before it stands what a client sent
        return index(self._cues), [*filled, (extends, length)]
