"""The one address outside of a server with several workers: it looks where a request belongs and gives it there.

A WebSocket goes to its room's worker as an open socket; calls of the room API are passed on, or put to all workers and
their answers put together.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from signaling import metrics, status, stun, tokens
from signaling.app import LARGEST_BODY, healthy, open_to_pages
from signaling.config import Config
from signaling.endpoint import bearer
from signaling.errors import ConfigError, NotAuthorized
from signaling.logs import Log
from signaling.transport.addresses import own_addresses
from signaling.transport.ice_tcp import Door, open_listeners
from signaling.workers.calls import Calls
from signaling.workers.crew import Crew, Member
from signaling.workers.handover import in_memory
from signaling.workers.placement import Placement
from signaling.workers.worker import HANDED, Seat

log = Log("front")
HELD_SECONDS = 8.0
NOTICED_SECONDS = 1.0
MOST_WORKERS = 64


class Gone(web.Response):
    """The answer to a request whose connection was given away: nothing is sent."""

    async def prepare(self, _request: web.BaseRequest) -> None:
        """Send no head."""

    async def write_eof(self, _rest: bytes = b"") -> None:
        """Send no body."""


class Front:
    """The workers and the ways to them."""

    def __init__(self, config: Config, workers: int, folder: str) -> None:
        if not 1 < workers <= MOST_WORKERS:
            raise ConfigError(f"--workers: from 1 to {MOST_WORKERS} are possible")
        if config.last_udp_port and config.udp_port + workers - 1 > config.last_udp_port:
            raise ConfigError(f"rtc.udp_port: {workers} workers need as many ports")
        self.config = config
        self.placement = Placement(workers)
        self.door: Door | None = None
        if config.tcp_port is not None:
            addresses = config.node_ips or own_addresses(config.choice)
            self.door = Door(open_listeners(addresses, config.tcp_port), self._give_stream)
        port = self.door.port if self.door is not None else 0
        self.crew = Crew(config, [Seat(slot, port, folder) for slot in range(workers)])
        self.crew.came, self.crew.went = self.placement.up, self.placement.down
        self.crew.freed = self.placement.freed
        self._clients: dict[int, aiohttp.ClientSession] = {}
        self.calls = Calls(self)

    def ports(self) -> dict[str, object]:
        """Return where media is served, and by which processes."""
        return {
            "udp_port": self.crew.members[0].udp_port,
            "udp_ports": [member.udp_port for member in self.crew.members],
            "tcp_port": self.door.port if self.door is not None else 0,
            "workers": [member.pid for member in self.crew.members],
        }

    async def start(self) -> None:
        """Serve, as soon as every worker does."""
        await self.crew.start()
        if self.door is not None:
            self.door.start()

    async def end(self) -> None:
        """Accept nothing more, let the workers send their clients away, end."""
        if self.door is not None:
            await self.door.close()
        await self.crew.end()
        for client in self._clients.values():
            await client.close()

    def client(self, slot: int) -> aiohttp.ClientSession:
        """Return what calls a worker."""
        if slot not in self._clients:
            connector = aiohttp.UnixConnector(self.crew.members[slot].seat.path)
            self._clients[slot] = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        return self._clients[slot]

    async def place(self, room: str) -> tuple[Member, int]:
        """Return the worker of a room, where it is or will be; one that is just coming is waited for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HELD_SECONDS):
                await self.crew.until(lambda: bool(self.placement.alive))
        placed = self.placement.send(room)
        if placed is None:
            raise web.HTTPServiceUnavailable(text="no worker serves at the moment")
        return self.crew.members[placed[0]], placed[1]

    # sockets that are given away

    async def give_socket(self, request: web.Request, room: str) -> web.StreamResponse:
        """Give a WebSocket's connection to the worker of its room, with the request as it came.

        A worker that died a moment ago may still be thought to serve: its room is placed anew then, for some clients
        wait five seconds before they try a second time.
        """
        member, number = await self.place(room)
        if not self._given(request, member, room, number):
            await self._noticed(member)
            member, number = await self.place(room)
            if not self._given(request, member, room, number):
                raise web.HTTPServiceUnavailable(text="the worker does not keep up")
        if request.transport is not None:
            request.transport.abort()
        gone = Gone()
        gone.force_close()
        return gone

    async def _noticed(self, member: Member) -> None:
        """Wait a moment until it is known that a worker is gone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(NOTICED_SECONDS):
                await self.crew.until(lambda: not member.ready)

    @staticmethod
    def _given(request: web.Request, member: Member, room: str, number: int) -> bool:
        """Send a connection with its request; from here to its abort nothing may be awaited.

        What the client says next is the worker's to read.
        """
        if request.transport is None or member.line is None:
            return False
        lines = [f"{request.method} {request.raw_path} HTTP/1.1".encode(), f"{HANDED}: 1".encode()]
        lines += [
            name + b": " + value for name, value in request.raw_headers if name.lower() != HANDED.lower().encode()
        ]
        head = in_memory(b"\r\n".join([*lines, b"", b""]))
        try:
            sock = request.transport.get_extra_info("socket")
            message = {"kind": "request", "room": room, "number": number}
            return member.line.send(message, [sock.fileno(), head])
        finally:
            os.close(head)

    def _give_stream(self, sock: socket.socket, first: bytes) -> None:
        """Give a TCP connection of ICE to the worker whose ufrag its first check names."""
        try:
            ufrag = stun.read_request(first[2 : 2 + int.from_bytes(first[:2])]).local_ufrag
            member = self.crew.members[int(ufrag[:2], 16)]
        except (ValueError, IndexError):
            member = None
        if member is not None and member.line is not None:
            content = in_memory(first)
            member.line.send({"kind": "stream"}, [sock.fileno(), content])
            os.close(content)
        sock.close()


FRONT = web.AppKey("front", Front)


async def rtc_socket(request: web.Request) -> web.StreamResponse:
    """Bring a client to its room's worker; who has no good token is told here."""
    front = request.app[FRONT]
    try:
        room = tokens.verify(bearer(request), front.config.keys).grants.room
    except NotAuthorized as error:
        log.limited("join.refused", error=str(error))
        raise web.HTTPUnauthorized(text=str(error)) from error
    if request.headers.get("Upgrade", "").lower() == "websocket":
        return await front.give_socket(request, room)
    return await front.calls.ask(request, front.placement.where(room))


