"""Signing keys and the raw r‖s form of ECDSA that browsers speak (WebCrypto, IEEE P1363) beside the DER of CMS."""

from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

RAW_LENGTH = 64


class PossessionRefused(ValueError):
    """Somebody asked for a certificate without showing that the private key is theirs."""


class KeptKey(Protocol):
    """A P-256 key that signs where it lies: in an encrypted file, or in a token."""

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey: ...
    def sign(self, content: bytes) -> bytes:
        """r‖s over the content, as WebCrypto's sign gives it."""
        ...


class CertifiedKey(Protocol):
    """Whoever can sign here and say by which certificate."""

    @property
    def certificate_pem(self) -> str: ...
    @property
    def chain_pems(self) -> tuple[str, ...]: ...
    @property
    def name(self) -> str: ...
    def sign(self, content: bytes) -> bytes: ...


@dataclass(frozen=True)
class KeyWithCertificate:
    """A key of the platform or of a seal, with its certificate and the chain to the root; people's stay with them."""

    kept: KeptKey
    certificate_pem: str
    chain_pems: tuple[str, ...]
    name: str

    def sign(self, content: bytes) -> bytes:
        """r‖s over the content, as WebCrypto's sign gives it."""
        return self.kept.sign(content)


@dataclass(frozen=True)
class SigningKey:
    """A key in memory with its certificate: the time authority's, and those of people in examples."""

    key: ec.EllipticCurvePrivateKey
    certificate_pem: str
    chain_pems: tuple[str, ...]
    name: str

    def sign(self, content: bytes) -> bytes:
        """r‖s over the content, as WebCrypto's sign gives it."""
        return raw_from_der(self.key.sign(content, ec.ECDSA(hashes.SHA256())))


def raw_from_der(signature: bytes) -> bytes:
    r, s = utils.decode_dss_signature(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def der_from_raw(signature: bytes) -> bytes:
    """DER of r‖s; ValueError when it is not 64 bytes long."""
    if len(signature) != RAW_LENGTH:
        raise ValueError(f"a P-256 signature has {RAW_LENGTH} bytes, this has {len(signature)}")
    return utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


def signed_by(certificate: x509.Certificate, content: bytes, signature_raw: bytes) -> bool:
    """Whether the certificate's key made this signature over this content."""
    return holds(_p256(certificate.public_key()), content, signature_raw)


def holds(public_key: ec.EllipticCurvePublicKey, content: bytes, signature_raw: bytes) -> bool:
    try:
        public_key.verify(der_from_raw(signature_raw), content, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _p256(public_key: object) -> ec.EllipticCurvePublicKey:
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(public_key.curve, ec.SECP256R1):
        raise PossessionRefused("the key is not on the curve P-256")
    return public_key


def public_key_of(given: bytes | str) -> ec.EllipticCurvePublicKey:
    """The P-256 key in a certificate request (PEM, whose own signature is checked), a PEM key or a SPKI in DER."""
    content = given.encode() if isinstance(given, str) else given
    try:
        if content.lstrip().startswith(b"-----BEGIN CERTIFICATE REQUEST"):
            request = x509.load_pem_x509_csr(content)
            if not request.is_signature_valid:
                raise PossessionRefused("the request is not signed by its own key")
            return _p256(request.public_key())
        if content.lstrip().startswith(b"-----BEGIN"):
            return _p256(serialization.load_pem_public_key(content))
        return _p256(serialization.load_der_public_key(content))
    except (ValueError, TypeError) as fault:
        if isinstance(fault, PossessionRefused):
            raise
        raise PossessionRefused("this is no public key") from fault


def verify_possession(spki: bytes, challenge: bytes, signature_raw: bytes) -> None:
    """Raise PossessionRefused unless the key signed challenge ‖ SPKI: proof that the private half is theirs."""
    if not holds(public_key_of(spki), challenge + spki, signature_raw):
        raise PossessionRefused("the challenge is not signed by this key")
