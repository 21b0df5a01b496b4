"""Settings, read once in `__main__` and never again; every fault is reported at once.

Environment variables begin with YUNTIAO_; nested ones use two underscores (YUNTIAO_MEDIA__URL). The defaults run the
whole platform on one machine. Whatever is unsafe outside development refuses to start unless `development` is set.
"""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Media(BaseModel, frozen=True):
    """Where the LiveKit-protocol media server is; without a URL the embedded one is started."""

    embedded: bool = True
    url: str = ""  # what the server calls (http) ; empty: the embedded one
    public_url: str = ""  # what the browser calls (ws/wss); empty: same origin, /media proxied
    api_key: str = "yuntiao"
    api_secret: SecretStr = SecretStr("")
    port: int = 7880
    udp_port: int = 7882
    node_ip: str = ""


class Messages(BaseModel, frozen=True):
    """The message gateway: an HTTP endpoint in production; without one the development page shows them."""

    gateway_url: str = ""
    gateway_key: SecretStr = SecretStr("")


class Court(BaseModel, frozen=True):
    """A court's own system: where signed events go, and the secret that signs both ways."""

    webhook_url: str = ""
    webhook_secret: SecretStr = SecretStr("")  # Standard Webhooks: whsec_...
    roots: FilePath | None = None  # PEM: who certifies the court's own seals, for rulings its system makes


class Token(BaseModel, frozen=True):
    """A hardware token (PKCS#11) for the keys of seals and of the platform; without one they are encrypted files."""

    module: FilePath | None = None  # the maker's library, an .so
    label: str = ""
    pin: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.module is not None and not (self.label and self.pin.get_secret_value()):
            raise ValueError("a token needs YUNTIAO_TOKEN__LABEL and YUNTIAO_TOKEN__PIN")
        return self


class Fonts(BaseModel, frozen=True):
    """A customer's licensed fonts for papers (TrueType), by use; `rare` is asked last, for characters of names."""

    title: FilePath | None = None
    body: FilePath | None = None
    strong: FilePath | None = None
    heading: FilePath | None = None
    rare: FilePath | None = None

    @property
    def by_use(self) -> dict[str, Path]:
        """Those that are set."""
        return {use: path.resolve() for use, path in self if path is not None}

    @model_validator(mode="after")
    def _usable(self) -> Self:
        """Whether each can be read and its licence lets it be embedded: FontRefused says so, a ValueError."""
        if self.by_use:
            from documents.typefaces import Face  # slow to load, and rarely wanted

            for path in self.by_use.values():
                Face(path)
        return self


class Settings(BaseSettings):
    """All that can be set."""

    model_config = SettingsConfigDict(env_prefix="YUNTIAO_", env_nested_delimiter="__", frozen=True, extra="forbid")

    development: bool = False
    demonstration: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""
    tls: bool = False
    database_url: str = ""
    folder: Path = Path("var")
    secret: SecretStr = SecretStr("")
    proxied: bool = False
    timestamp_url: str = ""  # outside time authorities (RFC 3161), asked in this order; white space between addresses
    certificate_days: int = Field(default=365, ge=1, le=365)  # simple viewers show a shorter one as expired soon after
    support_phone: str = "0499-8460-2137"
    media: Media = Media()
    messages: Messages = Messages()
    court: Court = Court()
    token: Token = Token()
    fonts: Fonts = Fonts()
    rates: bool = True

    @model_validator(mode="after")
    def _safe_outside_development(self) -> Self:
        faults = []
        if not self.development:
            if len(self.secret.get_secret_value()) < 32:
                faults.append("YUNTIAO_SECRET must have at least 32 characters")
            if not self.messages.gateway_url:
                faults.append("YUNTIAO_MESSAGES__GATEWAY_URL is missing: the development message page is not allowed")
            if not self.public_url.startswith("https://"):
                faults.append("YUNTIAO_PUBLIC_URL must begin with https://")
            if not self.media.api_secret.get_secret_value():
                faults.append("YUNTIAO_MEDIA__API_SECRET is missing")
            if self.demonstration:
                faults.append("the demonstration town needs YUNTIAO_DEVELOPMENT=1")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def sqlalchemy_url(self) -> str:
        """The database's address; the embedded default is a file in the folder."""
        return self.database_url or f"sqlite+aiosqlite:///{self.folder.resolve() / 'yuntiao.sqlite'}"

    @property
    def base_url(self) -> str:
        """The address people use, without a slash at the end."""
        scheme = "https" if self.tls else "http"
        return (self.public_url or f"{scheme}://localhost:{self.port}").rstrip("/")
