"""The ruling (裁定书): drafted and certified, signed by the judge's own key, sealed by the court."""

import asyncio
import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from documents.fields import lay_out_fields
from documents.marks import Appearance, StrokesRefused, checked_strokes
from documents.papers.ruling import RulingDocument
from documents.render import render
from documents.signing import Prepared, SignatureRefused, certify, prepare
from documents.timestamp import TimestampFailed
from server.accounts.organizations import organization
from server.accounts.permissions import Actor
from server.accounts.staff import user
from server.agreements import signing
from server.agreements.drafting import CODE_LENGTH, particulars
from server.agreements.keys import held, holder_of
from server.agreements.models import SigningRequest
from server.agreements.queries import effective
from server.audit import log as audit
from server.cases import queries as cases
from server.court import queries
from server.court.calendar import beijing_day
from server.court.lifecycle import GROUNDS_REJECT, Facts, State, Trigger
from server.court.models import Confirmation, Ruling
from server.court.operations import move
from server.db.base import ID_ALPHABET, new_id
from server.db.engine import announce
from server.errors import Invalid, NotAllowed, NotFound, NotNow, Stale, Upstream, _
from server.http.pages import BEIJING
from server.outbox.events import RulingIssued
from server.outbox.store import record
from server.wiring import Platform

Outcome = Literal["confirm", "reject"]


@dataclass(frozen=True)
class Decision:
    """What the judge decides."""

    outcome: Outcome
    ground: str = ""


async def draft(platform: Platform, confirmation_id: str, actor: Actor, decision: Decision) -> Ruling:
    """Write and certify the ruling for the judge to sign; an unsigned earlier draft is replaced."""
    if decision.outcome == "reject" and decision.ground not in GROUNDS_REJECT:
        raise Invalid("ground_needed", _("请选一条法定的理由。"), fields={"ground": _("请选一条法定的理由。")})
    code = "".join(secrets.choice(ID_ALPHABET) for _turn in range(CODE_LENGTH))
    paper = await _paper(platform, confirmation_id, actor, decision, code)
    signer = platform.signer
    try:
        pdf = await asyncio.to_thread(
            lambda: certify(
                lay_out_fields(render(paper, signer.fonts), paper.fields()),
                signer.platform_key,
                signer.timestamper,
                signer.now(),
            )
        )
    except TimestampFailed as error:
        raise Upstream("timestamp_failed", _("时间戳服务没有回应，这次没签上，什么都没丢。请过一会儿再点。")) from error
    blob = await asyncio.to_thread(platform.blobs.put, pdf)
    now = platform.now()
    async with platform.database.writing() as db:
        confirmation = await queries.get_confirmation(db, confirmation_id)
        check_review(confirmation)
        ruling = Ruling(
            id=new_id(),
            confirmation_id=confirmation_id,
            outcome=decision.outcome,
            ground=decision.ground,
            judge_id=actor.id,
            verify_code=code,
            blob=blob,
            drafted_at=now,
        )
        db.add(ruling)
        detail = {"outcome": decision.outcome, "sha256": blob}
        await audit.append(db, actor, "ruling.draft", confirmation.case_id, detail, now=now)
        announce(db, f"court:{confirmation.court_id}")
    return ruling


def check_review(confirmation: Confirmation) -> None:
    """Raise NotNow unless the judge may rule: both were heard, and there is no ruling yet."""
    if confirmation.state is State.ACCEPTED:
        raise NotNow("not_heard", _("还没有问过双方，不能裁定。")).about(confirmation.case_id)
    if confirmation.state is not State.REVIEW:
        raise NotNow("ruled_already", _("这件申请已经有裁定了，不能再裁一次。")).about(confirmation.case_id)


async def _paper(
    platform: Platform, confirmation_id: str, actor: Actor, decision: Decision, code: str
) -> RulingDocument:
    async with platform.database.reading() as db:
        confirmation = await queries.get_confirmation(db, confirmation_id)
        check_review(confirmation)
        case = await cases.get_case(db, confirmation.case_id)
        agreement = await effective(db, case.id)
        court = await organization(db, confirmation.court_id)
        committee = await organization(db, case.committee_id)
        clerk = await user(db, confirmation.clerk_id) if confirmation.clerk_id else None
    assert agreement is not None
    assert confirmation.docketed_at is not None
    return RulingDocument(
        court=court.name,
        case_number=confirmation.case_number or "",
        applicants=tuple(particulars(party) for party in case.parties),
        accepted_on=beijing_day(confirmation.docketed_at),
        agreement_number=agreement.number,
        agreement_date=beijing_day(agreement.effective_at),
        organisation=committee.name,
        clauses=agreement.clauses,
        outcome=decision.outcome,
        ground=decision.ground or None,
        judge=actor.name,
        clerk=clerk.name if clerk else court.name,
        date=beijing_day(platform.now()),
        verify_url=f"{platform.settings.base_url}/verify/{code}",
        cause=case.title,
        development=platform.settings.development,
    )


