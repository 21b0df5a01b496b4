"""Make a date: the mediator's meeting (约时间), the court's inquiry (约双方视频询问); each party gets a fresh link."""

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import invitations
from server.accounts.permissions import Actor
from server.audit import log as audit
from server.cases import operations as case_operations
from server.cases.lifecycle import Trigger
from server.cases.models import Case
from server.db.base import new_id
from server.db.engine import announce
from server.errors import Invalid, NotNow, _
from server.http.pages import beijing
from server.meetings import queries
from server.meetings.models import Kind, Meeting, Phase
from server.messages.operations import queue

LONGEST_MINUTES = 240


async def schedule(  # noqa: PLR0913
    db: AsyncSession, case: Case, actor: Actor, starts_at: dt.datetime, minutes: int, base_url: str, now: dt.datetime
) -> Meeting:
    """约时间: plan a mediation; an earlier plan is replaced."""
    _check(starts_at, minutes, now)
    await case_operations.advance(
        db, case, Trigger.SCHEDULE, actor, now=now, detail={"starts_at": starts_at.isoformat(), "minutes": minutes}
    )
    meeting = await _plan(db, case, Kind.MEDIATION, starts_at, minutes, now)
    words = f"【云调】{actor.name}调解员请您{beijing(starts_at)}视频谈“{case.title}”"
    await _summon(db, case, words, base_url, now)
    return meeting


async def call_inquiry(  # noqa: PLR0913
    db: AsyncSession, case: Case, actor: Actor, starts_at: dt.datetime, minutes: int, base_url: str, now: dt.datetime
) -> Meeting:
    """约双方视频询问: both are called together (INT 356); one that has begun is ended before another is called."""
    _check(starts_at, minutes, now)
    earlier = await queries.current_meeting(db, case.id, Kind.INQUIRY)
    if earlier is not None and earlier.phase is Phase.OPEN:
        raise NotNow("inquiry_open", _("询问正在进行。先结束这一次，再约下一次。")).about(case.id)
    meeting = await _plan(db, case, Kind.INQUIRY, starts_at, minutes, now)
    known = {"meeting": meeting.id, "starts_at": starts_at.isoformat(), "minutes": minutes}
    await audit.append(db, actor, "inquiry.plan", case.id, known, now=now)
    words = f"【云调】{actor.name}法官请您{beijing(starts_at)}视频问几句“{case.title}”的协议，双方一起"
    await _summon(db, case, words, base_url, now)
    announce(db, f"case:{case.id}")
    return meeting


def _check(starts_at: dt.datetime, minutes: int, now: dt.datetime) -> None:
    if starts_at < now - dt.timedelta(minutes=5):
        raise Invalid("time_past", _("这个时间已经过去了。"), fields={"starts_at": _("这个时间已经过去了。")})
    if not 10 <= minutes <= LONGEST_MINUTES:
        raise Invalid("minutes", _("时长请在 10 到 240 分钟之间。"), fields={"minutes": _("10 到 240 分钟")})


async def _plan(
    db: AsyncSession, case: Case, kind: Kind, starts_at: dt.datetime, minutes: int, now: dt.datetime
) -> Meeting:
    earlier = await queries.current_meeting(db, case.id, kind)
    if earlier is not None:
        earlier.phase, earlier.ended_at = Phase.ENDED, now
        announce(db, f"meeting:{earlier.id}")
    meeting = Meeting(
        id=new_id(), case_id=case.id, kind=kind, starts_at=starts_at, minutes=minutes, phase=Phase.PLANNED
    )
    db.add(meeting)
    await db.flush()
    return meeting


async def _summon(db: AsyncSession, case: Case, words: str, base_url: str, now: dt.datetime) -> None:
    for party in case.parties:
        token = await invitations.invite(
            db, case_id=case.id, party_id=party.id, name=party.name, phone=party.phone, now=now
        )
        text = f"{words}，点 {base_url}/i/{token}"
        await queue(db, phone=party.phone, text=text, purpose="invitation", case_id=case.id, now=now)
