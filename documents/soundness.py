"""Is every byte of the file accounted for? What two programs could read in two ways is no evidence.

Shadow, incremental-saving and signature-wrapping attacks (Mladenov et al., CCS 2019; Mainka et al., NDSS 2021 and
2022) live on bytes that a validator passes over: objects that no table lists, tables that point into another
revision, gaps that hold more than a signature. Our own files have none, so a file that has any is refused.
"""

import re
from collections.abc import Iterator
from typing import Any

from asn1crypto import core
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef, XRefSectionType
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

HEADER = re.compile(rb"%PDF-1\.[4-7]\r?\n(?:%[^\r\n]{1,16}\r?\n)?")
OBJECT = re.compile(rb"(\d+)\s+(\d+)\s+obj\b")
LENGTH = re.compile(rb"/Length(?![0-9A-Za-z])\s+(\d+)(?!\s+\d+\s+R)")
ANY_LENGTH = re.compile(rb"/Length(?![0-9A-Za-z])")
STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)
TOKEN = re.compile(rb"(?<![A-Za-z/])(?:obj|endobj|stream|endstream|xref|trailer|startxref)(?![A-Za-z])")
AFTER_STREAM = re.compile(rb"\s{0,2}endstream\s+endobj\s*")
TABLE = re.compile(rb"xref\s+(?:\d+ \d+\s+(?:\d{10} \d{5} [fn]\s{1,2})*)+trailer\s*<<(.*)>>\s*", re.DOTALL)
END = re.compile(rb"startxref\r?\n(\d+)\r?\n%%EOF(?:\r\n|\n|\r)?")
DEEPEST_STRING = 8


class Loose(ValueError):
    """Bytes that belong to nothing; says where."""


def faults(reader: PdfFileReader, pdf: bytes, signatures: list[EmbeddedPdfSignature]) -> list[tuple[str, str]]:
    """Codes of the verdict, with details, for what no honest file of ours has; empty when every byte has its place."""
    try:
        ends = _check_revisions(reader, pdf)
    except Loose as found:
        return [("unaccounted", str(found))]
    return [("wrapped", str(one.field_name)) for one in signatures if not _covers_a_revision(one, pdf, ends)]


def _check_revisions(reader: PdfFileReader, pdf: bytes) -> set[int]:
    """Where each revision ends. Raises Loose when a byte of it is neither an object nor a table listed for it."""
    begin = _header(pdf)
    ends = set()
    for revision in range(reader.xrefs.total_revisions):
        begin = _check_revision(reader, pdf, revision, begin)
        ends.add(begin)
    if begin != len(pdf):
        raise Loose(f"after byte {begin}")
    return ends


def _header(pdf: bytes) -> int:
    found = HEADER.match(pdf)
    if found is None:
        raise Loose("header")
    return found.end()


def _check_revision(reader: PdfFileReader, pdf: bytes, revision: int, begin: int) -> int:
    """Walk over one revision from its first byte; give the byte after its %%EOF."""
    section, listed = reader.xrefs.get_xref_container_info(revision), reader.xrefs.get_xref_data(revision)
    if section.xref_section_type not in (XRefSectionType.STANDARD, XRefSectionType.STREAM):
        raise Loose("hybrid cross-reference")
    places = {offset: (number, generation) for number, (generation, offset) in listed.standard_xrefs.items()}
    if len(places) != len(listed.standard_xrefs) or not _own_containers(listed):
        raise Loose(f"two entries for one object in revision {revision + 1}")
    table = section.start_location
    if section.xref_section_type is XRefSectionType.STANDARD:  # pyHanko says where its first row is
        table = pdf.rfind(b"xref", 0, table)
    if section.stream_ref is not None:
        places[table] = (section.stream_ref.idnum, section.stream_ref.generation)
    elif table <= max(places, default=0):
        raise Loose(f"table before its objects in revision {revision + 1}")
    order = [*sorted(places), *([] if section.stream_ref else [table])]
    for place, following in zip(order, [*order[1:], None], strict=True):
        begin = _blank(pdf, begin, place)
        begin = _object_end(pdf, place, following, places[place]) if place in places else _table_end(pdf, place)
    return _revision_end(pdf, begin, table)


