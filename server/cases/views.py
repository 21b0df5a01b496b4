"""Pages of a case: the party's own page and consents, the staff's case page, the audit export."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts.auth import actor_of, allow
from server.accounts.organizations import mediators_of, organization
from server.accounts.permissions import Action, Role, may
from server.audit import log as audit
from server.cases import desk_views, history, intake_views, material_views, operations, queries
from server.cases.lifecycle import LIFECYCLE, Facts, State, Trigger
from server.cases.models import Case
from server.cases.progress import STATE_WORDS, progress, way
from server.errors import Invalid, _
from server.http.body import read_body, read_form
from server.http.pages import beijing, language, render
from server.http.visitor import ACTOR
from server.wiring import platform_of

CONSENT_WORDS = {
    "mediation": (_("您愿意请调解员来谈这件事吗？"), _("自愿的，不收费，随时可以停，谈不拢照样可以去法院。")),
    "video": (_("您愿意用视频来谈吗？"), _("请找个安静的地方，不要录音录像截屏，不要让别人在旁边听。断线不算您不来。")),
    "e_signature": (
        _("谈成了，您愿意在手机上签名吗？"),
        _("签名的钥匙只在您这部手机里，和手写签名一样算数。不愿意可以到现场签。"),
    ),
    "e_delivery": (_("文书用短信和这个页面送给您，行吗？"), _("送到就算收到。您也可以要一份纸的。")),
}


# From the frozen text on there is a paper that a bundle can hold.
EXPORTED = frozenset({State.SIGNING, State.EFFECTIVE, State.CONFIRMING, State.CONFIRMED})


class Reason(BaseModel):
    """Why."""

    reason: str = Field(default="", max_length=500)


async def shown(request: web.Request, case: Case, audience: str) -> dict[str, Any]:
    """Return what both case pages show: the three sentences, words of state, names."""
    platform = platform_of(request)
    async with platform.database.reading() as db:
        names = await queries.names_of(db, case.mediator_id, case.asked_mediator_id, case.reporter_id)
        committee = await organization(db, case.committee_id)
        meeting = await request.app[desk_views.NEXT_MEETING](db, case.id)
    when = beijing(meeting.starts_at, language(request)) if meeting else ""
    said = progress(
        case.state,
        audience,
        case.id,
        mediator=names.get(case.mediator_id or "", ""),
        when=when,
        reason=case.reason,
        meeting=f"/meetings/{meeting.id}" if meeting else "",
    )
    words = STATE_WORDS[case.state][0 if audience == "party" else 1]
    return {"case": case, "p": said, "names": names, "committee": committee, "words": words, "meeting": meeting}


@allow(Action.SEE_CASE, record="case.see")
async def case_page(request: web.Request) -> web.Response:
    """GET /cases/{case_id}: all of one case, for its mediator and committee."""
    actor, platform = actor_of(request), platform_of(request)
    if actor.kind == "party":
        raise web.HTTPSeeOther(f"/my/{request.match_info['case_id']}")
    async with platform.database.reading() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        mediators = await mediators_of(db, case.committee_id)
        similar = await queries.similar(db, case)
        files = await queries.attachments(db, case.id)
        entries = await audit.entries(db, case.id)
        consents = {party.id: await queries.consents(db, party.id) for party in case.parties}
        whose = await queries.whose_by_case(db, case.id)
    offered = {trigger for trigger, _guard in LIFECYCLE.offered(case.state, actor.roles, await _facts(request, case))}
    return await render(
        request,
        "cases/case.html",
        way=way(case.state),
        **await shown(request, case, "staff"),
        mediators=mediators,
        similar=similar,
        files=files,
        takes_material=material_views.takes_material(case),
        entries=list(reversed(entries))[:20],
        consents=consents,
        offered=offered,
        handles=may(actor, Action.HANDLE_INTAKE, whose),
        exports=may(actor, Action.EXPORT_BUNDLE, whose) and case.state in EXPORTED,
        asked=actor.id == case.asked_mediator_id and case.state is State.ACCEPTED,
        staff_words=STATE_WORDS,
        action_words=history.words,
    )


async def _facts(request: web.Request, case: Case) -> Facts:
    async with platform_of(request).database.reading() as db:
        return await queries.facts(db, case, reason="-")


@allow(Action.TAKE_PART)
async def my_case(request: web.Request) -> web.StreamResponse:
    """GET /my/{case_id}: a party's own page; consents are asked first."""
    actor, platform = actor_of(request), platform_of(request)
    async with platform.database.reading() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        answered = await queries.consents(db, actor.id)
        own = [each for each in await queries.attachments(db, case.id) if each.party_id == actor.id]
    if set(answered) != set(queries.CONSENTS) and case.closed_at is None and case.state is not State.INTAKE:
        raise web.HTTPSeeOther(f"/my/{case.id}/consent")
    me = queries.party_of(case, actor.id)
    others = [party for party in case.parties if party.id != actor.id]
    offered = {trigger for trigger, _guard in LIFECYCLE.offered(case.state, actor.roles, await _facts(request, case))}
    return await render(
        request,
        "cases/my_case.html",
        **await shown(request, case, "party"),
        me=me,
        others=others,
        offered=offered,
        files=own,
        takes_material=material_views.takes_material(case),
    )


