"""Keys of seals and of the platform in a hardware token (PKCS#11): made there, used there, never outside."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pkcs11
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

CURVE = "secp256r1"


class TokenFault(RuntimeError):
    """The token is not there, does not open with this PIN, or will not do what is asked; nothing was signed."""


class TokenVault:
    """One token as the place where keys are kept; a session is opened for each use, one at a time."""

    def __init__(self, module: Path, label: str, pin: str) -> None:
        """Raises TokenFault at once when the module, the token or the PIN is wrong, not at the first seal."""
        self._label, self._pin, self._lock = label, pin, threading.Lock()
        try:
            self._library: Any = pkcs11.lib(str(module))
        except (PKCS11Error, RuntimeError) as fault:
            raise TokenFault(f"the PKCS#11 module {module} cannot be loaded: {fault!r}") from fault
        with self._opened():
            return

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            with (
                self._lock,
                self._library.get_token(token_label=self._label).open(rw=True, user_pin=self._pin) as opened,
            ):
                yield opened
        except PKCS11Error as fault:
            raise TokenFault(f"the token {self._label} refuses: {fault!r}") from fault

    def find(self, name: str) -> "TokenKey | None":
        """The key of this name, or None when the token has none."""
        with self._opened() as opened:
            found = list(opened.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.LABEL: name}))
            return TokenKey(self, name, encode_ec_public_key(found[-1])) if found else None

    def make(self, name: str) -> "TokenKey":
        """A new key under this name, in place of an older one."""
        with self._opened() as opened:
            for older in list(opened.get_objects({Attribute.LABEL: name})):
                older.destroy()
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(CURVE)}
            made, _ = opened.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(
                store=True, label=name
            )
            return TokenKey(self, name, encode_ec_public_key(made))

    def sign(self, name: str, content: bytes) -> bytes:
        """r‖s over the content by the key of this name."""
        with self._opened() as opened:
            wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: name}
            found = list(opened.get_objects(wanted))
            if len(found) != 1:
                raise TokenFault(f"the token {self._label} holds {len(found)} keys {name}")
            return bytes(found[0].sign(hashlib.sha256(content).digest(), mechanism=Mechanism.ECDSA))


@dataclass(frozen=True)
class TokenKey:
    """A key in the token, by its name."""

    vault: TokenVault
    name: str
    spki: bytes

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        made = serialization.load_der_public_key(self.spki)
        assert isinstance(made, ec.EllipticCurvePublicKey)
        return made

    def sign(self, content: bytes) -> bytes:
        return self.vault.sign(self.name, content)
