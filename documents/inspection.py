"""What lies in a file, for somebody who wants to see for himself: revisions, fields, signatures, attachments.

Nothing here is judged or trusted: names and times are as the file states them. The verdict is `verify`'s.
"""

import datetime as dt
import hashlib
import io
from typing import Any

import pikepdf
from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from documents.limits import decode_limits, too_large
from documents.revisions import history
from documents.unpacking import UnpacksTooFar, opened

MOST_ATTACHMENTS = 200


class Unreadable(ValueError):
    """The file cannot be looked into; the message says why, without a trace."""


def inspect(pdf: bytes) -> dict[str, Any]:
    """Everything stated in the file as plain values. Raises Unreadable."""
    if not pdf.startswith(b"%PDF-"):
        raise Unreadable("这不是一份PDF文件 (no PDF)")
    if too_large(pdf):
        raise Unreadable("文件太大 (too large)")
    try:
        return _inspected(pdf)
    except pikepdf.PasswordError as fault:
        raise Unreadable("文件加了密码 (encrypted)") from fault
    except UnpacksTooFar as fault:
        raise Unreadable("压缩的内容展开后大得不正常 (unpacks to an abnormal size)") from fault
    except Exception as fault:  # hostile input: whatever breaks a parser makes the file unreadable
        raise Unreadable(f"文件结构有问题 (broken): {type(fault).__name__}") from fault


def _inspected(pdf: bytes) -> dict[str, Any]:
    with opened(pdf) as file:
        pages, attachments = len(file.pages), _attachments(file)
        title, number = (str(file.docinfo.get(key, "")) for key in ("/Title", "/Subject"))
    reader = PdfFileReader(io.BytesIO(pdf), decode_limits=decode_limits())
    if reader.encrypted:
        raise pikepdf.PasswordError
    return {
        "sha256": hashlib.sha256(pdf).hexdigest(),
        "bytes": len(pdf),
        "pages": pages,
        "title": title,
        "number": number,
        "revisions": [
            {"number": one.number, "end": one.end, "kind": one.kind, "zh": one.zh, "en": one.en, "objects": one.objects}
            for one in history(reader, pdf)
        ],
        "fields": [_field(name, value, reference) for name, value, reference in fields.enumerate_sig_fields(reader)],
        "signatures": [_signature(one) for one in reader.embedded_signatures],
        "attachments": attachments,
    }


def _attachments(file: pikepdf.Pdf) -> list[dict[str, Any]]:
    """Names, sizes and hashes of embedded files; none is written anywhere."""
    found = []
    for name, one in list(file.attachments.items())[:MOST_ATTACHMENTS]:
        content = one.get_file().read_bytes()
        found.append({"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    return found


def _field(name: str, value: Any, reference: Any) -> dict[str, Any]:
    field = reference.get_object()
    return {"name": name, "label": str(field.get("/TU", "")), "signed": value is not None}


def _signature(one: EmbeddedPdfSignature) -> dict[str, Any]:
    stamps = [_stamp(token) for token in extract_tst_data_iter(one.signer_info, signed=False)]
    claimed = one.self_reported_timestamp
    return {
        "field": str(one.field_name),
        "revision": one.signed_revision + 1,
        "byte_range": [int(number) for number in one.byte_range],
        "kind": "stamp" if one.sig_object.get("/Type") == "/DocTimeStamp" else "signature",
        "claimed_time": claimed.astimezone(dt.UTC).isoformat() if claimed else None,
        "certificate": _certificate(one.signer_cert),
        "stamps": [_stamp(one.signed_data)] if one.sig_object.get("/Type") == "/DocTimeStamp" else stamps,
    }


def _stamp(token: Any) -> dict[str, Any]:
    """A time-stamp token by what it states."""
    stated = token["encap_content_info"]["content"].parsed
    held = [_certificate(choice.chosen) for choice in token["certificates"]]
    return {
        "time": stated["gen_time"].native.astimezone(dt.UTC).isoformat(),
        "policy": stated["policy"].dotted,
        "by": held[0]["subject"] if held else "",
    }


def _certificate(certificate: asn1.Certificate) -> dict[str, Any]:
    stated = certificate.certificate_policies_value
    return {
        "subject": certificate.subject.human_friendly,
        "issuer": certificate.issuer.human_friendly,
        "serial": f"{certificate.serial_number:x}",
        "not_before": certificate.not_valid_before.isoformat(),
        "not_after": certificate.not_valid_after.isoformat(),
        "sha256": certificate.sha256.hex(),
        "policies": [one["policy_identifier"].dotted for one in stated] if stated is not None else [],
    }
