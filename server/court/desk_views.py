"""The court's desks: the clerk's inbox, the judge's reviews, and the acts on one application."""

from typing import Literal

from aiohttp import web
from pydantic import BaseModel, Field

from documents.signing import Prepared
from server.accounts.auth import actor_of, allow
from server.accounts.permissions import Action, Role
from server.agreements import api_views, keys
from server.agreements.api_views import BeginForm, CompleteForm, KeyForm, begun_answer, certificate_answer, decoded
from server.agreements.models import SigningRequest
from server.cases import queries as cases
from server.court import operations, queries, ruling
from server.court.lifecycle import GROUNDS_NOT_ACCEPT, STATE_WORDS
from server.court.ruling import Decision
from server.errors import NotFound, _
from server.http.body import read_body
from server.http.limits import limit
from server.http.pages import render
from server.wiring import platform_of


class Note(BaseModel):
    """What was asked and answered."""

    note: str = Field(min_length=2, max_length=20_000)
    elsewhere: bool = Field(default=False)  # both were asked in the court's own way


class Ground(BaseModel):
    """A legal ground."""

    ground: str = Field(default="", max_length=200)


class DecisionForm(BaseModel):
    """The judge's decision."""

    outcome: Literal["confirm", "reject"]
    ground: str = Field(default="", max_length=200)


async def _desk(request: web.Request, role: Role, template: str) -> web.Response:
    actor = actor_of(request)
    async with platform_of(request).database.reading() as db:
        found = await queries.of_courts(db, actor.organizations(role))
        rows = [(one, await cases.get_case(db, one.case_id)) for one in found]
    topics = " ".join(f"court:{place}" for place in sorted(actor.organizations(role)))
    return await render(request, template, rows=rows, words=STATE_WORDS, topics=topics)


@allow(Action.DOCKET)
async def inbox(request: web.Request) -> web.Response:
    """GET /court/inbox: the clerk's."""
    return await _desk(request, Role.CLERK, "court/inbox.html")


@allow(Action.RULE)
async def reviews(request: web.Request) -> web.Response:
    """GET /court/reviews: the judge's."""
    return await _desk(request, Role.JUDGE, "court/reviews.html")


def _back(request: web.Request) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/court/confirmations/{request.match_info['confirmation_id']}")


@allow(Action.DOCKET)
async def docket(request: web.Request) -> web.StreamResponse:
    """POST .../docket: 立案."""
    platform = platform_of(request)
    async with platform.database.writing() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
        await operations.docket(db, confirmation, actor_of(request), platform.now())
    raise _back(request)


@allow(Action.DOCKET, Action.RULE)
async def refuse(request: web.Request) -> web.StreamResponse:
    """POST .../refuse: 不予受理."""
    platform, form = platform_of(request), await read_body(request, Ground)
    ground = form.ground if form.ground in GROUNDS_NOT_ACCEPT else ""
    async with platform.database.writing() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
        await operations.not_accept(db, confirmation, actor_of(request), ground, platform.now())
    raise _back(request)


@allow(Action.RULE)
async def hear(request: web.Request) -> web.StreamResponse:
    """POST .../hear: both were asked; the minutes are kept."""
    platform, form = platform_of(request), await read_body(request, Note)
    async with platform.database.writing() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
        await operations.hear(db, confirmation, actor_of(request), form.note, platform.now(), elsewhere=form.elsewhere)
    raise _back(request)


@allow(Action.RULE)
async def rule(request: web.Request) -> web.StreamResponse:
    """POST .../rule: draft the ruling for the judge's signature."""
    limit(request, "rule", per_minute=30)
    form = await read_body(request, DecisionForm)
    decision = Decision(form.outcome, form.ground if form.outcome == "reject" else "")
    await ruling.draft(platform_of(request), request.match_info["confirmation_id"], actor_of(request), decision)
    raise _back(request)


@allow(Action.SERVE)
async def serve(request: web.Request) -> web.StreamResponse:
    """POST .../serve: 送达."""
    platform = platform_of(request)
    async with platform.database.writing() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
        base_url = platform.settings.base_url
        await operations.serve(db, confirmation, actor_of(request), base_url, platform.now())
    raise _back(request)


@allow(Action.RULE)
async def certificate(request: web.Request) -> web.Response:
    """POST /api/court/.../certificates: a certificate for the judge's key in this browser."""
    form, platform = await read_body(request, KeyForm), platform_of(request)
    async with platform.database.reading() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
    made = await keys.certify_key(
        platform, confirmation.case_id, actor_of(request), form.challenge, decoded(form.spki), decoded(form.proof)
    )
    return web.json_response(certificate_answer(made))


@allow(Action.RULE)
async def begin(request: web.Request) -> web.Response:
    """POST /api/court/.../signatures: prepare the judge's signature."""
    form, confirmation_id = await read_body(request, BeginForm), request.match_info["confirmation_id"]
    made, prepared = await ruling.begin(
        platform_of(request), confirmation_id, actor_of(request), form.fingerprint, form.strokes
    )
    path = f"/api/court/confirmations/{confirmation_id}/signatures/{made.id}/file"
    return web.json_response(begun_answer(made, prepared, path))


@allow(Action.RULE)
async def prepared_file(request: web.Request) -> web.Response:
    """GET /api/court/.../signatures/{request_id}/file."""
    platform = platform_of(request)
    async with platform.database.reading() as db:
        made = await db.get(SigningRequest, request.match_info["request_id"])
    if made is None or made.holder != keys.holder_of(actor_of(request)):
        raise NotFound("request_unknown", _("找不到这次签名。"))
    prepared = Prepared.from_json(platform.blobs.get(made.prepared).decode())
    return web.Response(body=prepared.pdf, content_type="application/pdf")


@allow(Action.RULE)
async def complete(request: web.Request) -> web.Response:
    """PUT /api/court/.../signatures/{request_id}: the judge's signature; the seal follows at once."""
    form, confirmation_id = await read_body(request, CompleteForm), request.match_info["confirmation_id"]
    await ruling.complete(
        platform_of(request),
        confirmation_id,
        actor_of(request),
        request.match_info["request_id"],
        decoded(form.signature),
    )
    return web.json_response({"next": f"/court/confirmations/{confirmation_id}"})


def routes() -> list[web.RouteDef]:
    """Addresses of the desks."""
    base = "/court/confirmations/{confirmation_id}"
    api = f"/api{base}"
    return [
        web.get("/court/inbox", inbox, name="court.inbox"),
        web.get("/court/reviews", reviews, name="court.reviews"),
        web.post(f"{base}/docket", docket),
        web.post(f"{base}/refuse", refuse),
        web.post(f"{base}/hear", hear),
        web.post(f"{base}/rule", rule),
        web.post(f"{base}/serve", serve),
        web.post(f"{api}/challenges", api_views.challenge),
        web.post(f"{api}/certificates", certificate),
        web.post(f"{api}/signatures", begin),
        web.get(f"{api}/signatures/{{request_id}}/file", prepared_file),
        web.put(f"{api}/signatures/{{request_id}}", complete),
    ]
