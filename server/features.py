"""Which features there are and what each brings: routes, resolvers, live topics, loops, real outside things."""

import datetime as dt
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

from aiohttp import web
from sqlalchemy import MetaData

from server.accounts import views as accounts
from server.accounts.auth import Resolver
from server.accounts.invitations import INVITATION_FACTS, FactsReader
from server.admin import views as admin
from server.agreements import views as agreements
from server.agreements.renewal import AGREEMENTS, Renewal
from server.agreements.signer import Signer
from server.agreements.verify_views import READERS, Reader
from server.cases import desk_views
from server.cases import views as cases
from server.cases.queries import whose_by_case
from server.court import views as court
from server.court.gateway import ensure_endpoint
from server.court.queries import issued_blob, whose_by_confirmation
from server.court.renewal import RULINGS
from server.db.base import Base
from server.evidence import views as evidence
from server.http.live import Authorizer
from server.meetings import views as meetings
from server.meetings.queries import current_meeting, invitation_facts, whose_by_meeting
from server.meetings.rooms import LiveKitRooms
from server.messages.dispatcher import MessageDispatcher
from server.messages.gateways import DevelopmentGateway, HttpGateway
from server.outbox.dispatcher import Dispatcher
from server.settings import Settings
from server.wiring import PLATFORM, MessageGateway, Platform

VIEWS: tuple[ModuleType, ...] = (accounts, cases, meetings, agreements, court, evidence, admin)


def tables() -> MetaData:
    """Return the metadata with every feature's tables in it (importing the features has put them there)."""
    return Base.metadata


def attach(app: web.Application) -> None:
    """Add every feature's routes, and what later stages give to earlier ones."""
    for views in VIEWS:
        app.router.add_routes(views.routes())
    facts: FactsReader = invitation_facts
    app[INVITATION_FACTS] = facts
    meeting: desk_views.MeetingReader = current_meeting
    app[desk_views.NEXT_MEETING] = meeting
    readers: list[Reader] = [issued_blob]
    app[READERS] = readers


def resolvers() -> dict[str, Resolver]:
    """Return who says whose a thing is, by the name of the address's part."""
    return {
        "case_id": whose_by_case,
        "meeting_id": whose_by_meeting,
        "confirmation_id": whose_by_confirmation,
    }


def authorizers() -> dict[str, Authorizer]:
    """Return who may watch which live topic."""
    found: dict[str, Authorizer] = {}
    for views in VIEWS:
        found.update(getattr(views, "LIVE", {}))
    return found


def background(platform: Platform) -> list[Coroutine[Any, Any, None]]:
    """Return the loops that run while the platform runs."""
    renewal = Renewal(platform, [AGREEMENTS, RULINGS])
    return [Dispatcher(platform.database, platform.now).run(), MessageDispatcher(platform).run(), renewal.run()]


async def prepare(app: web.Application) -> None:
    """What must stand before the first request."""
    platform = app[PLATFORM]
    async with platform.database.writing() as db:
        await ensure_endpoint(db, platform.settings)


def room_server(settings: Settings) -> LiveKitRooms:
    """Return the media server's room API."""
    media = settings.media
    return LiveKitRooms(media.url, media.api_key, media.api_secret.get_secret_value())


def gateway(settings: Settings) -> MessageGateway:
    """Return the message gateway: HTTP when set, else the development one, which warns."""
    if settings.messages.gateway_url:
        return HttpGateway(settings.messages.gateway_url, settings.messages.gateway_key.get_secret_value())
    return DevelopmentGateway()


def signer(settings: Settings, now: Callable[[], dt.datetime]) -> Signer:
    """Return the authority, timestamper, fonts and seals."""
    return Signer.open(settings, settings.folder / "authority", now)
