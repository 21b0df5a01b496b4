"""Which features there are and what each brings: routes, resolvers, live topics, loops, real outside things."""

import datetime as dt
import importlib
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

from aiohttp import web
from sqlalchemy import MetaData

from server.accounts.auth import Resolver
from server.cases import desk_views
from server.db.base import Base
from server.http.live import Authorizer
from server.messages.dispatcher import MessageDispatcher
from server.outbox.dispatcher import Dispatcher
from server.settings import Settings
from server.wiring import PLATFORM, Platform

NAMES = ("accounts", "messages", "cases", "meetings", "agreements", "court", "admin")


def _module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return None
        raise


def _views() -> list[ModuleType]:
    return [module for name in NAMES if (module := _module(f"server.{name}.views"))]


def tables() -> MetaData:
    """Return the metadata with every feature's tables in it."""
    for name in (*NAMES, "audit"):
        _module(f"server.{name}.models")
    return Base.metadata


def attach(app: web.Application) -> None:
    """Add every feature's routes."""
    for views in _views():
        app.router.add_routes(views.routes())
        if hasattr(views, "attach"):
            views.attach(app)
    meetings, invitations = _module("server.meetings.queries"), _module("server.accounts.invitations")
    if meetings and invitations and hasattr(meetings, "invitation_facts"):
        app[invitations.INVITATION_FACTS] = meetings.invitation_facts
        app[desk_views.NEXT_MEETING] = meetings.current_meeting


def resolvers() -> dict[str, Resolver]:
    """Return who says whose a thing is, by the name of the address's part."""
    wanted = {
        "case_id": ("server.cases.queries", "whose_by_case"),
        "meeting_id": ("server.meetings.queries", "whose_by_meeting"),
        "confirmation_id": ("server.court.queries", "whose_by_confirmation"),
    }
    return {
        part: getattr(module, function)
        for part, (name, function) in wanted.items()
        if (module := _module(name)) and hasattr(module, function)
    }


def authorizers() -> dict[str, Authorizer]:
    """Return who may watch which live topic."""
    found: dict[str, Authorizer] = {}
    for views in _views():
        found.update(getattr(views, "LIVE", {}))
    return found


def background(platform: Platform) -> list[Coroutine[Any, Any, None]]:
    """Return the loops that run while the platform runs."""
    loops = [Dispatcher(platform.database, platform.now).run(), MessageDispatcher(platform).run()]
    for views in _views():
        if hasattr(views, "background"):
            loops += views.background(platform)
    return loops


async def prepare(app: web.Application) -> None:
    """What must stand before the first request."""
    gateway = _module("server.court.gateway")
    if gateway is not None and hasattr(gateway, "ensure_endpoint"):
        platform = app[PLATFORM]
        async with platform.database.writing() as db:
            await gateway.ensure_endpoint(db, platform.settings)


def room_server(settings: Settings) -> Any:
    """Return the media server's room API."""
    rooms = _module("server.meetings.rooms")
    media = settings.media
    return rooms and rooms.LiveKitRooms(media.url, media.api_key, media.api_secret.get_secret_value())


def gateway(settings: Settings) -> Any:
    """Return the message gateway: HTTP when set, else the development one, which warns."""
    gateways = _module("server.messages.gateways")
    if gateways is None:
        return None
    if settings.messages.gateway_url:
        return gateways.HttpGateway(settings.messages.gateway_url, settings.messages.gateway_key.get_secret_value())
    return gateways.DevelopmentGateway()


def signer(settings: Settings, now: Callable[[], dt.datetime]) -> Any:
    """Return the authority, timestamper, fonts and seals."""
    module = _module("server.agreements.signer")
    return module and module.Signer.open(settings, settings.folder / "authority", now)
