"""Files made to hurt a reader: loops, bombs, depths, and mutations of honest files by a seeded chance."""

import io
import random
import re
import zlib
from collections.abc import Callable

import pikepdf

HEAD = b"%PDF-1.7\n"
TOKENS = (
    b"endobj", b"stream", b"endstream", b"xref", b"trailer", b"startxref", b"/Prev", b"/Length", b"/Kids", b"/Parent",
    b"/ByteRange", b"/Contents", b"/Filter", b"/ObjStm", b"/Extends", b"/First", b"/N", b"/Size", b"/Root", b"/W",
    b"/Index", b"/Encrypt", b"/XRefStm", b"<<", b">>", b"[", b"]", b"(", b")", b"null", b"R", b"0 0 R", b"1 0 R",
)  # fmt: skip
NUMBERS = (b"0", b"-1", b"1", b"99999999999", b"4294967295", b"2147483648", b"1.5", b"65536")


def written(objects: dict[int, bytes], root: int = 1, trailer: bytes = b"") -> bytes:
    """A small file of these objects with a right table."""
    content, places = bytearray(HEAD), {}
    for number, body in objects.items():
        places[number] = len(content)
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(content)
    size = max(objects) + 1
    content += b"xref\n0 1\n0000000000 65535 f \n"
    for number in sorted(places):
        content += b"%d 1\n%010d 00000 n \n" % (number, places[number])
    content += b"trailer\n<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, trailer, table)
    return bytes(content)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(content), content)


CATALOG = b"<</Type/Catalog/Pages 2 0 R%s>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
SIGNED = b"/AcroForm<</Fields[4 0 R]/SigFlags 3>>"
FIELD = b"<</FT/Sig/T(platform)/V 5 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]>>"
VALUE = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 9 19 9]/Contents<00>>>"


def encrypted() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="user"))
    return out.getvalue()


def page_loop() -> bytes:
    pages = b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>"
    return written({1: CATALOG % SIGNED, 2: pages, 3: PAGE, 4: FIELD, 5: VALUE})


def field_loop() -> bytes:
    looped = b"<</FT/Sig/T(platform)/Kids[4 0 R]/Parent 4 0 R>>"
    return written({1: CATALOG % SIGNED, 2: PAGES, 3: PAGE, 4: looped})


def reference_loop() -> bytes:
    return written({1: CATALOG % b"/AcroForm 6 0 R", 2: PAGES, 3: PAGE, 6: b"7 0 R", 7: b"6 0 R"})


def table_loop() -> bytes:
    whole = written({1: CATALOG % b"", 2: PAGES, 3: PAGE})
    place = int(re.findall(rb"startxref\n(\d+)", whole)[0])
    return whole.replace(b"trailer\n<<", b"trailer\n<</Prev %d" % place)


def container_loop() -> bytes:
    """An object stream that lies in itself, and one that extends itself."""
    inner = stream(b"1 0 <</Type/Catalog>>", b"/Type/ObjStm/N 1/First 4/Extends 8 0 R")
    return written({1: CATALOG % SIGNED, 2: PAGES, 3: PAGE, 4: FIELD, 5: VALUE, 8: inner})


def deep(opening: bytes, closing: bytes, depth: int = 50_000) -> bytes:
    return written({1: CATALOG % (b"/X " + opening * depth + closing * depth), 2: PAGES, 3: PAGE})


def deep_pages(depth: int = 3000) -> bytes:
    nodes = {number: b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (number + 1) for number in range(2, depth)}
    nodes[depth] = b"<</Type/Page/Parent %d 0 R>>" % (depth - 1)
    nodes[depth + 1] = b"<</FT/Sig/T(platform)/V %d 0 R/Type/Annot>>" % (depth + 2)
    nodes[depth + 2] = VALUE
    return written({1: CATALOG % (b"/AcroForm<</Fields[%d 0 R]>>" % (depth + 1)), **nodes})


def bomb(size: int = 400 * 2**20) -> bytes:
    """A cross-reference stream of a few hundred kilobytes that unpacks to hundreds of megabytes."""
    packed = zlib.compress(bytes(size), 9)
    body = b"<</Type/XRef/Size 9/W[1 4 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream"
    return HEAD + b"8 0 obj\n" + body % (len(packed), packed) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(HEAD)


