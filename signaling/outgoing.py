"""What waits for a client's WebSocket, as frames (RFC 6455 5.2): all that waits leaves together, by one call."""

import asyncio
import struct
from collections import deque

MOST_WAITING = 10_000
BINARY = 0x82  # the only frame of its message
_MIDDLE, _LONG = struct.Struct(">BBH"), struct.Struct(">BBQ")


def framed(message: bytes) -> bytes:
    """Return a binary message as a server's frame: not masked."""
    size = len(message)
    if size < 126:
        return bytes((BINARY, size)) + message
    head = _MIDDLE.pack(BINARY, 126, size) if size < 1 << 16 else _LONG.pack(BINARY, 127, size)
    return head + message


class Outgoing:
    """The messages to one WebSocket; while nobody reads, the oldest go: a resumed client is told the state anew."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._taker: asyncio.Future[None] | None = None
        self.over = False  # a farewell was put in: what comes after it is not sent

    def put(self, frame: bytes, *, last: bool = False) -> None:
        """Take a frame; nothing is sent behind the last one."""
        if self.over:
            return
        self.over = last
        self._frames.append(frame)
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    async def take(self) -> bytes:
        """Return all that waits, once there is something."""
        while not self._frames:
            self._taker = asyncio.get_running_loop().create_future()
            await self._taker
        frames = b"".join(self._frames)
        self._frames.clear()
        return frames
