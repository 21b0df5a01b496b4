"""Join, docket, hear, serve, withdraw; `move` is the one writer of a confirmation's state and makes the case follow."""

import datetime as dt
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.models import Organization
from server.accounts.organizations import court_for, organization
from server.accounts.permissions import SYSTEM, Actor
from server.agreements.queries import effective
from server.audit import log as audit
from server.cases import lifecycle as case_lifecycle
from server.cases import operations as case_operations
from server.cases import queries as cases
from server.cases.models import Case
from server.cases.numbering import draw
from server.court import inquiries, queries
from server.court.calendar import application_deadline, beijing_day
from server.court.lifecycle import CASE_FOLLOWS, CONFIRMATION, Facts, State, Trigger
from server.court.models import Confirmation, Joining, RulingDelivery
from server.db.base import new_id
from server.db.engine import announce
from server.errors import NotNow, PlatformError, _
from server.messages.operations import queue
from server.outbox.events import ConfirmationReached, ConfirmationSubmitted
from server.outbox.store import record

NUMBER_KIND = "诉前调确"


async def move(  # noqa: PLR0913 - the one writer: everything it writes is named
    db: AsyncSession,
    confirmation: Confirmation,
    trigger: Trigger,
    actor: Actor,
    *,
    now: dt.datetime,
    facts: Facts = Facts(),  # noqa: B008 - frozen
    detail: dict[str, Any] | None = None,
) -> None:
    """Move a confirmation by its table, audit and tell, and let the case follow, all in one transaction."""
    try:
        target = CONFIRMATION.step(confirmation.state, trigger, actor.roles, facts)
    except PlatformError as refusal:
        raise refusal.about(confirmation.case_id) from None
    previous = confirmation.state
    confirmation.state = target
    await db.flush()
    case_id = confirmation.case_id
    known = {"from": previous, "to": target, **(detail or {})}
    await audit.append(db, actor, f"confirmation.{trigger}", case_id, known, now=now)
    await record(
        db,
        ConfirmationReached(
            case_id=case_id, confirmation_id=confirmation.id, state=target, case_number=confirmation.case_number
        ),
        now=now,
    )
    if target in CASE_FOLLOWS:
        case = await cases.get_case(db, case_id)
        await case_operations.advance(db, case, CASE_FOLLOWS[target], SYSTEM, now=now)
    announce(db, f"case:{case_id}")
    announce(db, f"court:{confirmation.court_id}")


async def join(db: AsyncSession, case: Case, actor: Actor, now: dt.datetime) -> Confirmation:
    """One party applies; when the last has, the application is submitted to the court of the committee's seat."""
    agreement = await effective(db, case.id)
    if agreement is None or case.state is not case_lifecycle.State.EFFECTIVE:
        raise NotNow("not_effective", _("现在不能申请：协议还没生效，或者已经申请过了。")).about(case.id)
    last = application_deadline(agreement.effective_at)
    if beijing_day(now) > last:
        text = _("申请法院确认的 30 天过去了。协议还是有效的；对方不照做，您可以去法院起诉。")
        raise NotNow("too_late", text).about(case.id)
    confirmation = await queries.of_case(db, case.id)
    if confirmation is None or confirmation.state is not State.PARTIAL:
        committee = await organization(db, case.committee_id)
        court = await court_for(db, committee)
        confirmation = Confirmation(
            id=new_id(),
            case_id=case.id,
            court_id=court.id,
            version_id=agreement.version_id,
            state=State.PARTIAL,
            last_day=last,
            opened_at=now,
        )
        db.add(confirmation)
        await db.flush()
    joined = await queries.joinings(db, confirmation.id)
    if actor.id in joined:
        raise NotNow("joined_already", _("您已经申请了，等对方也点一下。")).about(case.id)
    db.add(Joining(confirmation_id=confirmation.id, party_id=actor.id, at=now))
    await audit.append(db, actor, "confirmation.apply", case.id, {"confirmation": confirmation.id}, now=now)
    missing = {party.id for party in case.parties} - set(joined) - {actor.id}
    if not missing:
        await _submit(db, confirmation, case, actor, agreement.sha256, now)
    announce(db, f"case:{case.id}")
    return confirmation


async def _submit(
    db: AsyncSession, confirmation: Confirmation, case: Case, actor: Actor, sha256: str, now: dt.datetime
) -> None:
    confirmation.submitted_at = now
    case.court_id = confirmation.court_id
    in_time = beijing_day(now) <= confirmation.last_day
    await move(db, confirmation, Trigger.JOIN, actor, now=now, facts=Facts(everybody_joined=True, in_time=in_time))
    event = ConfirmationSubmitted(
        case_id=case.id,
        confirmation_id=confirmation.id,
        court_id=confirmation.court_id,
        agreement_sha256=sha256,
        last_day=confirmation.last_day,
    )
    await record(db, event, now=now)


