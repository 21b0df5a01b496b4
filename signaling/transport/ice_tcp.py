"""ICE on one TCP port for clients without UDP (RFC 6544): we listen, frames are as in RFC 4571.

A connection that does not begin with an authentic connectivity check is closed; what it may wait for and how much of
it is kept before that is bounded.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence

from signaling import stun
from signaling.logs import Log
from signaling.transport.addresses import at_one_port
from signaling.transport.ice_lite import MediaPort, Peer, hand
from signaling.transport.runs import Run, one_by_one
from signaling.transport.srtp import LARGEST_DATAGRAM, RECEIVING

log = Log("ice")
FIRST_SECONDS = 10.0
LARGEST_CHECK = 600
MOST_WAITING = 256
MOST_UNSENT = 256 << 10
BACKLOG = 128
Taker = Callable[[socket.socket, bytes], None]


def open_listeners(addresses: Sequence[str], port: int) -> list[socket.socket]:
    """Listen at one port of all addresses of each family that is announced; port 0 means any free one."""
    return at_one_port(lambda number: _listen(addresses, number), port)


def _listen(addresses: Sequence[str], port: int) -> list[socket.socket]:
    opened: list[socket.socket] = []
    try:
        for family, everywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104
            if not any((":" in address) == (family == socket.AF_INET6) for address in addresses):
                continue
            sock = socket.socket(family, socket.SOCK_STREAM)
            opened.append(sock)
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((everywhere, port))
            sock.listen(BACKLOG)
            port = int(sock.getsockname()[1])
    except OSError:
        for sock in opened:
            sock.close()
        raise
    return opened


class Door:
    """Accepts connections and reads their first frame, then hands them on."""

    def __init__(self, listeners: Sequence[socket.socket], take: Taker) -> None:
        self._listeners, self._take = listeners, take
        self._waiting: set[asyncio.Task[None]] = set()
        self._accepting: list[asyncio.Task[None]] = []
        self.refused = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listeners[0].getsockname()[1]) if self._listeners else 0

    def start(self) -> None:
        """Begin to accept, in the running event loop."""
        self._accepting = [asyncio.create_task(self._accept(each)) for each in self._listeners]

    async def close(self) -> None:
        """Accept nothing more."""
        tasks = [*self._accepting, *self._waiting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for sock in self._listeners:
            sock.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _address = await loop.sock_accept(listener)
            except OSError as error:  # the process has no more descriptors, or the peer was faster
                log.limited("ice.accept", error=str(error))
                await asyncio.sleep(0.1)
                continue
            if len(self._waiting) >= MOST_WAITING:
                self.refused += 1
                sock.close()
                continue
            sock.setblocking(False)
            task = asyncio.create_task(self._greet(sock))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def _greet(self, sock: socket.socket) -> None:
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                first = await _first_frame(sock)
        except (TimeoutError, OSError, ValueError):
            self.refused += 1
            sock.close()
        except asyncio.CancelledError:
            sock.close()
            raise
        else:
            self._take(sock, first)


async def _first_frame(sock: socket.socket) -> bytes:
    """Read until a whole first frame is there; raises ValueError if it cannot be a connectivity check."""
    loop = asyncio.get_running_loop()
    received = b""
    while len(received) < 2 or len(received) < 2 + int.from_bytes(received[:2]):
        chunk = await loop.sock_recv(sock, LARGEST_CHECK)
        if not chunk:
            raise ConnectionError
        received += chunk
        if len(received) >= 3 and (int.from_bytes(received[:2]) > LARGEST_CHECK or received[2] > 3):
            raise ValueError("no connectivity check")
    return received


class Stream(asyncio.Protocol):
    """One TCP connection with a client; it is the client's route too."""

    def __init__(self, port: MediaPort) -> None:
        self._port = port
        self._unread = bytearray()
        self._transport: asyncio.Transport | None = None
        self.peer: Peer | None = None
        self.outbox = port.outbox

    def post(self, place: int, runs: Sequence[Run]) -> None:
        """Send packets at once: a stream knows no turns."""
        for start, end, _ in one_by_one(runs):
            self.send(self.outbox.view[place + start : place + end])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's name
        """Send nothing any more; the client may come by another route."""
        self._transport = self.peer = None

    def data_received(self, chunk: bytes) -> None:
        """Cut into frames: two bytes of length, then a datagram (RFC 4571 2)."""
        unread = self._unread
        unread += chunk
        at = 0
        while len(unread) - at >= 2:
            length = int.from_bytes(unread[at : at + 2])
            if length > LARGEST_DATAGRAM:
                self.close()
                return
            end = at + 2 + length
            if end > len(unread):
                break
            self._frame(bytes(unread[at + 2 : end]))
            at = end
        del unread[:at]

    def _frame(self, datagram: bytes) -> None:
        size = len(datagram)
        if not size:
            return
        self._port.count()
        if datagram[0] < 4:
            self._check(datagram)
        elif self.peer is not None:
            RECEIVING[:size] = datagram
            hand(self.peer, datagram[0], size)

    def _check(self, datagram: bytes) -> None:
        found = self._port.authenticate(datagram)
        if found is None or self._transport is None:
            if self.peer is None:
                self.close()
            return
        request, self.peer, password = found
        self.send(stun.success(request, self._transport.get_extra_info("peername"), password))
        self.peer.checked(self, nominated=request.nominated)

    def send(self, datagram: bytes | memoryview) -> bool:
        """Send one frame; what a slow client has no room for is lost, as on any network."""
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() > MOST_UNSENT:
            return False
        transport.write(len(datagram).to_bytes(2) + bytes(datagram))
        return True

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.abort()


class Streams:
    """All TCP connections of a media port."""

    def __init__(self, port: MediaPort) -> None:
        self._port = port
        self._all: set[Stream] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        port.when_forgotten = self._forget

    def adopt(self, sock: socket.socket, first: bytes) -> None:
        """Serve an accepted connection whose first bytes were read already."""
        task = asyncio.create_task(self._adopt(sock, first))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _adopt(self, sock: socket.socket, first: bytes) -> None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = Stream(self._port)
            await asyncio.get_running_loop().connect_accepted_socket(lambda: stream, sock)
            self._all = {each for each in self._all if each.peer is not None}
            self._all.add(stream)
            stream.data_received(first)

    def _forget(self, peer: Peer) -> None:
        for stream in [each for each in self._all if each.peer is peer]:
            stream.close()
            self._all.discard(stream)

    def close(self) -> None:
        """End all."""
        for stream in self._all:
            stream.close()
