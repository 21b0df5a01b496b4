"""TrueType files as reportlab prints with them, read piece by piece: a font of 15 MB costs 3 MB and some milliseconds.

reportlab would keep the whole file in memory, copy all its outlines for every subset and hold each glyph's numbers as
objects. Here a file stays on the disk, and tables stay packed. What a font's licence forbids is refused (OpenType, OS/2
fsType): one that must not be embedded, must not be cut to a subset, or may be embedded as bitmaps only.
"""

import os
import struct
import sys
import weakref
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, overload
from weakref import WeakKeyDictionary

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTEncoding, TTFError, TTFont, TTFontFace, TTFontParser

RESTRICTED, NO_SUBSET, BITMAPS_ONLY = 0x0002, 0x0100, 0x0200
# Which table of characters is best: platform and encoding, the whole of Unicode before its first plane.
PREFERRED = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))


class FontRefused(ValueError):
    """A font file cannot be used: the message says which and why, in Chinese; `en` in English."""

    def __init__(self, file: Path, zh: str, en: str) -> None:
        self.file, self.en = file, f"the font {file.name} {en}"
        super().__init__(f"字体文件 {file.name} {zh}")


class _File:
    """A file's bytes as far as they are asked for; whoever replaces the file does not change what is open."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self._closing = weakref.finalize(self, os.close, self._descriptor)  # also when the program ends
        self._length = os.fstat(self._descriptor).st_size

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: "slice[int, int, None]") -> bytes: ...
    def __getitem__(self, place: "int | slice[int, int, None]") -> int | bytes:
        if isinstance(place, int):
            return self[place : place + 1][0]
        return os.pread(self._descriptor, max(0, place.stop - place.start), place.start)


class _Window:
    """A stretch of a file, sliced without being read as a whole."""

    def __init__(self, file: _File, begin: int) -> None:
        self._file, self._begin = file, begin

    def __getitem__(self, place: "slice[int, int, None]") -> bytes:
        return self._file[self._begin + place.start : self._begin + place.stop]


class _Pairs:
    """Advance width and left side bearing of each glyph (hmtx), packed."""

    def __init__(self, widths: "array[int]", bearings: "array[int]") -> None:
        self.widths, self._bearings = widths, bearings

    def __getitem__(self, glyph: int) -> tuple[int, int]:
        return self.widths[min(glyph, len(self.widths) - 1)], self._bearings[glyph]


class _CharacterWidths:
    """Width of each character in thousandths, as reportlab's tables ask for it."""

    def __init__(self, glyphs: dict[int, int], pairs: _Pairs, scale: float) -> None:
        self._glyphs, self._pairs, self._scale = glyphs, pairs, scale

    def __getitem__(self, character: int) -> float:
        return self._pairs[self._glyphs[character]][0] * self._scale

    def get(self, character: int, default: float = 0.0) -> float:
        return self[character] if character in self._glyphs else default


class Face(TTFontFace):
    """One TrueType file. Raises FontRefused when it cannot be used, OSError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._ttf_data, self.filename, self.path = _File(path), str(path), path
        pdfmetrics.TypeFace.__init__(self, None)
        try:
            TTFontParser.__init__(self, str(path))
            self._read_tables()
        except (TTFError, struct.error, LookupError, ValueError, AttributeError) as fault:
            if isinstance(fault, FontRefused):
                raise
            raise FontRefused(path, "不是能用的TrueType字体", f"is no usable TrueType font: {fault}") from fault

    def _read_tables(self) -> None:
        """Let reportlab read what is no table of glyphs or characters, and read those packed."""
        if any(one["offset"] + one["length"] > len(self._ttf_data) for one in self.tables):
            raise FontRefused(self.path, "不完整，可能没有传完", "is not complete")
        _may_embed(self)
        self.extractInfo(charInfo=0)
        loca = self._packed("loca", "I" if self._ushort("head", 50) else "H")
        self.glyphPos = loca if loca.itemsize == 4 else array("I", (2 * place for place in loca))
        self.charToGlyph = _characters(self)
        metrics, count = self._packed("hmtx", "H"), self._ushort("hhea", 34)
        pairs = _Pairs(metrics[: 2 * count : 2], metrics[1 : 2 * count : 2] + metrics[2 * count :])
        scale = 1000 / self.unitsPerEm
        self.hmetrics, self.charWidths = pairs, _CharacterWidths(self.charToGlyph, pairs, scale)
        self.defaultWidth = pairs[0][0] * scale
        if 0x20 in self.charToGlyph:
            self.charToGlyph[0xA0] = self.charToGlyph[0x20]

    def _packed(self, tag: str, kind: str) -> "array[int]":
        begin, length = self.get_table_pos(tag)
        return numbers(kind, self._ttf_data[begin : begin + length])

    def _ushort(self, tag: str, offset: int) -> int:
        return int(self.get_ushort(self.get_table_pos(tag)[0] + offset))

    def get_table(self, tag: str) -> Any:
        """A table's bytes; the outlines are read glyph by glyph."""
        if tag == "glyf":
            return _Window(self._ttf_data, self.get_table_pos(tag)[0])
        return super().get_table(tag)


