"""An outside authority for people's certificates by EST (RFC 7030): /simpleenroll with a PKCS#10 request over HTTPS.

The key stays with the signer: the request is made and signed where the key lies, and its signature proves possession.
Here it only passes through. What comes back is checked before anybody signs with it.
"""

import base64
import binascii
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7

from documents.authority import PossessionRefused, pem
from documents.keys import public_key_of

LONGEST_ANSWER = 256 * 1024
ENROLL, AUTHORITIES = "simpleenroll", "cacerts"


class EnrolmentRefused(RuntimeError):
    """The outside authority gave no certificate that can be used; says why, and nobody signs."""


@dataclass(frozen=True)
class EstAuthority:
    """One EST server: `address` up to and with /.well-known/est, and how we name ourselves to it (HTTP Basic)."""

    address: str
    user: str
    password: str = field(repr=False)
    trust: ssl.SSLContext | None = field(default=None, repr=False)
    seconds: float = 15.0

    def __post_init__(self) -> None:
        if not self.address.startswith("https://"):
            raise ValueError("EST is spoken over https only (RFC 7030 3.3)")

    def enrol(self, request_pem: str) -> tuple[str, tuple[str, ...]]:
        """The certificate (PEM) for a request made by the signer's own key, and the chain above it but the root.

        Raises PossessionRefused for a request that its key did not sign, EnrolmentRefused for all else.
        """
        wanted = public_key_of(request_pem)
        try:
            der = x509.load_pem_x509_csr(request_pem.encode()).public_bytes(Encoding.DER)
        except ValueError as fault:
            raise PossessionRefused("this is no certificate request") from fault
        answer = self._ask(ENROLL, base64.encodebytes(der))
        spki = wanted.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        made = [one for one in answer if _spki(one) == spki]
        if len(made) != 1:
            raise EnrolmentRefused("the authority's answer holds no certificate for this key")
        return pem(made[0]), _chain(made[0], [*answer, *self._ask(AUTHORITIES, None)])

    def _ask(self, what: str, body: bytes | None) -> list[x509.Certificate]:
        named = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {named}"}
        if body is not None:
            headers |= {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64"}
        asked = urllib.request.Request(f"{self.address}/{what}", data=body, headers=headers)  # noqa: S310 - https only
        try:
            with urllib.request.urlopen(asked, timeout=self.seconds, context=self.trust) as answer:  # noqa: S310
                status, content = answer.status, answer.read(LONGEST_ANSWER + 1)
        except (OSError, urllib.error.URLError) as fault:
            raise EnrolmentRefused(f"the authority does not answer: {fault}") from fault
        if status != 200 or len(content) > LONGEST_ANSWER:  # 202 asks to come again later: nobody waits for that here
            raise EnrolmentRefused(f"the authority answered {status}")
        try:
            return pkcs7.load_der_pkcs7_certificates(base64.b64decode(content))
        except (ValueError, binascii.Error) as fault:
            raise EnrolmentRefused(f"the authority's answer is no list of certificates: {fault}") from fault


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _chain(leaf: x509.Certificate, known: list[x509.Certificate]) -> tuple[str, ...]:
    """Whoever stands between the certificate and its root, nearest first; each really issued the one before."""
    chain: list[str] = []
    below = leaf
    while below.issuer != below.subject:
        above = next((one for one in known if one.subject == below.issuer and _issued(one, below)), None)
        if above is None or len(chain) > len(known):
            raise EnrolmentRefused("the authority does not show who issued its certificate")
        if above.issuer != above.subject:
            chain.append(pem(above))
        below = above
    return tuple(chain)


def _issued(above: x509.Certificate, below: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
