"""Where the keys of seals and of the platform are kept: encrypted files here, or a token (documents.outside.token)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from documents.keys import KeptKey, raw_from_der
from documents.replacing import replacing


class Vault(Protocol):
    """Keys by name. What it cannot do it raises; it never gives a key away."""

    def find(self, name: str) -> KeptKey | None: ...
    def make(self, name: str) -> KeptKey: ...


@dataclass(frozen=True)
class FileKey:
    """A key in memory."""

    key: ec.EllipticCurvePrivateKey

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.key.public_key()

    def sign(self, content: bytes) -> bytes:
        return raw_from_der(self.key.sign(content, ec.ECDSA(hashes.SHA256())))


@dataclass(frozen=True)
class FileVault:
    """Keys in files, each encrypted by the passphrase (PKCS#8)."""

    folder: Path
    passphrase: bytes

    def find(self, name: str) -> FileKey | None:
        """Raises ValueError when the passphrase is wrong."""
        path = self.folder / f"{name}.key"
        if not path.exists():
            return None
        key = serialization.load_pem_private_key(path.read_bytes(), self.passphrase)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path.name} holds no elliptic curve key")  # noqa: TRY004 - the file is at fault, no type
        return FileKey(key)

    def make(self, name: str) -> FileKey:
        key = ec.generate_private_key(ec.SECP256R1())
        self.keep(name, key)
        return FileKey(key)

    def keep(self, name: str, key: ec.EllipticCurvePrivateKey) -> None:
        sealed = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(self.passphrase),
        )
        write(self.folder / f"{name}.key", sealed)


def write(path: Path, content: bytes) -> None:
    """Replace a file whole, readable by its owner only."""
    with replacing(path) as part:
        part.touch(mode=0o600)
        part.write_bytes(content)