def doubly_packed() -> bytes:
    inner = zlib.compress(zlib.compress(bytes(200 * 2**20), 9), 9)
    entries = b"/Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]"
    return written({1: CATALOG % SIGNED, 2: PAGES, 3: PAGE, 4: FIELD, 5: VALUE, 8: stream(inner, entries)})


def many_updates(count: int = 10_000) -> bytes:
    content = bytearray(written({1: CATALOG % b"", 2: PAGES, 3: PAGE}))
    previous = int(re.findall(rb"startxref\n(\d+)", bytes(content))[0])
    for _ in range(count):
        place = len(content)
        content += b"xref\n0 0\ntrailer\n<</Size 4/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (previous, place)
        previous = place
    return bytes(content)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "page_loop": page_loop,
    "field_loop": field_loop,
    "reference_loop": reference_loop,
    "table_loop": table_loop,
    "container_loop": container_loop,
    "deep_arrays": lambda: deep(b"[", b"]"),
    "deep_dictionaries": lambda: deep(b"<</X", b">>"),
    "deep_strings": lambda: deep(b"(", b")"),
    "deep_pages": deep_pages,
    "bomb": bomb,
    "doubly_packed": doubly_packed,
    "huge_table": lambda: HEAD + b"xref\n0 99999999\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n",
    "huge_index": lambda: (
        HEAD
        + b"8 0 obj\n"
        + stream(b"", b"/Type/XRef/Size 9/W[0 0 0]/Index[0 2147483647]/Root 1 0 R")
        + b"\nendobj\nstartxref\n9\n%%EOF\n"
    ),
}


def mutated(chance: random.Random, seeds: list[bytes]) -> bytes:
    """One honest file, damaged by one to six strokes as an attacker's program would try them."""
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 6)):
        STROKES[chance.randrange(len(STROKES))](chance, content, seeds)
    return bytes(content)


def _flip(chance: random.Random, content: bytearray, _: list[bytes]) -> None:
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _cut(chance: random.Random, content: bytearray, _: list[bytes]) -> None:
    place = chance.randrange(len(content) - 1)
    del content[place : place + chance.randint(1, 2000)]
    content += b"%" if len(content) < 9 else b""


def _repeat(chance: random.Random, content: bytearray, _: list[bytes]) -> None:
    place = chance.randrange(len(content))
    content[place:place] = content[place : place + chance.randint(1, 3000)]


def _splice(chance: random.Random, content: bytearray, seeds: list[bytes]) -> None:
    other = chance.choice(seeds)
    begin = chance.randrange(len(other))
    place = chance.randrange(len(content))
    content[place:place] = other[begin : begin + chance.randint(1, 20_000)]


def _token(chance: random.Random, content: bytearray, _: list[bytes]) -> None:
    found = [one.span() for one in re.finditer(rb"/[A-Za-z]+|endobj|stream|xref|obj", bytes(content[-60_000:]))]
    if found:
        begin, end = chance.choice(found)
        shift = max(0, len(content) - 60_000)
        content[shift + begin : shift + end] = chance.choice(TOKENS)


def _number(chance: random.Random, content: bytearray, _: list[bytes]) -> None:
    found = [one.span() for one in re.finditer(rb"(?<= )\d+", bytes(content[-60_000:]))]
    if found:
        begin, end = chance.choice(found)
        shift = max(0, len(content) - 60_000)
        content[shift + begin : shift + end] = chance.choice(NUMBERS)


def _insert(chance: random.Random, content: bytearray, _: list[bytes]) -> None:
    place = chance.randrange(len(content))
    content[place:place] = chance.choice(TOKENS) + b" " + chance.choice(NUMBERS)


def _append(chance: random.Random, content: bytearray, seeds: list[bytes]) -> None:
    content += chance.choice(seeds)[-chance.randint(1, 3000) :]


STROKES = (_flip, _cut, _repeat, _splice, _token, _number, _insert, _append)
