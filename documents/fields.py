"""The signature fields of a paper: laid out empty before anybody signs, so that nothing need be added afterwards."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

from documents.papers.base import Fault, FieldFault, SignatureField
from documents.pdfa import spots_in
from documents.structure import adopt_fields

PLATFORM_FIELD = "platform"
SEAL_FIELD = "seal"
ARCHIVE_FIELD = "archive"  # the document time stamps: archive-1, archive-2, ...
# PDF/A forbids hiding a field, PDF/UA wants it tagged or off the page.
UNSEEN = (-9999, -9999, -9999, -9999)
PRINTED_AND_LOCKED = 132
FILLING_AND_SIGNING = 2  # the most that a certification may allow (DocMDP P, ISO 32000-1 table 254)
SIGNED_AND_APPENDED = 3  # /SigFlags: there are signatures, and the file grows by updates only


def _no_place(name: str) -> Fault:
    return Fault(f"这份文书没有签名位置：{name}", f"this paper has no place to sign called {name}")


def lay_out_fields(pdf: bytes, wanted: Sequence[SignatureField]) -> bytes:
    """Put every empty field at its spot, and the platform's invisible one; the seal's field locks them all.

    The lock names its fields (FieldMDP INCLUDE, ISO 32000-2 12.8.2.4): with ALL, other validators count the later
    document time stamp as a change. Nobody has signed yet, so the file is written anew.
    """
    with pikepdf.open(io.BytesIO(pdf)) as paper:
        spots = spots_in(paper)
        names = [PLATFORM_FIELD, *(one.name for one in wanted)]
        faults = [_no_place(one.name) for one in wanted if one.name not in spots]
        if len(set(names)) != len(names):
            faults.append(Fault("签名位置重名", "two places to sign have one name"))
        if faults:
            raise FieldFault(faults)
        placed = [paper.make_indirect(new_field(paper, PLATFORM_FIELD, "平台固定文本"))]
        for one in wanted:
            page, (left, bottom, right, top) = spots[one.name]
            field = new_field(paper, one.name, one.label, page)
            field.Rect = Array([round(left), round(bottom), round(right), round(top)])
            field.AP = Dictionary(N=_nothing(paper, round(right) - round(left), round(top) - round(bottom)))
            if one.role == "seal":
                field.Lock = paper.make_indirect(_lock(names))
            placed.append(paper.make_indirect(field))
        for field in placed:
            hang(field)
        kept = list(paper.Root.AcroForm.get("/Fields", [])) if "/AcroForm" in paper.Root else []
        form = Dictionary(Fields=Array([*kept, *placed]), SigFlags=SIGNED_AND_APPENDED)
        paper.Root.AcroForm = paper.make_indirect(form)
        adopt_fields(paper, placed)
        out = io.BytesIO()
        # An empty appearance stays without /Filter: EU DSS takes a changed filter for an undefined change of the file.
        paper.save(
            out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False
        )
    return out.getvalue()


def new_field(pdf: Pdf, name: str, label: str, page: int = 0) -> Dictionary:
    """An empty signature field and its widget in one, off the page until it is given a place."""
    return Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Sig,
        T=String(name),
        TU=String(label),
        F=PRINTED_AND_LOCKED,
        Rect=Array(UNSEEN),
        P=pdf.pages[page].obj,
    )


def _nothing(pdf: Pdf, width: int, height: int) -> Any:
    """An appearance that draws nothing: PDF/A wants one of every field that takes up room (ISO 19005-2, 6.3.3)."""
    form = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": Array([0, 0, width, height]), "Resources": Dictionary()}
    return pdf.make_stream(b"", **form)


def hang(field: Any) -> None:
    """Show the widget on its page."""
    if "/Annots" not in field.P:
        field.P.Annots = Array()
    field.P.Annots.append(field)


def _lock(names: Sequence[str]) -> Dictionary:
    fields = Array([String(name) for name in names])
    return Dictionary(Type=Name.SigFieldLock, Action=Name.Include, Fields=fields, P=1)


def fields_of(pdf: Pdf) -> Iterator[tuple[str, Any]]:
    """Name and object of every signature field."""
    for one in pdf.Root.get("/AcroForm", Dictionary()).get("/Fields", Array()):
        if one.get("/FT") == Name.Sig:
            yield str(one.T), one


def signed_in(pdf: Pdf) -> tuple[list[str], list[str]]:
    """Names of the fields that are signed, and of those still empty, document time stamps left out."""
    found = list(fields_of(pdf))
    signed = [name for name, one in found if "/V" in one and one.V.get("/Type") != Name.DocTimeStamp]
    return signed, [name for name, one in found if "/V" not in one]


def signed_and_empty(pdf: bytes) -> tuple[list[str], list[str]]:
    """Names of the fields that are signed, and of those still empty, document time stamps left out."""
    with pikepdf.open(io.BytesIO(pdf)) as paper:
        return signed_in(paper)
