"""Read cases: one, lists for each desk, the facts for the guards, whose a case is."""

import datetime as dt
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.models import Organization, User
from server.accounts.permissions import Whose
from server.cases.lifecycle import Facts, State
from server.cases.models import Attachment, Case, ConflictAnswer, Consent, Party, Side
from server.errors import NotFound, _

CONSENTS = ("mediation", "video", "e_signature", "e_delivery")
RECENT = dt.timedelta(days=30)


async def get_case(db: AsyncSession, case_id: str) -> Case:
    """Return one with its parties; raises NotFound."""
    case = await db.get(Case, case_id, populate_existing=True)
    if case is None:
        raise NotFound("case_unknown", _("找不到这件事。"))
    return case


def party_of(case: Case, party_id: str) -> Party:
    """Return a party of the case; raises NotFound."""
    for party in case.parties:
        if party.id == party_id:
            return party
    raise NotFound("party_unknown", _("这件事里没有这个人。"))


async def whose_by_case(db: AsyncSession, case_id: str) -> Whose:
    """Say whose the case is, for the permission table."""
    case = await get_case(db, case_id)
    place = await db.get(Organization, case.grid_id or case.committee_id)
    return Whose(
        case_id=case.id,
        reporter_id=case.reporter_id,
        mediator_id=case.mediator_id,
        asked_mediator_id=case.asked_mediator_id,
        committee_id=case.committee_id,
        court_id=case.court_id,
        path=place.path if place else "",
        party_ids=frozenset(party.id for party in case.parties),
    )


async def facts(db: AsyncSession, case: Case, **known: Any) -> Facts:
    """Gather what the guards may ask; later stages pass what only they know."""
    answer = await latest_answer(db, case)
    gathered = Facts(
        applicants=sum(party.side is Side.APPLICANT for party in case.parties),
        respondents=sum(party.side is Side.RESPONDENT for party in case.parties),
        reachable_parties=sum(bool(party.phone) for party in case.parties),
        conflict_clear=answer is not None and answer.clear,
    )
    return replace(gathered, **known)


async def latest_answer(db: AsyncSession, case: Case) -> ConflictAnswer | None:
    """Return the asked mediator's newest answer to the conflict question."""
    found: ConflictAnswer | None = await db.scalar(
        select(ConflictAnswer)
        .where(ConflictAnswer.case_id == case.id, ConflictAnswer.user_id == case.asked_mediator_id)
        .order_by(ConflictAnswer.at.desc())
        .limit(1)
    )
    return found


async def of_committees(db: AsyncSession, committee_ids: frozenset[str]) -> list[Case]:
    """Return the committees' cases, newest first."""
    wanted = Case.committee_id.in_(committee_ids)
    return list(await db.scalars(select(Case).where(wanted).order_by(Case.reported_at.desc()).limit(200)))


async def of_mediator(db: AsyncSession, user_id: str) -> list[Case]:
    """Return the cases a mediator has or is asked about, newest first."""
    wanted = (Case.mediator_id == user_id) | ((Case.asked_mediator_id == user_id) & (Case.state == State.ACCEPTED))
    return list(await db.scalars(select(Case).where(wanted).order_by(Case.reported_at.desc()).limit(200)))


async def of_reporter(db: AsyncSession, user_id: str) -> list[Case]:
    """Return what a grid worker reported, newest first."""
    return list(
        await db.scalars(select(Case).where(Case.reporter_id == user_id).order_by(Case.reported_at.desc()).limit(200))
    )


async def similar(db: AsyncSession, case: Case) -> list[Case]:
    """Return cases of the last 30 days at the same place or between the same names; a person decides."""
    names = {party.name for party in case.parties}
    found = await db.scalars(
        select(Case)
        .join(Party)
        .where(
            Case.id != case.id,
            Case.committee_id == case.committee_id,
            Case.reported_at > case.reported_at - RECENT,
            (Case.place == case.place) | Party.name.in_(names),
        )
        .distinct()
        .limit(5)
    )
    return list(found)


async def attachments(db: AsyncSession, case_id: str) -> list[Attachment]:
    """Return the case's attachments in the order they came."""
    return list(await db.scalars(select(Attachment).where(Attachment.case_id == case_id).order_by(Attachment.at)))


async def consents(db: AsyncSession, party_id: str) -> dict[str, bool]:
    """Return what a party answered, by kind."""
    found = await db.scalars(select(Consent).where(Consent.party_id == party_id))
    return {consent.kind: consent.given for consent in found}


async def names_of(db: AsyncSession, *user_ids: str | None) -> dict[str, str]:
    """Return members of staff's names by id."""
    wanted = [user_id for user_id in user_ids if user_id]
    rows = await db.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return dict(rows.all())
