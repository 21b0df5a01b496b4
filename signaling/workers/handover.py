"""Messages between the front and a worker, with open sockets in them (SCM_RIGHTS, unix(7)).

A client's connection goes to the worker as it is, with what was read of it: the front is in no message's way after.
"""

import asyncio
import json
import os
import socket
from collections.abc import Callable, Sequence
from typing import Any

LARGEST = 65_536
MOST_DESCRIPTORS = 2
Message = dict[str, Any]
Taker = Callable[[Message, list[int]], None]


def pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a line that keeps messages apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def in_memory(content: bytes) -> int:
    """Return a descriptor of an anonymous file with this content: a head may be larger than a message."""
    descriptor = os.memfd_create("head")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    return descriptor


def out_of_memory(descriptor: int) -> bytes:
    """Return what `in_memory` was given, and close it."""
    with open(descriptor, "rb") as file:
        file.seek(0)
        return file.read()


class Line:
    """One end, in the running event loop."""

    def __init__(self, sock: socket.socket, take: Taker, ended: Callable[[], None]) -> None:
        self._socket, self._take, self._ended = sock, take, ended
        sock.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> bool:
        """Send; False if the other end is gone or does not keep up."""
        try:
            socket.send_fds(self._socket, [json.dumps(message).encode()], list(descriptors))
        except OSError:
            return False
        return True

    def _readable(self) -> None:
        try:
            content, descriptors, _flags, _address = socket.recv_fds(self._socket, LARGEST, MOST_DESCRIPTORS)
        except BlockingIOError:
            return
        except OSError:
            content, descriptors = b"", []
        if not content:
            self.close()
            self._ended()
            return
        self._take(json.loads(content), descriptors)

    def close(self) -> None:
        """Hang up."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
