"""双方都认的事实: put to both sides in the joint room; each says yes or no for themselves, the minutes keep it.

Undisputed facts (无争议事实) need no proof in a later trial once both sides have confirmed them in writing
(法发〔2016〕14号, 23). Here they are gathered; the text that both will sign begins with them.
"""

import datetime as dt
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.permissions import Actor
from server.audit import log as audit
from server.cases import queries as cases
from server.db.engine import announce
from server.errors import Invalid, NotFound, NotNow, _
from server.meetings import queries
from server.meetings.models import FactAnswer, Meeting, MinuteLine, StatedFact
from server.meetings.stage import check_inside, check_together

MOST_FACTS = 40
BOTH = "双方"


def _check_together(meeting: Meeting) -> None:
    check_together(meeting, NotNow("caucus_unrecorded", _("单独谈的话不记进笔录。")))


def _worded(text: str) -> str:
    worded = " ".join(text.split())
    if not worded:
        raise Invalid("empty", _("还没写字。"))
    return worded


async def _fact(db: AsyncSession, meeting: Meeting, fact_id: str) -> StatedFact:
    found = await db.get(StatedFact, fact_id)
    if found is None or found.meeting_id != meeting.id:
        raise NotFound("fact_unknown", _("这一条已经收回了。"))
    return found


async def put(db: AsyncSession, meeting: Meeting, text: str, now: dt.datetime) -> None:
    """Put a fact to both sides."""
    _check_together(meeting)
    worded = _worded(text)
    known = await db.scalar(select(func.count()).where(StatedFact.meeting_id == meeting.id))
    if (known or 0) >= MOST_FACTS:
        raise NotNow("too_many_facts", _("事实已经很多了，请先合并几条。")).about(meeting.case_id)
    db.add(StatedFact(meeting_id=meeting.id, text=worded, at=now))
    announce(db, f"meeting:{meeting.id}")


async def amend(db: AsyncSession, meeting: Meeting, fact_id: str, text: str, now: dt.datetime) -> None:
    """改一改: with other words everybody is asked anew."""
    _check_together(meeting)
    fact, worded = await _fact(db, meeting, fact_id), _worded(text)
    if worded == fact.text:
        return
    fact.text, fact.at = worded, now
    await db.execute(delete(FactAnswer).where(FactAnswer.fact_id == fact.id))
    announce(db, f"meeting:{meeting.id}")


async def withdraw(db: AsyncSession, meeting: Meeting, fact_id: str) -> None:
    """收回: nobody is asked any more."""
    _check_together(meeting)
    fact = await _fact(db, meeting, fact_id)
    await db.execute(delete(FactAnswer).where(FactAnswer.fact_id == fact.id))
    await db.delete(fact)
    announce(db, f"meeting:{meeting.id}")


async def answer(
    db: AsyncSession, meeting: Meeting, actor: Actor, of: tuple[str, str], *, agrees: bool, now: dt.datetime
) -> None:
    """是这样 or 不对, for oneself; `of` is the fact and the words that were read. Another answer later is possible.

    Raises NotNow when the words have changed since: nobody agrees to what they did not read.
    """
    _check_together(meeting)
    check_inside(meeting, await queries.seat_of_actor(db, meeting.id, actor))
    fact = await _fact(db, meeting, of[0])
    if fact.text != of[1]:
        raise NotNow("fact_changed", _("这一条刚才改过字，请再看一遍。")).about(meeting.case_id)
    given, parties = await _answers(db, [fact.id]), await _parties(db, meeting.case_id)
    before = _undisputed(parties, given)
    mine = next((each for each in given if each.party_id == actor.id), None)
    if mine is None:
        mine = FactAnswer(fact_id=fact.id, party_id=actor.id, agrees=agrees, at=now)
        db.add(mine)
        given.append(mine)
    mine.agrees, mine.at = agrees, now
    await db.flush()
    after = _undisputed(parties, given)
    if after != before:
        line = (BOTH, f"都认：{fact.text}") if after else (actor.name, f"改口，不认：{fact.text}")
        db.add(MinuteLine(meeting_id=meeting.id, speaker=line[0], text=line[1], at=now))
    detail = {"meeting": meeting.id, "fact": fact.id, "agrees": agrees}
    await audit.append(db, actor, "fact.answer", meeting.case_id, detail, now=now)
    announce(db, f"meeting:{meeting.id}")


async def _answers(db: AsyncSession, fact_ids: list[str]) -> list[FactAnswer]:
    return list(await db.scalars(select(FactAnswer).where(FactAnswer.fact_id.in_(fact_ids))))


async def _parties(db: AsyncSession, case_id: str) -> list[str]:
    return [party.id for party in (await cases.get_case(db, case_id)).parties]


def _undisputed(parties: list[str], given: list[FactAnswer]) -> bool:
    return {each.party_id for each in given if each.agrees} >= set(parties)


async def described(db: AsyncSession, meeting: Meeting) -> list[dict[str, Any]]:
    """Return each fact with what each party says to it; the order is that in which they were put."""
    stated = list(await db.scalars(select(StatedFact).where(StatedFact.meeting_id == meeting.id)))
    given = await _answers(db, [fact.id for fact in stated])
    return [
        {"id": fact.id, "text": fact.text, "answers": {a.party_id: a.agrees for a in given if a.fact_id == fact.id}}
        for fact in sorted(stated, key=lambda fact: (fact.at, fact.id))
    ]


async def undisputed(db: AsyncSession, case_id: str) -> list[str]:
    """Return what all parties of a case agreed is so, in all its mediations."""
    parties = await _parties(db, case_id)
    asked = select(StatedFact).join(Meeting).where(Meeting.case_id == case_id).order_by(StatedFact.at)
    stated = list(await db.scalars(asked))
    given = await _answers(db, [fact.id for fact in stated])
    return [fact.text for fact in stated if _undisputed(parties, [a for a in given if a.fact_id == fact.id])]