def numbers(kind: str, packed: bytes) -> "array[int]":
    """Big-endian numbers: kind "H" of two bytes, "I" of four."""
    made = array(kind, packed[: len(packed) // array(kind).itemsize * array(kind).itemsize])
    if sys.byteorder == "little":
        made.byteswap()
    return made


def _may_embed(face: Face) -> None:
    if "OS/2" not in face.table:
        return
    rights = face.get_ushort(face.get_table_pos("OS/2")[0] + 8)
    if rights & 0x000F == RESTRICTED:
        raise FontRefused(face.path, "的许可不允许嵌入文件（fsType 0x0002）", "must not be embedded (fsType 0x0002)")
    if rights & NO_SUBSET:
        raise FontRefused(face.path, "的许可不允许截取子集（fsType 0x0100）", "must not be subsetted (fsType 0x0100)")
    if rights & BITMAPS_ONLY:
        raise FontRefused(face.path, "只许可嵌入点阵（fsType 0x0200）", "may only be embedded as bitmaps (0x0200)")


def _characters(face: Face) -> dict[int, int]:
    """Which glyph shows which character (cmap, formats 4 and 12)."""
    begin = face.get_table_pos("cmap")[0]
    count = face.get_ushort(begin + 2)
    head = struct.unpack(f">{'HHI' * count}", face._ttf_data[begin + 4 : begin + 4 + 8 * count])  # noqa: SLF001 - ours
    offered = {head[place : place + 2]: begin + head[place + 2] for place in range(0, len(head), 3)}
    for key in PREFERRED:
        if key in offered and (read := _FORMATS.get(face.get_ushort(offered[key]))):
            return {one: glyph for one, glyph in read(face, offered[key]) if 0 < glyph < face.numGlyphs}
    raise FontRefused(face.path, "没有Unicode字符表", "has no table of Unicode characters")


def _whole(face: Face, begin: int) -> Iterator[tuple[int, int]]:
    """Format 12: groups of first character, last character, first glyph."""
    length = face.get_ulong(begin + 4)
    packed = numbers("I", face._ttf_data[begin + 16 : begin + length])  # noqa: SLF001 - ours
    for first, last, glyph in zip(packed[0::3], packed[1::3], packed[2::3], strict=True):
        if last - first > face.numGlyphs:
            raise ValueError("a group larger than the font")
        yield from zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True)


def _first_plane(face: Face, begin: int) -> Iterator[tuple[int, int]]:
    """Format 4: segments, each with a distance to its glyphs or a list of them."""
    length, double = face.get_ushort(begin + 2), face.get_ushort(begin + 6)
    packed = numbers("H", face._ttf_data[begin + 14 : begin + length])  # noqa: SLF001 - ours
    count = double // 2
    ends, starts = packed[:count], packed[count + 1 : 2 * count + 1]
    deltas, offsets = packed[2 * count + 1 : 3 * count + 1], packed[3 * count + 1 : 4 * count + 1]
    for segment, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        if offset == 0:
            yield from ((one, (one + delta) & 0xFFFF) for one in range(first, last + 1))
            continue
        listed = 3 * count + 1 + segment + offset // 2
        glyphs = packed[listed : listed + last - first + 1]
        yield from ((first + step, (glyph + delta) & 0xFFFF) for step, glyph in enumerate(glyphs) if glyph)


_FORMATS = {4: _first_plane, 12: _whole}


class Font(TTFont):
    """A face under the name that a canvas knows it by."""

    def __init__(self, name: str, face: Face) -> None:
        self.fontName, self.face, self.encoding = name, face, TTEncoding()
        self.state = WeakKeyDictionary()
        self._asciiReadable, self.shapable = False, False
