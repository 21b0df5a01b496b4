"""The event loop that forwards while it waits: a turn in which nothing is Python's wakes nobody (`loops/watch.c`)."""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from math import inf
from typing import Any

from signaling.loops import library
from signaling.transport.inbox import Inbox, Table
from signaling.transport.outbox import Outbox
from signaling.transport.srtp import PROTECT_ADDRESS

ffi = library.ffi
MOST_PORTS = int(library.kernel.MOST_PORTS)
UNSEEN_SECONDS = 0.001
Ready = list[tuple[selectors.SelectorKey, int]]


class Watch(selectors.EpollSelector):
    """Waits for whatever is registered; at the sockets of media that it attends to it takes, forwards and sends."""

    def __init__(self) -> None:
        super().__init__()
        self._watched = library.library.watched
        self._memory: Any = ffi.new("struct watch *")
        self._memory.epoll, self._memory.protect = self.fileno(), PROTECT_ADDRESS
        self._looked_at = -inf
        self._attended: dict[int, tuple[Table, Inbox, Outbox]] = {}  # owns what the ports point to

    @property
    def turns(self) -> int:
        """Return how many turns were done here."""
        return int(self._memory.turns)

    def attend(self, handle: int, table: Table, inbox: Inbox, outbox: Outbox) -> None:
        """Forward what comes at a socket until it is unregistered; its reader goes on with what is Python's.

        Of more than `MOST_PORTS` sockets the reader of each takes all.
        """
        if len(self._attended) < MOST_PORTS:
            self._attended[handle] = table, inbox, outbox
            self._write()

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Wait no more for something."""
        key = super().unregister(fileobj)
        if self._attended.pop(key.fd, None) is not None:
            self._write()
        return key

    def _write(self) -> None:
        for place, (handle, (table, inbox, outbox)) in enumerate(self._attended.items()):
            self._memory.ports[place] = handle, table.memory, inbox.memory, outbox.memory
        self._memory.count = len(self._attended)

    def select(self, timeout: float | None = None) -> Ready:
        """Return what is ready: a socket of media only where Python is to go on.

        Callbacks often make others due at once; these are not held up by another look, unless the last was long ago.
        """
        if not self._attended:
            return super().select(timeout)
        seconds = -1.0 if timeout is None else max(0.0, timeout)
        if not seconds and time.monotonic() < self._looked_at + UNSEEN_SECONDS:
            return []
        place = self._watched(self._memory, seconds)
        self._looked_at = time.monotonic()
        ready: Ready = []
        if place >= 0:  # packets come first
            ready.append((self.get_map()[self._memory.ports[place].socket], selectors.EVENT_READ))
        if self._memory.others:
            ready += [each for each in super().select(0) if each[0].fd not in self._attended]
        return ready


class Loop(asyncio.SelectorEventLoop):
    """An event loop that waits with a `Watch`."""

    def __init__(self) -> None:
        self.watch = Watch()
        super().__init__(self.watch)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run until it ends, as `asyncio.run`; with loops in C, in a loop that forwards while it waits."""
    with asyncio.Runner(loop_factory=None if library.library is None else Loop) as runner:
        runner.run(work)
