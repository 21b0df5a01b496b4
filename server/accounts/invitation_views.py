"""The link in the message: who asks, about what, when; then the code; then the case."""

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import codes, invitations
from server.accounts.auth import COOKIE, public
from server.accounts.invitations import INVITATION_FACTS
from server.accounts.logins import begin_for_party
from server.accounts.models import Invitation
from server.audit import log as audit
from server.errors import NotNow
from server.http.body import read_body
from server.http.limits import limit
from server.http.pages import render
from server.http.visitor import visitor_of
from server.wiring import platform_of

COOKIE_SECONDS = 7 * 24 * 3600


class CodeForm(BaseModel):
    """What was typed."""

    code: str = Field(default="", max_length=20)


@public
async def invitation(request: web.Request) -> web.Response:
    """GET /i/{token}: the invitation, without anything of the other side."""
    limit(request, "invitation", per_minute=60)
    platform = platform_of(request)
    token = request.match_info["token"]
    try:
        async with platform.database.writing() as db:
            found = await invitations.usable(db, token, platform.now())
            await invitations.mark_opened(db, found, platform.now())
    except NotNow as ended:
        if ended.code != "link_expired" or ended.case_id is None:
            raise
        async with (
            platform.database.writing() as db
        ):  # this refusal has a page of its own, and its entry like any other
            about = {"route": "/i/{token}", "method": request.method}
            await audit.append(
                db, visitor_of(request), f"refused.{ended.code}", ended.case_id, about, now=platform.now()
            )
        return await render(request, "accounts/expired.html", status=409, token=token, told=ended.text)
    facts = await _facts(request, found)
    response = await render(request, "accounts/invitation.html", token=token, invitation=found, facts=facts)
    if facts.elder and "mode" not in request.cookies:
        response.set_cookie("mode", "elder", samesite="Lax")
    return response


async def _facts(request: web.Request, found: Invitation) -> invitations.InvitationFacts:
    async with platform_of(request).database.reading() as db:
        return await request.app[INVITATION_FACTS](db, found.case_id, found.party_id)


@public
async def come(request: web.Request) -> web.StreamResponse:
    """POST /i/{token}: 我来参加; a code goes to the telephone."""
    limit(request, "invitation", per_minute=60)
    platform = platform_of(request)
    token = request.match_info["token"]
    async with platform.database.writing() as db:
        found = await invitations.usable(db, token, platform.now())
        invitations.accept(found, platform.now())
        await codes.ensure_code(db, found, platform.now())
    return web.Response(status=303, headers={"Location": f"/i/{token}/identity"})


@public
async def identity(request: web.Request) -> web.Response:
    """GET /i/{token}/identity: one field, and other ways."""
    platform = platform_of(request)
    async with platform.database.reading() as db:
        found = await invitations.usable(db, request.match_info["token"], platform.now())
    return await render(
        request, "accounts/identity.html", token=request.match_info["token"], invitation=found, told=None
    )


@public
async def identify(request: web.Request) -> web.StreamResponse:
    """POST /i/{token}/identity: check the code; a wrong one is counted even though the page says no."""
    limit(request, "code", per_minute=30)
    platform = platform_of(request)
    form = await read_body(request, CodeForm)
    token = request.match_info["token"]
    async with platform.database.writing() as db:
        found = await invitations.usable(db, token, platform.now())
        await codes.count_try(db, found, platform.now())
    async with platform.database.writing() as db:
        found = await invitations.usable(db, token, platform.now())
        newest = await codes.newest(db, found)
        codes.check_code(newest, form.code, found, platform.now())
        login, actor = await begin_for_party(db, found, platform.now())
    answer = web.Response(status=303, headers={"Location": f"/my/{actor.case_id}"})
    answer.set_cookie(COOKIE, login, httponly=True, samesite="Lax", secure=request.secure, max_age=COOKIE_SECONDS)
    return answer


@public
async def resend(request: web.Request) -> web.StreamResponse:
    """POST /i/{token}/code: 重新发一条."""
    limit(request, "code", per_minute=30)
    platform = platform_of(request)
    token = request.match_info["token"]
    async with platform.database.writing() as db:
        found = await invitations.usable(db, token, platform.now())
        await codes.send_code(db, found, platform.now())
    return web.Response(status=303, headers={"Location": f"/i/{token}/identity"})


@public
async def again(request: web.Request) -> web.StreamResponse:
    """POST /i/{token}/again: an expired link asks for a fresh one to the same telephone."""
    limit(request, "again", per_minute=5)
    platform = platform_of(request)
    async with platform.database.writing() as db:
        old = await invitations.by_token(db, request.match_info["token"])
        await invitations.send_again(db, old, platform.settings.base_url, platform.now())
    return await render(request, "accounts/sent_again.html")


def routes() -> list[web.RouteDef]:
    """Addresses of the link."""
    return [
        web.get("/i/{token}", invitation, name="accounts.invitation"),
        web.post("/i/{token}", come),
        web.get("/i/{token}/identity", identity, name="accounts.identity"),
        web.post("/i/{token}/identity", identify),
        web.post("/i/{token}/code", resend),
        web.post("/i/{token}/again", again),
    ]
