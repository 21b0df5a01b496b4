"""Passkeys: sign in with one, add one, see and remove one's own."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field
from sqlalchemy import select

from server.accounts import passkeys
from server.accounts.auth import COOKIE, actor_of, public
from server.accounts.logins import begin_for_staff
from server.accounts.models import Passkey, User
from server.accounts.navigation import home
from server.accounts.permissions import Actor
from server.accounts.staff import user as staff_user
from server.errors import NotAllowed, _
from server.http.body import read_body
from server.http.limits import limit
from server.http.pages import render
from server.wiring import platform_of


class Answered(BaseModel):
    """The browser's answer to a challenge."""

    id: str = Field(max_length=40)
    credential: dict[str, Any]


def _staff(request: web.Request) -> Actor:
    actor = actor_of(request)
    if actor.kind != "staff":
        raise NotAllowed("staff_only", _("通行密钥是给工作人员用的。"))
    return actor


@public
async def begin(request: web.Request) -> web.Response:
    """POST /api/passkeys/sign-in: options to answer."""
    limit(request, "passkey", per_minute=30)
    platform = platform_of(request)
    async with platform.database.writing() as db:
        return web.json_response(await passkeys.begin_sign_in(db, platform.settings.base_url, platform.now()))


@public
async def finish(request: web.Request) -> web.Response:
    """PUT /api/passkeys/sign-in: the answer; sets the login's cookie."""
    limit(request, "passkey", per_minute=30)
    platform = platform_of(request)
    body = await read_body(request, Answered)
    async with platform.database.writing() as db:
        user = await passkeys.finish_sign_in(db, body.id, body.credential, platform.settings.base_url, platform.now())
        token, actor = await begin_for_staff(db, user, "passkey", platform.now())
    answer = web.json_response({"next": home(actor)})
    answer.set_cookie(COOKIE, token, httponly=True, samesite="Lax", secure=request.secure, max_age=7 * 24 * 3600)
    return answer


@public
async def begin_new(request: web.Request) -> web.Response:
    """POST /api/passkeys: options for a new one."""
    actor, platform = _staff(request), platform_of(request)
    async with platform.database.writing() as db:
        user = await staff_user(db, actor.id)
        return web.json_response(
            await passkeys.begin_registration(db, user, platform.settings.base_url, platform.now())
        )


@public
async def finish_new(request: web.Request) -> web.Response:
    """PUT /api/passkeys: keep the new one."""
    actor, platform = _staff(request), platform_of(request)
    body = await read_body(request, Answered)
    async with platform.database.writing() as db:
        user = await staff_user(db, actor.id)
        await passkeys.finish_registration(
            db, user, body.id, body.credential, platform.settings.base_url, platform.now()
        )
    return web.json_response({"next": "/passkeys"})


@public
async def own(request: web.Request) -> web.Response:
    """GET /passkeys: one's own."""
    actor = _staff(request)
    async with platform_of(request).database.reading() as db:
        found = list(await db.scalars(select(Passkey).where(Passkey.user_id == actor.id).order_by(Passkey.created_at)))
        user = await db.get(User, actor.id)
    return await render(request, "accounts/passkeys.html", passkeys=found, user=user)


@public
async def remove(request: web.Request) -> web.StreamResponse:
    """POST /passkeys/{passkey}/remove."""
    actor = _staff(request)
    async with platform_of(request).database.writing() as db:
        found = await db.get(Passkey, request.match_info["passkey"])
        if found is not None and found.user_id == actor.id:
            await db.delete(found)
    return web.Response(status=303, headers={"Location": "/passkeys"})


def routes() -> list[web.RouteDef]:
    """Addresses of passkeys."""
    return [
        web.post("/api/passkeys/sign-in", begin),
        web.put("/api/passkeys/sign-in", finish),
        web.post("/api/passkeys", begin_new),
        web.put("/api/passkeys", finish_new),
        web.get("/passkeys", own, name="accounts.passkeys"),
        web.post("/passkeys/{passkey}/remove", remove),
    ]
