"""From the login cookie to an Actor, and the check of every route against the permission table.

A route is closed unless its handler says `@public` or `@allow(Action...)`. When the address names a case, a meeting,
an agreement or a confirmation, a resolver says whose it is, and the table decides before the view runs.
"""

import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.models import Login, Membership, Organization, User
from server.accounts.permissions import Action, Actor, Post, Whose, may
from server.audit import log as audit
from server.errors import NotAllowed, NotSignedIn, _
from server.http.visitor import ACTOR, CASE_ID
from server.wiring import platform_of

COOKIE = "yt_login"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Resolver = Callable[[AsyncSession, str], Awaitable[Whose]]
RESOLVERS = web.AppKey("resolvers", dict[str, Resolver])  # by the name of the address's part: case_id, meeting_id ...
WHOSE = web.RequestKey("whose", Whose)
H = TypeVar("H", bound=Handler)


def public(handler: H) -> H:
    """Open this route to everybody."""
    handler.allows = ()  # type: ignore[attr-defined]
    return handler


def allow(*actions: Action, record: str = "") -> Callable[[H], H]:
    """Open this route to whoever may do one of the actions; `record` names the audit entry of a reading."""

    def mark(handler: H) -> H:
        handler.allows = actions  # type: ignore[attr-defined]
        handler.record = record  # type: ignore[attr-defined]
        return handler

    return mark


def actor_of(request: web.Request) -> Actor:
    """Return who acts; raises NotSignedIn when nobody does."""
    actor = request.get(ACTOR)
    if not isinstance(actor, Actor):
        raise NotSignedIn("not_signed_in", _("请先登录，或者点短信里的链接进来。"))
    return actor


@web.middleware
async def login_border(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who acts and whether the table allows this route to them."""
    await _identify(request)
    route = request.match_info
    if route.http_exception is None:
        await _check(request, route.handler)
    return await handler(request)


async def _identify(request: web.Request) -> None:
    token = request.cookies.get(COOKIE)
    if not token:
        return
    platform = platform_of(request)
    async with platform.database.reading() as db:
        actor = await actor_by_token(db, token, platform.now())
    if actor is not None:
        request[ACTOR] = actor


async def actor_by_token(db: AsyncSession, token: str, now: dt.datetime) -> Actor | None:
    """Return the actor of a login that has not ended, or None."""
    login = await db.scalar(select(Login).where(Login.token_hash == hash_of(token)))
    if login is None or login.ended_at is not None or login.expires_at <= now:
        return None
    if login.user_id is None:
        return Actor(kind="party", id=login.party_id or "", name=login.name, case_id=login.case_id)
    user = await db.get(User, login.user_id)
    if user is None or not user.active:
        return None
    return await staff_actor(db, user)


async def staff_actor(db: AsyncSession, user: User) -> Actor:
    """Return a member of staff with all posts."""
    rows = await db.execute(
        select(Membership.role, Organization.id, Organization.path)
        .join(Organization, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user.id)
        .order_by(Membership.id)
    )
    posts = tuple(Post(role=role, organization_id=place, path=path) for role, place, path in rows)
    return Actor(kind="staff", id=user.id, name=user.name, posts=posts)


async def _check(request: web.Request, handler: object) -> None:
    actions = getattr(handler, "allows", None)
    if actions == ():
        return
    if actions is None:
        raise NotAllowed("route_closed", _("这里不开放。"))
    actor = actor_of(request)
    platform = platform_of(request)
    async with platform.database.reading() as db:
        whose = await _whose(request, db)
    if whose is not None:
        request[CASE_ID] = whose.case_id
        request[WHOSE] = whose
    if not any(may(actor, action, whose) for action in actions):
        raise NotAllowed("not_yours", _("这件事不归您看，也不归您办。要是弄错了，请打电话找我们。"))
    record = getattr(handler, "record", "")
    if record and whose is not None:
        async with platform.database.writing() as db:
            await audit.append(db, actor, record, whose.case_id, now=platform.now())


async def _whose(request: web.Request, db: AsyncSession) -> Whose | None:
    for name, resolver in request.app[RESOLVERS].items():
        if name in request.match_info:
            return await resolver(db, request.match_info[name])
    return None


def hash_of(token: str) -> str:
    """Return what the database keeps of a secret token."""
    return hashlib.sha256(token.encode()).hexdigest()
