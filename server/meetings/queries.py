"""Read meetings: the present one of a case, its seats, what an invitation shows, whose a meeting is."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.invitations import InvitationFacts
from server.accounts.models import User
from server.accounts.organizations import organization
from server.accounts.permissions import Whose
from server.cases import queries as cases
from server.errors import NotFound, _
from server.meetings.admission import Situation, Standing
from server.meetings.models import Attendance, Meeting, MinuteLine, Phase, Seat


async def get_meeting(db: AsyncSession, meeting_id: str) -> Meeting:
    """Return one; raises NotFound."""
    found = await db.get(Meeting, meeting_id, populate_existing=True)
    if found is None:
        raise NotFound("meeting_unknown", _("找不到这次调解。"))
    return found


async def whose_by_meeting(db: AsyncSession, meeting_id: str) -> Whose:
    """A meeting is whose its case is."""
    return await cases.whose_by_case(db, (await get_meeting(db, meeting_id)).case_id)


async def current_meeting(db: AsyncSession, case_id: str) -> Meeting | None:
    """Return the case's meeting that is planned or open."""
    found: Meeting | None = await db.scalar(
        select(Meeting)
        .where(Meeting.case_id == case_id, Meeting.phase != Phase.ENDED)
        .order_by(Meeting.starts_at.desc())
        .limit(1)
    )
    return found


async def seats(db: AsyncSession, meeting_id: str) -> list[Seat]:
    """Return everybody who has arrived, in the order of arrival."""
    return list(await db.scalars(select(Seat).where(Seat.meeting_id == meeting_id).order_by(Seat.arrived_at)))


async def minutes(db: AsyncSession, meeting_id: str) -> list[MinuteLine]:
    """Return the minutes' lines."""
    found = select(MinuteLine).where(MinuteLine.meeting_id == meeting_id).order_by(MinuteLine.at)
    return list(await db.scalars(found))


async def attendance(db: AsyncSession, meeting_id: str) -> list[Attendance]:
    """Return who was in which room when."""
    found = select(Attendance).where(Attendance.meeting_id == meeting_id).order_by(Attendance.joined_at)
    return list(await db.scalars(found))


def standing(seat: Seat) -> Standing:
    """What admission asks of a seat."""
    return Standing(seat.identity, seat.person_id, seat.name, seat.role, seat.place.value)


def situation(meeting: Meeting) -> Situation:
    """What admission asks of a meeting."""
    return Situation(meeting.phase.value, meeting.joint_room, meeting.caucus_room, meeting.caucus_with)


async def invitation_facts(db: AsyncSession, case_id: str, party_id: str) -> InvitationFacts:
    """Return what the invitation page may show."""
    case = await cases.get_case(db, case_id)
    committee = await organization(db, case.committee_id)
    mediator = await db.get(User, case.mediator_id) if case.mediator_id else None
    meeting = await current_meeting(db, case_id)
    return InvitationFacts(
        committee=committee.name,
        title=case.title,
        mediator=mediator.name if mediator else "",
        mediator_years=mediator.years_certified if mediator else 0,
        starts_at=meeting.starts_at if meeting else None,
        minutes=meeting.minutes if meeting else 60,
        elder=cases.party_of(case, party_id).elder_mode,
    )
