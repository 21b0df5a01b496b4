"""The embedded certification authority: a root, an issuing authority and a time authority in one folder.

Its keys lie encrypted in files. In production the root stays offline and a licensed authority (电子签名法 16-20) takes
this place; a development authority says 演示 in every subject, warns, and marks each page of its papers.
"""

import datetime as dt
import hashlib
import json
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from documents import certificates as x
from documents.keys import KeyWithCertificate, PossessionRefused, SigningKey, public_key_of, verify_possession
from documents.vault import FileVault, Vault, write

__all__ = ["Authority", "AuthorityFault", "DevelopmentAuthorityWarning", "Evidence", "PossessionRefused"]
__all__ += ["SigningKey", "verify_possession"]

DEVELOPMENT_MARK = "演示"
DEFAULT_ADDRESS = "http://ca.yuntiao.invalid"
RENEW_BEFORE = dt.timedelta(days=30)
CRL_VALIDITY = dt.timedelta(days=7)
ROOT_CRL_VALIDITY = dt.timedelta(days=180)


class AuthorityFault(RuntimeError):
    """The folder cannot be created or opened: exists already, is incomplete, or the passphrase is wrong."""


class DevelopmentAuthorityWarning(UserWarning):
    """Certificates of this authority have no legal effect."""


@dataclass(frozen=True)
class Evidence:
    """What a validator needs years later: the authorities' certificates and the revocation lists of the day."""

    certificate_pems: tuple[str, ...]
    crls: tuple[bytes, ...]


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _file_name(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:24]


