"""What happens in a meeting: arrive, admit, remove, caucus, gather, end.

The database decides first, then the media server is told: a token that was refused here is never given, and somebody
who was moved is put out of the old room whatever the page does.
"""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.permissions import Actor, Role
from server.audit import log as audit
from server.cases import operations as case_operations
from server.cases import queries as cases
from server.cases.lifecycle import State, Trigger
from server.db.engine import announce
from server.errors import Invalid, NotFound, NotNow, _
from server.meetings import attendance
from server.meetings.admission import PRESIDING
from server.meetings.models import Kind, Meeting, MinuteLine, Phase, Place, Seat


async def arrive(db: AsyncSession, meeting: Meeting, actor: Actor, device: str, now: dt.datetime) -> Seat:
    """进等候室: note that somebody is there; whoever was admitted already keeps the place."""
    if meeting.phase is Phase.ENDED:
        raise NotNow("meeting_ended", _("这次调解结束了。")).about(meeting.case_id)
    case = await cases.get_case(db, meeting.case_id)
    identity = f"{actor.kind}-{actor.id}"
    seat = await _seat(db, meeting, identity)
    if seat is None:
        role = _role(meeting, actor) if actor.kind == "staff" else cases.party_of(case, actor.id).side.value
        place = Place.JOINT if role in PRESIDING else Place.LOBBY
        seat = Seat(
            meeting_id=meeting.id,
            identity=identity,
            person_id=actor.id,
            name=actor.name,
            role=role,
            place=place,
            arrived_at=now,
        )
        db.add(seat)
        await audit.append(db, actor, "meeting.arrive", case.id, {"meeting": meeting.id}, now=now)
    seat.device = device[:60]
    await db.flush()
    announce(db, f"meeting:{meeting.id}")
    return seat


def _role(meeting: Meeting, actor: Actor) -> str:
    if meeting.kind is Kind.MEDIATION:
        return "mediator"
    return "judge" if Role.JUDGE in actor.roles else "clerk"


async def _seat(db: AsyncSession, meeting: Meeting, identity: str) -> Seat | None:
    found: Seat | None = await db.scalar(select(Seat).where(Seat.meeting_id == meeting.id, Seat.identity == identity))
    return found


async def seat_of(db: AsyncSession, meeting: Meeting, identity: str) -> Seat:
    """Return a seat; raises NotFound."""
    seat = await _seat(db, meeting, identity)
    if seat is None:
        raise NotFound("seat_unknown", _("这个人还没有到。"))
    return seat


async def open_meeting(db: AsyncSession, meeting: Meeting, actor: Actor, now: dt.datetime) -> None:
    """开房间: the case is being mediated from now on; opening twice is one act."""
    if meeting.phase is not Phase.PLANNED:
        return
    case = await cases.get_case(db, meeting.case_id)
    if case.state is State.SCHEDULED:
        await case_operations.advance(db, case, Trigger.OPEN, actor, now=now, detail={"meeting": meeting.id})
    meeting.phase, meeting.opened_at = Phase.OPEN, now
    announce(db, f"meeting:{meeting.id}")


async def admit(db: AsyncSession, meeting: Meeting, actor: Actor, identity: str, now: dt.datetime) -> None:
    """请他进来: one by one; the first admission opens the meeting."""
    await open_meeting(db, meeting, actor, now)
    if meeting.phase is not Phase.OPEN:
        raise NotNow("meeting_ended", _("这次调解结束了。")).about(meeting.case_id)
    seat = await seat_of(db, meeting, identity)
    seat.place = Place.JOINT
    await audit.append(
        db, actor, "meeting.admit", meeting.case_id, {"meeting": meeting.id, "identity": identity}, now=now
    )
    announce(db, f"meeting:{meeting.id}")


