"""Evidence for years (B-LTA): chains and revocation lists in the file's security store, and a time stamp over all."""

import asyncio
import io

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

from documents.authority import Evidence
from documents.fields import ARCHIVE_FIELD, UNSEEN
from documents.timestamp import ForPyhanko, Timestamper

RESERVED = 24576


def _certificates(pdf: bytes, evidence: Evidence) -> list[asn1.Certificate]:
    """Every certificate that stands in a signature or a time stamp, and the authorities', once each."""
    found: dict[bytes, asn1.Certificate] = {}
    for signature in PdfFileReader(io.BytesIO(pdf)).embedded_signatures:
        stamps = extract_tst_data_iter(signature.signer_info, signed=False)
        for signed in (signature.signed_data, *stamps):
            for choice in signed["certificates"]:
                found[choice.chosen.sha256] = choice.chosen
    for pem in evidence.certificate_pems:
        der = load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
        certificate = asn1.Certificate.load(der)
        found[certificate.sha256] = certificate
    return list(found.values())


def complete_long_term(pdf: bytes, timestamper: Timestamper, evidence: Evidence) -> bytes:
    """After the seal: one security store with all chains and lists (B-LT), then a document time stamp (B-LTA).

    Run again before the time authority's certificate ends, it renews: new lists, and a new time stamp over the old one.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    lists = [asn1_crl.CertificateList.load(one) for one in evidence.crls]
    DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=_certificates(pdf, evidence), crls=lists)
    stored = io.BytesIO()
    writer.write(stored)
    earlier = len(PdfFileReader(io.BytesIO(pdf)).embedded_timestamp_signatures)

    async def stamped() -> bytes:
        stamper = PdfTimeStamper(
            ForPyhanko(timestamper),
            field_name=f"{ARCHIVE_FIELD}-{earlier + 1}",
            readable_field_name="长期保存时间戳",
            invis_settings=UNSEEN,
        )
        out = await stamper.async_timestamp_pdf(
            IncrementalPdfFileWriter(stored), "sha256", validation_context=None, bytes_reserved=RESERVED
        )
        return bytes(out.getvalue())

    return asyncio.run(stamped())
