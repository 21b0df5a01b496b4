"""Trusted time (RFC 3161): the protocol, what an answer must say, and a responder of our own for development."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from asn1crypto import cms, core, tsp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

from documents.authority import Authority
from documents.cades import SHA256, SIGNING_TIME, TIME_STATED, Signature, attribute, container, signed_attributes
from documents.der import integer, octets, oid, sequence, tlv

POLICY = "2.25.4071839265518220517.4"
DIGEST_LENGTHS = {"sha256": 32, "sha384": 48, "sha512": 64}
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


class TimestampFailed(RuntimeError):
    """No trusted time, so no signature: the caller tries again later. Nothing stands in for it."""


class Timestamper(Protocol):
    """Whoever answers a DER TimeStampReq with a DER TimeStampResp."""

    def respond(self, request: bytes) -> bytes: ...


def _rejected(failure: str, text: str) -> bytes:
    """TimeStampResp without a token (RFC 3161 2.4.2), which asn1crypto cannot write."""
    status = tsp.PKIStatusInfo({"status": "rejection", "status_string": [text], "fail_info": {failure}})
    return sequence(status.dump())


class LocalTimestamper:
    """A small time-stamping authority on our own time key: strict about what it is asked."""

    def __init__(self, authority: Authority, now: Callable[[], dt.datetime]) -> None:
        self._certificate = load_pem_x509_certificate(authority.time.certificate_pem.encode())
        self._der = self._certificate.public_bytes(serialization.Encoding.DER)
        self._key, self._now = authority.time.key, now

    def respond(self, request: bytes) -> bytes:
        """Answer one request; a faulty one is rejected with RFC 3161's reason, never with an exception."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            imprint, algorithm, fault = self._checked(asked)
        except (ValueError, TypeError, KeyError):
            return _rejected("bad_data_format", "malformed request")
        if fault:
            return _rejected(fault, f"refused: {fault} {algorithm}")
        return self._grant(asked, imprint)

    @staticmethod
    def _checked(asked: Any) -> tuple[Any, str, str]:
        imprint = asked["message_imprint"]
        algorithm = str(imprint["hash_algorithm"]["algorithm"].native)
        fault = ""
        if algorithm not in DIGEST_LENGTHS:
            fault = "bad_alg"
        elif len(imprint["hashed_message"].native) != DIGEST_LENGTHS[algorithm]:
            fault = "bad_data_format"
        elif asked["req_policy"].native and asked["req_policy"].dotted != POLICY:
            fault = "unaccepted_policy"
        elif asked["extensions"].native:
            fault = "unaccepted_extensions"
        return imprint, algorithm, fault

    def _grant(self, asked: Any, imprint: Any) -> bytes:
        moment = self._now().astimezone(dt.UTC)
        nonce = asked["nonce"].native
        content = sequence(
            integer(1),
            oid(POLICY),
            imprint.dump(),
            integer(int.from_bytes(secrets.token_bytes(15), "big")),
            tlv(0x18, f"{moment:%Y%m%d%H%M%S}Z".encode()),
            sequence(integer(1)),  # accurate to a second
            b"" if nonce is None else integer(nonce),
        )
        stated = attribute(SIGNING_TIME, tlv(0x17, f"{moment:%y%m%d%H%M%SZ}".encode()))
        attributes = signed_attributes(hashlib.sha256(content).digest(), self._der, TIME_STATED, stated)
        signature = Signature(self._certificate, attributes, self._key.sign(attributes, ec.ECDSA(hashes.SHA256())))
        certificates = [self._der] if asked["cert_req"].native else []
        return sequence(sequence(integer(0)), container(signature, certificates, content))


def checked_answer(answer: bytes, request: bytes) -> Any:
    """The token (asn1crypto ContentInfo) of an answer; TimestampFailed unless it grants what the request asked."""
    asked = tsp.TimeStampReq.load(request)
    try:
        status = tsp.PKIStatusInfo.load(core.Sequence.load(answer).contents)
        if status["status"].native not in ("granted", "granted_with_mods"):
            raise TimestampFailed(f"the time authority refused: {status['status'].native}")
        granted = tsp.TimeStampResp.load(answer, strict=True)["time_stamp_token"]
        stated = granted["content"]["encap_content_info"]["content"].parsed
        same = stated["nonce"].native == asked["nonce"].native
        if not same or stated["message_imprint"].dump(force=True) != asked["message_imprint"].dump(force=True):
            raise TimestampFailed("the time authority answered another question")
        _check_signature(granted["content"])
        # asn1crypto would encode anew what was read, five times the cost of a signature: give the bytes as sent.
        return cms.ContentInfo.load(core.Sequence.load(answer)[1].dump())
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise TimestampFailed(f"the time authority's answer is no RFC 3161: {fault}") from fault


def _check_signature(signed: Any) -> None:
    """Whether the token is signed by a certificate in it; that it is trusted the verdict says, by the roots."""
    signer = signed["signer_infos"][0]
    attributes = signer["signed_attrs"].untag().dump()
    content = bytes(signed["encap_content_info"]["content"].contents)
    stated = {one["type"].native: one["values"][0].native for one in signer["signed_attrs"]}
    algorithm = HASHES[signer["digest_algorithm"]["algorithm"].native]
    if stated["message_digest"] != hashlib.new(algorithm.name, content).digest():
        raise TimestampFailed("the time authority's token is damaged")
    for choice in signed["certificates"]:
        if choice.name == "certificate" and _signs(choice.chosen, signer, attributes, algorithm):
            return
    raise TimestampFailed("the time authority's token is not signed by a certificate in it")


def _signs(certificate: Any, signer: Any, content: bytes, algorithm: hashes.HashAlgorithm) -> bool:
    key = load_der_x509_certificate(certificate.dump()).public_key()
    value = signer["signature"].native
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, content, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(value, content, padding.PKCS1v15(), algorithm)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def token(timestamper: Timestamper, digest: bytes) -> Any:
    """A token (asn1crypto ContentInfo) over a SHA-256 digest; TimestampFailed unless it says what was asked."""
    imprint = sequence(SHA256, octets(digest))
    nonce = integer(secrets.randbits(63))
    request = sequence(integer(1), imprint, nonce, b"\x01\x01\xff")
    return checked_answer(timestamper.respond(request), request)


def time_of(granted: Any) -> dt.datetime:
    """The moment a token states."""
    moment = granted["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    assert isinstance(moment, dt.datetime)
    return moment


def trusted_now(timestamper: Timestamper) -> dt.datetime:
    """What time it is by the authority's clock: asked with a random imprint."""
    return time_of(token(timestamper, secrets.token_bytes(32)))
