"""One application before the court: its packet, the clocks, what is to be checked; and the date of the inquiry."""

import asyncio
import datetime as dt
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from documents.report import Report, Verdict
from server.accounts.auth import actor_of, allow
from server.accounts.models import Organization
from server.accounts.organizations import organization
from server.accounts.permissions import Action, may
from server.agreements.lint import lint
from server.agreements.queries import EffectiveAgreement, effective
from server.agreements.verify_views import WORDS as VERDICTS
from server.cases import queries as cases
from server.cases.models import Case
from server.court import inquiries, queries
from server.court.calendar import ACCEPTANCE_DAYS, LIMIT_DAYS, TARGET_DAYS, beijing_day, last_day
from server.court.checklist import Asked, Packet, checklist
from server.court.inquiries import Inquiry
from server.court.lifecycle import CONFIRMATION, GROUNDS_NOT_ACCEPT, GROUNDS_REJECT, STATE_WORDS, Facts
from server.court.models import Confirmation
from server.errors import NotFound, _
from server.http.body import read_body
from server.http.pages import BEIJING, render
from server.wiring import platform_of


class Plan(BaseModel):
    """When and how long; the time is Beijing's, as the page says."""

    starts_at: dt.datetime
    minutes: int = Field(default=20)


@allow(Action.DOCKET, Action.RULE, record="confirmation.see")
async def review(request: web.Request) -> web.Response:
    """GET /court/confirmations/{confirmation_id}: the packet and nothing else of the mediation."""
    platform, actor = platform_of(request), actor_of(request)
    async with platform.database.reading() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
        case = await cases.get_case(db, confirmation.case_id)
        agreement = await effective(db, case.id)
        drafted = await queries.ruling_of(db, confirmation.id)
        deliveries = await queries.deliveries(db, confirmation.id)
        whose = await cases.whose_by_case(db, case.id)
        inquiry = await inquiries.latest(db, case, platform.now())
        court = await organization(db, confirmation.court_id)
        committee = await organization(db, case.committee_id)
    if agreement is None:
        raise NotFound("no_agreement", _("协议还没写好。"))
    pdf = await asyncio.to_thread(platform.blobs.get, agreement.blob)
    report = await asyncio.to_thread(platform.signer.verdicts.verify, pdf, platform.signer.roots, now=platform.now())
    known = Facts(everybody_joined=True, in_time=True, reason="-", ruling_signed=True, both_asked=True)
    offered = {trigger for trigger, _guard in CONFIRMATION.offered(confirmation.state, actor.roles, known)}
    return await render(
        request,
        "court/review.html",
        confirmation=confirmation,
        case=case,
        agreement=agreement,
        report=report,
        verdict=VERDICTS[report.verdict.word],
        ruling=drafted,
        deliveries=deliveries,
        offered=offered,
        inquiry=inquiry,
        inquires=may(actor, Action.INQUIRE, whose) and confirmation.state in inquiries.OPEN_STATES,
        rules=may(actor, Action.RULE, whose),
        checks=checklist(_packet(confirmation, case, agreement, report, (court, committee), inquiry)),
        court=court,
        committee=committee,
        grounds=GROUNDS_REJECT,
        grounds_not=GROUNDS_NOT_ACCEPT,
        words=STATE_WORDS,
        **_clocks(confirmation, agreement, platform.now()),
    )


def _packet(
    confirmation: Confirmation,
    case: Case,
    agreement: EffectiveAgreement,
    report: Report,
    places: tuple[Organization, Organization],
    inquiry: Inquiry | None,
) -> Packet:
    court, committee = places
    submitted = beijing_day(confirmation.submitted_at or confirmation.opened_at)
    asked: Asked = "elsewhere" if confirmation.heard_at else "not yet"
    if inquiry is not None and inquiry.over and inquiry.together:
        asked = "together"
    return Packet(
        genuine=report.verdict is Verdict.VALID,
        seat_in_district=committee.path.startswith(court.path.rstrip("/").rpartition("/")[0] + "/"),
        day=(submitted - beijing_day(agreement.effective_at)).days,
        in_time=submitted <= confirmation.last_day,
        findings=tuple(lint(case.summary, list(agreement.clauses), [party.name for party in case.parties])),
        asked=asked,
    )


def _clocks(confirmation: Confirmation, agreement: EffectiveAgreement, now: dt.datetime) -> dict[str, Any]:
    """The three periods of the law: joint application, docketing, review; each counted from its day."""
    effective_on = beijing_day(agreement.effective_at)
    submitted = beijing_day(confirmation.submitted_at or confirmation.opened_at)
    docketed = beijing_day(confirmation.docketed_at) if confirmation.docketed_at else None
    today = beijing_day(now)
    return {
        "applied_day": (submitted - effective_on).days,
        "effective_on": effective_on,
        "submitted_on": submitted,
        "docket_by": last_day(submitted, ACCEPTANCE_DAYS),
        "docketed_on": docketed,
        "review_day": (today - docketed).days if docketed else 0,
        "target": last_day(docketed, TARGET_DAYS) if docketed else None,
        "limit": last_day(docketed, LIMIT_DAYS) if docketed else None,
        "today": today,
    }


@allow(Action.INQUIRE)
async def plan_page(request: web.Request) -> web.Response:
    """GET /court/confirmations/{confirmation_id}/inquiry: a date for both."""
    platform = platform_of(request)
    async with platform.database.reading() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
        case = await cases.get_case(db, confirmation.case_id)
    soon = (platform.now() + dt.timedelta(minutes=1)).astimezone(BEIJING)
    return await render(
        request, "court/inquiry.html", confirmation=confirmation, case=case, soon=f"{soon:%Y-%m-%dT%H:%M}"
    )


@allow(Action.INQUIRE)
async def plan_post(request: web.Request) -> web.StreamResponse:
    """POST /court/confirmations/{confirmation_id}/inquiry: both get the date and a link."""
    platform, form = platform_of(request), await read_body(request, Plan)
    starts_at = form.starts_at if form.starts_at.tzinfo else form.starts_at.replace(tzinfo=BEIJING)
    async with platform.database.writing() as db:
        confirmation = await queries.get_confirmation(db, request.match_info["confirmation_id"])
        when = starts_at, form.minutes
        await inquiries.call(db, confirmation, actor_of(request), when, platform.settings.base_url, platform.now())
    raise web.HTTPSeeOther(f"/court/confirmations/{confirmation.id}")


@allow(Action.SEE_CONFIRMATION)
async def of_case(request: web.Request) -> web.StreamResponse:
    """GET /court/cases/{case_id}: to the case's application; where the room leads back to."""
    async with platform_of(request).database.reading() as db:
        confirmation = await queries.of_case(db, request.match_info["case_id"])
    if confirmation is None:
        raise NotFound("confirmation_unknown", _("找不到这份申请。"))
    raise web.HTTPSeeOther(f"/court/confirmations/{confirmation.id}")


def routes() -> list[web.RouteDef]:
    """Addresses of one application."""
    base = "/court/confirmations/{confirmation_id}"
    return [
        web.get(base, review, name="court.review"),
        web.get(f"{base}/inquiry", plan_page, name="court.inquiry"),
        web.post(f"{base}/inquiry", plan_post),
        web.get("/court/cases/{case_id}", of_case, name="court.of_case"),
    ]
