"""Puts the platform together: `build_app(settings, fakes)`; what is opened here is closed when the app ends."""

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from aiohttp import web
from sqlalchemy import text

from server import features
from server.accounts.auth import RESOLVERS, login_border
from server.accounts.navigation import navigation
from server.accounts.permissions import Actor
from server.db.blobs import Blobs
from server.db.cipher import Cipher
from server.db.engine import Database
from server.http import live, media_proxy, pages
from server.http.limits import LIMITER, Limiter
from server.http.metrics import metrics
from server.http.middleware import csrf_border, request_border
from server.http.visitor import ACTOR
from server.settings import Settings
from server.wiring import PLATFORM, Platform, platform_of

log = structlog.get_logger("app")
MOST_BODY_BYTES = 24 * 2**20
IMMUTABLE = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Fakes:
    """What a test puts in place of the outside; None means the real one (or the development one, which warns)."""

    messages: Any = None
    rooms: Any = None
    signer: Any = None
    now: Callable[[], dt.datetime] | None = None
    background: bool = True


def utc_now() -> dt.datetime:
    """The platform's clock."""
    return dt.datetime.now(dt.UTC)


def build_app(settings: Settings, fakes: Fakes = Fakes()) -> web.Application:
    """Return the application; nothing is opened before it starts."""
    app = web.Application(middlewares=[request_border, csrf_border, login_border], client_max_size=MOST_BODY_BYTES)
    app[PLATFORM] = _platform(settings, fakes)
    app[live.HUB] = live.Hub()
    app[live.AUTHORIZERS] = features.authorizers()
    app[RESOLVERS] = features.resolvers()
    app[LIMITER] = Limiter(time.monotonic)
    app[pages.ENVIRONMENT] = pages.make_environment()
    app[pages.CONTEXT] = [_who]
    features.attach(app)
    for handler in (live.events, metrics, healthz, media_proxy.proxy):
        handler.allows = ()  # type: ignore[attr-defined]  # each guards itself, or needs no guard
    app.router.add_get("/live", live.events, name="live")
    app.router.add_get("/metrics", metrics, name="metrics")
    app.router.add_get("/healthz", healthz, name="healthz")
    if settings.media.embedded and not settings.media.public_url:
        app.router.add_get(r"/{path:rtc(/.*)?}", media_proxy.proxy, name="media")
    app.router.add_get("/static/{path:.+}", static, name="static")
    app.cleanup_ctx.append(_opened)
    if fakes.background:
        app.cleanup_ctx.append(_background)
    return app


def _platform(settings: Settings, fakes: Fakes) -> Platform:
    now = fakes.now or utc_now
    settings.folder.mkdir(parents=True, exist_ok=True)
    secret = settings.secret.get_secret_value()
    return Platform(
        settings=settings,
        database=Database(settings.sqlalchemy_url, Cipher(secret)),
        blobs=Blobs(settings.folder / "blobs", Cipher(secret, "blobs")),
        rooms=fakes.rooms or features.room_server(settings),
        messages=fakes.messages or features.gateway(settings),
        signer=fakes.signer or features.signer(settings, now),
        live=live.Hub(),
        now=now,
    )


def _who(request: web.Request) -> dict[str, Any]:
    actor = request.get(ACTOR)
    known = actor if isinstance(actor, Actor) else None
    return {"actor": known, "nav": navigation(known, request.path)}


async def _opened(app: web.Application) -> AsyncIterator[None]:
    platform = app[PLATFORM]
    platform.database.publish = app[live.HUB].publish
    app[media_proxy.CLIENT] = aiohttp.ClientSession()
    await features.prepare(app)
    yield
    await app[media_proxy.CLIENT].close()
    await platform.database.close()


async def _background(app: web.Application) -> AsyncIterator[None]:
    loops: list[Coroutine[Any, Any, None]] = features.background(app[PLATFORM])
    if not app[PLATFORM].database.is_sqlite:
        loops.append(live.listen_to_postgres(app))
    tasks = [asyncio.create_task(loop) for loop in loops]
    yield
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


async def healthz(request: web.Request) -> web.Response:
    """GET /healthz: the database answers."""
    async with platform_of(request).database.reading() as db:
        await db.execute(text("SELECT 1"))
    return web.json_response({"status": "ok"})


async def static(request: web.Request) -> web.StreamResponse:
    """GET /static/...: built files; names with a hash never change."""
    folder = (pages.WEB / "static").resolve()
    path = (folder / request.match_info["path"]).resolve()
    with contextlib.suppress(OSError):  # a name that is too long for a file
        if path.is_relative_to(folder) and path.is_file():
            return _file(path)
    raise web.HTTPNotFound


def _file(path: Path) -> web.FileResponse:
    answer = web.FileResponse(path)
    hashed = path.name in {name.rpartition("/")[2] for name in pages.manifest().values()}
    answer.headers["Cache-Control"] = IMMUTABLE if hashed else "no-cache"
    return answer


static.allows = ()  # type: ignore[attr-defined]
