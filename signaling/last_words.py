"""What a client said last is heard, also where its connection breaks right behind it.

Who closes a page says `leave`, and then its connection is gone, often by a reset. If we happen to write before we read,
asyncio sees the reset first and closes the socket without a look at what had come: the seat then stayed for the
fifteen seconds in which a client may come back.
"""

import asyncio

from aiohttp import web

PIECE, MOST_PIECES = 65_536, 32  # two megabytes: the largest message a client may send


def heed(request: web.Request) -> None:
    """Read all that came on a WebSocket before its connection ended."""
    transport = request.transport
    if transport is not None and transport.get_extra_info("sslcontext") is None:
        transport.set_protocol(_Ear(transport, transport.get_protocol()))


class _Ear(asyncio.Protocol):
    """Stands between a transport and aiohttp; only the end is other than before."""

    def __init__(self, transport: asyncio.Transport, inner: asyncio.BaseProtocol) -> None:
        assert isinstance(inner, asyncio.Protocol)
        self._transport, self._inner = transport, inner
        self.data_received, self.eof_received = inner.data_received, inner.eof_received  # type: ignore[method-assign]
        self.pause_writing, self.resume_writing = inner.pause_writing, inner.resume_writing  # type: ignore[method-assign]

    def connection_lost(self, exc: Exception | None) -> None:
        """Take what the kernel still holds; then, when that was acted on, let the connection be lost."""
        with self._transport.get_extra_info("socket").dup() as sock:
            for _ in range(MOST_PIECES):
                try:
                    piece = sock.recv(PIECE)
                except OSError:
                    break
                if not piece:
                    break
                self._inner.data_received(piece)
        # Whoever waits for a message was woken by it just now, and runs before this.
        asyncio.get_running_loop().call_soon(self._inner.connection_lost, exc)
