"""Signer: the authority, the timestamp service, the fonts and the seals, chosen once by settings."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from documents.authority import Authority, Evidence
from documents.fonts import FontStack
from documents.keys import SigningKey
from documents.outside.time_authorities import HttpTimestamper
from documents.timestamp import LocalTimestamper, Timestamper
from server.settings import Settings

DEVELOPMENT_NAME = "云调演示签发机构"
NAME = "云调平台签发机构"
PLATFORM = "云调平台"


@dataclass(frozen=True)
class Signer:
    """What signing needs from outside; a licensed authority or an outside timestamp service replaces its parts."""

    authority: Authority
    timestamper: Timestamper
    now: Callable[[], dt.datetime]
    development: bool

    @classmethod
    def open(cls, settings: Settings, folder: Path, now: Callable[[], dt.datetime]) -> "Signer":
        """Open the embedded authority, or make it at the first start."""
        passphrase = settings.secret.get_secret_value()
        if (folder / "root.pem").exists():
            authority = Authority.open(folder, passphrase)
        else:
            name = DEVELOPMENT_NAME if settings.development else NAME
            authority = Authority.create(folder, name, now(), passphrase)
        outside = settings.timestamp_url.split()
        timestamper = HttpTimestamper(*outside) if outside else LocalTimestamper(authority, now)
        return cls(authority, timestamper, now, settings.development)

    @property
    def fonts(self) -> FontStack:
        """The fonts of papers (loaded once a process)."""
        return FontStack.default()

    @property
    def platform_key(self) -> SigningKey:
        """The key that certifies frozen texts."""
        return self.authority.platform_key(PLATFORM, self.now())

    def seal_key(self, name: str) -> SigningKey:
        """The seal of a committee or court."""
        return self.authority.issue_organisation_key(name, self.now())

    def evidence(self) -> Evidence:
        """Chains and revocation lists as of now, for the long-term store."""
        return self.authority.evidence(self.now())

    @property
    def roots(self) -> list[str]:
        """What this installation trusts."""
        return [self.authority.root_pem]
