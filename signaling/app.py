"""The HTTP side: signaling, room API, health, metrics, status; every answer may be read by pages of other origins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from signaling import egress_api, endpoint, metrics, rooms_api, status, twirp
from signaling.config import Config
from signaling.endpoint import NODE
from signaling.node import Node

API = {rooms_api.PACKAGE: rooms_api.METHODS, egress_api.PACKAGE: egress_api.METHODS}
LARGEST_BODY = 2_000_000
# A join request stands in the address; with the state of a large room in it, it is longer than aiohttp's 8 KiB.
HEADS: dict[str, Any] = {"max_line_size": 256 << 10, "max_field_size": 256 << 10}
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


async def show_metrics(request: web.Request) -> web.Response:
    """Return counts for monitoring."""
    node = request.app[NODE]
    return metrics.response(request, node.config.metrics, metrics.text_of(node))


async def show_status(request: web.Request) -> web.Response:
    """Show people how this server is."""
    return web.Response(text=status.page([status.snapshot(request.app[NODE])]), content_type="text/html")


async def tell_status(request: web.Request) -> web.Response:
    """Return the same as JSON."""
    return web.json_response([status.snapshot(request.app[NODE])])


async def _running(app: web.Application) -> AsyncIterator[None]:
    node = app[NODE]
    work = asyncio.create_task(node.run())
    yield
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    await node.close()


def build_app(config: Config, *, prefix: str = "", more: Sequence[Middleware] = ()) -> web.Application:
    """Put the server together; the media port is open when this returns."""
    app = web.Application(middlewares=[open_to_pages, *more], client_max_size=LARGEST_BODY)
    app[NODE] = Node(config, prefix=prefix)
    app.router.add_get("/", healthy)
    app.router.add_get("/healthz", healthy)
    if not config.metrics.port:
        app.router.add_get("/metrics", show_metrics)
    app.router.add_get("/status", show_status)
    app.router.add_get("/status.json", tell_status)
    for path in ("/rtc", "/rtc/v1"):
        app.router.add_get(path, endpoint.rtc_socket)
        app.router.add_get(f"{path}/validate", endpoint.validate)
    app.router.add_route("*", "/{slashes:/*}twirp/{package}/{method}", twirp.handler(API))
    app.cleanup_ctx.append(_running)
    return app
