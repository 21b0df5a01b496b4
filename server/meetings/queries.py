"""Read meetings: the present one of a case, its seats, what an invitation shows, whose a meeting is."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.invitations import InvitationFacts
from server.accounts.models import User
from server.accounts.organizations import organization
from server.accounts.permissions import Actor, Whose
from server.cases import queries as cases
from server.errors import NotFound, _
from server.meetings.admission import Situation, Standing
from server.meetings.models import Attendance, Kind, Meeting, MinuteLine, Phase, Seat


async def get_meeting(db: AsyncSession, meeting_id: str) -> Meeting:
    """Return one; raises NotFound."""
    found = await db.get(Meeting, meeting_id, populate_existing=True)
    if found is None:
        raise NotFound("meeting_unknown", _("找不到这次调解。"))
    return found


async def whose_by_meeting(db: AsyncSession, meeting_id: str) -> Whose:
    """A mediation is whose its case is, but for the court; an inquiry is the court's and the parties' alone."""
    meeting = await get_meeting(db, meeting_id)
    whose = await cases.whose_by_case(db, meeting.case_id)
    if meeting.kind is Kind.MEDIATION:
        return replace(whose, court_id=None)
    return Whose(case_id=whose.case_id, court_id=whose.court_id, party_ids=whose.party_ids)


async def current_meeting(db: AsyncSession, case_id: str, kind: Kind = Kind.MEDIATION) -> Meeting | None:
    """Return the case's meeting of this kind that is planned or open."""
    found: Meeting | None = await db.scalar(
        select(Meeting)
        .where(Meeting.case_id == case_id, Meeting.kind == kind, Meeting.phase != Phase.ENDED)
        .order_by(Meeting.starts_at.desc())
        .limit(1)
    )
    return found


async def inquiries(db: AsyncSession, case_id: str) -> list[Meeting]:
    """Return the court's inquiries of a case, those that another date replaced among them."""
    return list(await db.scalars(select(Meeting).where(Meeting.case_id == case_id, Meeting.kind == Kind.INQUIRY)))


async def seats(db: AsyncSession, meeting_id: str) -> list[Seat]:
    """Return everybody who has arrived, in the order of arrival."""
    return list(await db.scalars(select(Seat).where(Seat.meeting_id == meeting_id).order_by(Seat.arrived_at)))


async def seat_of_actor(db: AsyncSession, meeting_id: str, actor: Actor) -> Seat | None:
    """Return this person's seat, if they have arrived."""
    mine = select(Seat).where(Seat.meeting_id == meeting_id, Seat.identity == f"{actor.kind}-{actor.id}")
    found: Seat | None = await db.scalar(mine)
    return found


async def minutes(db: AsyncSession, meeting_id: str) -> list[MinuteLine]:
    """Return the minutes' lines."""
    found = select(MinuteLine).where(MinuteLine.meeting_id == meeting_id).order_by(MinuteLine.at)
    return list(await db.scalars(found))


async def minutes_of_case(db: AsyncSession, case_id: str) -> list[MinuteLine]:
    """Return what was written down in every mediation of a case (调解笔录); nothing of the court's inquiry."""
    found = select(MinuteLine).join(Meeting).where(Meeting.case_id == case_id, Meeting.kind == Kind.MEDIATION)
    return list(await db.scalars(found.order_by(MinuteLine.at)))


async def attendance(db: AsyncSession, meeting_id: str) -> list[Attendance]:
    """Return who was in which room when."""
    found = select(Attendance).where(Attendance.meeting_id == meeting_id).order_by(Attendance.joined_at)
    return list(await db.scalars(found))


def standing(seat: Seat) -> Standing:
    """What admission asks of a seat."""
    return Standing(seat.identity, seat.person_id, seat.name, seat.role, seat.place.value)


def situation(meeting: Meeting) -> Situation:
    """What admission asks of a meeting."""
    return Situation(
        meeting.phase.value, meeting.joint_room, meeting.caucus_room, meeting.caucus_with, meeting.kind is Kind.INQUIRY
    )


async def invitation_facts(db: AsyncSession, case_id: str, party_id: str) -> InvitationFacts:
    """Return what the invitation page may show."""
    case = await cases.get_case(db, case_id)
    inquiry = await current_meeting(db, case_id, Kind.INQUIRY)
    if inquiry is not None and case.court_id is not None:
        return InvitationFacts(
            asks=(await organization(db, case.court_id)).name,
            title=case.title,
            starts_at=inquiry.starts_at,
            minutes=inquiry.minutes,
            elder=cases.party_of(case, party_id).elder_mode,
            inquiry=True,
        )
    committee = await organization(db, case.committee_id)
    mediator = await db.get(User, case.mediator_id) if case.mediator_id else None
    meeting = await current_meeting(db, case_id)
    return InvitationFacts(
        asks=committee.name,
        title=case.title,
        mediator=mediator.name if mediator else "",
        mediator_years=mediator.years_certified if mediator else 0,
        starts_at=meeting.starts_at if meeting else None,
        minutes=meeting.minutes if meeting else 60,
        elder=cases.party_of(case, party_id).elder_mode,
    )
