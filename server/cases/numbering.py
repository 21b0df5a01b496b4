"""Numbers of cases: （2026）滨望人调字第37号, per committee and year, without gap or duplicate."""

import datetime as dt

from sqlalchemy import String, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from server.accounts.models import Organization
from server.db.base import Base, new_id

BEIJING = dt.timezone(dt.timedelta(hours=8))


class Register(Base):
    """The last number given, for one kind of number of one organization in one year."""

    __tablename__ = "register"
    __table_args__ = (UniqueConstraint("organization_id", "kind", "year"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    year: Mapped[int]
    last: Mapped[int] = mapped_column(default=0)


async def draw(db: AsyncSession, organization_id: str, kind: str, now: dt.datetime) -> tuple[int, int]:
    """Return (year, next number); a rolled-back transaction gives its number back."""
    year = now.astimezone(BEIJING).year
    if db.bind is not None and db.bind.dialect.name == "postgresql":  # the year's first two draws would both insert
        await db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{organization_id}{kind}{year}"))))
    where = (Register.organization_id == organization_id, Register.kind == kind, Register.year == year)
    row = await db.scalar(select(Register).where(*where).with_for_update())
    if row is None:
        row = Register(organization_id=organization_id, kind=kind, year=year, last=0)
        db.add(row)
    row.last += 1
    await db.flush()
    return year, row.last


async def next_number(db: AsyncSession, committee: Organization, now: dt.datetime) -> str:
    """Return the next number of a committee's mediations (人调字)."""
    year, number = await draw(db, committee.id, "mediation", now)
    return f"（{year}）{committee.short_name}人调字第{number}号"
