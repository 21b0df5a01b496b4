"""Desks: the committee's intake and assignment, the mediator's workbench, and the acts that begin there."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.auth import actor_of, allow
from server.accounts.organizations import mediators_of
from server.accounts.permissions import Action, Actor, Role
from server.cases import operations, queries
from server.cases.lifecycle import CLOSED, State
from server.cases.progress import STATE_WORDS
from server.http.body import read_body
from server.http.pages import render
from server.http.visitor import ACTOR
from server.wiring import platform_of

MeetingReader = Callable[[AsyncSession, str], Awaitable[Any]]
NEXT_MEETING: web.AppKey[MeetingReader] = web.AppKey("next_meeting")  # given by meetings, a later stage


class Refusal(BaseModel):
    """Why a case is not accepted."""

    reason: str = Field(default="", max_length=500)


class Asked(BaseModel):
    """Which mediator."""

    mediator: str = Field(max_length=40)


class Conflict(BaseModel):
    """The mediator's answer."""

    clear: bool
    relation: str = Field(default="", max_length=500)


@allow(Action.HANDLE_INTAKE)
async def intake(request: web.Request) -> web.Response:
    """GET /intake: what came in, what waits for a mediator, what runs."""
    actor, platform = actor_of(request), platform_of(request)
    places = actor.organizations(Role.COMMITTEE)
    async with platform.database.reading() as db:
        cases = await queries.of_committees(db, places)
        mediators = [user for place in places for user in await mediators_of(db, place)]
    groups = {
        "new": [case for case in cases if case.state in (State.LEAD, State.INTAKE)],
        "assign": [case for case in cases if case.state is State.ACCEPTED],
        "running": [
            case
            for case in cases
            if case.state not in CLOSED and case.state not in (State.LEAD, State.INTAKE, State.ACCEPTED)
        ],
        "closed": [case for case in cases if case.state in CLOSED][:20],
    }
    topics = " ".join(f"committee:{place}" for place in sorted(places))
    return await render(
        request, "cases/intake.html", groups=groups, mediators=mediators, words=STATE_WORDS, topics=topics
    )


@allow(Action.MEDIATE)
async def workbench(request: web.Request) -> web.Response:
    """GET /workbench: today, who asks, what runs."""
    actor, platform = actor_of(request), platform_of(request)
    async with platform.database.reading() as db:
        cases = await queries.of_mediator(db, actor.id)
        meetings = {case.id: await request.app[NEXT_MEETING](db, case.id) for case in cases}
    asked = [case for case in cases if case.asked_mediator_id == actor.id and case.state is State.ACCEPTED]
    mine = [case for case in cases if case.mediator_id == actor.id and case.state not in CLOSED]
    closed = [case for case in cases if case.mediator_id == actor.id and case.state in CLOSED][:20]
    agenda = sorted((case for case in mine if meetings[case.id]), key=lambda case: meetings[case.id].starts_at)
    topics = " ".join([f"actor:{actor.id}", *(f"case:{case.id}" for case in mine[:6])])
    return await render(
        request,
        "cases/workbench.html",
        asked=asked,
        mine=mine,
        closed=closed,
        agenda=agenda,
        meetings=meetings,
        words=STATE_WORDS,
        topics=topics,
    )


@allow(Action.HANDLE_INTAKE)
async def accept(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case_id}/accept: 受理."""
    platform = platform_of(request)
    async with platform.database.writing() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        await operations.accept(db, case, actor_of(request), platform.settings.base_url, platform.now())
    raise web.HTTPSeeOther(f"/cases/{case.id}")


@allow(Action.HANDLE_INTAKE)
async def refuse(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case_id}/refuse: 不受理."""
    platform = platform_of(request)
    form = await read_body(request, Refusal)
    async with platform.database.writing() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        await operations.refuse(db, case, actor_of(request), form.reason, platform.now())
    raise web.HTTPSeeOther("/intake")


@allow(Action.ASSIGN)
async def ask(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case_id}/ask-mediator."""
    platform = platform_of(request)
    form = await read_body(request, Asked)
    async with platform.database.writing() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        await operations.ask_mediator(db, case, actor_of(request), form.mediator, platform.now())
    raise web.HTTPSeeOther(f"/cases/{case.id}")


@allow(Action.ANSWER_CONFLICT)
async def conflict(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case_id}/conflict: the answer to the conflict question."""
    platform = platform_of(request)
    form = await read_body(request, Conflict)
    async with platform.database.writing() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        await operations.answer_conflict(
            db, case, actor_of(request), clear=form.clear, relation=form.relation, now=platform.now()
        )
    raise web.HTTPSeeOther(f"/cases/{case.id}" if form.clear else "/workbench")


@allow(Action.ASSIGN, Action.MEDIATE)
async def recuse(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case_id}/recuse: 回避."""
    platform = platform_of(request)
    form = await read_body(request, Refusal)
    async with platform.database.writing() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        await operations.recuse(db, case, actor_of(request), form.reason, platform.now())
    raise web.HTTPSeeOther("/work")


async def watch_committee(request: web.Request, committee_id: str) -> bool:
    """Let a committee's own people watch its intake."""
    actor = request.get(ACTOR)
    return isinstance(actor, Actor) and committee_id in actor.organizations(Role.COMMITTEE)


async def watch_own(request: web.Request, actor_id: str) -> bool:
    """Let a person watch what concerns them."""
    actor = request.get(ACTOR)
    return isinstance(actor, Actor) and actor.id == actor_id


def routes() -> list[web.RouteDef]:
    """Addresses of the desks."""
    return [
        web.get("/intake", intake, name="cases.intake"),
        web.get("/workbench", workbench, name="cases.workbench"),
        web.post("/cases/{case_id}/accept", accept),
        web.post("/cases/{case_id}/refuse", refuse),
        web.post("/cases/{case_id}/ask-mediator", ask),
        web.post("/cases/{case_id}/conflict", conflict),
        web.post("/cases/{case_id}/recuse", recuse),
    ]
