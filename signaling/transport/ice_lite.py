"""ICE-lite on one UDP port (RFC 8445 2.5): checks answered, datagrams sorted to their peers (RFC 7983).

`ice_tcp` has the same for TCP; which addresses there are stands in `addresses`.
"""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from signaling import stun
from signaling.loops.library import ffi
from signaling.sdp import Candidate
from signaling.transport.addresses import at_one_port
from signaling.transport.inbox import Inbox, Sender, Table, possible
from signaling.transport.outbox import Outbox, socket_name
from signaling.transport.runs import Run
from signaling.transport.sockets import open_sockets
from signaling.transport.srtp import RECEIVING
from signaling.transport.watch import Loop

DRAINED_AT_ONCE = 64
MOST_ADDRESSES, SPARED = 4096, 64
Address = Any  # a tuple of the socket's: (host, port) for IPv4, two more for IPv6


class Route(Protocol):
    """A way to a peer: by UDP or by TCP."""

    @property
    def outbox(self) -> Outbox:
        """Where packets of media are written."""

    def send(self, datagram: bytes | memoryview) -> bool:
        """Send one datagram; False if it is lost."""

    def post(self, place: int, runs: Sequence[Run]) -> None:
        """Let packets of media go that stand in the outbox; the runs count from `place` on."""


class Peer(Protocol):
    """Whoever receives what comes from an authenticated address."""

    @property
    def sender(self) -> Sender | None:
        """What the loop in C knows of the peer, where there is one."""

    @property
    def path(self) -> Route | None:
        """The way to the peer, None while there is none."""

    def password(self, ufrag: str) -> str | None:
        """Return our password for a local ufrag that is still valid."""

    def checked(self, path: Route, *, nominated: bool) -> None:
        """An authenticated check came along this path."""

    def receive_handshake(self, datagram: bytes) -> None:
        """A DTLS record came."""

    def receive_media(self, size: int) -> None:
        """An RTP packet of `size` bytes stands in the inbound buffer."""

    def receive_control(self, size: int) -> None:
        """An RTCP compound of `size` bytes stands in the inbound buffer."""


class Credentials(Protocol):
    """A ufrag of ours; `memory` is a `struct credentials`."""

    ufrag: str
    memory: Any


class Path:
    """A socket of ours and an address of a peer's; `name` is the address as the kernel wants it."""

    __slots__ = ("address", "name", "outbox", "sock")

    def __init__(self, sock: socket.socket, address: Address, outbox: Outbox) -> None:
        self.sock, self.address, self.outbox = sock, address, outbox
        self.name = socket_name(address)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Path) and (self.sock, self.address) == (other.sock, other.address)

    def __hash__(self) -> int:
        return hash((self.sock, self.address))

    def send(self, datagram: bytes | memoryview) -> bool:
        """Send; what the kernel has no room for is lost, as on any network."""
        try:
            self.sock.sendto(datagram, self.address)
        except OSError:
            return False
        return True

    def post(self, place: int, runs: Sequence[Run]) -> None:
        """Let packets go with the others of this turn."""
        self.outbox.post(self.sock, self.name, place, runs)


