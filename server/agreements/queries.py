"""Read agreements: the draft, the version being signed, the effective one, signature progress."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.agreements.models import Agreement, Signed, Standing, Version
from server.cases.models import Case
from server.errors import NotFound, NotNow, _


@dataclass(frozen=True)
class EffectiveAgreement:
    """What later stages need of an agreement that binds."""

    agreement_id: str
    version_id: str
    version: int
    number: str
    sha256: str
    blob: str
    effective_at: dt.datetime
    clauses: tuple[str, ...]
    title: str


async def draft_of(db: AsyncSession, case_id: str) -> Agreement | None:
    """Return the case's agreement as it is being written."""
    found: Agreement | None = await db.scalar(
        select(Agreement).where(Agreement.case_id == case_id).execution_options(populate_existing=True)
    )
    return found


async def live_version(db: AsyncSession, case_id: str) -> Version | None:
    """Return the version that is being signed or is effective."""
    found: Version | None = await db.scalar(
        select(Version)
        .where(Version.case_id == case_id, Version.standing != Standing.VOID)
        .order_by(Version.number.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return found


async def signing_version(db: AsyncSession, case_id: str) -> Version:
    """Return the version being signed; raises NotNow."""
    found = await live_version(db, case_id)
    if found is None or found.standing is not Standing.SIGNING:
        raise NotNow("not_signing", _("协议的文本改过了，或者已经签完。请看最新的那一份。")).about(case_id)
    return found


async def signatures(db: AsyncSession, version_id: str) -> dict[str, Signed]:
    """Return who signed, by field."""
    found = await db.scalars(select(Signed).where(Signed.version_id == version_id).order_by(Signed.at))
    return {one.field: one for one in found}


async def by_code(db: AsyncSession, code: str) -> Version:
    """Return the version that a printed QR names; raises NotFound."""
    found = await db.scalar(select(Version).where(Version.verify_code == code))
    if found is None:
        raise NotFound("code_unknown", _("没有查到这个编号的文书。请核对纸上的网址，或者直接上传文件来查。"))
    return found


async def effective(db: AsyncSession, case_id: str) -> EffectiveAgreement | None:
    """Return the agreement that binds, if there is one."""
    version = await live_version(db, case_id)
    case = await db.get(Case, case_id)
    if version is None or case is None or version.effective_at is None:
        return None
    return EffectiveAgreement(
        agreement_id=version.agreement_id,
        version_id=version.id,
        version=version.number,
        number=case.number or "",
        sha256=version.blob,
        blob=version.blob,
        effective_at=version.effective_at,
        clauses=tuple(version.clause_texts.split("\n")),
        title=case.title,
    )
