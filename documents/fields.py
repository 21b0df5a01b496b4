"""The signature fields of a paper: laid out empty before anybody signs, so that nothing need be added afterwards."""

import io
from collections.abc import Sequence
from typing import Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, InvisSigSettings, MDPPerm, SigFieldSpec

from documents.papers.base import FieldFault, SignatureField
from documents.pdfa import spots_of
from documents.structure import adopt_field

PLATFORM_FIELD = "platform"
SEAL_FIELD = "seal"
# PDF/A forbids hiding a field, PDF/UA wants it tagged or off the page.
UNSEEN = InvisSigSettings(box_out_of_bounds=True)
ARCHIVE_FIELD = "archive"  # the document time stamps: archive-1, archive-2, ...


def lay_out_fields(pdf: bytes, wanted: Sequence[SignatureField]) -> bytes:
    """Append every empty field at its spot, and the platform's invisible one; the seal's field locks them all.

    The lock names its fields (FieldMDP INCLUDE, ISO 32000-2 12.8.2.4): with ALL, other validators count the later
    document time stamp as a change.
    """
    spots = spots_of(pdf)
    names = [PLATFORM_FIELD, *(one.name for one in wanted)]
    faults = [f"这份文书没有签名位置：{one.name}" for one in wanted if one.name not in spots]
    if len(set(names)) != len(names):
        faults.append("签名位置重名")
    if faults:
        raise FieldFault(faults)
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    platform = SigFieldSpec(
        PLATFORM_FIELD, on_page=0, box=None, readable_field_name="平台固定文本", invis_sig_settings=UNSEEN
    )
    fields.append_signature_field(writer, platform)
    for one in wanted:
        page, box = spots[one.name]
        lock: dict[str, Any] = {}
        if one.role == "seal":
            lock["field_mdp_spec"] = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=names)
            lock["doc_mdp_update_value"] = MDPPerm.NO_CHANGES
        spec = SigFieldSpec(
            one.name,
            on_page=page,
            box=(round(box[0]), round(box[1]), round(box[2]), round(box[3])),
            empty_field_appearance=False,
            readable_field_name=one.label,
            **lock,
        )
        fields.append_signature_field(writer, spec)
    for name, _, reference in list(fields.enumerate_sig_fields(writer)):
        adopt_field(writer, name, reference)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def signed_and_empty(pdf: bytes) -> tuple[list[str], list[str]]:
    """Names of the fields that are signed, and of those still empty, document time stamps left out."""
    found = list(fields.enumerate_sig_fields(PdfFileReader(io.BytesIO(pdf))))
    signed = [
        name for name, value, _ in found if value is not None and value.get_object().get("/Type") != "/DocTimeStamp"
    ]
    return signed, [name for name, value, _ in found if value is None]


def box_of(pdf: bytes, name: str) -> tuple[float, float]:
    """Width and height of a field on the page."""
    for found, _, reference in fields.enumerate_sig_fields(PdfFileReader(io.BytesIO(pdf))):
        if found == name:
            left, bottom, right, top = (float(value) for value in reference.get_object()["/Rect"])
            return right - left, top - bottom
    raise FieldFault([f"这份文书没有签名位置：{name}"])
