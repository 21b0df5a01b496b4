"""A bad network between two network namespaces, by TUN devices: for kernels without the netem scheduler. Needs root.

Losses, delay, jitter (which keeps the order), reordering, a rate with a queue that drops what would wait too long,
cuts, and a NAT that gives the client another address, for each direction; all can be changed while it runs. One
thread carries the packets.
"""

import fcntl
import heapq
import os
import random
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Self

from benchmarks.network import CLIENT_ADDRESS, SERVER_ADDRESS, Pair, ip

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SECOND_ADDRESS = "198.18.9.3"
CARRIED_AT_ONCE = 64
SOURCE, DESTINATION = 12, 16  # where an IPv4 header has them
SUMS = {socket.IPPROTO_TCP: 16, socket.IPPROTO_UDP: 6}  # where the checksum stands that covers the addresses too


@dataclass
class Faults:
    """What happens to packets of one direction: shares from 0 to 1, seconds, bits/s (0: any).

    `moved`: protocols for which the server sees the client at another address; what goes to the old one is lost.
    """

    loss: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    rate: float = 0.0
    queue: float = 0.3
    cut: bool = False
    moved: tuple[int, ...] = ()


def _mended(old: int, before: bytes, after: bytes) -> int:
    """Return a checksum after an address under it was changed (RFC 1624)."""
    total = ~old & 0xFFFF
    for was, now in zip(struct.unpack(">2H", before), struct.unpack(">2H", after), strict=True):
        total += (~was & 0xFFFF) + now
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def readdressed(packet: bytes, place: int, address: str) -> bytes:
    """Return an IPv4 packet of TCP or UDP with another address at `place`."""
    new, after = bytearray(packet), socket.inet_aton(address)
    for at in (10, (packet[0] & 15) * 4 + SUMS[packet[9]]):
        struct.pack_into(">H", new, at, _mended(int.from_bytes(packet[at : at + 2]), packet[place : place + 4], after))
    new[place : place + 4] = after
    return bytes(new)


def translated(packet: bytes, place: int, moved: tuple[int, ...]) -> bytes | None:
    """Return what a NAT makes of a packet since it gave the client another address; None for an address it gave up.

    `place`: where the client's address stands, as the sender for what goes up, as the receiver for what comes down.
    """
    if packet[0] >> 4 != 4 or packet[9] not in moved:
        return packet
    if place == SOURCE:
        return readdressed(packet, place, SECOND_ADDRESS)
    theirs = packet[place : place + 4] == socket.inet_aton(SECOND_ADDRESS)
    return readdressed(packet, place, CLIENT_ADDRESS) if theirs else None


class Direction:
    """One way of the wire; `place` is where the client's address stands in its packets."""

    def __init__(self, source: int, sink: int, place: int, chance: random.Random) -> None:
        self.place = place
        self.source, self.sink, self.faults = source, sink, Faults()
        self.seen = self.dropped = 0
        self._chance = chance
        self._held: list[tuple[float, int, bytes]] = []
        self._free_at = self._last = 0.0

    def take(self) -> None:
        """Read what is there."""
        for _ in range(CARRIED_AT_ONCE):
            try:
                packet = os.read(self.source, 65536)
            except BlockingIOError:
                return
            self.seen += 1
            self._hold(packet, time.monotonic())

    def _hold(self, packet: bytes, now: float) -> None:
        faults = self.faults
        start = max(now, self._free_at) if faults.rate else now
        known = translated(packet, self.place, faults.moved) if faults.moved else packet
        if known is None or faults.cut or self._chance.random() < faults.loss or start - now > faults.queue:
            self.dropped += 1
            return
        if faults.rate:
            start = self._free_at = start + len(packet) * 8 / faults.rate
        due = start + faults.delay + self._chance.random() * faults.jitter
        if self._chance.random() >= faults.reorder:
            due = self._last = max(due, self._last)
        heapq.heappush(self._held, (due, self.seen, known))

    def give(self, now: float) -> float:
        """Write what is due; return in how many seconds the next one is."""
        while self._held and self._held[0][0] <= now:
            try:
                os.write(self.sink, heapq.heappop(self._held)[2])
            except OSError:  # the device's queue is full
                self.dropped += 1
        return self._held[0][0] - now if self._held else 1.0


def _open(name: str, namespace: str, *addresses: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    ip("link", "set", name, "netns", namespace)
    for address in addresses:
        ip("-n", namespace, "addr", "add", f"{address}/24", "dev", name)
    ip("-n", namespace, "link", "set", name, "mtu", "1500", "up")
    return device


class Wire:
    """Joins the namespaces of a pair while it is entered; `up` leads to the server, `down` to the clients."""

    def __init__(self, pair: Pair, *, seed: int = 1) -> None:
        chance = random.Random(seed)
        client = _open(pair.device, pair.client, CLIENT_ADDRESS)
        server = _open(pair.device.replace("vc", "vs"), pair.server, SERVER_ADDRESS)
        self.up, self.down = Direction(client, server, SOURCE, chance), Direction(server, client, DESTINATION, chance)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._carry)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        os.close(self.up.source)
        os.close(self.down.source)

    def _carry(self) -> None:
        ways = {self.up.source: self.up, self.down.source: self.down}
        while not self._end.is_set():
            now = time.monotonic()
            wait = min(way.give(now) for way in ways.values())
            ready, _, _ = select.select(list(ways), [], [], max(0.0005, min(wait, 0.2)))
            for source in ready:
                ways[source].take()
