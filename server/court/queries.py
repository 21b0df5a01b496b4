"""Read confirmations: one, a case's present one, a court's desk, whose a confirmation is."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.permissions import Whose
from server.cases import queries as cases
from server.court.lifecycle import State
from server.court.models import Confirmation, Joining, Ruling, RulingDelivery
from server.errors import NotFound, _


async def get_confirmation(db: AsyncSession, confirmation_id: str) -> Confirmation:
    """Return one; raises NotFound."""
    found = await db.get(Confirmation, confirmation_id, populate_existing=True)
    if found is None:
        raise NotFound("confirmation_unknown", _("找不到这份申请。"))
    return found


async def by_number(db: AsyncSession, case_number: str) -> Confirmation | None:
    """Return the application that has this case number (案号)."""
    found: Confirmation | None = await db.scalar(select(Confirmation).where(Confirmation.case_number == case_number))
    return found


async def whose_by_confirmation(db: AsyncSession, confirmation_id: str) -> Whose:
    """A confirmation is its case's, and its court's."""
    return await cases.whose_by_case(db, (await get_confirmation(db, confirmation_id)).case_id)


async def of_case(db: AsyncSession, case_id: str) -> Confirmation | None:
    """Return the case's newest application."""
    found: Confirmation | None = await db.scalar(
        select(Confirmation)
        .where(Confirmation.case_id == case_id)
        .order_by(Confirmation.opened_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return found


async def joinings(db: AsyncSession, confirmation_id: str) -> dict[str, Joining]:
    """Return who has joined, by party."""
    found = await db.scalars(select(Joining).where(Joining.confirmation_id == confirmation_id))
    return {one.party_id: one for one in found}


async def ruling_of(db: AsyncSession, confirmation_id: str) -> Ruling | None:
    """Return the newest ruling of a confirmation, drafted or issued."""
    found: Ruling | None = await db.scalar(
        select(Ruling)
        .where(Ruling.confirmation_id == confirmation_id)
        .order_by(Ruling.drafted_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return found


async def deliveries(db: AsyncSession, confirmation_id: str) -> dict[str, RulingDelivery]:
    """Return the service on each party."""
    found = await db.scalars(select(RulingDelivery).where(RulingDelivery.confirmation_id == confirmation_id))
    return {one.party_id: one for one in found}


async def of_courts(db: AsyncSession, court_ids: frozenset[str]) -> list[Confirmation]:
    """Return what a court has before it; nothing that was not submitted."""
    wanted = select(Confirmation).where(Confirmation.court_id.in_(court_ids), Confirmation.state != State.PARTIAL)
    return list(await db.scalars(wanted.order_by(Confirmation.submitted_at.desc()).limit(200)))


async def issued_blob(db: AsyncSession, code: str) -> str | None:
    """Return the file of the issued ruling whose printed QR names this code."""
    wanted = select(Ruling.blob).where(Ruling.verify_code == code, Ruling.issued_at.is_not(None))
    found: str | None = await db.scalar(wanted)
    return found
