"""Photographs and papers of a case: handed in by a party or by staff, opened again with a trace."""

import asyncio

from aiohttp import web

from server.accounts.auth import actor_of, allow
from server.accounts.permissions import Action
from server.cases import intake, photos, queries
from server.cases.intake import Picture
from server.cases.models import Attachment, Case
from server.errors import Invalid, NotAllowed, NotFound, _
from server.http.body import read_files
from server.http.limits import limit
from server.wiring import platform_of


def takes_material(case: Case) -> bool:
    """Say whether something may still be handed in."""
    return case.state in intake.TAKING


@allow(Action.TAKE_PART, Action.MEDIATE, Action.HANDLE_INTAKE)
async def hand_in(request: web.Request) -> web.StreamResponse:
    """POST /cases/{case_id}/attachments: 交照片, one or several; each is known by its fingerprint from now on."""
    limit(request, "material", per_minute=20)
    platform, actor = platform_of(request), actor_of(request)
    async with platform.database.reading() as db:
        intake.check_takes_material(await queries.get_case(db, request.match_info["case_id"]))
    files = await read_files(request, "photos", most_bytes=photos.MOST_BYTES)
    if not files:
        raise Invalid("no_photos", _("还没选照片。"))
    if len(files) > photos.MOST_PHOTOS:
        raise Invalid("too_many_photos", _("照片最多 6 张。"))
    kinds = [photos.media_type(content) for _name, content in files]  # all are looked at before any is kept
    pictures = [
        Picture(name[:120], kind, len(content), await asyncio.to_thread(platform.blobs.put, content))
        for (name, content), kind in zip(files, kinds, strict=True)
    ]
    async with platform.database.writing() as db:
        case = await queries.get_case(db, request.match_info["case_id"])
        await intake.hand_in(db, case, actor, pictures, platform.now())
    raise web.HTTPSeeOther(f"/my/{case.id}" if actor.kind == "party" else f"/cases/{case.id}")


@allow(Action.SEE_CASE, Action.TAKE_PART, record="attachment.open")
async def attachment(request: web.Request) -> web.Response:
    """GET /cases/{case_id}/attachments/{attachment_id}: the bytes, decrypted; the reading is recorded.

    A party opens what that party handed in; the other side's is seen when the mediator shows it in the room.
    """
    platform, actor = platform_of(request), actor_of(request)
    async with platform.database.reading() as db:
        found = await db.get(Attachment, request.match_info["attachment_id"])
    if found is None or found.case_id != request.match_info["case_id"]:
        raise NotFound("file_unknown", _("找不到这个文件。"))
    if actor.kind == "party" and found.party_id != actor.id:
        raise NotAllowed("not_your_file", _("这个文件不是您交的。调解时由调解员给大家看。")).about(found.case_id)
    content = await asyncio.to_thread(platform.blobs.get, found.sha256)
    return web.Response(body=content, content_type=found.media_type)


def routes() -> list[web.RouteDef]:
    """Addresses of a case's material."""
    return [
        web.post("/cases/{case_id}/attachments", hand_in),
        web.get("/cases/{case_id}/attachments/{attachment_id}", attachment),
    ]
