"""A LiveKit server configuration (YAML), as far as this server follows it.

What it does not know is refused by name; what LiveKit knows and this server does not follow is warned of, with the
reason, so that one file can serve both. The keys stand in `config_keys`; single values are read by `config_values`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signaling import config_values as values
from signaling.config_keys import FOLLOWED, SECTIONS, reason
from signaling.errors import ConfigError
from signaling.transport.addresses import Choice
from signaling.turn import TurnServer

SHORTEST_SECRET = 32
LEVELS = {"debug": "DEBUG", "info": "INFO", "warn": "WARNING", "error": "ERROR"}


@dataclass(frozen=True)
class Webhook:
    """Where room events are sent, and whose key signs them."""

    api_key: str = ""
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one client may ask for; 0 means as much as it likes. Sizes are bytes of UTF-8, as LiveKit counts."""

    num_tracks: int = 0
    max_metadata_size: int = 512 << 10
    max_attributes_size: int = 64 << 10
    max_room_name_length: int = 256
    max_participant_identity_length: int = 256
    max_participant_name_length: int = 256

    @staticmethod
    def fits(text: str, most: int) -> bool:
        """Tell whether a text is no longer than it may be."""
        return not most or len(text.encode(errors="surrogatepass")) <= most

    def metadata_fits(self, metadata: str) -> bool:
        """Tell whether metadata may be so large."""
        return self.fits(metadata, self.max_metadata_size)

    def attributes_fit(self, attributes: Mapping[str, str]) -> bool:
        """Tell whether attributes may be so large, together."""
        return self.fits("".join(f"{key}{value}" for key, value in attributes.items()), self.max_attributes_size)


@dataclass(frozen=True)
class Audio:
    """When somebody speaks: louder than `active_level` (-dBov) in `min_percentile` % of an interval (ms)."""

    active_level: int = 35
    min_percentile: int = 40
    update_interval: int = 400


@dataclass(frozen=True)
class Metrics:
    """A port of their own for the metrics, as LiveKit has it; 0: they stand on the main port."""

    port: int = 0
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Config:
    """One server's configuration; port 0 means any free port, `tcp_port` None means no TCP."""

    port: int = 7880
    bind_addresses: tuple[str, ...] = ("0.0.0.0",)  # noqa: S104  LiveKit's default: a server for others
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    udp_port: int = 7882
    last_udp_port: int = 0
    tcp_port: int | None = 0
    force_tcp: bool = False
    node_ips: tuple[str, ...] = ()
    choice: Choice = field(default_factory=Choice)
    stun_servers: tuple[str, ...] = ()
    turn_servers: tuple[TurnServer, ...] = field(default=(), repr=False)
    empty_timeout: int = 300
    departure_timeout: int = 20
    max_participants: int = 0
    auto_create: bool = True
    enable_remote_unmute: bool = False
    webhook: Webhook = field(default_factory=Webhook)
    limits: Limits = field(default_factory=Limits)
    audio: Audio = field(default_factory=Audio)
    metrics: Metrics = field(default_factory=Metrics)
    log_level: str = "INFO"
    recordings: str = ""


def _flatten(tree: Mapping[str, Any]) -> dict[str, Any]:
    """`{"rtc": {"udp_port": 1}}` -> `{"rtc.udp_port": 1}` for the sections that are looked into."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if key in SECTIONS and isinstance(value, Mapping):
            flat.update({f"{key}.{inner}": each for inner, each in value.items()})
        elif key in SECTIONS and value is None:
            continue
        elif key in SECTIONS:
            raise ConfigError(f"{key}: a section with keys of its own is expected")
        else:
            flat[str(key)] = value
    return flat


def _keys(flat: Mapping[str, Any]) -> dict[str, str]:
    """Read the API keys; a file of keys takes the place of the section, as in LiveKit."""
    name = flat.get("key_file")
    value = values.private_yaml("key_file", Path(name)) if isinstance(name, str) and name else flat.get("keys")
    if not isinstance(value, Mapping) or not value:
        raise ConfigError("keys: at least one API key with its secret is needed")
    if not all(isinstance(key, str) and isinstance(secret, str) and secret for key, secret in value.items()):
        raise ConfigError("keys: each key and each secret is a text")
    return dict(value)


def _webhook(flat: Mapping[str, Any], keys: Mapping[str, str]) -> Webhook:
    urls = values.texts(flat, "webhook.urls", ())
    api_key = flat.get("webhook.api_key", "")
    if urls and api_key not in keys:
        raise ConfigError("webhook.api_key: must be one of keys")
    return Webhook(str(api_key), urls)


def _limits(flat: Mapping[str, Any]) -> Limits:
    """Read the limits; some stood under `room` in older files."""
    read = {}
    for name, default in vars(Limits()).items():
        key = f"room.{name}" if flat.get(f"room.{name}") else f"limit.{name}"
        read[name] = max(0, values.number(flat, key, default, lowest=-1))
    return Limits(**read)


def _audio(flat: Mapping[str, Any]) -> Audio:
    return Audio(
        active_level=values.number(flat, "audio.active_level", Audio.active_level, 127),
        min_percentile=values.number(flat, "audio.min_percentile", Audio.min_percentile, 100),
        update_interval=values.number(flat, "audio.update_interval", Audio.update_interval, 60_000, lowest=50),
    )


def _metrics(flat: Mapping[str, Any]) -> Metrics:
    older = values.number(flat, "prometheus_port", 0, 65535)
    return Metrics(
        values.number(flat, "prometheus.port", older, 65535),
        values.text(flat, "prometheus.username"),
        values.text(flat, "prometheus.password"),
    )


def _choice(flat: Mapping[str, Any]) -> Choice:
    interfaces, excluded = values.filters(flat, "rtc.interfaces")
    ips, without = values.filters(flat, "rtc.ips")
    loopback = values.yes(flat, "rtc.enable_loopback_candidate", default=True)
    return Choice(interfaces, excluded, values.networks("rtc.ips", ips), values.networks("rtc.ips", without), loopback)


def _tcp_port(flat: Mapping[str, Any], udp_port: int) -> int | None:
    """Return the TCP port: LiveKit's default, but any free one where UDP has any; 0 means none, as in LiveKit."""
    if "rtc.tcp_port" not in flat:
        return 7881 if udp_port else 0
    return values.number(flat, "rtc.tcp_port", 7881, 65535) or None


