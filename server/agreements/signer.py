"""Signer: the authority, the timestamp service, the fonts and the seals, chosen once by settings."""

import datetime as dt
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from documents.authority import Authority, DevelopmentAuthorityWarning, Evidence
from documents.fonts import DEFAULT_FOLDER, FontStack
from documents.keys import CertifiedKey
from documents.outside.time_authorities import HttpTimestamper
from documents.outside.token import TokenVault
from documents.timestamp import LocalTimestamper, Timestamper
from documents.vault import Vault
from documents.verdicts import Verdicts
from server.settings import Settings

DEVELOPMENT_NAME = "云调演示签发机构"
NAME = "云调平台签发机构"
PLATFORM = "云调平台"


def _vault(settings: Settings) -> Vault | None:
    """The token of the settings; None keeps the keys in encrypted files. TokenFault when it does not open."""
    token = settings.token
    if token.module is None:
        return None
    return TokenVault(token.module, token.label, token.pin.get_secret_value())


@dataclass(frozen=True)
class Signer:
    """What signing needs from outside; a licensed authority or an outside timestamp service replaces its parts."""

    authority: Authority
    timestamper: Timestamper
    now: Callable[[], dt.datetime]
    development: bool
    fonts: FontStack = field(default_factory=FontStack.default)
    verdicts: Verdicts = field(default_factory=Verdicts)  # of our own files, which pages show again and again

    @classmethod
    def open(cls, settings: Settings, folder: Path, now: Callable[[], dt.datetime]) -> "Signer":
        """Open the embedded authority, or make it at the first start."""
        passphrase = settings.secret.get_secret_value()
        if not (folder / "root.pem").exists():
            name = DEVELOPMENT_NAME if settings.development else NAME
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DevelopmentAuthorityWarning)  # told when it is opened
                Authority.create(folder, name, now(), passphrase)
        authority = Authority.open(folder, passphrase, _vault(settings))
        outside = settings.timestamp_url.split()
        timestamper = HttpTimestamper(*outside) if outside else LocalTimestamper(authority, now)
        fonts = FontStack.load(DEFAULT_FOLDER, settings.fonts.by_use)
        return cls(authority, timestamper, now, settings.development, fonts)

    @property
    def platform_key(self) -> CertifiedKey:
        """The key that certifies frozen texts."""
        return self.authority.platform_key(PLATFORM, self.now())

    def seal_key(self, name: str) -> CertifiedKey:
        """The seal of a committee or court."""
        return self.authority.issue_organisation_key(name, self.now())

    def evidence(self) -> Evidence:
        """Chains and revocation lists as of now, for the long-term store."""
        return self.authority.evidence(self.now())

    def certificates(self) -> dict[str, str]:
        """The certificates whose end stops the signing, by whose they are."""
        authority = self.authority
        return {
            "root": authority.root_pem,
            "issuing": authority.chain_pems[0],
            "time": authority.time.certificate_pem,
            "platform": self.platform_key.certificate_pem,
        }

    @property
    def roots(self) -> list[str]:
        """What this installation trusts."""
        return [self.authority.root_pem]
