"""Passwords of staff: argon2id with the library's current parameters, rehashed when those move on."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_HASHER = PasswordHasher()
# Verified when the user name is unknown, so that the time to answer does not tell who exists.
_NOBODY = _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return the argon2id hash with salt and parameters inside."""
    return _HASHER.hash(password)


def password_matches(password: str, hashed: str | None) -> bool:
    """Compare; an unknown user (None) costs the same time and never matches."""
    try:
        _HASHER.verify(hashed or _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return hashed is not None


def needs_rehash(hashed: str) -> bool:
    """Say whether the stored parameters are behind the library's."""
    return _HASHER.check_needs_rehash(hashed)
