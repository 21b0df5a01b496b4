"""The same work as ours, done as the manuals of reportlab, pikepdf and pyHanko say: what ours is measured against.

A three-page agreement with four people and a seal: stock paragraphs, PDF/A by pikepdf, fields, certification, four
signatures by keys held elsewhere, a seal, the security store, a document time stamp; and stock AdES validation of it.
"""

import asyncio
import datetime as dt
import io
import tempfile
from dataclasses import dataclass
from typing import Any

import pikepdf
from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_pem_x509_certificate
from pikepdf import pdfa
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, PdfTimeStamper, SimpleSigner
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleCertificateStore, SimpleTrustManager
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from documents.authority import Authority
from documents.keys import KeyWithCertificate, SigningKey
from documents.timestamp import Timestamper

FONT = "StockBody"
RESERVED = 24576


def asn1_of(pem: str) -> asn1.Certificate:
    return asn1.Certificate.load(load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER))


def _without_helvetica(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """PDF/A wants no font that is not embedded: reportlab selects Helvetica (F1) and prints nothing with it."""
    if "/Trans" in page:
        del page["/Trans"]
    marks = pikepdf.parse_content_stream(page)
    kept = [one for one in marks if not (str(one.operator) == "Tf" and str(one.operands[0]) == "/F1")]
    page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(kept))


def private_key(key: SigningKey | KeyWithCertificate) -> asn1_keys.PrivateKeyInfo:
    kept = key.key if isinstance(key, SigningKey) else key.kept.key
    content = kept.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return asn1_keys.PrivateKeyInfo.load(content)


class _Stamper(TimeStamper):
    """Our time authority for pyHanko, whose own one for tests has RSA keys only."""

    def __init__(self, timestamper: Timestamper) -> None:
        super().__init__(include_nonce=True)
        self._timestamper = timestamper

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._timestamper.respond(req.dump()))


