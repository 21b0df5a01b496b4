"""A LiveKit server configuration (YAML), as far as this server follows it.

What it does not know is refused by name; what LiveKit knows and this server does not follow is warned of, so that one
file can serve both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from signaling.errors import ConfigError

# The names LiveKit 1.13 knows; True where this server follows them.
KNOWN: dict[str, bool] = {
    "port": True, "bind_addresses": True, "keys": True,
    "rtc.udp_port": True, "rtc.node_ip": True, "rtc.use_external_ip": True,
    "room.empty_timeout": True, "room.departure_timeout": True, "room.max_participants": True,
    "room.auto_create": True, "room.enable_remote_unmute": True,
    "webhook.api_key": True, "webhook.urls": True,
    "recording.folder": True,  # ours: LiveKit records with a program of its own
    "rtc.tcp_port": False, "rtc.port_range_start": False, "rtc.port_range_end": False, "rtc.use_ice_lite": False,
    "rtc.stun_servers": False, "rtc.turn_servers": False, "rtc.interfaces": False, "rtc.ips": False,
    "rtc.enable_loopback_candidate": False, "rtc.use_mdns": False, "rtc.batch_io": False,
    "rtc.packet_buffer_size": False, "rtc.packet_buffer_size_video": False, "rtc.packet_buffer_size_audio": False,
    "rtc.pli_throttle": False, "rtc.congestion_control": False, "rtc.allow_tcp_fallback": False,
    "rtc.reconnect_on_publication_error": False, "rtc.reconnect_on_subscription_error": False,
    "rtc.reconnect_on_data_channel_error": False, "rtc.force_tcp": False, "rtc.node_ip_auto_generated": False,
    "rtc.allow_timestamp_adjustment": False, "rtc.strict_acks": False, "rtc.forward_stats": False,
    "rtc.data_channel_max_buffered_amount": False, "rtc.datachannel_slow_threshold": False,
    "room.enabled_codecs": False, "room.max_metadata_size": False, "room.playout_delay": False,
    "room.sync_streams": False, "room.create_room_enabled": False, "room.create_room_timeout": False,
    "room.create_room_attempts": False, "room.max_room_name_length": False, "room.room_configurations": False,
    "room.max_participant_identity_length": False, "room.max_participant_name_length": False,
    "room.update_room_metadata_timeout": False, "room.update_participant_timeout": False,
    "webhook.filter_params": False, "webhook.url_notifier": False, "webhook.resource_url_notifier": False,
    "key_file": False, "redis": False, "audio": False, "video": False, "logging": False, "log_level": False,
    "turn": False, "ingress": False, "sip": False, "node_selector": False, "limit": False, "region": False,
    "prometheus": False, "prometheus_port": False, "signal_relay": False, "psrpc": False, "development": False,
    "metric": False, "api": False, "agents": False, "trace": False, "node_stats": False, "nodestats": False,
    "enable_data_tracks": False,
}  # fmt: skip
SECTIONS = {key.split(".")[0] for key in KNOWN if "." in key}
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Webhook:
    """Where room events are sent, and whose key signs them."""

    api_key: str = ""
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    """One server's configuration; port 0 means any free port."""

    port: int = 7880
    bind_addresses: tuple[str, ...] = ("0.0.0.0",)  # noqa: S104  LiveKit's default: a server for others
    keys: Mapping[str, str] = field(default_factory=dict)
    udp_port: int = 7882
    node_ip: str = ""
    empty_timeout: int = 300
    departure_timeout: int = 20
    max_participants: int = 0
    auto_create: bool = True
    enable_remote_unmute: bool = False
    webhook: Webhook = field(default_factory=Webhook)
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


def _number(flat: Mapping[str, Any], key: str, default: int, highest: int = 2**31) -> int:
    value = flat.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= highest:
        raise ConfigError(f"{key}: a whole number from 0 to {highest} is expected")
    return value


def _yes(flat: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = flat.get(key, default)
    if not isinstance(value, bool):
        raise ConfigError(f"{key}: true or false is expected")
    return value


def _texts(flat: Mapping[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = flat.get(key, list(default))
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ConfigError(f"{key}: a list of texts is expected")
    return tuple(value)


def _keys(flat: Mapping[str, Any]) -> dict[str, str]:
    value = flat.get("keys")
    if not isinstance(value, Mapping) or not value:
        raise ConfigError("keys: at least one API key with its secret is needed")
    if not all(isinstance(key, str) and isinstance(secret, str) and secret for key, secret in value.items()):
        raise ConfigError("keys: each key and each secret is a text")
    return dict(value)


def _webhook(flat: Mapping[str, Any], keys: Mapping[str, str]) -> Webhook:
    urls = _texts(flat, "webhook.urls", ())
    api_key = flat.get("webhook.api_key", "")
    if urls and api_key not in keys:
        raise ConfigError("webhook.api_key: must be one of keys")
    return Webhook(str(api_key), urls)


def _folder(flat: Mapping[str, Any]) -> str:
    value = flat.get("recording.folder") or ""
    if not isinstance(value, str) or (value and not value.startswith("/")):
        raise ConfigError("recording.folder: a folder's path from the root is expected")
    return value.rstrip("/") or value


def read(tree: object) -> tuple[Config, list[str]]:
    """Return the configuration and the warnings; raises ConfigError naming the key at fault."""
    if not isinstance(tree, Mapping):
        raise ConfigError("the file is no mapping of keys to values")
    flat = _flatten(tree)
    unknown = sorted(set(flat) - set(KNOWN))
    if unknown:
        raise ConfigError(f"unknown key: {', '.join(unknown)}")
    if _yes(flat, "rtc.use_external_ip", default=False):
        raise ConfigError("rtc.use_external_ip: only false is followed; name the address in rtc.node_ip")
    keys = _keys(flat)
    warnings = [f"{key}: LiveKit knows it, this server does not follow it" for key in flat if not KNOWN[key]]
    warnings += [f"keys.{key}: the secret is shorter than {SHORTEST_SECRET} characters"
                 for key, secret in keys.items() if len(secret) < SHORTEST_SECRET]  # fmt: skip
    return Config(
        port=_number(flat, "port", 7880, 65535),
        bind_addresses=_texts(flat, "bind_addresses", Config.bind_addresses),
        keys=keys,
        udp_port=_number(flat, "rtc.udp_port", 7882, 65535),
        node_ip=str(flat.get("rtc.node_ip") or ""),
        empty_timeout=_number(flat, "room.empty_timeout", 300),
        departure_timeout=_number(flat, "room.departure_timeout", 20),
        max_participants=_number(flat, "room.max_participants", 0),
        auto_create=_yes(flat, "room.auto_create", default=True),
        enable_remote_unmute=_yes(flat, "room.enable_remote_unmute", default=False),
        webhook=_webhook(flat, keys),
        recordings=_folder(flat),
    ), warnings
