"""Checks that come to a media port, right and wrong, and two ports beside each other to compare what becomes of them."""

import hmac
import random
import socket
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

from signaling.connection import Connection
from signaling.loops import library
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort

HOSTS = ("127.0.0.1", "127.0.0.2", "::1")
ENDS = ("127.0.0.1", "127.0.0.1", "::1", "::1")
WAYS = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3))  # socket of the port's, end
NAME, INTEGRITY, PRIORITY, USE, CONTROLLING, FINGERPRINT = 0x0006, 0x0008, 0x0024, 0x0025, 0x802A, 0x8028
UNKNOWN = (0x0000, 0x0007, 0x0020, 0x8022, 0x8029, 0xC057, 0xFFFF)
Way = tuple[int, int]
Part = tuple[int, Callable[[bytes], bytes]]  # an attribute's kind, and its value after what stands before it
drawn = random.Random()  # all credentials: both ports have the same


# checks, written without the code that reads them


def plain(kind: int, value: bytes = b"") -> Part:
    return kind, lambda _: value


def counting(before: bytes, more: int) -> bytes:
    return before[:2] + struct.pack(">H", len(before) - 20 + more) + before[4:]


def integrity(password: str, change: Callable[[bytes], bytes] = bytes) -> Part:
    return INTEGRITY, lambda before: change(hmac.digest(password.encode(), counting(before, 24), "sha1"))


def fingerprint(change: Callable[[bytes], bytes] = bytes) -> Part:
    return FINGERPRINT, lambda before: change(struct.pack(">I", zlib.crc32(counting(before, 8)) ^ 0x5354554E))


def usual(name: str, password: str, *, nominates: bool = True) -> list[Part]:
    parts = [plain(NAME, name.encode()), plain(PRIORITY, b"\x6e\xff\xff\xff"), plain(CONTROLLING, b"breaktie")]
    return [*parts, *[plain(USE)] * nominates, integrity(password), fingerprint()]


def written(parts: list[Part], chance: random.Random) -> bytes:
    """A request of these attributes; what stands in the padding is for nobody."""
    whole = struct.pack(">HHI", 1, 0, 0x2112A442) + chance.randbytes(12)
    for kind, value in parts:
        made = value(whole)
        whole += struct.pack(">HH", kind, len(made)) + made + chance.randbytes(-len(made) % 4)
    return counting(whole, 0)


def flipped(whole: bytes, at: int, bits: int = 1) -> bytes:
    at %= len(whole)
    return whole[:at] + bytes([whole[at] ^ bits]) + whole[at + 1 :]


def spoilt(parts: list[Part], chance: random.Random, names: list[str], password: str) -> None:
    """Change a check's attributes: mostly it is wrong then, or asks for something else."""
    place, other = chance.randrange(len(parts)), chance.randrange(len(parts) + 1)
    at, size = chance.randrange(20), chance.randrange(10)
    match chance.randrange(9):
        case 0:
            del parts[place]
        case 1:
            parts.insert(other, parts[place])
        case 2:
            parts.insert(min(other, len(parts) - 1), parts.pop(place))
        case 3:
            parts.insert(other, plain(chance.choice(UNKNOWN), chance.randbytes(chance.choice([size, 290, 330]))))
        case 4:
            parts.insert(other, plain(USE, bytes(size)))
        case 5:
            parts.insert(other, plain(NAME, chance.choice(names).encode()))
        case 6:
            change = chance.choice(
                [lambda made: flipped(made, at), lambda made: made[:at], lambda made: made + b"more"]
            )
            parts[:] = [integrity(password, change) if kind == INTEGRITY else (kind, value) for kind, value in parts]
        case 7:
            change = chance.choice([lambda made: flipped(made, at), lambda made: made[:size], lambda made: made + made])
            parts[-1] = fingerprint(change)
        case 8:
            parts[other:other] = [plain(chance.choice(UNKNOWN))] * chance.choice([17, 18, 19, 20, 21])


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Change a check's bytes; its header may go on to tell its true length."""
    at = chance.randrange(20, max(21, len(whole)))
    match chance.randrange(4):
        case 0:
            whole = flipped(whole, chance.randrange(len(whole)), 1 << chance.randrange(8))
        case 1:
            whole = whole[:at]
        case 2:
            whole += chance.randbytes(chance.randrange(1, 9))
        case 3:
            whole = whole[:at] + chance.randbytes(2) + whole[at + 2 :]
    return counting(whole, 0) if chance.random() < 0.8 else whole


def any_check(chance: random.Random, names: list[str], password: str) -> bytes:
    """A check by the first of the names, as it should be or not."""
    parts = usual(names[0], password, nominates=chance.random() < 0.6)
    if chance.random() < 0.5:
        return written(parts, chance)
    for _ in range(chance.choice([0, 1, 1, 1, 2])):
        if parts:
            spoilt(parts, chance, names, password)
    whole = written(parts, chance)
    return damaged(whole, chance) if chance.random() < 0.3 else whole


# two ports


