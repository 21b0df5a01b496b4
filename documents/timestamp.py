"""Trusted time (RFC 3161): the protocol, a responder of our own for development, a client of an outside authority."""

import datetime as dt
import hashlib
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Protocol

from asn1crypto import core, tsp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_pem_x509_certificate

from documents.authority import Authority
from documents.cades import SIGNING_TIME, TIME_STATED, Signature, attribute, container, signed_attributes
from documents.der import integer, oid, sequence, tlv

POLICY = "2.25.4071839265518220517.4"
DIGEST_LENGTHS = {"sha256": 32, "sha384": 48, "sha512": 64}
LONGEST_ANSWER = 64 * 1024
MEDIA_TYPE = "application/timestamp-query"


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


class HttpTimestamper:
    """An outside authority over HTTP (RFC 3161 3.4), answered within `seconds` or not at all."""

    def __init__(self, url: str, seconds: float = 10.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"a time authority is reached over http or https, not at {url}")
        self._url, self._seconds = url, seconds

    def respond(self, request: bytes) -> bytes:
        asked = urllib.request.Request(self._url, data=request, headers={"Content-Type": MEDIA_TYPE})  # noqa: S310 - checked above
        try:
            with urllib.request.urlopen(asked, timeout=self._seconds) as answer:  # noqa: S310 - checked above
                content = answer.read(LONGEST_ANSWER + 1)
        except (OSError, urllib.error.URLError) as fault:
            raise TimestampFailed(f"the time authority does not answer: {fault}") from fault
        if len(content) > LONGEST_ANSWER:
            raise TimestampFailed("the time authority's answer is too long")
        return bytes(content)


def token(timestamper: Timestamper, digest: bytes) -> Any:
    """A token (asn1crypto ContentInfo) over a SHA-256 digest; TimestampFailed unless it says what was asked."""
    nonce = secrets.randbits(63)
    imprint = tsp.MessageImprint({"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest})
    asked = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True, "nonce": nonce})
    answer = timestamper.respond(asked.dump())
    try:
        status = tsp.PKIStatusInfo.load(core.Sequence.load(answer).contents)
        if status["status"].native not in ("granted", "granted_with_mods"):
            raise TimestampFailed(f"the time authority refused: {status['status'].native}")
        granted = tsp.TimeStampResp.load(answer, strict=True)["time_stamp_token"]
        stated = granted["content"]["encap_content_info"]["content"].parsed
        if stated["nonce"].native != nonce or stated["message_imprint"].dump(force=True) != imprint.dump(force=True):
            raise TimestampFailed("the time authority answered another question")
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise TimestampFailed(f"the time authority's answer is no RFC 3161: {fault}") from fault
    return granted


def time_of(granted: Any) -> dt.datetime:
    """The moment a token states."""
    moment = granted["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    assert isinstance(moment, dt.datetime)
    return moment


def trusted_now(timestamper: Timestamper) -> dt.datetime:
    """What time it is by the authority's clock: asked with a random imprint."""
    return time_of(token(timestamper, secrets.token_bytes(32)))