def _folder(flat: Mapping[str, Any]) -> str:
    value = flat.get("recording.folder") or ""
    if not isinstance(value, str) or (value and not value.startswith("/")):
        raise ConfigError("recording.folder: a folder's path from the root is expected")
    return value.rstrip("/") or value


def _level(flat: Mapping[str, Any]) -> str:
    level = values.text(flat, "log_level") or values.text(flat, "logging.level") or "info"
    if level not in LEVELS:
        raise ConfigError(f"logging.level: one of {', '.join(LEVELS)} is expected")
    return LEVELS[level]


def _warnings(flat: Mapping[str, Any], keys: Mapping[str, str]) -> list[str]:
    silent = {"turn.enabled"} if not flat.get("turn.enabled") else set()
    silent |= {key for key in flat if silent and key.startswith("turn.")}
    silent |= {"rtc.use_ice_lite"} if flat.get("rtc.use_ice_lite") is True else set()
    said = [f"{key}: not followed: {reason(key)}" for key in flat if key not in FOLLOWED | silent]
    if not flat.get("development"):
        said += [f"keys.{key}: the secret is shorter than {SHORTEST_SECRET} characters"
                 for key, secret in keys.items() if len(secret) < SHORTEST_SECRET]  # fmt: skip
    return said


def read(tree: object) -> tuple[Config, list[str]]:
    """Return the configuration and the warnings; raises ConfigError naming the key at fault."""
    if not isinstance(tree, Mapping):
        raise ConfigError("the file is no mapping of keys to values")
    flat = _flatten(tree)
    unknown = sorted(key for key in flat if key not in FOLLOWED and reason(key) is None)
    if unknown:
        raise ConfigError(f"unknown key: {', '.join(unknown)}")
    if values.yes(flat, "rtc.use_external_ip", default=False):
        raise ConfigError("rtc.use_external_ip: only false is followed; name the address in rtc.node_ip")
    keys = _keys(flat)
    udp_port, last_udp_port = values.ports(flat, "rtc.udp_port", 7882)
    return Config(
        port=values.number(flat, "port", 7880, 65535),
        bind_addresses=values.texts(flat, "bind_addresses", Config.bind_addresses),
        keys=keys,
        udp_port=udp_port,
        last_udp_port=last_udp_port,
        tcp_port=_tcp_port(flat, udp_port),
        force_tcp=values.yes(flat, "rtc.force_tcp", default=False),
        node_ips=values.node_ips(flat),
        choice=_choice(flat),
        stun_servers=values.texts(flat, "rtc.stun_servers", ()),
        turn_servers=values.turn_servers(flat),
        empty_timeout=values.number(flat, "room.empty_timeout", 300),
        departure_timeout=values.number(flat, "room.departure_timeout", 20),
        max_participants=values.number(flat, "room.max_participants", 0),
        auto_create=values.yes(flat, "room.auto_create", default=True),
        enable_remote_unmute=values.yes(flat, "room.enable_remote_unmute", default=False),
        webhook=_webhook(flat, keys),
        limits=_limits(flat),
        audio=_audio(flat),
        metrics=_metrics(flat),
        log_level=_level(flat),
        recordings=_folder(flat),
    ), _warnings(flat, keys)