@allow(Action.TAKE_PART)
async def consent_page(request: web.Request) -> web.Response:
    """GET /my/{case_id}/consent: rights, then one question at a time; nothing is ticked beforehand."""
    actor = actor_of(request)
    async with platform_of(request).database.reading() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        answered = await queries.consents(db, actor.id)
    return await render(request, "cases/consent.html", case=case, answered=answered, questions=CONSENT_WORDS)


@allow(Action.TAKE_PART)
async def consent_post(request: web.Request) -> web.StreamResponse:
    """POST /my/{case_id}/consent: each question has been answered yes or no."""
    form = await read_form(request)
    answers = {kind: form.get(kind) == "yes" for kind in queries.CONSENTS if form.get(kind) in ("yes", "no")}
    if set(answers) != set(queries.CONSENTS):
        raise Invalid("consent_missing", _("每一条都要选“同意”或者“不同意”，选哪个都行。"))
    platform, actor = platform_of(request), actor_of(request)
    async with platform.database.writing() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        await operations.consent(db, case, actor, answers, platform.now())
    raise web.HTTPSeeOther(f"/my/{case.id}")


@allow(Action.SEE_AUDIT, record="audit.export")
async def audit_export(request: web.Request) -> web.Response:
    """GET /cases/{case_id}/audit.json: the chain, for anybody to check."""
    async with platform_of(request).database.reading() as db:
        return web.json_response(await audit.export(db, request.match_info["case_id"]))


def _ending(trigger: Trigger, *actions: Action) -> web.RouteDef:
    @allow(*actions)
    async def ending(request: web.Request) -> web.StreamResponse:
        platform, actor = platform_of(request), actor_of(request)
        form = await read_body(request, Reason)
        async with platform.database.writing() as db:
            case = await queries.get_case(db, request.match_info["case_id"])
            await operations.end(db, case, trigger, actor, form.reason, platform.now())
        raise web.HTTPSeeOther(f"/my/{case.id}" if Role.PARTY in actor.roles else f"/cases/{case.id}")

    return web.post(f"/cases/{{case_id}}/{trigger.value.replace('_', '-')}", ending)


async def watch_case(request: web.Request, case_id: str) -> bool:
    """Let those watch who may see the case."""
    actor = request.get(ACTOR)
    async with platform_of(request).database.reading() as db:
        whose = await queries.whose_by_case(db, case_id)
    actions = (Action.SEE_CASE, Action.SEE_CONFIRMATION, Action.SEE_OUTCOME)
    return actor is not None and any(may(actor_of(request), action, whose) for action in actions)


LIVE = {"case": watch_case, "committee": desk_views.watch_committee, "actor": desk_views.watch_own}


def routes() -> list[web.RouteDef]:
    """This feature's addresses."""
    return [
        web.get("/cases/{case_id}", case_page, name="cases.case"),
        web.get("/my/{case_id}", my_case, name="cases.my_case"),
        web.get("/my/{case_id}/consent", consent_page, name="cases.consent"),
        web.post("/my/{case_id}/consent", consent_post),
        web.get("/cases/{case_id}/audit.json", audit_export, name="cases.audit"),
        _ending(Trigger.RESOLVE_ON_SPOT, Action.HANDLE_INTAKE, Action.SEE_OUTCOME),
        _ending(Trigger.DECLINE, Action.TAKE_PART),
        _ending(Trigger.WITHDRAW, Action.TAKE_PART),
        _ending(Trigger.FAIL, Action.MEDIATE),
        *material_views.routes(),
        *desk_views.routes(),
        *intake_views.routes(),
    ]
