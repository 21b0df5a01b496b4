"""What a caller may be told: the class is the kind, `code` is stable, each kind has one HTTP status.

Raised anywhere, translated at one border only (`server.http.middleware`). The sentence is the Chinese text that is
also the key of its translation; `values` are put in after translation. An error that concerns a case says so by
`about`, so that the border can write the refusal into that case's audit chain.
"""

from collections.abc import Mapping
from typing import Self


def _(text: str) -> str:
    """Mark a sentence for translation; the border translates it into the reader's language."""
    return text


class PlatformError(Exception):
    """The caller's fault, told in words; never our bug."""

    status = 400

    def __init__(self, code: str, text: str, *, fields: Mapping[str, str] | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.fields = dict(fields or {})
        self.values = values
        self.case_id: str | None = None

    def about(self, case_id: str) -> Self:
        """Name the case whose audit chain records this refusal."""
        self.case_id = case_id
        return self


class NotSignedIn(PlatformError):
    """Nobody is signed in, or the login has ended."""

    status = 401


class NotAllowed(PlatformError):
    """This person may not do this."""

    status = 403


class NotFound(PlatformError):
    """There is no such thing, or it is not this person's to know of."""

    status = 404


class NotNow(PlatformError):
    """Right person, right thing, wrong moment: the state of the case does not allow it."""

    status = 409


class Stale(PlatformError):
    """Somebody else changed it meanwhile; read again and repeat."""

    status = 412


class TooLarge(PlatformError):
    """More bytes than this door takes."""

    status = 413


class Invalid(PlatformError):
    """The input is incomplete or wrong; `fields` says which and why, all at once."""

    status = 422


class TooMany(PlatformError):
    """Too many tries through this door; `values['seconds']` says when to come back."""

    status = 429


class Upstream(PlatformError):
    """A system we depend on did not answer; nothing was changed."""

    status = 502