async def docket(
    db: AsyncSession, confirmation: Confirmation, actor: Actor, now: dt.datetime, case_number: str = ""
) -> None:
    """立案: the court's own case number, or the next by rule, and the notice to both."""
    court = await organization(db, confirmation.court_id)
    if confirmation.state is State.SUBMITTED:
        if case_number and await queries.by_number(db, case_number) is not None:
            raise NotNow("number_taken", _("这个案号已经用在另一件申请上了。")).about(confirmation.case_id)
        confirmation.case_number = case_number or await next_case_number(db, court, now)
        confirmation.docketed_at = now
        confirmation.clerk_id = actor.id if actor.kind == "staff" and not actor.id.startswith("court-") else None
    await move(db, confirmation, Trigger.DOCKET, actor, now=now, detail={"case_number": confirmation.case_number})
    await _tell(db, confirmation, f"{court.name}立案了，案号{confirmation.case_number}。法官会视频问几句。", now)


async def next_case_number(db: AsyncSession, court: Organization, now: dt.datetime) -> str:
    """（收案年度）法院代字 类型代字 编号 号 (domain 3.1); numbered per court, type and year from 1."""
    year, number = await draw(db, court.id, NUMBER_KIND, now)
    return f"（{year}）{court.court_code}{NUMBER_KIND}{number}号"


async def not_accept(db: AsyncSession, confirmation: Confirmation, actor: Actor, ground: str, now: dt.datetime) -> None:
    """不予受理 with a ground of INT 355; the parties are told what remains."""
    await move(
        db, confirmation, Trigger.NOT_ACCEPT, actor, now=now, facts=Facts(reason=ground), detail={"ground": ground}
    )
    confirmation.reason = ground
    await _tell(db, confirmation, "法院没有受理确认申请。协议还是有效的，可以改协议，也可以起诉。", now)


async def hear(
    db: AsyncSession, confirmation: Confirmation, actor: Actor, note: str, now: dt.datetime, *, elsewhere: bool
) -> None:
    """问过双方 (INT 356: both attend together): by video here, or in the court's own way; what was asked is kept."""
    case = await cases.get_case(db, confirmation.case_id)
    held = await inquiries.latest(db, case, now)
    here = held is not None and held.over and held.together
    known = {"note_length": len(note), "where": "here" if here else "elsewhere"}
    facts = Facts(both_asked=here or elsewhere)
    await move(db, confirmation, Trigger.HEAR, actor, now=now, facts=facts, detail=known)
    confirmation.judge_id = actor.id
    confirmation.heard_at, confirmation.heard_note = now, note


async def serve(db: AsyncSession, confirmation: Confirmation, actor: Actor, base_url: str, now: dt.datetime) -> None:
    """送达: to each party's page and telephone; confirmed electronic address: served on arrival (ODL 31)."""
    await move(db, confirmation, Trigger.SERVE, actor, now=now)
    case = await cases.get_case(db, confirmation.case_id)
    for party in case.parties:
        db.add(RulingDelivery(confirmation_id=confirmation.id, party_id=party.id, sent_at=now, arrived_at=now))
        where = f"{base_url}/cases/{case.id}/confirmation"
        text = f"【云调】{party.name}您好，法院的裁定书送到了，有意见15天内提：{where}"
        await queue(db, phone=party.phone, text=text, purpose="ruling", case_id=case.id, now=now)


async def mark_opened(db: AsyncSession, confirmation: Confirmation, actor: Actor, now: dt.datetime) -> None:
    """Note the first opening of the ruling by a party."""
    delivery = (await queries.deliveries(db, confirmation.id)).get(actor.id)
    if delivery is not None and delivery.opened_at is None:
        delivery.opened_at = now
        await audit.append(db, actor, "ruling.open", confirmation.case_id, now=now)


async def withdraw(db: AsyncSession, confirmation: Confirmation, actor: Actor, now: dt.datetime) -> None:
    """撤回申请, before the ruling (INT 357)."""
    await move(db, confirmation, Trigger.WITHDRAW, actor, now=now)
    await _tell(db, confirmation, "有一方撤回了确认申请。协议还是有效的。", now)


async def _tell(db: AsyncSession, confirmation: Confirmation, words: str, now: dt.datetime) -> None:
    case = await cases.get_case(db, confirmation.case_id)
    for party in case.parties:
        text = f"【云调】{party.name}您好，“{case.title}”：{words}"
        await queue(db, phone=party.phone, text=text, purpose="court", case_id=case.id, now=now)
