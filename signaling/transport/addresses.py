"""Which of this machine's addresses are announced to clients (LiveKit's rtc.interfaces, rtc.ips)."""

import errno
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import ifaddr

FREE_PORT_TRIES = 20
Opened = TypeVar("Opened")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Choice:
    """Which interfaces and networks count; where something is included, exclusions are not looked at."""

    interfaces: tuple[str, ...] = ()
    not_interfaces: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    not_networks: tuple[Network, ...] = ()
    loopback: bool = True

    def interface(self, name: str) -> bool:
        """Tell whether an interface's addresses count."""
        return name in self.interfaces if self.interfaces else name not in self.not_interfaces

    def address(self, text: str) -> bool:
        """Tell whether an address counts; one that is valid on its own link only never does."""
        address = ipaddress.ip_address(text)
        if address.is_link_local or (address.is_loopback and (address.version == 6 or not self.loopback)):
            return False
        if self.networks:
            return any(address in network for network in self.networks)
        return not any(address in network for network in self.not_networks)


def _rank(text: str) -> tuple[bool, bool, str]:
    address = ipaddress.ip_address(text)
    return address.is_loopback, address.version == 6, text


def own_addresses(choice: Choice | None = None) -> tuple[str, ...]:
    """Return this machine's addresses, IPv4 first, loopback last: what a client near or far may reach."""
    choice = choice or Choice()
    found = {
        str(ip.ip if ip.is_IPv4 else ip.ip[0])
        for adapter in ifaddr.get_adapters()
        if choice.interface(adapter.name)
        for ip in adapter.ips
    }
    return tuple(sorted(filter(choice.address, found), key=_rank))


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read networks in CIDR notation; raises ValueError."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def at_one_port(open_all: Callable[[int], Opened], port: int) -> Opened:
    """Open the same port at several places; of port 0, meaning any, one that is free at all of them.

    What the kernel chose for the first place may be taken at the next: then another is tried. Raises OSError.
    """
    for _ in range(FREE_PORT_TRIES if not port else 0):
        try:
            return open_all(0)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return open_all(port)