class MediaPort:
    """One UDP port, with a socket for each advertised address: replies leave from where the request came to."""

    def __init__(self, addresses: Sequence[str], port: int, *, prefix: str = "") -> None:
        self.prefix = prefix  # of our ufrags: whoever sorts for several processes tells them apart by it
        self.peers: dict[str, Peer] = {}
        self._received = self._unknown = 0
        self.outbox = Outbox()
        self.inbox = Inbox() if possible() else None
        opened = at_one_port(lambda number: open_sockets(addresses, number), port)
        self._at: dict[socket.socket, OrderedDict[Address, Peer]] = {sock: OrderedDict() for sock in opened.values()}
        self._tables = {sock: Table() for sock in self._at if self.inbox is not None}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.port = int(next(iter(self._at)).getsockname()[1])
        self.candidates = tuple(Candidate(address, self.port) for address in opened)
        self.when_forgotten: Callable[[Peer], None] = lambda _peer: None

    def announce_tcp(self, port: int, *, only: bool = False) -> None:
        """Announce the same addresses for TCP too; `only` for clients that shall not even try UDP."""
        tcp = tuple(Candidate(each.address, port, "tcp") for each in self.candidates)
        self.candidates = tcp if only else self.candidates + tcp

    @property
    def received(self) -> int:
        """How many datagrams came."""
        return self._received + (self.inbox.received if self.inbox is not None else 0)

    @property
    def unknown(self) -> int:
        """How many of them were strangers'."""
        return self._unknown + (self.inbox.unknown if self.inbox is not None else 0)

    def start(self) -> None:
        """Begin to read, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        for sock in self._at:
            self._loop.add_reader(sock.fileno(), self._readable, sock)
            if self.inbox is not None and isinstance(self._loop, Loop):
                self._loop.watch.attend(sock.fileno(), self._tables[sock], self.inbox, self.outbox)

    def close(self) -> None:
        """Stop and close the sockets."""
        for sock in self._at:
            if self._loop is not None and sock.fileno() >= 0:
                self._loop.remove_reader(sock.fileno())
            sock.close()

    def expect(self, credentials: Credentials, peer: Peer) -> None:
        """Take checks with these credentials for a peer's."""
        self.peers[credentials.ufrag] = peer
        if self.inbox is not None:
            self.inbox.ufrags.bind(credentials.ufrag.encode(), credentials)

    def expect_no_more(self, ufrag: str) -> None:
        """Take checks for this ufrag for a stranger's."""
        self.peers.pop(ufrag, None)
        if self.inbox is not None:
            self.inbox.ufrags.bind(ufrag.encode(), None)

    def forget(self, peer: Peer) -> None:
        """Let go of a peer's names and addresses."""
        for ufrag in [ufrag for ufrag, each in self.peers.items() if each is peer]:
            self.expect_no_more(ufrag)
        for sock, table in self._at.items():
            for address in [address for address, each in table.items() if each is peer]:
                del table[address]
                self._mirror(sock, address, None)
        self.when_forgotten(peer)

    def _readable(self, sock: socket.socket) -> None:
        """Take what is there, but let the rest of the program breathe."""
        self.outbox.holding = True
        inbox = self.inbox
        if inbox is None:
            self._drain(sock)
        else:
            table = self._tables[sock]
            inbox.take_in(sock.fileno())
            while inbox.open(table):
                self.sort(sock, inbox.moved(), inbox.came_from())
            inbox.forward(self.outbox)
            inbox.read_reports()
        self.outbox.holding = False
        self.outbox.flush()

    def read_reports(self) -> None:
        """Let peers take what RTCP of theirs could wait until now."""
        if self.inbox is not None:
            self.inbox.read_reports()

    def _drain(self, sock: socket.socket) -> None:
        """Take and sort one datagram after the other."""
        for _ in range(DRAINED_AT_ONCE):
            try:
                size, address = sock.recvfrom_into(RECEIVING)
            except (BlockingIOError, InterruptedError, ConnectionError):
                break
            self.sort(sock, size, address)

    def count(self) -> None:
        """Count a datagram."""
        self._received += 1

    def sort(self, sock: socket.socket, size: int, address: Address) -> None:
        """Hand a datagram in the inbound buffer to whom it is for (RFC 7983 7); a stranger's is dropped."""
        if not size:
            return
        self._received += 1
        first = RECEIVING[0]
        if first < 4:
            if stun.local_ufrag(RECEIVING, size) in self.peers:
                self._check(sock, bytes(RECEIVING[:size]), address)
            else:
                self._unknown += 1
            return
        peer = self._at[sock].get(address)
        if peer is None:
            self._unknown += 1
        else:
            hand(peer, first, size)

    def _check(self, sock: socket.socket, datagram: bytes, address: Address) -> None:
        """Answer a connectivity check (RFC 8445 7.3): only an authentic one binds an address to a peer."""
        found = self.authenticate(datagram)
        if found is None:
            return
        request, peer, password = found
        table = self._at[sock]
        table[address] = peer
        table.move_to_end(address)
        self._mirror(sock, address, peer.sender)
        if len(table) > MOST_ADDRESSES:
            self._push_out(sock)
        path = Path(sock, address, self.outbox)
        path.send(stun.success(request, address, password))
        peer.checked(path, nominated=request.nominated)

    def _push_out(self, sock: socket.socket) -> None:
        """Let go of the oldest address; those that are in use only look old, the loops answer their checks."""
        table = self._at[sock]
        for left in reversed(range(SPARED)):
            address, peer = table.popitem(last=False)
            if not left or not isinstance(peer.path, Path) or peer.path != Path(sock, address, self.outbox):
                self._mirror(sock, address, None)
                return
            table[address] = peer

    def _mirror(self, sock: socket.socket, address: Address, sender: Sender | None) -> None:
        """Tell the loop in C whose an address is."""
        if self.inbox is not None:
            name = socket_name(address)
            self._tables[sock].bind(bytes(ffi.buffer(name.memory, name.length)), sender)

    def authenticate(self, datagram: bytes) -> tuple[stun.BindingRequest, Peer, str] | None:
        """Return whose check this is and with which password of ours it is signed; None for any other bytes."""
        try:
            request = stun.read_request(datagram)
        except ValueError:
            self._unknown += 1
            return None
        peer = self.peers.get(request.local_ufrag)
        password = peer.password(request.local_ufrag) if peer is not None else None
        if peer is None or password is None or not request.authentic(password):
            self._unknown += 1
            return None
        return request, peer, password


def hand(peer: Peer, first: int, size: int) -> None:
    """Give a peer the datagram in the inbound buffer, by its first byte (RFC 7983 7)."""
    if 127 < first < 192:
        if size > 1 and 192 <= RECEIVING[1] <= 223:
            peer.receive_control(size)
        else:
            peer.receive_media(size)
    elif 19 < first < 64:
        peer.receive_handshake(bytes(RECEIVING[:size]))
