"""What each revision of a file brought: the text, the places to sign, each signature, the evidence, the time stamps.

It describes and does not judge; `verify` judges. A revision that touches pages after the first is named as such.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

MOST_SHOWN = 40
# kind → (Chinese, English); {} takes the field's label
WORDS = {
    "text": ("文书的文本", "The text of the paper"),
    "fields": ("签名位置", "The places to sign"),
    "certification": ("平台固定文本", "The platform fixed the text"),
    "signature": ("签名：{}", "Signature: {}"),
    "evidence": ("长期保存用的证书和吊销列表", "Certificates and revocation lists for long-term keeping"),
    "stamp": ("存档时间戳", "Archive time stamp"),
    "pages": ("页面或内容被改动", "Pages or their content were changed"),
    "other": ("其他改动", "Other changes"),
}


@dataclass(frozen=True)
class Revision:
    """One revision: `number` counts from one, `end` is the byte after it, `objects` counts what it wrote by kind."""

    number: int
    end: int
    kind: str
    label: str
    objects: dict[str, int]

    @property
    def zh(self) -> str:
        return WORDS[self.kind][0].replace("{}", self.label)

    @property
    def en(self) -> str:
        return WORDS[self.kind][1].replace("{}", self.label)


def history(reader: PdfFileReader, pdf: bytes) -> list[Revision]:
    """Every revision, oldest first."""
    signed = {one.signed_revision: one for one in reader.embedded_signatures}
    ends = list(_ends(reader, pdf))
    return [_revision(reader, number, ends[number], signed.get(number)) for number in range(len(ends))]


def _ends(reader: PdfFileReader, pdf: bytes) -> Iterator[int]:
    for number in range(reader.xrefs.total_revisions):
        begin = reader.xrefs.get_xref_container_info(number).end_location
        mark = pdf.find(b"%%EOF", begin)
        yield len(pdf) if mark < 0 else mark + len(b"%%EOF")


def _revision(reader: PdfFileReader, number: int, end: int, signature: Any) -> Revision:
    kinds = Counter(_kinds(reader, number))
    if signature is not None:
        label = str(signature.sig_field.get("/TU", signature.field_name))
        if signature.sig_object.get("/Type") == "/DocTimeStamp":
            return Revision(number + 1, end, "stamp", label, dict(kinds))
        kind = (
            "certification" if signature.docmdp_level is not None and number < 3 and not _drawn(kinds) else "signature"
        )
        return Revision(number + 1, end, kind, label, dict(kinds))
    return Revision(number + 1, end, _kind(number, kinds), "", dict(kinds))


def _drawn(kinds: Counter[str]) -> bool:
    return bool(kinds["form"])


def _kind(number: int, kinds: Counter[str]) -> str:
    if number == 0:
        return "text"
    if kinds["evidence"]:
        return "evidence"
    if kinds["field"]:
        return "fields"
    return "pages" if kinds["page"] or kinds["stream"] else "other"


def _kinds(reader: PdfFileReader, number: int) -> Iterator[str]:
    """What kind of object each is that the revision wrote."""
    history_of: Any = reader.get_historical_resolver(number)
    for reference in reader.xrefs.explicit_refs_in_revision(number):
        try:
            yield _object_kind(history_of(reference))
        except (PdfError, KeyError, ValueError):
            yield "unreadable"


BY_TYPE = {
    "/Page": "page", "/Pages": "page", "/Catalog": "catalog", "/Sig": "signature", "/DocTimeStamp": "stamp",
    "/XRef": "table", "/ObjStm": "container", "/Metadata": "metadata", "/Font": "font", "/FontDescriptor": "font",
    "/DSS": "evidence", "/StructElem": "structure", "/StructTreeRoot": "structure", "/EmbeddedFile": "attachment",
    "/Filespec": "attachment",
}  # fmt: skip


def _object_kind(found: Any) -> str:
    if not isinstance(found, DictionaryObject):
        return "value"
    named = BY_TYPE.get(str(found.get("/Type", "")))
    if named:
        return named
    if "/Certs" in found or "/CRLs" in found or "/OCSPs" in found:
        return "evidence"
    if found.get("/FT") == "/Sig":
        return "field"
    if found.get("/Subtype") == "/Form":
        return "form"
    if "/Subtype" in found and "/Rect" in found:
        return "annotation"
    return "stream" if hasattr(found, "encoded_data") else "value"