@dataclass
class Stock:
    """The stock tools with the same authority and keys as ours."""

    authority: Authority
    timestamper: Timestamper
    font_file: str

    def __post_init__(self) -> None:
        pdfmetrics.registerFont(TTFont(FONT, self.font_file))
        self.stamper = _Stamper(self.timestamper)

    def printed(self, texts: list[str]) -> bytes:
        """Stock paragraphs, then PDF/A-2b."""
        out = io.BytesIO()
        style = ParagraphStyle("body", fontName=FONT, fontSize=16, leading=28, wordWrap="CJK", firstLineIndent=32)
        document = SimpleDocTemplate(out, pagesize=A4, title="人民调解协议书", lang="zh-CN")
        document.build([Paragraph(text, style) for text in texts])
        with pikepdf.open(out) as pdf:
            for page in pdf.pages:
                _without_helvetica(pdf, page)
            for page in pdf.pages:
                if "/F1" in page.Resources.Font:
                    del page.Resources.Font["/F1"]
            pdfa.prepare(pdf, "2b", output_intent="sRGB")
            archived = io.BytesIO()
            pdfa.save(pdf, archived, "2b", repair=False)
        return archived.getvalue()

    def laid_out(self, pdf: bytes, names: list[str]) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        fields.append_signature_field(writer, SigFieldSpec("platform", on_page=0, box=None))
        for place, name in enumerate(names):
            box = (79 + 200 * (place % 2), 100 + 120 * (place // 2), 278 + 200 * (place % 2), 144 + 120 * (place // 2))
            fields.append_signature_field(writer, SigFieldSpec(name, on_page=0, box=box))
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    async def certified(self, pdf: bytes, key: SigningKey) -> bytes:
        described = PdfSignatureMetadata(
            field_name="platform", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, certify=True,
            docmdp_permissions=MDPPerm.FILL_FORMS,
        )  # fmt: skip
        return await self._kept(pdf, described, key, None)

    async def _kept(self, pdf: bytes, described: PdfSignatureMetadata, key: SigningKey, style: Any) -> bytes:
        registry = SimpleCertificateStore.from_certs([asn1_of(one) for one in key.chain_pems])
        signer = SimpleSigner(asn1_of(key.certificate_pem), private_key(key), registry)
        whole = PdfSigner(described, signer=signer, timestamper=self.stamper, stamp_style=style)
        out = await whole.async_sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), existing_fields_only=True, bytes_reserved=RESERVED
        )
        return bytes(out.getvalue())

    def _style(self, name: str, shown: str) -> StaticStampStyle:
        """A one-page PDF with its font embedded, imported as the appearance, as PDF/A wants it."""
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=(199, 44), initialFontName=FONT)
        canvas.setFont(FONT, 20)
        canvas.drawString(6, 18, name)
        canvas.setFont(FONT, 5.6)
        canvas.drawString(1, 7.4, f"{name}　{shown}")
        canvas.drawString(1, 1.4, "指纹 " + "ab" * 20)
        canvas.save()
        with tempfile.NamedTemporaryFile(suffix=".pdf", delete=False) as kept:
            kept.write(out.getvalue())
        page = ImportedPdfPage(kept.name)
        return StaticStampStyle(background=page, background_opacity=1.0, border_width=0)

    async def signed(self, pdf: bytes, field: str, key: SigningKey) -> bytes:
        """A person's signature by a key held elsewhere: digest, attributes, signature, fill."""
        registry = SimpleCertificateStore.from_certs([asn1_of(one) for one in key.chain_pems])
        certificate = asn1_of(key.certificate_pem)
        external = ExternalSigner(certificate, registry, signature_value=72, embed_roots=False)
        described = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        signer = PdfSigner(described, signer=external, stamp_style=self._style(key.name, "2026年11月24日"))
        placed, _, out = await signer.async_digest_doc_for_signing(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), existing_fields_only=True, bytes_reserved=RESERVED
        )
        attributes = await external.signed_attrs(placed.document_digest, "sha256", use_pades=True)
        held = SimpleSigner(certificate, private_key(key), registry)
        value = await held.async_sign_raw(attributes.dump(), "sha256")
        known = ExternalSigner(certificate, registry, signature_value=value, embed_roots=False)
        der = await known.async_sign_prescribed_attributes("sha256", signed_attrs=attributes, timestamper=self.stamper)
        placed.fill_with_cms(out, der)
        return bytes(out.getvalue())

    async def sealed(self, pdf: bytes, key: SigningKey) -> bytes:
        described = PdfSignatureMetadata(field_name="seal", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        return await self._kept(pdf, described, key, self._style(key.name[:8], "2026年11月24日"))

    async def archived(self, pdf: bytes, certificates: list[str], now: dt.datetime) -> bytes:
        evidence = self.authority.evidence(now)
        wanted = {one: asn1_of(one) for one in (*certificates, *evidence.certificate_pems)}
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        lists = [asn1_crl.CertificateList.load(one) for one in evidence.crls]
        DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=list(wanted.values()), crls=lists)
        stored = io.BytesIO()
        writer.write(stored)
        out = await PdfTimeStamper(self.stamper, field_name="archive-1").async_timestamp_pdf(
            IncrementalPdfFileWriter(stored), "sha256", validation_context=None, bytes_reserved=RESERVED
        )
        return bytes(out.getvalue())

    def agreement(self, texts: list[str], keys: dict[str, SigningKey], platform: SigningKey, now: dt.datetime) -> bytes:
        """The whole of it; `keys` are by field, the seal's last."""

        async def whole() -> bytes:
            pdf = self.laid_out(self.printed(texts), list(keys))
            pdf = await self.certified(pdf, platform)
            for field, key in keys.items():
                pdf = await (self.sealed(pdf, key) if field == "seal" else self.signed(pdf, field, key))
            pems = [one.certificate_pem for one in (platform, *keys.values())]
            return await self.archived(pdf, pems, now)

        return asyncio.run(whole())


def judged(pdf: bytes, root_pem: str, now: dt.datetime) -> list[str]:
    """Stock AdES validation with long-term evidence of every signature: what pyHanko says of each."""
    declared = RevocationCheckingPolicy(
        ee_certificate_rule=RevocationCheckingRule.CHECK_IF_DECLARED,
        intermediate_ca_cert_rule=RevocationCheckingRule.CHECK_IF_DECLARED,
    )
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[asn1_of(root_pem)]),
        revinfo_policy=CertRevTrustPolicy(declared),
    )
    specified = PdfSignatureValidationSpec(SignatureValidationSpec(cert_validation_policy=policy))

    async def whole() -> list[str]:
        timing = ValidationTimingInfo(now, now, point_in_time_validation=True)
        found = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
        results = [await ades_lta_validation(one, specified, timing_info=timing) for one in found]
        return [str(one.ades_subindic) for one in results]

    return asyncio.run(whole())