@dataclass
class Authority:
    """Issues event certificates for people, keys for organisations and the platform, and revocation lists."""

    folder: Path
    vault: Vault = field(repr=False)
    root: x.Issuer
    issuing: x.Issuer
    time: SigningKey
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def create(
        cls, folder: Path, name: str, now: dt.datetime, passphrase: str, address: str = DEFAULT_ADDRESS
    ) -> "Authority":
        """Make a new authority in an empty or missing folder; a name with 演示 makes it a development one."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / "root.pem").exists():
            raise AuthorityFault(f"there is an authority in {folder} already")
        begin, secret = now - dt.timedelta(days=1), passphrase.encode()
        root_key = ec.generate_private_key(ec.SECP384R1())
        root_certificate = x.authority_certificate(x.distinguished(f"{name} 根", name), root_key, None, begin, 20)
        root = x.Issuer(root_certificate, root_key, address)
        issuing_key = ec.generate_private_key(ec.SECP256R1())
        issuing_certificate = x.authority_certificate(
            x.distinguished(f"{name} 签发", name), issuing_key, root, begin, 10
        )
        time_key = ec.generate_private_key(ec.SECP256R1())
        subject = x.distinguished(f"{name} 时间戳", name)
        time_certificate = x.leaf_certificate(subject, time_key.public_key(), root, x.time_authority(), now)
        (folder / "authority.json").write_text(json.dumps({"address": address, "revoked": []}))
        pairs = (("time", time_certificate, time_key), ("issuing", issuing_certificate, issuing_key))
        for stem, certificate, key in (*pairs, ("root", root_certificate, root_key)):
            _store(folder, stem, certificate, key, secret)
        return cls.open(folder, passphrase)

    @classmethod
    def open(cls, folder: Path, passphrase: str, vault: Vault | None = None) -> "Authority":
        """Open an authority made earlier; warns when it is one for development.

        `vault` keeps the keys of seals and of the platform: encrypted files in the folder, unless another is given.
        """
        secret = passphrase.encode()
        try:
            address = str(json.loads((folder / "authority.json").read_text())["address"])
            loaded = {stem: _restore(folder, stem, secret) for stem in ("root", "issuing", "time")}
        except (OSError, ValueError, KeyError) as fault:
            raise AuthorityFault(f"the authority in {folder} cannot be opened: {fault}") from fault
        root = x.Issuer(*loaded["root"], address)
        issuing = x.Issuer(*loaded["issuing"], address)
        certificate, key = loaded["time"]
        time = SigningKey(key, pem(certificate), (pem(root.certificate),), "时间戳")
        opened = cls(folder, vault or FileVault(folder, secret), root, issuing, time)
        if opened.is_development:
            warnings.warn("演示用签发机构：签发的证书没有法律效力", DevelopmentAuthorityWarning, stacklevel=2)
        return opened

    @property
    def is_development(self) -> bool:
        return DEVELOPMENT_MARK in self.root.certificate.subject.rfc4514_string()

    @property
    def root_pem(self) -> str:
        return pem(self.root.certificate)

    @property
    def chain_pems(self) -> tuple[str, ...]:
        """What stands between a signer's certificate and the root, nearest first."""
        return (pem(self.issuing.certificate),)

    def issue_event_certificate(
        self,
        public_key: bytes | str,
        name: str,
        evidence: str,
        now: dt.datetime,
        validity: dt.timedelta = dt.timedelta(days=1),
    ) -> str:
        """A short-lived certificate (PEM) for one person and one paper.

        `public_key` is a certificate request, a PEM key or a SPKI in DER; of the latter two the caller has had the
        possession proved by verify_possession. `evidence` numbers the record of how the person was identified.
        """
        subject = x.distinguished(name, serial=evidence)
        profile = x.person(validity)
        return pem(x.leaf_certificate(subject, public_key_of(public_key), self.issuing, profile, now))

    def issue_organisation_key(self, name: str, now: dt.datetime) -> KeyWithCertificate:
        """The seal key of a committee or a court: the same one until its certificate nears its end."""
        with self._lock:
            return self._kept("organisation", name, x.organisation(), now)

    def platform_key(self, name: str, now: dt.datetime) -> KeyWithCertificate:
        """The key with which the platform certifies a frozen text."""
        with self._lock:
            return self._kept("platform", name, x.platform(), now)

    def _kept(self, kind: str, name: str, profile: x.Profile, now: dt.datetime) -> KeyWithCertificate:
        stem = f"{kind}-{_file_name(name)}"
        path, key = self.folder / f"{stem}.pem", self.vault.find(stem)
        if key is not None and path.exists():
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
            fresh = certificate.not_valid_after_utc - RENEW_BEFORE > now
            if fresh and certificate.public_key() == key.public_key and not self.is_revoked(certificate):
                return KeyWithCertificate(key, pem(certificate), self.chain_pems, name)
        key = self.vault.make(stem)
        subject = x.distinguished(name, organisation_name=name)
        certificate = x.leaf_certificate(subject, key.public_key, self.issuing, profile, now)
        write(path, pem(certificate).encode())
        return KeyWithCertificate(key, pem(certificate), self.chain_pems, name)

    def is_revoked(self, certificate: x509.Certificate) -> bool:
        """Whether this serial number stands on the revocation list."""
        return certificate.serial_number in {serial for serial, _ in self._revoked()}

    def revoke(self, certificate_pem: str, when: dt.datetime) -> None:
        """Put a seal's or the platform's certificate on the next revocation list; its key signs no more."""
        self.revoke_serial(x509.load_pem_x509_certificate(certificate_pem.encode()).serial_number, when)

    def revoke_serial(self, serial: int, when: dt.datetime) -> None:
        """The same by serial number; revoking twice keeps the first date."""
        if serial in {known for known, _ in self._revoked()}:
            return
        with self._lock:
            kept = json.loads((self.folder / "authority.json").read_text())
            kept["revoked"].append([str(serial), when.isoformat()])
            write(self.folder / "authority.json", json.dumps(kept).encode())

    def _revoked(self) -> Sequence[tuple[int, dt.datetime]]:
        kept = json.loads((self.folder / "authority.json").read_text())
        return [(int(serial), dt.datetime.fromisoformat(when)) for serial, when in kept["revoked"]]

    def crl(self, now: dt.datetime) -> bytes:
        """The issuing authority's revocation list (DER)."""
        made = x.revocation_list(self.issuing, self._revoked(), now, CRL_VALIDITY)
        return made.public_bytes(serialization.Encoding.DER)

    def root_crl(self, now: dt.datetime) -> bytes:
        """The root's revocation list (DER): the issuing and the time authority are not on it."""
        made = x.revocation_list(self.root, [], now, ROOT_CRL_VALIDITY)
        return made.public_bytes(serialization.Encoding.DER)

    def evidence(self, now: dt.datetime) -> Evidence:
        """Everything that goes into a file's security store, as of now."""
        certificates = (*self.chain_pems, self.root_pem, self.time.certificate_pem)
        return Evidence(certificates, (self.crl(now), self.root_crl(now)))


def _store(folder: Path, stem: str, certificate: x509.Certificate, key: x.Key, secret: bytes) -> None:
    FileVault(folder, secret).keep(stem, key)
    write(folder / f"{stem}.pem", pem(certificate).encode())


def _restore(folder: Path, stem: str, secret: bytes) -> tuple[x509.Certificate, x.Key]:
    certificate = x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes())
    key = FileVault(folder, secret).find(stem)
    if key is None:
        raise AuthorityFault(f"{stem}.key is missing")
    return certificate, key.key