async def show_metrics(request: web.Request) -> web.Response:
    """Return the counts of all workers, each with its number."""
    front = request.app[FRONT]
    found = await front.calls.everywhere("GET", "/metrics")
    texts = {str(slot): body.decode() for slot, (code, body) in found.items() if code == 200}
    own = {str(each.seat.slot): f"signaling_worker_deaths_total {each.deaths}\n" for each in front.crew.members}
    text = metrics.merged(texts) + metrics.merged(own)
    return metrics.response(request, front.config.metrics, text)


async def _snapshots(front: Front) -> list[status.Snapshot | None]:
    found = await front.calls.everywhere("GET", "/status.json")
    return [front.calls.snapshot(found.get(member.seat.slot)) for member in front.crew.members]


async def show_status(request: web.Request) -> web.Response:
    """Show people how this server is."""
    return web.Response(text=status.page(await _snapshots(request.app[FRONT])), content_type="text/html")


async def tell_status(request: web.Request) -> web.Response:
    """Return the same as JSON."""
    return web.json_response(await _snapshots(request.app[FRONT]))


async def api(request: web.Request) -> web.StreamResponse:
    """Pass a call of the room API on."""
    return await request.app[FRONT].calls.api(request)


async def _running(app: web.Application) -> AsyncIterator[None]:
    await app[FRONT].start()
    yield
    await app[FRONT].end()


def build_front(config: Config, workers: int, folder: str) -> web.Application:
    """Put the front together; raises ConfigError, OSError."""
    app = web.Application(middlewares=[open_to_pages], client_max_size=LARGEST_BODY)
    app[FRONT] = Front(config, workers, folder)
    app.router.add_get("/", healthy)
    app.router.add_get("/healthz", healthy)
    if not config.metrics.port:
        app.router.add_get("/metrics", show_metrics)
    app.router.add_get("/status", show_status)
    app.router.add_get("/status.json", tell_status)
    for path in ("/rtc", "/rtc/v1"):
        app.router.add_get(path, rtc_socket)
        app.router.add_get(f"{path}/validate", rtc_socket)
    app.router.add_route("*", "/{slashes:/*}twirp/{package}/{method}", api)
    app.cleanup_ctx.append(_running)
    return app