async def remove(db: AsyncSession, meeting: Meeting, actor: Actor, identity: str, now: dt.datetime) -> str:
    """请他离开; return the room to put them out of."""
    seat = await seat_of(db, meeting, identity)
    room = meeting.caucus_room if meeting.caucus_with == seat.person_id else meeting.joint_room
    if meeting.caucus_with == seat.person_id:
        meeting.caucus_with = None
    seat.place = Place.REMOVED
    await audit.append(
        db, actor, "meeting.remove", meeting.case_id, {"meeting": meeting.id, "identity": identity}, now=now
    )
    announce(db, f"meeting:{meeting.id}")
    return room


async def open_caucus(db: AsyncSession, meeting: Meeting, actor: Actor, party_id: str, now: dt.datetime) -> None:
    """单独谈: a new room; only its time is recorded, never its content (CMR 5, INV 28)."""
    if meeting.phase is not Phase.OPEN:
        raise NotNow("meeting_not_open", _("还没开始谈。")).about(meeting.case_id)
    seat = await seat_of(db, meeting, f"party-{party_id}")
    if seat.place is not Place.JOINT:
        raise NotNow("not_admitted", _("请先请他进来，再单独谈。")).about(meeting.case_id)
    meeting.caucus_with = party_id
    meeting.caucus_number += 1
    meeting.shown_id, meeting.shown_at = None, None  # nothing of the joint room's stage lies about in a caucus
    await audit.append(db, actor, "caucus.begin", meeting.case_id, {"meeting": meeting.id, "with": party_id}, now=now)
    announce(db, f"meeting:{meeting.id}")


async def gather(db: AsyncSession, meeting: Meeting, actor: Actor, now: dt.datetime) -> str:
    """都回来一起谈; return the caucus room that ends."""
    if meeting.caucus_with is None:
        raise NotNow("no_caucus", _("现在没有在单独谈。")).about(meeting.case_id)
    room = meeting.caucus_room
    meeting.caucus_with = None
    await audit.append(db, actor, "caucus.end", meeting.case_id, {"meeting": meeting.id}, now=now)
    announce(db, f"meeting:{meeting.id}")
    return room


async def end(db: AsyncSession, meeting: Meeting, actor: Actor, *, settled: bool, now: dt.datetime) -> list[str]:
    """结束: settled goes on to drafting, otherwise back to making a date; return the rooms to close.

    The end of an inquiry moves nothing: what follows from it is the judge's to say.
    """
    if meeting.kind is Kind.MEDIATION:
        case = await cases.get_case(db, meeting.case_id)
        trigger = Trigger.SETTLE if settled else Trigger.ADJOURN
        await case_operations.advance(db, case, trigger, actor, now=now, detail={"meeting": meeting.id})
    else:
        await audit.append(db, actor, "inquiry.end", meeting.case_id, {"meeting": meeting.id}, now=now)
    rooms = [meeting.joint_room, meeting.caucus_room]
    meeting.phase, meeting.ended_at, meeting.caucus_with = Phase.ENDED, now, None
    meeting.shown_id, meeting.shown_at = None, None
    await attendance.everybody_left(db, meeting, now)
    announce(db, f"meeting:{meeting.id}")
    announce(db, f"case:{meeting.case_id}")
    return rooms


async def write_minute(db: AsyncSession, meeting: Meeting, speaker: str, text: str, now: dt.datetime) -> None:
    """记下: a line of the minutes; there are none of a caucus."""
    if meeting.caucus_with is not None:
        raise NotNow("caucus_unrecorded", _("单独谈的话不记进笔录。")).about(meeting.case_id)
    if not text.strip():
        raise Invalid("empty", _("还没写字。"))
    db.add(MinuteLine(meeting_id=meeting.id, speaker=speaker, text=text.strip(), at=now))
    announce(db, f"meeting:{meeting.id}")


async def raise_hand(db: AsyncSession, meeting: Meeting, identity: str, *, up: bool) -> None:
    """我没听懂: a quiet sign, taken down by the person again."""
    (await seat_of(db, meeting, identity)).hand = up
    announce(db, f"meeting:{meeting.id}")
