"""Single values of a configuration: what is expected is said with the key's name."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from signaling.errors import ConfigError
from signaling.transport.addresses import Network
from signaling.transport.addresses import networks as read_networks
from signaling.turn import TurnServer

Flat = Mapping[str, Any]


def number(flat: Flat, key: str, default: int, highest: int = 2**31, *, lowest: int = 0) -> int:
    """Return a whole number."""
    value = flat.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ConfigError(f"{key}: a whole number from {lowest} to {highest} is expected")
    return value


def yes(flat: Flat, key: str, *, default: bool) -> bool:
    """Return a truth value."""
    value = flat.get(key, default)
    if not isinstance(value, bool):
        raise ConfigError(f"{key}: true or false is expected")
    return value


def text(flat: Flat, key: str) -> str:
    """Return a text; absent is empty."""
    value = flat.get(key) or ""
    if not isinstance(value, str):
        raise ConfigError(f"{key}: a text is expected")
    return value


def texts(flat: Flat, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return a list of texts."""
    value = flat.get(key)
    value = list(default) if value is None else value
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ConfigError(f"{key}: a list of texts is expected")
    return tuple(value)


def filters(flat: Flat, key: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is included and what is excluded."""
    value = flat.get(key) or {}
    if not isinstance(value, Mapping) or not set(value) <= {"includes", "excludes"}:
        raise ConfigError(f"{key}: includes and excludes are expected")
    inner = {f"{key}.{name}": each for name, each in value.items()}
    return texts(inner, f"{key}.includes", ()), texts(inner, f"{key}.excludes", ())


def networks(key: str, found: tuple[str, ...]) -> tuple[Network, ...]:
    """Return networks."""
    try:
        return read_networks(found)
    except ValueError as error:
        raise ConfigError(f"{key}: {error}") from error


def ports(flat: Flat, key: str, default: int) -> tuple[int, int]:
    """Return the first port and the last (0: as many as are needed) of `7882` or `7882-7892`."""
    value = flat.get(key, default)
    found = re.fullmatch(r"\s*(\d{1,5})\s*-\s*(\d{1,5})\s*", value) if isinstance(value, str) else None
    if found is None:
        return number(flat, key, default, 65535), 0
    first, last = int(found[1]), int(found[2])
    if not 0 < first < last <= 65535:
        raise ConfigError(f"{key}: a range of ports from 1 to 65535 is expected")
    return first, last


def node_ips(flat: Flat) -> tuple[str, ...]:
    """Return the announced addresses: one IPv4, one IPv6, or both with a comma between."""
    written = [each.strip() for each in text(flat, "rtc.node_ip").split(",") if each.strip()]
    try:
        found = [ipaddress.ip_address(each) for each in written]
    except ValueError as error:
        raise ConfigError(f"rtc.node_ip: {error}") from error
    if len({each.version for each in found}) < len(found):
        raise ConfigError("rtc.node_ip: one IPv4 and one IPv6 address at most are expected")
    return tuple(str(each) for each in sorted(found, key=lambda each: each.version))


def private_yaml(key: str, file: Path) -> object:
    """Read a file of secrets; refused if others may read it, as LiveKit does."""
    return yaml.safe_load(private(key, file))


def private(key: str, file: Path) -> str:
    """Return a file of secrets as text."""
    try:
        if file.expanduser().stat().st_mode & 0o007:
            raise ConfigError(f"{key}: others may read {file}; take their permissions away")
        return file.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{key}: {error}") from error


KNOWN_OF_TURN = {"host", "port", "protocol", "username", "credential", "secret", "secret_file", "ttl"}


def turn_servers(flat: Flat) -> tuple[TurnServer, ...]:
    """Return the TURN servers that clients are told of."""
    listed = flat.get("rtc.turn_servers") or []
    if not isinstance(listed, list):
        raise ConfigError("rtc.turn_servers: a list is expected")
    return tuple(_turn_server(f"rtc.turn_servers[{place}]", each) for place, each in enumerate(listed))


def _turn_server(key: str, given: object) -> TurnServer:
    if not isinstance(given, Mapping) or not set(given) <= KNOWN_OF_TURN:
        raise ConfigError(f"{key}: known are {', '.join(sorted(KNOWN_OF_TURN))}")
    inner = {f"{key}.{name}": value for name, value in given.items()}
    host, protocol = text(inner, f"{key}.host"), text(inner, f"{key}.protocol") or "tcp"
    if not host or protocol not in ("udp", "tcp", "tls"):
        raise ConfigError(f"{key}: a host, and udp, tcp or tls as protocol, are expected")
    secret, name = text(inner, f"{key}.secret"), text(inner, f"{key}.secret_file")
    if name and not secret:
        secret = private(f"{key}.secret_file", Path(name)).strip()
    username = text(inner, f"{key}.username")
    if not secret and not username:
        raise ConfigError(f"{key}: a secret, or a username and its credential, are needed")
    return TurnServer(
        host=host,
        port=number(inner, f"{key}.port", 5349 if protocol == "tls" else 3478, 65535, lowest=1),
        protocol=protocol,
        username=username,
        credential=text(inner, f"{key}.credential"),
        secret=secret,
        seconds=number(inner, f"{key}.ttl", 0) or 14_400,
    )
