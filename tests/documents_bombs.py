"""Small files that unpack to gigabytes, one for each way in which a PDF can pack."""

import functools
import zlib
from collections.abc import Callable

from documents_hostile import CATALOG, HEAD, PAGE, PAGES, stream, written

GIGABYTE = 1024
PAGE_OF = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</I 5 0 R>>>>/Contents %d 0 R>>"
FLATE = b"/Filter/FlateDecode"


@functools.cache
def packed(megabytes: int, content: bytes = bytes(16)) -> bytes:
    """A Flate stream of so many mebibytes, made at once: a block that stands for itself, again and again."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packing.compress(content * (2**20 // len(content))) + packing.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return b"\x78\x9c" + block * megabytes + end + bytes(4)


def lzw(content: bytes) -> bytes:
    """The content packed by LZW as a PDF has it."""
    out, held, bits = bytearray(), 0, 0

    def put(code: int, width: int) -> None:
        nonlocal held, bits
        held, bits = held << width | code, bits + width
        while bits >= 8:
            bits -= 8
            out.append(held >> bits & 255)
        held &= (1 << bits) - 1

    codes, width, known = {bytes([one]): one for one in range(256)}, 9, b""
    put(256, 9)
    for number in content:
        longer = known + bytes([number])
        if longer in codes:
            known = longer
            continue
        put(codes[known], width)
        codes[longer] = len(codes) + 2
        width = max(9, (len(codes) + 2).bit_length())
        if len(codes) == 4090:
            put(256, width)
            codes, width = {bytes([one]): one for one in range(256)}, 9
        known = longer[-1:]
    put(codes[known], width)
    put(257, width)
    put(0, 8)
    return bytes(out)


def of_page(content: bytes, entries: bytes = FLATE) -> bytes:
    return written({1: CATALOG % b"", 2: PAGES, 3: PAGE_OF % 4, 4: stream(content, entries)})


def many_streams(count: int = 60) -> bytes:
    kids = b" ".join(b"%d 0 R" % (10 + 2 * one) for one in range(count))
    pages = {10 + 2 * one: PAGE_OF % (11 + 2 * one) for one in range(count)}
    streams = {11 + 2 * one: stream(packed(60), FLATE) for one in range(count)}
    return written({1: CATALOG % b"", 2: b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count), **pages, **streams})


def picture() -> bytes:
    entries = b"/Type/XObject/Subtype/Image/Width 10/Height 10/BitsPerComponent 8/ColorSpace/DeviceGray" + FLATE
    image = stream(packed(GIGABYTE), entries)
    return written({1: CATALOG % b"", 2: PAGES, 3: PAGE_OF % 4, 4: stream(b"/I Do"), 5: image})


def attachment() -> bytes:
    names = b"/Names<</EmbeddedFiles<</Names[(a) 6 0 R]>>>>"
    content = stream(packed(GIGABYTE), b"/Type/EmbeddedFile" + FLATE)
    file = b"<</Type/Filespec/F(a)/UF(a)/EF<</F 7 0 R>>>>"
    return written({1: CATALOG % names, 2: PAGES, 3: PAGE, 6: file, 7: content})


def table() -> bytes:
    content = packed(GIGABYTE)
    body = b"<</Type/XRef/Size 9/W[1 4 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream"
    return HEAD + b"8 0 obj\n" + body % (len(content), content) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(HEAD)


BOMBS: dict[str, Callable[[], bytes]] = {
    "of_page": lambda: of_page(packed(GIGABYTE)),
    "of_text": lambda: of_page(packed(GIGABYTE, b"0 0 1 1 re f Q q ")),
    "packed_twice": lambda: of_page(zlib.compress(packed(GIGABYTE), 9), b"/Filter[/FlateDecode/FlateDecode]"),
    "in_letters": lambda: of_page(packed(GIGABYTE).hex().encode() + b">", b"/Filter[/ASCIIHexDecode/FlateDecode]"),
    "many_streams": many_streams,
    "picture": picture,
    "attachment": attachment,
    "table": table,
    "container": lambda: of_page(packed(GIGABYTE), b"/Type/ObjStm/N 1/First 4" + FLATE),
    "run_length": lambda: of_page(b"\x81\0" * 2**22, b"/Filter/RunLengthDecode"),
    "lzw_of_letters": lambda: of_page(b"0" * 9 + b">", b"/Filter[/LZWDecode/ASCIIHexDecode]"),
}
