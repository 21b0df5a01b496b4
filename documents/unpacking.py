"""How far a stranger's PDF may unpack, measured before anything reads it, and the only way to open one with qpdf.

A thousand bytes of a Flate stream can stand for a million, and a stream packed twice for a thousand million: a small
file that costs minutes and the whole memory. So every stream is unpacked once, piece by piece, and the pieces are only
counted; qpdf itself is told where to stop.
"""

import io
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import pikepdf
from pikepdf import settings

from documents.limits import MEBIBYTE

MOST_UNPACKED, MOST_RATIO = 256 * MEBIBYTE, 16
MOST_EACH = 192 * MEBIBYTE  # a picture of 60 million pixels in colour
MOST_STREAMS = 500_000
MOST_FILTERS = 2
BEGIN = re.compile(rb"stream[\s\0]*(?=[\x08\x18\x28\x38\x48\x58\x68\x78])")
FIRST_PIECE, PIECE = 4096, 65536
LZW, RUN_LENGTH = ("/LZWDecode", "/LZW"), ("/RunLengthDecode", "/RL")
OUTER = ("/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx")
CLEAR, END_OF_CODES, WIDEST = 256, 257, 12
END_OF_RUNS = 128

# For the whole process, as qpdf knows no other way; nothing of ours comes near to it.
settings.set_qpdf_limits(
    flate_max_memory=MOST_EACH,
    run_length_max_memory=MOST_EACH,
    png_max_memory=MOST_EACH,
    tiff_max_memory=MOST_EACH,
    max_stream_filters=MOST_FILTERS,
)


class UnpacksTooFar(ValueError):
    """The file unpacks to more than any honest paper: reading it would fill the memory."""


def opened(pdf: bytes) -> pikepdf.Pdf:
    """The file, opened with qpdf. Raises UnpacksTooFar, and what pikepdf raises."""
    meter = Meter(pdf)
    meter.measure_file(pdf)
    file = pikepdf.open(io.BytesIO(pdf))
    try:
        for one in file.objects:
            if isinstance(one, pikepdf.Stream):
                meter.measure_filters(file, one)
    except BaseException:
        file.close()
        raise
    return file


def unpacks_too_far(pdf: bytes) -> bool:
    """Whether its Flate streams unpack to more than any honest paper; decided from the bytes, without a parser."""
    try:
        Meter(pdf).measure_file(pdf)
    except UnpacksTooFar:
        return True
    return False


class Meter:
    """Counts what is unpacked of one file and stops at what its size allows."""

    def __init__(self, pdf: bytes) -> None:
        self._left = MOST_UNPACKED + MOST_RATIO * len(pdf)

    def measure_file(self, pdf: bytes) -> None:
        """Count whatever stands where a stream begins and is packed by Flate, whatever the file says of it."""
        whole = memoryview(pdf)
        for number, found in enumerate(BEGIN.finditer(pdf)):
            if number == MOST_STREAMS:
                raise UnpacksTooFar(f"more than {MOST_STREAMS} streams")
            if pdf[found.start() - 3 : found.start()] == b"end":  # looking behind in the pattern is thirty times slower
                continue
            self._measure(_pieces(whole[found.end() :]), 1)

    def measure_filters(self, file: pikepdf.Pdf, stream: Any) -> None:
        """Count what only the stream's filters tell: LZW, run lengths, and what is packed within letters."""
        filters = _filters(stream)
        if not any(one in (*LZW, *RUN_LENGTH, *OUTER) for one in filters):
            return
        content = stream.read_raw_bytes()
        if filters[0] in OUTER and len(filters) > 1:
            try:
                content = file.make_stream(content, Filter=pikepdf.Name(filters.pop(0))).read_bytes()
            except pikepdf.PdfError:  # no such letters: nobody can unpack it
                return
        if any(one in (*LZW, *RUN_LENGTH) for one in filters):
            if len(filters) > 1:
                raise UnpacksTooFar("packed twice, in a way that nobody packs")
            early = _early(stream.get("/DecodeParms"))
            length = lzw_length(content, self._left, early=early) if filters[0] in LZW else run_length(content)
            self._spend(length)
        else:
            self._measure(_pieces(memoryview(content)), 1)

    def _measure(self, pieces: Iterable[bytes | memoryview], depth: int) -> None:
        chunks = self._counted(pieces)
        first = next(chunks, b"")
        if depth < MOST_FILTERS and _looks_packed(first):
            self._measure(chain([first], chunks), depth + 1)
        else:
            for _ in chunks:
                pass

    def _counted(self, pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
        for chunk in _inflated(pieces):
            self._spend(len(chunk))
            yield chunk

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise UnpacksTooFar("a stream, or all of them together")


def _filters(stream: Any) -> list[str]:
    stated = stream.get("/Filter", pikepdf.Array())
    return [str(one) for one in (stated if isinstance(stated, pikepdf.Array) else [stated])]


def _early(parameters: Any) -> int:
    """By how many codes LZW widens early (ISO 32000-1, table 8)."""
    while isinstance(parameters, pikepdf.Array):
        parameters = parameters[-1] if len(parameters) else None
    return int(parameters.get("/EarlyChange", 1)) if isinstance(parameters, pikepdf.Dictionary) else 1


def _looks_packed(content: bytes) -> bool:
    """Whether it begins like a Flate stream (RFC 1950)."""
    return len(content) > 1 and content[0] & 15 == 8 and (content[0] << 8 | content[1]) % 31 == 0


def _pieces(content: memoryview) -> Iterator[memoryview]:
    """The content in pieces, a small one first: most of what is no Flate stream fails there."""
    yield content[:FIRST_PIECE]
    for begin in range(FIRST_PIECE, len(content), PIECE):
        yield content[begin : begin + PIECE]


def _inflated(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """What one Flate stream unpacks to, a mebibyte at most at a time, until it ends or breaks."""
    unpacking = zlib.decompressobj()
    for piece in pieces:
        waiting: bytes | memoryview = piece
        while len(waiting) and not unpacking.eof:
            try:
                chunk = unpacking.decompress(waiting, MEBIBYTE)
            except zlib.error:
                return
            waiting = unpacking.unconsumed_tail
            if chunk:
                yield chunk
        if unpacking.eof:
            return


def lzw_length(packed: bytes, most: int, *, early: int = 1) -> int:
    """How many bytes an LZW stream unpacks to (ISO 32000-1, 7.4.4.2), counted without unpacking; stops after `most`."""
    lengths = [1] * 256 + [0, 0]
    width, held, bits, total, previous = 9, 0, 0, 0, 0
    for byte in packed:
        held, bits = (held << 8 | byte) & 0xFFFFF, bits + 8
        if bits < width:
            continue
        bits -= width
        code = held >> bits & ((1 << width) - 1)
        if code == CLEAR:
            del lengths[END_OF_CODES + 1 :]
            width, previous = 9, 0
            continue
        if code == END_OF_CODES or code > len(lengths) or total > most:
            break
        length = lengths[code] if code < len(lengths) else previous + 1
        total += length
        if previous and len(lengths) < 1 << WIDEST:
            lengths.append(previous + 1)
        previous = length
        width = min(WIDEST, max(9, (len(lengths) + early).bit_length()))
    return total


def run_length(packed: bytes) -> int:
    """How many bytes a stream of run lengths unpacks to (ISO 32000-1, 7.4.5)."""
    place, total = 0, 0
    while place < len(packed) and packed[place] != END_OF_RUNS:
        one = packed[place]
        copied = one < END_OF_RUNS
        total += one + 1 if copied else 257 - one
        place += one + 2 if copied else 2
    return total
