"""The court's inquiry (询问): called by judge or clerk, held by video, both parties together (INT 356)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.permissions import Actor
from server.cases import queries as cases
from server.cases.models import Case
from server.court.lifecycle import State
from server.court.models import Confirmation
from server.errors import NotNow, _
from server.http.pages import beijing_clock
from server.meetings import planning
from server.meetings import queries as meetings
from server.meetings.models import Attendance, Meeting, MinuteLine, Phase

OPEN_STATES = (State.ACCEPTED, State.REVIEW)


@dataclass(frozen=True)
class Inquiry:
    """The latest inquiry of an application, and whether both parties were there at one time."""

    meeting: Meeting
    lines: tuple[MinuteLine, ...]
    present: tuple[str, ...]  # names of the parties whom the media server saw
    together: bool

    @property
    def over(self) -> bool:
        """Was it held to its end?"""
        return self.meeting.phase is Phase.ENDED and self.meeting.opened_at is not None

    @property
    def record(self) -> str:
        """The minutes as one text (询问笔录), to be read through and kept by the judge."""
        return "\n".join(f"{beijing_clock(line.at)} {line.speaker}：{line.text}" for line in self.lines)


async def call(
    db: AsyncSession,
    confirmation: Confirmation,
    actor: Actor,
    when: tuple[dt.datetime, int],
    base_url: str,
    now: dt.datetime,
) -> Meeting:
    """约双方视频询问: once docketed and before the ruling; `when` is the beginning and the minutes."""
    if confirmation.state not in OPEN_STATES:
        text = _("现在不能约询问：还没有立案，或者已经有裁定了。")
        raise NotNow("no_inquiry_now", text).about(confirmation.case_id)
    case = await cases.get_case(db, confirmation.case_id)
    return await planning.call_inquiry(db, case, actor, when[0], when[1], base_url, now)


async def latest(db: AsyncSession, case: Case, now: dt.datetime) -> Inquiry | None:
    """Return the application's newest inquiry that was not replaced by another date."""
    found = [one for one in await meetings.inquiries(db, case.id) if one.phase is not Phase.ENDED or one.opened_at]
    if not found:
        return None
    meeting = max(found, key=lambda one: (one.phase is not Phase.ENDED, one.opened_at or one.starts_at))
    rows = [row for row in await meetings.attendance(db, meeting.id) if row.room == meeting.joint_room]
    seen = {row.identity for row in rows}
    names = tuple(party.name for party in case.parties if f"party-{party.id}" in seen)
    wanted = [f"party-{party.id}" for party in case.parties]
    lines = tuple(await meetings.minutes(db, meeting.id))
    return Inquiry(meeting, lines, names, together(rows, wanted, now))


def together(rows: Sequence[Attendance], identities: Iterable[str], now: dt.datetime) -> bool:
    """Tell whether there was a moment at which every one of them was in the room."""
    wanted = set(identities)
    spans = [(row.joined_at, row.left_at or now, row.identity) for row in rows if row.identity in wanted]
    return any(
        wanted == {identity for begin, end, identity in spans if begin <= moment < end} for moment, _end, _who in spans
    )