class Side:
    """A port with two clients' connections."""

    def __init__(self, loops: Any, certificate: Certificate) -> None:
        before, library.library = library.library, loops
        try:
            self.port = MediaPort(HOSTS, 0)
            drawn.seed(0)
            self.peers = [Connection(self.port, certificate, offers=False) for _ in range(2)]
        finally:
            library.library = before
        self.socks = list(self.port._at)
        self.consents = [peer._consent for peer in self.peers]
        for peer in self.peers:  # so that those who have not nominated are checked back
            peer._remote_ufrag, peer._remote_password = "theirs", "their password"

    def arrive(self, ends: list[socket.socket], way: Way, *datagrams: bytes) -> dict[str, Any]:
        """Let datagrams come together; return the answers, and what has become of the port."""
        sock, before, started = self.socks[way[0]], self.times(), time.monotonic()
        for each in datagrams:
            ends[way[1]].sendto(each, sock.getsockname())
        self.port._readable(sock)
        ended, now = time.monotonic(), self.times()
        paths = [(self.socks.index(each.sock), each.address) for peer in self.peers for each in [peer.path] if each]
        tables = [
            {address: self.peers.index(peer) for address, peer in self.port._at[each].items()} for each in self.socks
        ]
        return {
            "answers": [self.read(end) for end in ends],
            "counts": (self.port.received, self.port.unknown),
            "nominated": [each.nominated for each in self.consents],
            "paths": paths, "pathless": [peer.path is None for peer in self.peers], "tables": tables,
            "times": [
                "still" if new == old else "now" if started <= new <= ended else new
                for old, new in zip(before, now, strict=True)
            ],
        }  # fmt: skip

    def times(self) -> list[float]:
        return [time for each in self.consents for time in (each.memory.heard_at, each.memory.checked_at)]

    def read(self, end: socket.socket) -> list[tuple[int, bytes]]:
        """All that came to an end, and from which of the port's sockets."""
        found: list[tuple[int, bytes]] = []
        while True:
            try:
                datagram, address = end.recvfrom(4096)
            except BlockingIOError:
                return found
            found.append(([each.getsockname() for each in self.socks].index(address), datagram))

    def close(self) -> None:
        for peer in self.peers:
            self.port.forget(peer)
            peer.incoming.close()
        self.port.close()


class Twins:
    """Both kinds of port; the ends are the same, so that the answers tell the same addresses."""

    def __init__(self, loops: Any, certificate: Certificate) -> None:
        self.ends = [bound(host) for host in ENDS]
        self.sides = Side(loops, certificate), Side(None, certificate)
        assert self.sides[0].port.inbox is not None and self.sides[1].port.inbox is None
        self.way, self.renewed = WAYS[0], 0

    def arrive(self, way: Way, *datagrams: bytes) -> dict[str, Any]:
        found = [side.arrive(self.ends, way, *datagrams) for side in self.sides]
        assert found[0] == found[1], [each.hex() for each in datagrams]
        return found[0]

    def credentials(self, peer: int, age: int = 0) -> tuple[str, str]:
        known = list(self.sides[0].consents[peer].known.values())
        found = known[max(0, len(known) - 1 - age)]
        return found.ufrag, found.password

    def renew(self, peer: int) -> None:
        self.renewed += 1
        for side in self.sides:
            drawn.seed(self.renewed)
            side.peers[peer].renew_credentials()
        assert list(self.sides[0].consents[peer].known) == list(self.sides[1].consents[peer].known)

    def live(self, chance: random.Random) -> None:
        """Something happens."""
        peer, event = chance.choice([0, 0, 0, 1]), chance.random()
        if event < 0.06:
            self.renew(peer)
        elif event < 0.16:  # longer than a client would be silent on its path
            for memory in [each.memory for side in self.sides for each in side.consents]:
                memory.heard_at, memory.checked_at = memory.heard_at - 2, memory.checked_at - 2
        elif event < 0.18:
            for side in self.sides:
                side.peers[peer].path = None
        else:
            self.way = self.way if chance.random() < 0.7 else chance.choice(WAYS)
            self.arrive(self.way, *[self.check(chance, peer) for _ in range(chance.choice([1, 1, 2, 3]))])

    def check(self, chance: random.Random, peer: int) -> bytes:
        """Any check of a client's, mostly with its present credentials."""
        ufrag, password = self.credentials(peer, chance.choice([0] * 9 + [1]))
        password = chance.choice([password] * 9 + ["a guess"])
        strange = [f"{ufrag}:", ufrag, f"{ufrag}:ü", f"ü{ufrag}:x", f"{ufrag}y:x", f"{ufrag[:-1]}:x", f":{ufrag}:x", ""]
        names = [f"{ufrag}:x", f"{ufrag}:x:y", f"{self.credentials(1 - peer)[0]}:x", *strange]
        if chance.random() < 0.1:
            names.insert(0, chance.choice(names))
        return any_check(chance, names, password)


def bound(host: str) -> socket.socket:
    end = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    end.setblocking(False)
    end.bind((host, 0))
    return end
