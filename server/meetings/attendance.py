"""Attendance as the media server reports it: who was in which room from when to when.

A media server that dies reports nobody's leaving. What is still open then is closed by the first sign that the person
cannot be there any more: the room begins anew, or the person joins again. That moment is the latest possible one and
the audit log says by what it was known; the server's own word on it, should it come late, replaces it.
"""

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.permissions import SYSTEM
from server.audit import log as audit
from server.db.engine import announce
from server.meetings.models import Attendance, Meeting, RoomEvent

JOINED = "participant_joined"
LEFT = ("participant_left", "participant_connection_aborted")
EMPTY = ("room_started", "room_finished")  # nobody is in a room that has just begun, or is over


async def on_room_event(db: AsyncSession, event: dict[str, Any], now: dt.datetime) -> None:
    """Take one webhook of the media server; the same id twice is one act."""
    if await db.get(RoomEvent, event["id"]) is not None:
        return
    db.add(RoomEvent(id=event["id"], at=now))
    kind, _dash, rest = str(event["room"]).partition("-")
    meeting = await db.get(Meeting, rest.partition("-")[0]) if kind in ("meeting", "caucus") else None
    if meeting is None:
        return
    at = dt.datetime.fromtimestamp(int(event["at"]), dt.UTC) if event.get("at") else now
    if event["event"] in EMPTY:
        gone = [row for row in await _open(db, meeting) if row.room == event["room"]]
        await _cut(db, meeting, gone, at, by=event["event"], now=now)
    elif event["event"] == JOINED:
        await _joined(db, meeting, event, at, now)
    elif event["event"] in LEFT:
        known = await _row(db, event["sid"])
        if known is not None:
            known.left_at = max(at, known.joined_at)
    announce(db, f"meeting:{meeting.id}")


async def everybody_left(db: AsyncSession, meeting: Meeting, at: dt.datetime) -> None:
    """The meeting is over: nobody is in its rooms."""
    for row in await _open(db, meeting):
        row.left_at = max(at, row.joined_at)


async def _joined(db: AsyncSession, meeting: Meeting, event: dict[str, Any], at: dt.datetime, now: dt.datetime) -> None:
    if await _row(db, event["sid"]) is not None:
        return
    # One person has one place: whoever comes in anew is no longer where they were.
    gone = [row for row in await _open(db, meeting) if row.identity == event["identity"]]
    await _cut(db, meeting, gone, at, by=JOINED, now=now)
    db.add(
        Attendance(
            meeting_id=meeting.id, room=event["room"], identity=event["identity"], sid=event["sid"], joined_at=at
        )
    )
    kind = event["room"].partition("-")[0]
    detail = {"meeting": meeting.id, "identity": event["identity"], "room": kind}
    await audit.append(db, SYSTEM, "attendance.join", meeting.case_id, detail, now=now)


async def _cut(
    db: AsyncSession, meeting: Meeting, rows: list[Attendance], at: dt.datetime, *, by: str, now: dt.datetime
) -> None:
    for row in rows:
        row.left_at = max(at, row.joined_at)
        detail = {"meeting": meeting.id, "identity": row.identity, "by": by}
        await audit.append(db, SYSTEM, "attendance.cut", meeting.case_id, detail, now=now)


async def _row(db: AsyncSession, sid: str) -> Attendance | None:
    found: Attendance | None = await db.scalar(select(Attendance).where(Attendance.sid == sid))
    return found


async def _open(db: AsyncSession, meeting: Meeting) -> list[Attendance]:
    found = select(Attendance).where(Attendance.meeting_id == meeting.id, Attendance.left_at.is_(None))
    return list(await db.scalars(found.order_by(Attendance.joined_at)))
