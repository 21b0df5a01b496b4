"""Pages of an agreement: draft, live view, signing, effective, the file; the public verify page."""

import asyncio

from aiohttp import web

from documents.fields import signed_and_empty
from server.accounts.auth import actor_of, allow
from server.accounts.permissions import Action, Role, may
from server.agreements import api_views, drafting, queries, verify_views
from server.agreements.models import Signed, Version
from server.agreements.signing import expected_fields
from server.agreements.templates import TEMPLATES, filled
from server.cases import queries as cases
from server.cases.lifecycle import State
from server.cases.models import Case, Side
from server.errors import NotFound, _
from server.http.pages import render
from server.meetings.queries import minutes_of_case
from server.wiring import platform_of

DRAFTED = (State.DRAFTING,)


async def _case(request: web.Request) -> Case:
    async with platform_of(request).database.reading() as db:
        return await cases.get_case(db, request.match_info["case_id"])


@allow(Action.SEE_AGREEMENT)
async def agreement(request: web.Request) -> web.StreamResponse:
    """GET /cases/{case_id}/agreement: go to the page that fits the state and the person."""
    case, actor = await _case(request), actor_of(request)
    if case.state is State.DRAFTING:
        where = "live" if actor.kind == "party" else "draft"
    elif case.state is State.SIGNING:
        where = "sign" if actor.kind == "party" else "signing"
    else:
        where = "effective"
    raise web.HTTPSeeOther(f"/cases/{case.id}/agreement/{where}")


@allow(Action.DRAFT)
async def draft_page(request: web.Request) -> web.StreamResponse:
    """GET .../draft: the mediator's editor."""
    platform = platform_of(request)
    async with platform.database.writing() as db:
        case = await cases.get_case(db, request.match_info["case_id"])
        if case.state is not State.DRAFTING:
            raise web.HTTPSeeOther(f"/cases/{case.id}/agreement")
        draft = await drafting.draft(db, case, platform.now())
        minutes = await minutes_of_case(db, case.id)
    applicant = next(party.name for party in case.parties if party.side is Side.APPLICANT)
    respondent = next(party.name for party in case.parties if party.side is Side.RESPONDENT)
    templates = [(one, filled(one, applicant, respondent)) for one in TEMPLATES]
    return await render(request, "agreements/draft.html", case=case, draft=draft, templates=templates, minutes=minutes)


@allow(Action.SEE_AGREEMENT)
async def live(request: web.Request) -> web.StreamResponse:
    """GET .../live: what the mediator is writing, as it is saved."""
    async with platform_of(request).database.reading() as db:
        case = await cases.get_case(db, request.match_info["case_id"])
        draft = await queries.draft_of(db, case.id)
    if case.state is not State.DRAFTING:
        raise web.HTTPSeeOther(f"/cases/{case.id}/agreement")
    return await render(request, "agreements/live.html", case=case, draft=draft)


async def _signing(request: web.Request) -> tuple[Case, Version, list[tuple[str, str, Signed | None]]]:
    async with platform_of(request).database.reading() as db:
        case = await cases.get_case(db, request.match_info["case_id"])
        version = await queries.live_version(db, case.id)
        if version is None:
            raise NotFound("no_agreement", _("协议还没写好。"))
        written = await queries.signatures(db, version.id)
        names = await cases.names_of(db, case.mediator_id)
    pdf = await asyncio.to_thread(platform_of(request).blobs.get, version.blob)
    signed, _empty = await asyncio.to_thread(signed_and_empty, pdf)
    done = {field: one for field, one in written.items() if field in signed}  # from the file, not from a flag
    labels = {f"party-{party.position}": party.name for party in case.parties}
    labels["mediator"] = names.get(case.mediator_id or "", "")
    rows = [(field, labels[field], done.get(field)) for field in expected_fields(case)]
    return case, version, [*rows, ("seal", "", done.get("seal"))]


@allow(Action.SIGN, Action.SEAL)
async def signing_page(request: web.Request) -> web.StreamResponse:
    """GET .../signing: progress; the mediator signs here, the committee seals here."""
    case, version, rows = await _signing(request)
    actor = actor_of(request)
    if actor.kind == "party":
        raise web.HTTPSeeOther(f"/cases/{case.id}/agreement/sign")
    if case.state is not State.SIGNING:
        raise web.HTTPSeeOther(f"/cases/{case.id}/agreement")
    async with platform_of(request).database.reading() as db:
        whose = await cases.whose_by_case(db, case.id)
    unsigned = [field for field, _name, done in rows if done is None]
    return await render(
        request,
        "agreements/signing.html",
        case=case,
        version=version,
        rows=rows,
        mine=actor.id == case.mediator_id and unsigned == ["mediator", "seal"],
        seals=may(actor, Action.SEAL, whose) and Role.COMMITTEE in actor.roles and unsigned == ["seal"],
        unsigned=unsigned,
    )


@allow(Action.SIGN)
async def sign_page(request: web.Request) -> web.StreamResponse:
    """GET .../sign: a party reads the file itself on the phone, then signs."""
    case, version, rows = await _signing(request)
    actor = actor_of(request)
    if case.state is not State.SIGNING or actor.kind != "party":
        raise web.HTTPSeeOther(f"/cases/{case.id}/agreement")
    me = f"party-{cases.party_of(case, actor.id).position}"
    signed = next(done for field, _name, done in rows if field == me)
    return await render(
        request,
        "agreements/sign.html",
        case=case,
        version=version,
        rows=rows,
        signed=signed,
        me=me,
        holder=f"party-{actor.id}",
    )


@allow(Action.SEE_AGREEMENT)
async def effective_page(request: web.Request) -> web.StreamResponse:
    """GET .../effective: it binds; the confirmation is offered at once."""
    case, version, rows = await _signing(request)
    if version.effective_at is None:
        raise web.HTTPSeeOther(f"/cases/{case.id}")
    seal = next((done.name for field, _name, done in rows if field == "seal" and done), "")
    return await render(
        request,
        "agreements/effective.html",
        case=case,
        version=version,
        rows=rows,
        clauses=version.clause_texts.split("\n"),
        seal_name=seal,
    )


@allow(Action.SEE_AGREEMENT, Action.SIGN, record="agreement.open")
async def file(request: web.Request) -> web.Response:
    """GET .../file.pdf: the newest revision of the frozen text, byte for byte."""
    platform = platform_of(request)
    async with platform.database.reading() as db:
        version = await queries.live_version(db, request.match_info["case_id"])
        case = await cases.get_case(db, request.match_info["case_id"])
    if version is None:
        raise NotFound("no_agreement", _("协议还没写好。"))
    content = await asyncio.to_thread(platform.blobs.get, version.blob)
    headers = {"Content-Disposition": f'inline; filename="agreement-{case.id}.pdf"', "ETag": f'"{version.blob}"'}
    return web.Response(body=content, content_type="application/pdf", headers=headers)


def routes() -> list[web.RouteDef]:
    """This feature's addresses."""
    base = "/cases/{case_id}/agreement"
    return [
        web.get(base, agreement, name="agreements.agreement"),
        web.get(f"{base}/draft", draft_page, name="agreements.draft"),
        web.get(f"{base}/live", live, name="agreements.live"),
        web.get(f"{base}/signing", signing_page, name="agreements.signing"),
        web.get(f"{base}/sign", sign_page, name="agreements.sign"),
        web.get(f"{base}/effective", effective_page, name="agreements.effective"),
        web.get(f"{base}/file.pdf", file, name="agreements.file"),
        *api_views.routes(),
        *verify_views.routes(),
    ]
