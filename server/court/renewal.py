"""Issued rulings among the papers whose evidence is kept alive."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.agreements.renewal import Paper, Shelf
from server.court.models import Confirmation, Ruling


async def _rulings(db: AsyncSession) -> list[Paper]:
    issued = (
        select(Ruling.id, Confirmation.case_id, Ruling.blob)
        .join(Confirmation, Ruling.confirmation_id == Confirmation.id)
        .where(Ruling.issued_at.is_not(None))
    )
    return [Paper(*row) for row in await db.execute(issued)]


async def _replace_ruling(db: AsyncSession, paper: Paper, blob: str) -> bool:
    ruling = await db.get(Ruling, paper.id)
    if ruling is None or ruling.blob != paper.blob:
        return False
    ruling.blob = blob
    return True


RULINGS = Shelf("ruling.renew", _rulings, _replace_ruling)
