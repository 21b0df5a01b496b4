"""Signatures with keys that we never hold (PAdES, ETSI EN 319 142-1): prepare, sign elsewhere, embed.

prepare(pdf, field, certificate) gives the attributes that the person's browser signs; embed(prepared, signature)
checks the signature first and then puts it in with a trusted time. Between the two lies a Prepared: plain bytes.
"""

import asyncio
import base64
import dataclasses
import datetime as dt
import hashlib
import io
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from pyhanko.pdf_utils import layout
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from documents.archive import complete_long_term
from documents.authority import DEVELOPMENT_MARK
from documents.fields import PLATFORM_FIELD, SEAL_FIELD, box_of, lay_out_fields, signed_and_empty
from documents.keys import SigningKey, der_from_raw, signed_by
from documents.marks import Appearance, appearance_page
from documents.papers.base import SignatureField
from documents.timestamp import ForPyhanko, Timestamper, TimestampFailed, trusted_now

__all__ = ["Appearance", "Prepared", "SignatureField", "SignatureRefused", "SigningKey", "certify"]
__all__ += ["complete_long_term", "embed", "lay_out_fields", "prepare", "sign_with_key"]

RESERVED = 24576  # hex digits kept free for a signature with its chain and an outside authority's time stamp


class SignatureRefused(ValueError):
    """Not done; `code`: wrong_signature, already_signed, sealed, seal_last, not_certified or not_a_field."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        super().__init__(text)


@dataclass(frozen=True)
class Prepared:
    """Everything between prepare and embed; `base_digest` names the revision it was made from.

    The browser hashes `pdf` over `byte_range`, compares with the messageDigest in `signed_attributes` (DER, SET OF) and
    signs those attributes. Two Prepared of one revision exclude each other: the caller compares `base_digest`, and
    begins anew where it is stale.
    """

    field: str
    base_digest: str
    digest: bytes
    signed_attributes: bytes
    byte_range: tuple[int, int, int, int]
    pdf: bytes
    certificate_pem: str
    chain_pems: tuple[str, ...]

    def to_json(self) -> str:
        plain = dataclasses.asdict(self)
        plain["pdf"] = zlib.compress(self.pdf, 1)
        return json.dumps(
            {
                key: base64.b64encode(value).decode() if isinstance(value, bytes) else value
                for key, value in plain.items()
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Prepared":
        kept: dict[str, Any] = json.loads(text)
        start, before, after, length = (int(value) for value in kept["byte_range"])
        return cls(
            field=str(kept["field"]),
            base_digest=str(kept["base_digest"]),
            digest=base64.b64decode(kept["digest"]),
            signed_attributes=base64.b64decode(kept["signed_attributes"]),
            byte_range=(start, before, after, length),
            pdf=zlib.decompress(base64.b64decode(kept["pdf"])),
            certificate_pem=str(kept["certificate_pem"]),
            chain_pems=tuple(kept["chain_pems"]),
        )


class _Signer(PdfSigner):
    """pyHanko's, with the time as an argument, and without the PDF 2.0 extension that would break PDF/A-2."""

    def __init__(self, *arguments: Any, moment: dt.datetime, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._moment = moment

    def register_extensions(self, *_: Any, **__: Any) -> None:
        return

    def init_signing_session(self, *arguments: Any, **keywords: Any) -> Any:
        begun = super().init_signing_session(*arguments, **keywords)
        begun.system_time = self._moment
        return begun


class _Page(PdfContent):
    """The only page of a PDF in memory, as the content of a signature's appearance."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    def render(self) -> bytes:
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self._content)), page_ix=0)
        self.resources.xobject["/Mark"] = page
        left, bottom, right, top = page.get_object()["/BBox"]
        self.box = layout.BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return b"/Mark Do"


def _stamp(look: Appearance, size: tuple[float, float], *, development: bool) -> StaticStampStyle:
    page = appearance_page(look, *size, development=development)
    rule = layout.SimpleBoxLayoutRule(
        x_align=layout.AxisAlignment.ALIGN_MID,
        y_align=layout.AxisAlignment.ALIGN_MID,
        margins=layout.Margins(0, 0, 0, 0),
        inner_content_scaling=layout.InnerScaling.STRETCH_TO_FIT,
    )
    return StaticStampStyle(background=_Page(page), background_opacity=1.0, border_width=0, background_layout=rule)


def _asn1(certificate_pem: str) -> asn1.Certificate:
    return asn1.Certificate.load(load_pem_x509_certificate(certificate_pem.encode()).public_bytes(Encoding.DER))


def _external(certificate_pem: str, chain_pems: Sequence[str], signature: bytes | int) -> ExternalSigner:
    store = SimpleCertificateStore.from_certs([_asn1(one) for one in chain_pems])
    return ExternalSigner(_asn1(certificate_pem), store, signature_value=signature, embed_roots=False)


def _allowed(pdf: bytes, name: str) -> None:
    """Refuse what would make a paper nobody should trust: the order is text, people in any order, seal."""
    signed, empty = signed_and_empty(pdf)
    if name in signed:
        raise SignatureRefused("already_signed", "这个位置已经签过了")
    if name not in empty:
        raise SignatureRefused("not_a_field", f"这份文书没有签名位置：{name}")
    if SEAL_FIELD in signed:
        raise SignatureRefused("sealed", "已经盖章，不能再签")
    if PLATFORM_FIELD not in (*signed, name):
        raise SignatureRefused("not_certified", "文本还没有固定，不能签名")
    if name == SEAL_FIELD and empty != [SEAL_FIELD]:
        raise SignatureRefused("seal_last", "还有人没有签名，不能盖章")


def prepare(
    pdf: bytes,
    field: str,
    certificate_pem: str,
    chain_pems: Sequence[str],
    appearance: Appearance,
    signing_time: dt.datetime,
) -> Prepared:
    """Place the appearance and the empty signature, and say what is to be signed."""
    _allowed(pdf, field)
    return _prepare(pdf, field, (certificate_pem, tuple(chain_pems)), appearance, signing_time)


def _prepare(
    pdf: bytes, field: str, certificates: tuple[str, tuple[str, ...]], look: Appearance | None, moment: dt.datetime
) -> Prepared:
    certificate_pem, chain_pems = certificates
    last = field == SEAL_FIELD
    described = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=look is None,
        docmdp_permissions=MDPPerm.NO_CHANGES if last else MDPPerm.FILL_FORMS,
        name=look.name if look else None,
    )
    issued_by = load_pem_x509_certificate(certificate_pem.encode()).issuer.rfc4514_string()
    stamp = _stamp(look, box_of(pdf, field), development=DEVELOPMENT_MARK in issued_by) if look else None
    external = _external(certificate_pem, chain_pems, 72)
    signer = _Signer(described, signer=external, stamp_style=stamp, moment=moment)

    async def digested() -> tuple[PreparedByteRangeDigest, bytes, bytes]:
        writer, out = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
        placed, _, _ = await signer.async_digest_doc_for_signing(
            writer, existing_fields_only=True, bytes_reserved=RESERVED, output=out
        )
        attributes = await external.signed_attrs(placed.document_digest, "sha256", use_pades=True)
        return placed, bytes(attributes.dump()), out.getvalue()

    placed, attributes, content = asyncio.run(digested())
    start, end = placed.reserved_region_start, placed.reserved_region_end
    return Prepared(
        field=field,
        base_digest=hashlib.sha256(pdf).hexdigest(),
        digest=bytes(placed.document_digest),
        signed_attributes=attributes,
        byte_range=(0, start, end, len(content) - end),
        pdf=content,
        certificate_pem=certificate_pem,
        chain_pems=chain_pems,
    )


def embed(prepared: Prepared, signature_raw_rs: bytes, timestamper: Timestamper) -> bytes:
    """The signed revision: signature checked first, then its trusted time, then both put into the gap (PAdES B-T)."""
    certificate = load_pem_x509_certificate(prepared.certificate_pem.encode())
    if not signed_by(certificate, prepared.signed_attributes, signature_raw_rs):
        raise SignatureRefused("wrong_signature", "签名和证书对不上，没有签进去")
    external = _external(prepared.certificate_pem, prepared.chain_pems, der_from_raw(signature_raw_rs))
    attributes = cms.CMSAttributes.load(prepared.signed_attributes)

    async def filled() -> bytes:
        signed = await external.async_sign_prescribed_attributes(
            "sha256", signed_attrs=attributes, timestamper=ForPyhanko(timestamper)
        )
        out = io.BytesIO(prepared.pdf)
        _, start, end, _ = prepared.byte_range
        PreparedByteRangeDigest(prepared.digest, start, end).fill_with_cms(out, signed)
        return out.getvalue()

    try:
        return asyncio.run(filled())
    except (SigningError, OSError) as fault:
        raise TimestampFailed(f"the signature could not be completed: {fault}") from fault


def certify(
    pdf: bytes, platform: SigningKey, timestamper: Timestamper, signing_time: dt.datetime | None = None
) -> bytes:
    """Fix the text: an invisible certification signature after which only signing is allowed (DocMDP level 2)."""
    _allowed(pdf, PLATFORM_FIELD)
    moment = signing_time or trusted_now(timestamper)
    certificates = (platform.certificate_pem, platform.chain_pems)
    prepared = _prepare(pdf, PLATFORM_FIELD, certificates, None, moment)
    return embed(prepared, platform.sign(prepared.signed_attributes), timestamper)


def sign_with_key(
    pdf: bytes,
    field: str,
    key: SigningKey,
    appearance: Appearance,
    timestamper: Timestamper,
    signing_time: dt.datetime | None = None,
) -> bytes:
    """Sign with a key kept here: an organisation's seal. People sign in their own browsers."""
    moment = signing_time or trusted_now(timestamper)
    prepared = prepare(pdf, field, key.certificate_pem, key.chain_pems, appearance, moment)
    return embed(prepared, key.sign(prepared.signed_attributes), timestamper)
