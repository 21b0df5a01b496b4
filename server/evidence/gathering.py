"""Gather a case for its bundle: papers, who signed them how, the audit chain. Reads only."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from documents.papers.signing_proof import SignerRecord
from documents.report import Report
from server.accounts.models import Invitation
from server.agreements import queries as agreements
from server.agreements.models import Signed, Version
from server.audit import log as audit
from server.audit.models import AuditEntry
from server.cases import queries as cases
from server.cases.models import Attachment, Case, Consent, Party, Side
from server.cases.views import CONSENT_WORDS
from server.court import queries as court
from server.court.models import Ruling
from server.meetings.models import Meeting, Seat

VIEWS = frozenset({"agreement.open", "case.see", "invitation.open"})
IDENTITY = {
    "code": "短信验证码（Code by text message）",
    "id_number": "身份证号核对（Identity number）",
    "mediator": "调解员视频当面核对（By the mediator, on video）",
    "": "没有记录（Not recorded）",
}
ROLES = {Side.APPLICANT: "申请人", Side.RESPONDENT: "被申请人"}


@dataclass(frozen=True)
class CaseFile:
    """Everything of a case that goes into its bundle, as it stood in one transaction."""

    case: Case
    version: Version | None
    ruling: Ruling | None
    attachments: Sequence[Attachment]
    audit: Mapping[str, Any]
    entries: Sequence[AuditEntry]
    signed: Mapping[str, Signed]
    invitations: Mapping[str, Sequence[dt.datetime]]
    consents: Mapping[str, Consent]
    devices: Mapping[str, str]
    names: Mapping[str, str]


async def gather(db: AsyncSession, case_id: str) -> CaseFile:
    """Read a case with all that belongs to it. Raises NotFound."""
    case = await cases.get_case(db, case_id)
    version = await agreements.live_version(db, case_id)
    confirmation = await court.of_case(db, case_id)
    ruling = await court.ruling_of(db, confirmation.id) if confirmation else None
    return CaseFile(
        case=case,
        version=version,
        ruling=ruling if ruling and ruling.issued_at else None,
        attachments=await cases.attachments(db, case_id),
        audit=await audit.export(db, case_id),
        entries=await audit.entries(db, case_id),
        signed=await agreements.signatures(db, version.id) if version else {},
        invitations=await _invitations(db, case_id),
        consents=await _consents(db, case_id),
        devices=await _devices(db, case_id),
        names=await cases.names_of(db, case.mediator_id),
    )


async def _invitations(db: AsyncSession, case_id: str) -> dict[str, list[dt.datetime]]:
    wanted = select(Invitation).where(Invitation.case_id == case_id).order_by(Invitation.created_at)
    found: dict[str, list[dt.datetime]] = {}
    for one in await db.scalars(wanted):
        found.setdefault(one.party_id, []).append(one.created_at)
    return found


async def _consents(db: AsyncSession, case_id: str) -> dict[str, Consent]:
    """Each party's answer to the question about signing on a phone."""
    wanted = select(Consent).where(Consent.case_id == case_id, Consent.kind == "e_signature")
    return {one.party_id: one for one in await db.scalars(wanted)}


async def _devices(db: AsyncSession, case_id: str) -> dict[str, str]:
    """What the device check before the meeting said, by person."""
    wanted = select(Seat).join(Meeting, Meeting.id == Seat.meeting_id).where(Meeting.case_id == case_id)
    return {one.person_id: one.device for one in await db.scalars(wanted) if one.device}


def records(gathered: CaseFile, report: Report) -> tuple[SignerRecord, ...]:
    """Each person's way to the signature, in the order of their fields; the verdict gives the levels."""
    levels = {one.field: one.level for one in report.signers}
    made = [_party(gathered, one, levels.get(f"party-{one.position}", "")) for one in gathered.case.parties]
    mediator = gathered.case.mediator_id
    if mediator:
        signed = gathered.signed.get("mediator")
        made.append(
            SignerRecord(
                name=gathered.names.get(mediator, "调解员"),
                role="调解员",
                identity="平台工作人员登录（Staff sign-in）",
                viewed=_views(gathered, mediator),
                signed_at=signed.at if signed else None,
                device=gathered.devices.get(mediator, ""),
                level=levels.get("mediator", ""),
                fingerprint=signed.fingerprint if signed else "",
            )
        )
    return tuple(made)


def _party(gathered: CaseFile, party: Party, level: str) -> SignerRecord:
    signed, consent = gathered.signed.get(f"party-{party.position}"), gathered.consents.get(party.id)
    agreed = consent is not None and consent.given
    question = str(CONSENT_WORDS["e_signature"][0])
    return SignerRecord(
        name=party.name,
        role=ROLES[party.side],
        identity=IDENTITY.get(party.verified_by, party.verified_by),
        invited=tuple(gathered.invitations.get(party.id, ())),
        viewed=_views(gathered, party.id),
        consent=f"{question}{'愿意。' if agreed else '不愿意。'}" if consent else "",
        consented_at=consent.at if consent else None,
        signed_at=signed.at if signed else None,
        device=gathered.devices.get(party.id, ""),
        level=level,
        fingerprint=signed.fingerprint if signed else "",
    )


def _views(gathered: CaseFile, person_id: str) -> tuple[dt.datetime, ...]:
    return tuple(one.at for one in gathered.entries if one.actor_id == person_id and one.action in VIEWS)
