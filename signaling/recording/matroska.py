"""WebM as bytes (RFC 8794 EBML, RFC 9559 Matroska, the WebM container guidelines): one track a file.

A file is whole after each cluster: the segment's size is unknown until the end. What is only known then (size,
duration, where the cues are) gets its room at the beginning and is filled in by `ending`.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from signaling.recording.frames import Block, Cue, Format

EBML, SEGMENT, VOID = 0x1A45DFA3, 0x18538067, 0xEC
SEEK_HEAD, SEEK, SEEK_ID, SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
ABOUT, SCALE, MUXER, WRITER, DURATION, DATE = 0x1549A966, 0x2AD7B1, 0x4D80, 0x5741, 0x4489, 0x4461
TRACKS, ENTRY, NUMBER, UID, KIND, CODEC, PRIVATE = 0x1654AE6B, 0xAE, 0xD7, 0x73C5, 0x83, 0x86, 0x63A2
LACING, PRE_ROLL, VIDEO, WIDTH, HEIGHT, AUDIO, FREQUENCY, CHANNELS = 0x9C, 0x56BB, 0xE0, 0xB0, 0xBA, 0xE1, 0xB5, 0x9F
CLUSTER, TIMESTAMP, BLOCK = 0x1F43B675, 0xE7, 0xA3
CUES, POINT, CUE_TIME, PLACES, CUE_TRACK, CUE_CLUSTER = 0x1C53BB6B, 0xBB, 0xB3, 0xB7, 0xF7, 0xF1
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
SEEK_ROOM = 96
EPOCH_NS = 978_307_200_000_000_000  # 2001-01-01, which Matroska counts from
PROGRAM = "yuntiao"
CODECS = {"opus": "A_OPUS", "VP8": "V_VP8"}
CUE_EVERY_MS = 5000
LONGEST_CLUSTER_MS = 30_000  # a block's time is 16 bits signed, relative to its cluster


class Head(NamedTuple):
    """The beginning of a file, and where its end will be told."""

    content: bytes
    segment_size_at: int
    segment_at: int
    seek_at: int
    about_at: int
    duration_at: int
    tracks_at: int


def element(identifier: int, content: bytes) -> bytes:
    """Return an element with its size in as few bytes as it needs (RFC 8794 4)."""
    name = identifier.to_bytes((identifier.bit_length() + 7) // 8)
    width = 1
    while len(content) >= (1 << 7 * width) - 1:  # all ones means: unknown
        width += 1
    return name + (len(content) | 1 << 7 * width).to_bytes(width) + content


def number(identifier: int, value: int) -> bytes:
    """Return an unsigned integer element."""
    return element(identifier, value.to_bytes(max(1, (value.bit_length() + 7) // 8)))


def real(identifier: int, value: float) -> bytes:
    """Return a float element of eight bytes."""
    return element(identifier, struct.pack(">d", value))


def text(identifier: int, value: str) -> bytes:
    """Return a string element."""
    return element(identifier, value.encode())


def room(size: int) -> bytes:
    """Return a void element of exactly `size` bytes, 2 to 128."""
    return element(VOID, bytes(size - 2))


def _entry(codec: str, form: Format) -> bytes:
    parts = number(NUMBER, 1) + number(UID, 1) + number(LACING, 0) + text(CODEC, CODECS[codec])
    if form.private:
        parts += element(PRIVATE, form.private)
    if codec == "opus":
        parts += number(PRE_ROLL, 80_000_000)  # RFC 7845 4.6
        return parts + number(KIND, 2) + element(AUDIO, real(FREQUENCY, 48_000) + number(CHANNELS, 2))
    return parts + number(KIND, 1) + element(VIDEO, number(WIDTH, form.width) + number(HEIGHT, form.height))


def head(codec: str, form: Format, began_ns: int) -> Head:
    """Return the beginning of a file whose time 0 is `began_ns` (UTC, nanoseconds since 1970)."""
    names = number(0x4286, 1) + number(0x42F7, 1) + number(0x42F2, 4) + number(0x42F3, 8)
    content = element(EBML, names + text(0x4282, "webm") + number(0x4287, 4) + number(0x4285, 2))
    content += SEGMENT.to_bytes(4)
    segment_size_at, segment_at = len(content), len(content) + len(UNKNOWN_SIZE)
    content += UNKNOWN_SIZE + room(SEEK_ROOM)
    about_at = len(content)
    date = element(DATE, struct.pack(">q", began_ns - EPOCH_NS))
    about = number(SCALE, 1_000_000) + text(MUXER, PROGRAM) + text(WRITER, PROGRAM) + date
    duration = len(real(DURATION, 0.0))
    content += element(ABOUT, about + room(duration))
    duration_at = tracks_at = len(content)
    content += element(TRACKS, element(ENTRY, _entry(codec, form)))
    return Head(content, segment_size_at, segment_at, segment_at, about_at, duration_at - duration, tracks_at)


def cluster(blocks: Sequence[Block]) -> bytes:
    """Return a cluster of blocks in order, at most `LONGEST_CLUSTER_MS` long (RFC 9559 10)."""
    began = blocks[0].at_ms
    parts = [number(TIMESTAMP, began)]
    for block in blocks:
        head_of_block = struct.pack(">BhB", 0x81, block.at_ms - began, 0x80 if block.keyframe else 0)
        parts.append(element(BLOCK, head_of_block + block.payload))
    return element(CLUSTER, b"".join(parts))


def cues(points: Iterable[Cue], segment_at: int) -> bytes:
    """Return the index of a file."""
    entries = []
    for point in points:
        places = element(PLACES, number(CUE_TRACK, 1) + number(CUE_CLUSTER, point.offset - segment_at))
        entries.append(element(POINT, number(CUE_TIME, point.at_ms) + places))
    return element(CUES, b"".join(entries))


def ending(start: Head, duration_ms: float, cues_at: int | None, size: int) -> list[tuple[int, bytes]]:
    """Return what is filled in at the end, as (offset, bytes), for a file of `size` bytes."""
    targets = [(ABOUT, start.about_at), (TRACKS, start.tracks_at)]
    if cues_at is not None:
        targets.append((CUES, cues_at))
    entries = b"".join(
        element(SEEK, element(SEEK_ID, name.to_bytes(4)) + number(SEEK_POSITION, at - start.segment_at))
        for name, at in targets
    )
    seek = element(SEEK_HEAD, entries)
    length = (size - start.segment_at | 1 << 56).to_bytes(8)
    return [
        (start.seek_at, seek + room(SEEK_ROOM - len(seek))),
        (start.duration_at, real(DURATION, duration_ms)),
        (start.segment_size_at, length),
    ]


class WebM:
    """One file's state between its pieces."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._head: Head | None = None
        self._cues: list[Cue] = []

    def begin(self, form: Format, began_ns: int) -> bytes:
        """Return the beginning of the file."""
        self._head = head(self._codec, form, began_ns)
        return self._head.content

    def piece(self, blocks: Sequence[Block], offset: int) -> bytes:
        """Return the next piece of the file, which stands at `offset`."""
        first = blocks[0]
        due = not self._cues or first.at_ms - self._cues[-1].at_ms >= CUE_EVERY_MS
        if due and (first.keyframe or self._codec == "opus"):
            self._cues.append(Cue(first.at_ms, offset))
        return cluster(blocks)

    def end(self, duration_ms: int, size: int) -> tuple[bytes, list[tuple[int, bytes]]]:
        """Return what is appended at the end, and what is filled in before, as (offset, bytes)."""
        assert self._head is not None
        appended = cues(self._cues, self._head.segment_at) if self._cues else b""
        filled = ending(self._head, duration_ms, size if appended else None, size + len(appended))
        return appended, filled
