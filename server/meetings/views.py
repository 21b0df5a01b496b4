"""Pages of a meeting: making a date, device check, waiting room, room; and the media server's webhooks."""

import datetime as dt

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts.auth import actor_of, allow, public
from server.accounts.permissions import Action, may
from server.cases import queries as cases
from server.cases.lifecycle import State
from server.errors import NotAllowed, NotSignedIn
from server.http.body import read_body, read_text
from server.http.limits import limit
from server.http.pages import BEIJING, render
from server.http.visitor import ACTOR
from server.meetings import attendance, operations, planning, queries, room_views
from server.meetings.admission import decide
from server.meetings.models import Kind, Meeting, Phase
from server.wiring import platform_of


class Plan(BaseModel):
    """When and how long; the time is Beijing's, as the page says."""

    starts_at: dt.datetime
    minutes: int = Field(default=60)


@allow(Action.MEDIATE)
async def plan_page(request: web.Request) -> web.Response:
    """GET /cases/{case_id}/meetings: make a date."""
    platform = platform_of(request)
    async with platform.database.reading() as db:
        case = await cases.get_case(db, request.match_info["case_id"])
    soon = (platform.now() + dt.timedelta(minutes=1)).astimezone(BEIJING)
    return await render(request, "meetings/plan.html", case=case, soon=f"{soon:%Y-%m-%dT%H:%M}")


@allow(Action.MEDIATE)
async def plan_post(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case_id}/meetings."""
    platform, actor = platform_of(request), actor_of(request)
    form = await read_body(request, Plan)
    starts_at = form.starts_at if form.starts_at.tzinfo else form.starts_at.replace(tzinfo=BEIJING)
    async with platform.database.writing() as db:
        case = await cases.get_case(db, request.match_info["case_id"])
        await planning.schedule(db, case, actor, starts_at, form.minutes, platform.settings.base_url, platform.now())
    raise web.HTTPSeeOther(f"/cases/{case.id}")


async def _meeting(request: web.Request) -> Meeting:
    async with platform_of(request).database.reading() as db:
        return await queries.get_meeting(db, request.match_info["meeting_id"])


@allow(Action.TAKE_PART, Action.MEDIATE, Action.INQUIRE)
async def enter(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}: whoever presides goes to the room, a party to the device check, ended goes back."""
    meeting, actor = await _meeting(request), actor_of(request)
    if meeting.phase is Phase.ENDED:
        raise web.HTTPSeeOther(await _after(request, meeting, party=actor.kind == "party"))
    raise web.HTTPSeeOther(f"/meetings/{meeting.id}/{'check' if actor.kind == 'party' else 'room'}")


async def _after(request: web.Request, meeting: Meeting, *, party: bool) -> str:
    """Where somebody goes when the meeting is over."""
    if meeting.kind is Kind.INQUIRY:
        return f"/cases/{meeting.case_id}/confirmation" if party else f"/court/cases/{meeting.case_id}"
    if party:
        return f"/my/{meeting.case_id}"
    async with platform_of(request).database.reading() as db:
        drafting = (await cases.get_case(db, meeting.case_id)).state is State.DRAFTING
    return f"/cases/{meeting.case_id}/agreement/draft" if drafting else f"/cases/{meeting.case_id}"


@allow(Action.TAKE_PART, Action.MEDIATE, Action.INQUIRE)
async def check(request: web.Request) -> web.Response:
    """GET /meetings/{meeting_id}/check: camera, microphone, speaker, network; nobody is stopped from entering."""
    return await render(request, "meetings/check.html", meeting=await _meeting(request))


@allow(Action.TAKE_PART)
async def waiting(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/waiting: arrived; who knows; how long. Admitted people go on to the room."""
    platform, actor = platform_of(request), actor_of(request)
    meeting = await _meeting(request)
    if meeting.phase is Phase.ENDED:
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}")
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, meeting.id)
        seat = await operations.arrive(db, meeting, actor, request.query.get("device", ""), platform.now())
        case = await cases.get_case(db, meeting.case_id)
    door = decide(queries.standing(seat), queries.situation(meeting))
    if door.open:
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/room")
    caucus = meeting.caucus_with is not None and seat.place.value == "joint"
    return await render(
        request, "meetings/waiting.html", meeting=meeting, seat=seat, case=case, why=door.why, caucus=caucus
    )


@allow(Action.TAKE_PART, Action.MEDIATE, Action.INQUIRE)
async def room(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/room."""
    platform, actor = platform_of(request), actor_of(request)
    meeting = await _meeting(request)
    if meeting.phase is Phase.ENDED:
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}")
    if actor.kind == "staff":
        async with platform.database.writing() as db:
            meeting = await queries.get_meeting(db, meeting.id)
            await operations.arrive(db, meeting, actor, "", platform.now())
    async with platform.database.reading() as db:
        case = await cases.get_case(db, meeting.case_id)
        seats = {seat.identity for seat in await queries.seats(db, meeting.id)}
    identity = f"{actor.kind}-{actor.id}"
    if identity not in seats:
        raise web.HTTPSeeOther(f"/meetings/{meeting.id}/check")
    template = "meetings/room_presiding.html" if actor.kind == "staff" else "meetings/room_party.html"
    return await render(request, template, meeting=meeting, case=case, identity=identity)


@public
async def room_hook(request: web.Request) -> web.Response:
    """POST /hooks/rooms: the media server's webhooks; a false signature is refused and noted."""
    limit(request, "room-hook", per_minute=3000)
    platform = platform_of(request)
    try:
        event = platform.rooms.read_webhook(await read_text(request), request.headers.get("Authorization", ""))
    except NotAllowed as error:
        raise NotSignedIn(error.code, error.text) from error
    async with platform.database.writing() as db:
        await attendance.on_room_event(db, dict(event), platform.now())
    return web.Response(status=204)


async def watch_meeting(request: web.Request, meeting_id: str) -> bool:
    """Let the people of a meeting watch it."""
    if ACTOR not in request:
        return False
    async with platform_of(request).database.reading() as db:
        whose = await queries.whose_by_meeting(db, meeting_id)
    return any(may(actor_of(request), action, whose) for action in (Action.TAKE_PART, Action.MEDIATE, Action.INQUIRE))


LIVE = {"meeting": watch_meeting}


def routes() -> list[web.RouteDef]:
    """This feature's addresses."""
    return [
        web.get("/cases/{case_id}/meetings", plan_page, name="meetings.plan"),
        web.post("/cases/{case_id}/meetings", plan_post),
        web.get("/meetings/{meeting_id}", enter, name="meetings.enter"),
        web.get("/meetings/{meeting_id}/check", check, name="meetings.check"),
        web.get("/meetings/{meeting_id}/waiting", waiting, name="meetings.waiting"),
        web.get("/meetings/{meeting_id}/room", room, name="meetings.room"),
        web.post("/hooks/rooms", room_hook, name="meetings.hook"),
        *room_views.routes(),
    ]
