"""Encryption of personal data at rest: AES-256-GCM under a key derived from the platform's secret."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12


class Cipher:
    """Seals and opens bytes; `purpose` separates keys so that one use cannot open another's."""

    def __init__(self, secret: str, purpose: str = "personal") -> None:
        key = HKDF(hashes.SHA256(), 32, None, f"yuntiao:{purpose}".encode()).derive(secret.encode())
        self._aead = AESGCM(key)

    def seal(self, plain: bytes) -> bytes:
        """Encrypt; the nonce goes in front."""
        nonce = os.urandom(NONCE)
        return nonce + self._aead.encrypt(nonce, plain, None)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt; raises ValueError when the bytes were not sealed with this key."""
        try:
            return self._aead.decrypt(sealed[:NONCE], sealed[NONCE:], None)
        except InvalidTag as error:
            raise ValueError("sealed with another key, or altered") from error
