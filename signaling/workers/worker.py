"""A worker process: a whole media server for its rooms, whose clients are handed to it by the front."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from signaling import logs
from signaling.app import HEADS, build_app
from signaling.config import Config
from signaling.drain import drain
from signaling.endpoint import NODE
from signaling.logs import Log
from signaling.node import Node
from signaling.transport import watch
from signaling.workers.handover import Line, Message, out_of_memory

log = Log("worker")
HANDED = "X-Handed"
SWEEP_SECONDS = 5.0
KEPT_SECONDS = 30.0


@dataclass(frozen=True)
class Seat:
    """Which worker this is, and what the front does for it."""

    slot: int
    tcp_port: int
    folder: str

    @property
    def prefix(self) -> str:
        """Return how the ufrags of its clients begin: by it the front sorts TCP connections."""
        return f"{self.slot:02x}"

    @property
    def path(self) -> str:
        """Return the socket at which the front calls its room API."""
        return str(Path(self.folder) / f"{self.slot}.sock")


def run(config: Config, seat: Seat, sock: socket.socket) -> None:
    """Serve until the front says so or is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):  # they reach all processes of a terminal, or of a unit of systemd
        signal.signal(number, signal.SIG_IGN)
    logs.configure(config.log_level, worker=seat.slot)
    watch.run(_serve(config, seat, sock))


@web.middleware
async def once(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a handed connection carry one answer only: its next request may be for a room of another worker."""
    handed = HANDED in request.headers
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        if handed:
            refusal.force_close()
        raise
    if handed and not response.prepared:
        response.force_close()
    return response


class Handed:
    """What the front hands over."""

    def __init__(self, runner: web.AppRunner, node: Node) -> None:
        self._runner, self._node = runner, node
        self._rooms: dict[str, tuple[int, float]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.line: Line | None = None
        self.ended = asyncio.Event()
        self.draining = False

    def take(self, message: Message, descriptors: list[int]) -> None:
        """Follow one message of the front's."""
        kind = message["kind"]
        if kind in ("request", "room"):
            self._rooms[message["room"]] = message["number"], time.monotonic()
        if kind == "request":
            task = asyncio.create_task(self._adopt(socket.socket(fileno=descriptors[0]), out_of_memory(descriptors[1])))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif kind == "stream":
            self._node.streams.adopt(socket.socket(fileno=descriptors[0]), out_of_memory(descriptors[1]))
        elif kind == "drain":
            self.draining = True
            self.ended.set()

    async def _adopt(self, sock: socket.socket, head: bytes) -> None:
        """Let aiohttp serve a connection whose request was read already."""
        with contextlib.suppress(OSError):
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            assert self._runner.server is not None
            _transport, protocol = await loop.connect_accepted_socket(self._runner.server, sock)
            protocol.data_received(head)

    async def sweep(self) -> None:
        """Tell the front which rooms are over, so that it places them anew if they are asked for again."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            old = time.monotonic() - KEPT_SECONDS
            for room, (number, at) in tuple(self._rooms.items()):
                if room not in self._node.rooms and at < old and self.line is not None:
                    del self._rooms[room]
                    self.line.send({"kind": "freed", "room": room, "number": number})


async def _serve(config: Config, seat: Seat, sock: socket.socket) -> None:
    config = replace(config, udp_port=config.udp_port and config.udp_port + seat.slot, tcp_port=None)
    app = build_app(config, prefix=seat.prefix, more=[once])
    node = app[NODE]
    if seat.tcp_port:
        node.media.announce_tcp(seat.tcp_port, only=config.force_tcp)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, **HEADS)
    await runner.setup()
    handed = Handed(runner, node)
    sweeping = asyncio.create_task(handed.sweep())
    try:
        await web.UnixSite(runner, seat.path).start()
        handed.line = Line(sock, handed.take, handed.ended.set)
        handed.line.send({"kind": "ready", "udp_port": node.media.port, "pid": os.getpid()})
        await handed.ended.wait()
        if handed.draining:
            await drain(node)
    finally:
        sweeping.cancel()
        await runner.cleanup()
