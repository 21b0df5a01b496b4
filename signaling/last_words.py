"""What a client said last is heard, also where its connection breaks right behind it.

Who closes a page says `leave`, and then its connection is gone, often by a reset. If we happen to write before we read,
asyncio sees the reset first and closes the socket without a look at what had come: the seat then stayed for the
fifteen seconds in which a client may come back.
"""

import asyncio

from aiohttp import web

PIECE, MOST_PIECES = 65_536, 32  # two megabytes: the largest message a client may send


def heed(request: web.Request) -> "Ear | None":
    """Read all that came on a WebSocket before its connection ended; return who does, None if it has ended."""
    transport = request.transport
    if transport is None:
        return None
    ear = Ear(transport, transport.get_protocol())
    transport.set_protocol(ear)
    return ear


class Ear(asyncio.Protocol):
    """Stands between a transport and aiohttp; only the end is other than before, and frames may be written past it."""

    def __init__(self, transport: asyncio.Transport, inner: asyncio.BaseProtocol) -> None:
        assert isinstance(inner, asyncio.Protocol)
        self._transport, self._inner = transport, inner
        self.data_received, self.eof_received = inner.data_received, inner.eof_received  # type: ignore[method-assign]
        self._room: asyncio.Future[None] | None = None  # there while the client does not keep up

    def pause_writing(self) -> None:
        """Too much waits for the client."""
        self._room = asyncio.get_running_loop().create_future()
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """It has read on."""
        self._freed()
        self._inner.resume_writing()

    def _freed(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None

    async def write(self, frames: bytes) -> bool:
        """Write whole frames and wait until there is room for more; False if the connection is gone."""
        if self._transport.is_closing():
            return False
        self._transport.write(frames)
        if self._room is not None:
            await self._room
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Take what the kernel still holds; then, when that was acted on, let the connection be lost."""
        self._freed()
        if self._transport.get_extra_info("sslcontext") is None:
            self._take_rest()
        # Whoever waits for a message was woken by it just now, and runs before this.
        asyncio.get_running_loop().call_soon(self._inner.connection_lost, exc)

    def _take_rest(self) -> None:
        with self._transport.get_extra_info("socket").dup() as sock:
            for _ in range(MOST_PIECES):
                try:
                    piece = sock.recv(PIECE)
                except OSError:
                    break
                if not piece:
                    break
                self._inner.data_received(piece)
