"""Revocation lists of outside authorities, fetched from where their certificates say (RFC 5280, 4.2.1.13)."""

import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

LONGEST_LIST = 4 * 1024 * 1024


class ListUnavailable(RuntimeError):
    """A revocation list could not be fetched: without it the file's evidence would not last."""


def lists_of(pems: Iterable[str], seconds: float = 10.0) -> tuple[bytes, ...]:
    """The lists (DER) that these certificates name, each address asked once. Raises ListUnavailable."""
    addresses = {one: None for pem in pems for one in _addresses(x509.load_pem_x509_certificate(pem.encode()))}
    return tuple(_fetched(address, seconds) for address in addresses)


def _addresses(certificate: x509.Certificate) -> Iterator[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return
    for point in points:
        yield from (one.value for one in point.full_name or () if one.value.startswith(("http://", "https://")))


def _fetched(address: str, seconds: float) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=seconds) as answer:  # noqa: S310 - http or https, see _addresses
            content = answer.read(LONGEST_LIST + 1)
        if len(content) > LONGEST_LIST:
            raise ListUnavailable(f"the list at {address} is too long")
        return x509.load_der_x509_crl(content).public_bytes(Encoding.DER)
    except (OSError, urllib.error.URLError, ValueError) as fault:
        raise ListUnavailable(f"no revocation list at {address}: {fault}") from fault
