"""A certificate of our own making for trying a phone on the same network (cameras need a secure origin).

Browsers warn about it, rightly: nobody vouches for it. The explanation page tells people so, with the fingerprint.
"""

import datetime as dt
import ipaddress
import socket
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 180


def own_certificate(folder: Path, host: str, now: dt.datetime) -> tuple[ssl.SSLContext, str]:
    """Return a TLS context and the SHA-256 fingerprint; made once for each host and kept while it is valid."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{host}.pem"
    if not path.exists() or _ends(path) < now + dt.timedelta(days=1):
        _make(path, host, now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return context, certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _ends(path: Path) -> dt.datetime:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


def _make(path: Path, host: str, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Yuntiao development {host}"[:64])])
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    for address in {host, *addresses()}:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(address)))
        except ValueError:
            names.append(x509.DNSName(address))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(list(dict.fromkeys(names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))


def addresses() -> list[str]:
    """Return this machine's own IPv4 address on the way out, as far as it has one (nothing is sent)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address that is nobody's
        except OSError:
            return []
        return [str(probe.getsockname()[0])]
