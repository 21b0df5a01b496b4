"""Pages of the court part: the parties' joint application, the clerk's and the judge's desks, the papers."""

import asyncio

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts.auth import actor_of, allow
from server.accounts.organizations import organization
from server.accounts.permissions import Action, Role, may
from server.agreements.queries import effective
from server.cases import queries as cases
from server.court import desk_views, gateway, inquiries, operations, papers, queries, review_views
from server.court.calendar import OBJECTION_DAYS, application_deadline, beijing_day, last_day, notice_known
from server.court.lifecycle import STATE_WORDS, State
from server.errors import NotFound, _
from server.http.body import read_body
from server.http.pages import render
from server.http.visitor import ACTOR
from server.wiring import platform_of


class Agreed(BaseModel):
    """The statement each applicant makes (司法确认承诺书)."""

    voluntary: bool = Field(default=False)


@allow(Action.APPLY)
async def application_page(request: web.Request) -> web.Response:
    """GET /cases/{case_id}/confirmation: one tap to apply; afterwards where it stands, and the ruling."""
    platform, actor = platform_of(request), actor_of(request)
    async with platform.database.reading() as db:
        case = await cases.get_case(db, request.match_info["case_id"])
        agreement = await effective(db, case.id)
        confirmation = await queries.of_case(db, case.id)
        joined = await queries.joinings(db, confirmation.id) if confirmation else {}
        delivery = (await queries.deliveries(db, confirmation.id)).get(actor.id) if confirmation else None
        ruling = await queries.ruling_of(db, confirmation.id) if confirmation else None
        court = await organization(db, confirmation.court_id) if confirmation else None
        inquiry = await inquiries.latest(db, case, platform.now())
    if agreement is None:
        raise NotFound("not_effective", _("协议还没生效，生效了才能申请法院确认。"))
    deadline = application_deadline(agreement.effective_at)
    today = beijing_day(platform.now())
    return await render(
        request,
        "court/application.html",
        case=case,
        agreement=agreement,
        confirmation=confirmation,
        joined=joined,
        mine=actor.id in joined and confirmation is not None,
        delivery=delivery,
        ruling=ruling if ruling and ruling.issued_at else None,
        court=court,
        deadline=deadline,
        days_left=(deadline - today).days,
        notice=notice_known(deadline.year),
        objection=last_day(beijing_day(delivery.arrived_at), OBJECTION_DAYS) if delivery else None,
        words=STATE_WORDS,
        inquiry=inquiry.meeting if inquiry and not inquiry.over else None,
        can_apply=case.state == "effective" and actor.id not in (joined if _open(confirmation) else {}),
    )


def _open(confirmation: object) -> bool:
    return getattr(confirmation, "state", None) is State.PARTIAL


@allow(Action.APPLY)
async def apply(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case_id}/confirmation: this party applies."""
    platform, actor = platform_of(request), actor_of(request)
    await read_body(request, Agreed)
    async with platform.database.writing() as db:
        case = await cases.get_case(db, request.match_info["case_id"])
        await operations.join(db, case, actor, platform.now())
    raise web.HTTPSeeOther(f"/cases/{case.id}/confirmation")


@allow(Action.APPLY)
async def withdraw(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case_id}/confirmation/withdraw."""
    platform, actor = platform_of(request), actor_of(request)
    async with platform.database.writing() as db:
        confirmation = await queries.of_case(db, request.match_info["case_id"])
        if confirmation is None:
            raise NotFound("confirmation_unknown", _("找不到这份申请。"))
        await operations.withdraw(db, confirmation, actor, platform.now())
    raise web.HTTPSeeOther(f"/cases/{confirmation.case_id}/confirmation")


async def _pdf(content: bytes, name: str) -> web.Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return web.Response(body=content, content_type="application/pdf", headers=headers)


@allow(Action.SEE_CONFIRMATION, record="ruling.see")
async def ruling_file(request: web.Request) -> web.Response:
    """GET .../ruling.pdf: the issued ruling; a party's first opening is noted."""
    platform, actor = platform_of(request), actor_of(request)
    async with platform.database.writing() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
        ruling = await queries.ruling_of(db, confirmation.id)
        served = confirmation.state in (State.CONFIRMED_SERVED, State.REJECTED_SERVED)
        if ruling is None or (actor.kind == "party" and not served):
            raise NotFound("no_ruling", _("裁定书还没有送达。"))
        if actor.kind == "party":
            await operations.mark_opened(db, confirmation, actor, platform.now())
    return await _pdf(await asyncio.to_thread(platform.blobs.get, ruling.blob), "ruling")


@allow(Action.SEE_CONFIRMATION, record="agreement.open")
async def agreement_file(request: web.Request) -> web.Response:
    """GET .../agreement.pdf: the packet's agreement, for the court."""
    platform = platform_of(request)
    async with platform.database.reading() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
        agreement = await effective(db, confirmation.case_id)
    if agreement is None:
        raise NotFound("no_agreement", _("协议还没写好。"))
    return await _pdf(await asyncio.to_thread(platform.blobs.get, agreement.blob), "agreement")


@allow(Action.SEE_CONFIRMATION)
async def paper_file(request: web.Request) -> web.Response:
    """GET .../papers/{paper}.pdf: application, proof of mediation, notice, receipts, made from the record."""
    platform, actor = platform_of(request), actor_of(request)
    content = await papers.make(platform, request.match_info["confirmation_id"], request.match_info["paper"], actor.id)
    return await _pdf(content, request.match_info["paper"])


async def watch_court(request: web.Request, court_id: str) -> bool:
    """Let a court's own people watch its desk."""
    if ACTOR not in request:
        return False
    actor = actor_of(request)
    return court_id in actor.organizations(Role.CLERK) | actor.organizations(Role.JUDGE) and may(
        actor, Action.SEE_CONFIRMATION
    )


LIVE = {"court": watch_court}


def routes() -> list[web.RouteDef]:
    """This feature's addresses."""
    base = "/court/confirmations/{confirmation_id}"
    return [
        web.get("/cases/{case_id}/confirmation", application_page, name="court.application"),
        web.post("/cases/{case_id}/confirmation", apply),
        web.post("/cases/{case_id}/confirmation/withdraw", withdraw),
        web.get(f"{base}/ruling.pdf", ruling_file, name="court.ruling"),
        web.get(f"{base}/agreement.pdf", agreement_file, name="court.agreement"),
        web.get(f"{base}/papers/{{paper}}.pdf", paper_file, name="court.paper"),
        *desk_views.routes(),
        *review_views.routes(),
        *gateway.routes(),
    ]
