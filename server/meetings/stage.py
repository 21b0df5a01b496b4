"""出示: what lies on the stage of the joint room, and who points where. Only of the joint room, never of a caucus."""

import datetime as dt
import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.permissions import Actor
from server.audit import log as audit
from server.cases import queries as cases
from server.cases.models import Attachment
from server.db.engine import announce
from server.errors import NotAllowed, NotFound, NotNow, _
from server.meetings import queries
from server.meetings.admission import decide
from server.meetings.models import Kind, Meeting, MinuteLine, Phase, Seat

POINT_TOPIC = "point"


async def pictures(db: AsyncSession, case_id: str) -> list[Attachment]:
    """Return what can be shown, in the order it was handed in."""
    return [each for each in await cases.attachments(db, case_id) if each.media_type.startswith("image/")]


async def show(db: AsyncSession, meeting: Meeting, actor: Actor, attachment_id: str, now: dt.datetime) -> None:
    """给大家看: everybody in the joint room sees it from now on; the minutes say so."""
    check_together(meeting, NotNow("caucus_no_stage", _("单独谈的时候不出示。都回来了再给大家看。")))
    found = {each.id: each for each in await pictures(db, meeting.case_id)}.get(attachment_id)
    if found is None:
        raise NotFound("file_unknown", _("找不到这个文件。"))
    if meeting.shown_id == found.id:
        return
    meeting.shown_id, meeting.shown_at = found.id, now
    db.add(MinuteLine(meeting_id=meeting.id, speaker=actor.name, text=f"出示：{found.name}", at=now))
    detail = {"meeting": meeting.id, "sha256": found.sha256}
    await audit.append(db, actor, "evidence.show", meeting.case_id, detail, now=now)
    announce(db, f"meeting:{meeting.id}")


async def put_away(db: AsyncSession, meeting: Meeting) -> None:
    """收起."""
    meeting.shown_id, meeting.shown_at = None, None
    announce(db, f"meeting:{meeting.id}")


async def described(db: AsyncSession, meeting: Meeting) -> dict[str, Any] | None:
    """Return what lies on the stage, for the people of the joint room."""
    if meeting.shown_id is None or meeting.shown_at is None:
        return None
    every = await pictures(db, meeting.case_id)
    number, found = next((place, each) for place, each in enumerate(every, 1) if each.id == meeting.shown_id)
    names = {party.id: party.name for party in (await cases.get_case(db, meeting.case_id)).parties}
    return {
        "id": found.id,
        "name": found.name,
        "number": number,
        "of": len(every),
        "sha256": found.sha256,
        "by": names.get(found.party_id or "", ""),
        "handed_in": found.at.isoformat(),
        "since": meeting.shown_at.isoformat(),
    }


async def on_stage(db: AsyncSession, meeting: Meeting, actor: Actor) -> Attachment:
    """Return what this person sees on the stage now.

    Raises NotAllowed outside the joint room, NotFound when nothing lies there.
    """
    check_inside(meeting, await queries.seat_of_actor(db, meeting.id, actor))
    found = await db.get(Attachment, meeting.shown_id) if meeting.shown_id else None
    if found is None:
        raise NotFound("nothing_shown", _("现在没有在出示什么。"))
    return found


def check_together(meeting: Meeting, in_caucus: NotNow) -> None:
    """Refuse what only an open mediation knows in which everybody is together."""
    if meeting.kind is not Kind.MEDIATION or meeting.phase is not Phase.OPEN:
        raise NotNow("meeting_not_open", _("还没开始谈。")).about(meeting.case_id)
    if meeting.caucus_with is not None:
        raise in_caucus.about(meeting.case_id)


def check_inside(meeting: Meeting, seat: Seat | None) -> None:
    """Let only those through who are in the joint room at this moment."""
    inside = seat is not None and decide(queries.standing(seat), queries.situation(meeting)).room == meeting.joint_room
    if not inside:
        raise NotAllowed("not_in_room", _("您现在不在调解室里。")).about(meeting.case_id)


def point(meeting: Meeting, actor: Actor, x: float, y: float) -> bytes:
    """Return the message that tells the room who points where (0..1 from the left and from the top)."""
    said = {"identity": f"{actor.kind}-{actor.id}", "name": actor.name, "exhibit": meeting.shown_id, "x": x, "y": y}
    return json.dumps(said, ensure_ascii=False).encode()
