"""The room's API for the browser: its state, a token to join, and what whoever presides may do."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts.auth import actor_of, allow
from server.accounts.permissions import Action, Actor
from server.errors import NotAllowed, NotNow, _
from server.http.body import read_body
from server.http.pages import language, say
from server.meetings import facts, operations, queries, stage, stage_views
from server.meetings.admission import PRESIDING, audience, decide, grants
from server.meetings.models import Kind, Meeting, Seat
from server.wiring import Platform, platform_of

TOKEN_MINUTES = 10


class Whom(BaseModel):
    """A person of the meeting."""

    identity: str = Field(max_length=60)
    kind: str = Field(default="audio", pattern="^(audio|video)$")


class With(BaseModel):
    """A party for a private talk."""

    party: str = Field(max_length=40)


class Ending(BaseModel):
    """Settled or not."""

    settled: bool


class Hand(BaseModel):
    """我没听懂."""

    up: bool


class Line(BaseModel):
    """A line of the minutes."""

    speaker: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1, max_length=2000)


@allow(Action.TAKE_PART, Action.MEDIATE, Action.INQUIRE)
async def state(request: web.Request) -> web.Response:
    """GET /api/meetings/{meeting_id}/state: where I am, who can hear me, and for whoever presides who waits."""
    platform, actor = platform_of(request), actor_of(request)
    async with platform.database.reading() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        seats = await queries.seats(db, meeting.id)
        lines = await queries.minutes(db, meeting.id) if actor.kind == "staff" else []
        mine = _mine(seats, actor)
        body = _seen(request, meeting, seats, mine)
        if body["place"] == "joint":
            body |= {"stage": await stage.described(db, meeting), "facts": await facts.described(db, meeting)}
        pictures = await stage.pictures(db, meeting.case_id) if actor.kind == "staff" else []
    if actor.kind == "staff":
        body["pictures"] = [{"id": each.id, "name": each.name, "at": each.at.isoformat()} for each in pictures]
        body["seats"] = [_row(seat, platform) for seat in seats if seat.role not in PRESIDING]
        body["minutes"] = [{"at": line.at.isoformat(), "speaker": line.speaker, "text": line.text} for line in lines]
    return web.json_response(body)


def _mine(seats: list[Seat], actor: Actor) -> Seat:
    identity = f"{actor.kind}-{actor.id}"
    for seat in seats:
        if seat.identity == identity:
            return seat
    raise NotNow("not_arrived", _("请先进等候室。"))


def _seen(request: web.Request, meeting: Meeting, seats: list[Seat], mine: Seat) -> dict[str, Any]:
    now = queries.situation(meeting)
    standings = [queries.standing(seat) for seat in seats]
    me = queries.standing(mine)
    door = decide(me, now)
    place = "left" if meeting.phase.value == "ended" else "lobby"
    if door.open:
        place = "caucus" if door.room == meeting.caucus_room and meeting.caucus_with else "joint"
    return {
        "phase": meeting.phase,
        "place": place,
        "room": door.room,
        "why": say(language(request), door.why) if door.why else "",
        "audience": list(audience(me, standings, now)),
        "caucus_with": meeting.caucus_with,
        "case": meeting.case_id,
        "names": {one.identity: one.name for one in standings},
    }


def _row(seat: Seat, platform: Platform) -> dict[str, Any]:
    waited = int((platform.now() - seat.arrived_at).total_seconds())
    return {
        "identity": seat.identity,
        "party": seat.person_id,
        "name": seat.name,
        "role": seat.role,
        "place": seat.place,
        "waited": waited,
        "device": seat.device,
        "hand": seat.hand,
    }


@allow(Action.TAKE_PART, Action.MEDIATE, Action.INQUIRE)
async def join(request: web.Request) -> web.Response:
    """POST /api/meetings/{meeting_id}/join: a token for the one room I may be in now."""
    platform, actor = platform_of(request), actor_of(request)
    async with platform.database.reading() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        seat = _mine(await queries.seats(db, meeting.id), actor)
    me = queries.standing(seat)
    door = decide(me, queries.situation(meeting))
    if not door.open:
        raise NotAllowed("door_closed", door.why).about(meeting.case_id)
    await platform.rooms.create_room(door.room)
    token = platform.rooms.token(door.room, seat.identity, seat.name, grants=grants(me), minutes=TOKEN_MINUTES)
    return web.json_response({"token": token, "room": door.room, "url": platform.settings.media.public_url})


@allow(Action.MEDIATE, Action.INQUIRE)
async def admit(request: web.Request) -> web.Response:
    """POST .../admit: 请她进来."""
    platform, body = platform_of(request), await read_body(request, Whom)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        await operations.admit(db, meeting, actor_of(request), body.identity, platform.now())
    return web.json_response({})


@allow(Action.MEDIATE, Action.INQUIRE)
async def remove(request: web.Request) -> web.Response:
    """POST .../remove: out of the meeting and out of the room."""
    platform, body = platform_of(request), await read_body(request, Whom)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        room = await operations.remove(db, meeting, actor_of(request), body.identity, platform.now())
    await platform.rooms.remove(room, body.identity)
    return web.json_response({})


@allow(Action.MEDIATE, Action.INQUIRE)
async def mute(request: web.Request) -> web.Response:
    """POST .../mute: somebody's microphone or picture; they can turn it on again themselves."""
    platform, body = platform_of(request), await read_body(request, Whom)
    async with platform.database.reading() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        seat = await operations.seat_of(db, meeting, body.identity)
    door = decide(queries.standing(seat), queries.situation(meeting))
    if door.open:
        await platform.rooms.mute(door.room, body.identity, kind=body.kind)
    return web.json_response({})