async def begin(
    platform: Platform, confirmation_id: str, actor: Actor, fingerprint: str, strokes: list[list[tuple[float, float]]]
) -> tuple[SigningRequest, Prepared]:
    """Prepare the judge's signature on the drafted ruling."""
    now = platform.now()
    try:
        drawn = checked_strokes(strokes)
    except StrokesRefused as error:
        raise Invalid("strokes", _("没有收到手写的名字，请在框里写上再交。")) from error
    async with platform.database.reading() as db:
        confirmation = await queries.get_confirmation(db, confirmation_id)
        check_review(confirmation)
        ruling = await queries.ruling_of(db, confirmation_id)
        certificate = await held(db, confirmation.case_id, actor, fingerprint, now)
    if ruling is None or ruling.judge_id != actor.id:
        raise NotAllowed("not_yours_to_sign", _("这份裁定书不是您拟的。")).about(confirmation.case_id)
    pdf = await asyncio.to_thread(platform.blobs.get, ruling.blob)
    look = Appearance(actor.name, f"{now.astimezone(BEIJING):%Y-%m-%d}", fingerprint, drawn_strokes=drawn)
    chain = platform.signer.authority.chain_pems
    try:
        prepared = await asyncio.to_thread(prepare, pdf, "judge", certificate.pem, chain, look, now)
    except SignatureRefused as error:
        raise NotNow(error.code, str(error)).about(confirmation.case_id) from error
    kept = await asyncio.to_thread(platform.blobs.put, prepared.to_json().encode())
    request = SigningRequest(
        id=new_id(),
        subject=ruling.id,
        holder=holder_of(actor),
        field="judge",
        fingerprint=fingerprint,
        base=ruling.blob,
        prepared=kept,
        at=now,
    )
    async with platform.database.writing() as db:
        db.add(request)
    return request, prepared


async def complete(
    platform: Platform, confirmation_id: str, actor: Actor, request_id: str, signature: bytes
) -> Confirmation:
    """The judge's signature, the court's seal, the long-term store; then the ruling is issued and the case follows."""
    async with platform.database.reading() as db:
        confirmation = await queries.get_confirmation(db, confirmation_id)
        check_review(confirmation)
        ruling = await queries.ruling_of(db, confirmation_id)
        request = await db.get(SigningRequest, request_id)
        court = await organization(db, confirmation.court_id)
    if ruling is None or request is None or request.subject != ruling.id:
        raise NotFound("request_unknown", _("找不到这次签名。")).about(confirmation.case_id)
    if request.holder != holder_of(actor):
        raise NotAllowed("not_your_request", _("这个签名不是您的，没有签进去。")).about(confirmation.case_id)
    prepared = Prepared.from_json((await asyncio.to_thread(platform.blobs.get, request.prepared)).decode())
    signed = await signing.embedded(platform, prepared, signature, confirmation.case_id)
    base = await asyncio.to_thread(platform.blobs.put, signed)
    pdf = await signing.sealed(platform, base, court.name)
    blob = await asyncio.to_thread(platform.blobs.put, pdf)
    now = platform.now()
    async with platform.database.writing() as db:
        confirmation = await queries.get_confirmation(db, confirmation_id)
        check_review(confirmation)
        current = await queries.ruling_of(db, confirmation_id)
        if current is None or current.id != ruling.id or current.blob != request.base:
            raise Stale("signing_stale", _("裁定书刚才重新拟过了，请看最新的一份。"))
        await issue(db, confirmation, actor, current, (blob, now))
    return confirmation


async def issue(
    db: AsyncSession,
    confirmation: Confirmation,
    actor: Actor,
    ruling: Ruling,
    made: tuple[str, dt.datetime],
    **detail: str,
) -> None:
    """Bring a finished ruling into force: state, audit, event; `made` is its file and the moment."""
    blob, now = made
    ruling.blob, ruling.issued_at = blob, now
    trigger = Trigger.CONFIRM if ruling.outcome == "confirm" else Trigger.REJECT
    facts = Facts(reason=ruling.ground, ruling_signed=True)
    known = {"sha256": blob, "ground": ruling.ground, **detail}
    await move(db, confirmation, trigger, actor, now=now, facts=facts, detail=known)
    confirmation.reason = ruling.ground
    event = RulingIssued(
        case_id=confirmation.case_id, confirmation_id=confirmation.id, outcome=ruling.outcome, sha256=blob
    )
    await record(db, event, now=now)
