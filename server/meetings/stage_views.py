"""The room's stage and its undisputed facts, for the browser: show, put away, point, put, amend, withdraw, answer."""

import asyncio

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts.auth import actor_of, allow
from server.accounts.permissions import Action
from server.errors import NotFound, _
from server.http.body import read_body
from server.http.limits import limit
from server.meetings import facts, queries, stage
from server.wiring import platform_of

POINTS_PER_MINUTE = 120


class Exhibit(BaseModel):
    """What to show."""

    attachment: str = Field(max_length=40)


class Point(BaseModel):
    """A place on the picture, from the left and from the top."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)


class Words(BaseModel):
    """A fact's words."""

    text: str = Field(min_length=1, max_length=300)


class Answer(Words):
    """Yes or no to the words that were read."""

    agrees: bool


@allow(Action.MEDIATE)
async def show(request: web.Request) -> web.Response:
    """POST /api/meetings/{meeting_id}/show: 给大家看."""
    platform, body = platform_of(request), await read_body(request, Exhibit)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        await stage.show(db, meeting, actor_of(request), body.attachment, platform.now())
    return web.json_response({})


@allow(Action.MEDIATE)
async def put_away(request: web.Request) -> web.Response:
    """POST .../put-away: 收起."""
    async with platform_of(request).database.writing() as db:
        await stage.put_away(db, await queries.get_meeting(db, request.match_info["meeting_id"]))
    return web.json_response({})


@allow(Action.TAKE_PART, Action.MEDIATE, record="attachment.open")
async def shown(request: web.Request) -> web.Response:
    """GET .../stage/{exhibit}: the picture that is shown, for those in the room, as long as it is shown."""
    platform = platform_of(request)
    async with platform.database.reading() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        found = await stage.on_stage(db, meeting, actor_of(request))
    if found.id != request.match_info["exhibit"]:
        raise NotFound("other_shown", _("现在出示的是另一张。"))
    return web.Response(body=await asyncio.to_thread(platform.blobs.get, found.sha256), content_type=found.media_type)


@allow(Action.TAKE_PART, Action.MEDIATE)
async def point(request: web.Request) -> web.Response:
    """POST .../point: everybody in the room sees where I point; nothing of it is kept."""
    platform, actor, body = platform_of(request), actor_of(request), await read_body(request, Point)
    limit(request, "point", per_minute=POINTS_PER_MINUTE, caller=f"{actor.kind}-{actor.id}")
    async with platform.database.reading() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        await stage.on_stage(db, meeting, actor)
    said = stage.point(meeting, actor, body.x, body.y)
    await platform.rooms.send(meeting.joint_room, stage.POINT_TOPIC, said)
    return web.json_response({})


@allow(Action.MEDIATE)
async def put_fact(request: web.Request) -> web.Response:
    """POST .../facts: ask both sides whether it is so."""
    platform, body = platform_of(request), await read_body(request, Words)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        await facts.put(db, meeting, body.text, platform.now())
    return web.json_response({}, status=201)


@allow(Action.MEDIATE)
async def amend_fact(request: web.Request) -> web.Response:
    """POST .../facts/{fact}: other words; everybody is asked anew."""
    platform, body = platform_of(request), await read_body(request, Words)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        await facts.amend(db, meeting, request.match_info["fact"], body.text, platform.now())
    return web.json_response({})


@allow(Action.MEDIATE)
async def withdraw_fact(request: web.Request) -> web.Response:
    """POST .../facts/{fact}/withdraw: 收回."""
    async with platform_of(request).database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        await facts.withdraw(db, meeting, request.match_info["fact"])
    return web.json_response({})


@allow(Action.TAKE_PART)
async def answer_fact(request: web.Request) -> web.Response:
    """POST .../facts/{fact}/answer: 是这样, or 不对."""
    platform, body = platform_of(request), await read_body(request, Answer)
    async with platform.database.writing() as db:
        meeting = await queries.get_meeting(db, request.match_info["meeting_id"])
        read = request.match_info["fact"], body.text
        await facts.answer(db, meeting, actor_of(request), read, agrees=body.agrees, now=platform.now())
    return web.json_response({})


def routes() -> list[web.RouteDef]:
    """Addresses of the stage and of the facts."""
    base = "/api/meetings/{meeting_id}"
    return [
        web.post(f"{base}/show", show),
        web.post(f"{base}/put-away", put_away),
        web.get(f"{base}/stage/{{exhibit}}", shown),
        web.post(f"{base}/point", point),
        web.post(f"{base}/facts", put_fact),
        web.post(f"{base}/facts/{{fact}}", amend_fact),
        web.post(f"{base}/facts/{{fact}}/withdraw", withdraw_fact),
        web.post(f"{base}/facts/{{fact}}/answer", answer_fact),
    ]
