"""The HTTP side: signaling, room API, health; every answer may be read by pages of other origins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler

from signaling import egress_api, endpoint, rooms_api, twirp
from signaling.config import Config
from signaling.endpoint import NODE
from signaling.node import Node

API = {rooms_api.PACKAGE: rooms_api.METHODS, egress_api.PACKAGE: egress_api.METHODS}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "*, Authorization, Content-Type",
    "Access-Control-Max-Age": "86400",
}


@web.middleware
async def open_to_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer preflights and allow every origin: what protects is the token, no cookie is read here."""
    if request.method == "OPTIONS":
        return web.Response(headers=CORS)
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        refusal.headers.update(CORS)
        raise
    if not response.prepared:
        response.headers.update(CORS)
    return response


async def healthy(_request: web.Request) -> web.Response:
    """Tell that the process answers."""
    return web.Response(text="OK")


async def metrics(request: web.Request) -> web.Response:
    """Return counts in the Prometheus text format; no names, no identities."""
    node = request.app[NODE]
    counts = {
        "yuntiao_rooms": len(node.rooms),
        "yuntiao_participants": sum(len(room.members) for room in node.rooms.values()),
        "yuntiao_connections": len(node.connections),
        "yuntiao_datagrams_received_total": node.media.received,
        "yuntiao_datagrams_unknown_total": node.media.unknown,
    }
    return web.Response(text="".join(f"{name} {count}\n" for name, count in counts.items()))


async def _running(app: web.Application) -> AsyncIterator[None]:
    node = app[NODE]
    work = asyncio.create_task(node.run())
    yield
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    await node.close()


def build_app(config: Config) -> web.Application:
    """Put the server together; the media port is open when this returns."""
    app = web.Application(middlewares=[open_to_pages], client_max_size=2_000_000)
    app[NODE] = Node(config)
    app.router.add_get("/", healthy)
    app.router.add_get("/healthz", healthy)
    app.router.add_get("/metrics", metrics)
    for path in ("/rtc", "/rtc/v1"):
        app.router.add_get(path, endpoint.rtc_socket)
        app.router.add_get(f"{path}/validate", endpoint.validate)
    app.router.add_post("/{slashes:/*}twirp/{package}/{method}", twirp.handler(API))
    app.cleanup_ctx.append(_running)
    return app