@allow(Action.MEDIATE)
async def caucus(request: web.Request) -> web.Response:
    """POST .../caucus: 单独谈. The party is put out of the joint room; the token for the caucus is fetched anew."""
    platform, body = platform_of(request), await read_body(request, With)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        await operations.open_caucus(db, meeting, actor_of(request), body.party, platform.now())
        joint, new = meeting.joint_room, meeting.caucus_room
    await platform.rooms.create_room(new)
    for identity in (f"party-{body.party}", f"staff-{actor_of(request).id}"):
        await platform.rooms.remove(joint, identity)
    return web.json_response({})


@allow(Action.MEDIATE)
async def gather(request: web.Request) -> web.Response:
    """POST .../gather: 都回来，一起谈."""
    platform = platform_of(request)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        room = await operations.gather(db, meeting, actor_of(request), platform.now())
    await platform.rooms.delete_room(room)
    return web.json_response({})


@allow(Action.MEDIATE, Action.INQUIRE)
async def end(request: web.Request) -> web.Response:
    """POST .../end: 谈成了 or 休会; an inquiry just ends."""
    platform, body = platform_of(request), await read_body(request, Ending)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        rooms = await operations.end(db, meeting, actor_of(request), settled=body.settled, now=platform.now())
    for room in rooms:
        await platform.rooms.delete_room(room)
    return web.json_response({"next": _next(meeting, settled=body.settled)})


def _next(meeting: Meeting, *, settled: bool) -> str:
    if meeting.kind is Kind.INQUIRY:
        return f"/court/cases/{meeting.case_id}"
    return f"/cases/{meeting.case_id}/agreement/draft" if settled else f"/cases/{meeting.case_id}"


@allow(Action.MEDIATE, Action.INQUIRE)
async def write_minute(request: web.Request) -> web.Response:
    """POST .../minutes: a line of the minutes."""
    platform, body = platform_of(request), await read_body(request, Line)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        await operations.write_minute(db, meeting, body.speaker, body.text, platform.now())
    return web.json_response({}, status=201)


@allow(Action.TAKE_PART)
async def hand(request: web.Request) -> web.Response:
    """POST .../hand: 我没听懂, a quiet sign to whoever presides only."""
    platform, body, actor = platform_of(request), await read_body(request, Hand), actor_of(request)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        await operations.raise_hand(db, meeting, f"party-{actor.id}", up=body.up)
    return web.json_response({})


def routes() -> list[web.RouteDef]:
    """Addresses of the room."""
    base = "/api/meetings/{meeting_id}"
    posts = (
        ("join", join),
        ("admit", admit),
        ("remove", remove),
        ("mute", mute),
        ("caucus", caucus),
        ("gather", gather),
        ("end", end),
        ("minutes", write_minute),
        ("hand", hand),
    )
    said = [web.post(f"{base}/{name}", handler) for name, handler in posts]
    return [web.get(f"{base}/state", state), *said, *stage_views.routes()]
