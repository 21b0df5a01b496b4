"""CMS signed data as PAdES wants it (RFC 5652, ETSI EN 319 122-1): what is signed, and the envelope around a signature.

Written as DER by hand: the shapes never vary, and a general encoder costs more than all the cryptography.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from documents.der import explicit, integer, octets, oid, retagged, sequence, set_of, tlv

PLAIN = "1.2.840.113549.1.7.1"
SIGNED = "1.2.840.113549.1.7.2"
TIME_STATED = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"
SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"))
ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"))


@dataclass(frozen=True)
class Signature:
    """One signer's part: whose certificate, over which attributes (DER, SET OF), and the signature itself (DER)."""

    certificate: x509.Certificate
    signed_attributes: bytes
    value: bytes


def attribute(kind: str, value: bytes) -> bytes:
    """One attribute with one value."""
    return sequence(oid(kind), set_of(value))


def signed_attributes(digest: bytes, certificate_der: bytes, content: str = PLAIN, *more: bytes) -> bytes:
    """What is signed (DER, SET OF): the kind of content, its SHA-256, and which certificate signs (RFC 5035)."""
    identity = sequence(sequence(sequence(octets(hashlib.sha256(certificate_der).digest()))))
    return set_of(
        attribute(CONTENT_TYPE, oid(content)),
        attribute(MESSAGE_DIGEST, octets(digest)),
        attribute(SIGNING_CERTIFICATE_V2, identity),
        *more,
    )


def container(
    signature: Signature, certificates: Sequence[bytes], content: bytes | None = None, time_token: bytes = b""
) -> bytes:
    """A ContentInfo (DER): detached, or around a TSTInfo; `time_token` goes into the unsigned attributes."""
    held = signature.certificate
    issued = sequence(held.issuer.public_bytes(), integer(held.serial_number))
    stamped = [tlv(0xA1, attribute(SIGNATURE_TIME_STAMP, time_token))] if time_token else []
    signer = sequence(
        integer(1),
        issued,
        SHA256,
        retagged(0xA0, signature.signed_attributes),
        ECDSA_SHA256,
        octets(signature.value),
        *stamped,
    )
    inner = sequence(oid(PLAIN)) if content is None else sequence(oid(TIME_STATED), explicit(0, octets(content)))
    kept = [tlv(0xA0, *sorted(set(certificates)))] if certificates else []
    body = sequence(integer(1 if content is None else 3), set_of(SHA256), inner, *kept, set_of(signer))
    return sequence(oid(SIGNED), explicit(0, body))


def der_of(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