def _own_containers(listed: Any) -> bool:
    """Whether every compressed object lies in a stream that this same revision brought."""
    inside: dict[int, ObjStreamRef] = listed.xrefs_in_objstm
    containers = {one.obj_stream_id for one in inside.values()}
    return containers <= set(listed.standard_xrefs) and not (set(inside) & set(listed.standard_xrefs))


def _blank(pdf: bytes, begin: int, end: int) -> int:
    if end < begin or pdf[begin:end].strip(b"\r\n \t\x00\x0c"):
        raise Loose(f"byte {min(begin, end)}")
    return end


def _object_end(pdf: bytes, place: int, following: int | None, wanted: tuple[int, int]) -> int:
    """The end of the one object that lies here: nothing else may stand before the next."""
    stated = OBJECT.match(pdf, place)
    if stated is None or (int(stated[1]), int(stated[2])) != wanted:
        raise Loose(f"no object {wanted[0]} at byte {place}")
    limit = len(pdf) if following is None else following
    stream = _stream_begin(pdf, stated.end(), limit)
    if stream is not None:
        head, content = stream
        lengths = LENGTH.findall(head)
        if len(lengths) != 1 or len(ANY_LENGTH.findall(head)) != 1:
            raise Loose(f"length of object {wanted[0]}")
        after = AFTER_STREAM.match(pdf, content + int(lengths[0]))
        if after is None or after.end() > limit:
            raise Loose(f"stream of object {wanted[0]}")
        return after.end()
    end = pdf.find(b"endobj", stated.end(), limit)
    if end < 0 or TOKEN.search(_without_strings(pdf[stated.end() : end])):
        raise Loose(f"end of object {wanted[0]}")
    return end + len(b"endobj")


def _stream_begin(pdf: bytes, begin: int, limit: int) -> tuple[bytes, int] | None:
    """The dictionary before a stream, without its strings, and the stream's first byte; None for other objects."""
    end = pdf.find(b"endobj", begin, limit)
    found = re.compile(rb"stream(\r\n|\n)").search(pdf, begin, limit)
    if found is None or (0 <= end < found.start()):
        return None
    head = _without_strings(pdf[begin : found.start()])
    if TOKEN.search(head):
        raise Loose(f"byte {begin}")
    return head, found.end()


def _without_strings(text: bytes) -> bytes:
    for _ in range(DEEPEST_STRING):
        shorter = STRING.sub(b"", text)
        if shorter == text:
            return text
        text = shorter
    raise Loose("a string nested too deep")


def _table_end(pdf: bytes, place: int) -> int:
    """The end of a cross-reference table and its trailer: the next startxref."""
    end = pdf.find(b"startxref", place)
    found = TABLE.fullmatch(pdf, place, end) if end > 0 else None
    if found is None or TOKEN.search(_without_strings(found[1])):
        raise Loose(f"table at byte {place}")
    return end


def _revision_end(pdf: bytes, begin: int, table: int) -> int:
    found = END.search(pdf, begin, begin + 64)
    if found is None or pdf[begin : found.start()].strip() or int(found[1]) != table:
        raise Loose(f"end of the revision at byte {begin}")
    return found.end()


def _covers_a_revision(signature: EmbeddedPdfSignature, pdf: bytes, ends: set[int]) -> bool:
    """Whether the signed bytes are a revision from the file's first byte on, but for the signature's own value."""
    numbers = list(_integers(signature.sig_object.raw_get("/ByteRange")))
    if len(numbers) != 4 or numbers[0] != 0 or min(numbers) < 0:
        return False
    _, before, after, length = numbers
    gap = pdf[before:after]
    if not before < after or after + length not in ends or gap[:1] + gap[-1:] != b"<>":
        return False
    try:
        value = bytes.fromhex(gap[1:-1].decode("ascii"))
        token = core.Sequence.load(value).dump()
    except (ValueError, UnicodeDecodeError):
        return False
    return value == bytes(signature.pkcs7_content) and not any(value[len(token) :]) and b" " not in gap


def _integers(values: Any) -> Iterator[int]:
    """The members, so long as the array itself lies in the signature and holds nothing but integers."""
    if not isinstance(values, list):
        return
    for one in values:
        yield int(one) if isinstance(one, int) and not isinstance(one, bool) else -1
