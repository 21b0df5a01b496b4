"""Append to and read an audit chain, inside the caller's transaction."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.audit.chain import BEGINNING, first_break, link
from server.audit.models import AuditEntry


class Doer(Protocol):
    """Whoever acts: a member of staff, a party, or the system."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


async def append(
    db: AsyncSession, actor: Doer, action: str, chain: str, detail: Mapping[str, Any] | None = None, *, now: dt.datetime
) -> AuditEntry:
    """Add one link; `action` is `subject.verb` (case.accept). Two writers at once: the unique number stops one."""
    await db.flush()
    if db.bind is not None and db.bind.dialect.name == "postgresql":
        await db.execute(select(func.pg_advisory_xact_lock(func.hashtext(chain))))
    last = await db.scalar(
        select(AuditEntry).where(AuditEntry.chain == chain).order_by(AuditEntry.number.desc()).limit(1)
    )
    entry = AuditEntry(
        chain=chain,
        number=last.number + 1 if last else 1,
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        detail=dict(detail or {}),
    )
    entry.digest = link(last.digest if last else BEGINNING, entry.content())
    db.add(entry)
    await db.flush()
    return entry


async def entries(db: AsyncSession, chain: str) -> list[AuditEntry]:
    """Return a chain in order."""
    found = await db.scalars(select(AuditEntry).where(AuditEntry.chain == chain).order_by(AuditEntry.number))
    return list(found)


async def export(db: AsyncSession, chain: str) -> dict[str, Any]:
    """Return a chain as plain values that anybody can check with `server.audit.chain.first_break`."""
    found = await entries(db, chain)
    broken = first_break((entry.content(), entry.digest) for entry in found)
    return {
        "chain": chain,
        "entries": [{**entry.content(), "digest": entry.digest} for entry in found],
        "head": found[-1].digest if found else BEGINNING,
        "first_break": broken,
    }
