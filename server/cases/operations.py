"""What can be done with a case before and beside the meeting; `advance` is the one writer of its state."""

import datetime as dt
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import invitations, organizations
from server.accounts.permissions import Actor, Role
from server.audit import log as audit
from server.cases import queries
from server.cases.lifecycle import CLOSED, LIFECYCLE, Facts, State, Trigger
from server.cases.models import Case, ConflictAnswer, Consent
from server.cases.numbering import next_number
from server.db.engine import announce
from server.errors import Invalid, NotFound, NotNow, PlatformError, _
from server.messages.operations import queue
from server.outbox.events import CaseReached
from server.outbox.store import record


async def advance(  # noqa: PLR0913 - the one writer: everything it writes is named
    db: AsyncSession,
    case: Case,
    trigger: Trigger,
    actor: Actor,
    *,
    now: dt.datetime,
    facts: Facts | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Move a case: ask the table, write state, audit entry and outbox row, tell the pages; all or nothing."""
    known = facts or await queries.facts(db, case)
    try:
        target = LIFECYCLE.step(case.state, trigger, actor.roles, known)
    except PlatformError as refusal:
        raise refusal.about(case.id) from None
    previous = case.state
    case.state = target
    if target in CLOSED:
        case.closed_at = now
    await db.flush()
    await audit.append(
        db, actor, f"case.{trigger}", case.id, {"from": previous, "to": target, **(detail or {})}, now=now
    )
    await record(db, CaseReached(case_id=case.id, case_number=case.number, state=target, previous=previous), now=now)
    announce(db, f"case:{case.id}")
    announce(db, f"committee:{case.committee_id}")


async def convert(db: AsyncSession, case: Case, actor: Actor, now: dt.datetime) -> None:
    """Take a lead (线索) into the intake."""
    await advance(db, case, Trigger.CONVERT, actor, now=now)


async def accept(db: AsyncSession, case: Case, actor: Actor, base_url: str, now: dt.datetime) -> None:
    """受理: give the number, invite each party; a lead is converted on the way."""
    if case.state is State.LEAD:
        await convert(db, case, actor, now)
    committee = await organizations.organization(db, case.committee_id)
    if case.state is State.INTAKE:
        case.number = await next_number(db, committee, now)
        case.accepted_at = now
    await advance(db, case, Trigger.ACCEPT, actor, now=now, detail={"number": case.number})
    for party in case.parties:
        token = await invitations.invite(
            db, case_id=case.id, party_id=party.id, name=party.name, phone=party.phone, now=now
        )
        text = f"【云调】{party.name}您好，“{case.title}”已受理，调解不收费。请点 {base_url}/i/{token}"
        await queue(db, phone=party.phone, text=text, purpose="accepted", case_id=case.id, now=now)


async def refuse(db: AsyncSession, case: Case, actor: Actor, reason: str, now: dt.datetime) -> None:
    """不受理, with the reason that the applicant reads and the routes that remain."""
    if case.state is State.LEAD:
        await convert(db, case, actor, now)
    known = await queries.facts(db, case, reason=reason)
    await advance(db, case, Trigger.REFUSE, actor, now=now, facts=known, detail={"reason": reason})
    case.reason = reason
    applicant = case.parties[0]
    if applicant.phone:
        text = f"【云调】{applicant.name}您好，“{case.title}”没有受理：{reason[:30]}。可以去法院、仲裁或打电话问我们。"
        await queue(db, phone=applicant.phone, text=text, purpose="refused", case_id=case.id, now=now)


async def ask_mediator(db: AsyncSession, case: Case, actor: Actor, mediator_id: str, now: dt.datetime) -> None:
    """Ask a mediator of the committee the conflict question (回避) before the assignment stands."""
    if case.state is not State.ACCEPTED:
        raise NotNow("not_in_this_state", _("这件事现在走到了别的一步，这个操作做不了。请刷新看看最新情况。")).about(
            case.id
        )
    known = {mediator.id for mediator in await organizations.mediators_of(db, case.committee_id)}
    if mediator_id not in known:
        raise NotFound("mediator_unknown", _("这位不是本会的调解员。"))
    case.asked_mediator_id = mediator_id
    await audit.append(db, actor, "case.ask_mediator", case.id, {"mediator": mediator_id}, now=now)
    announce(db, f"case:{case.id}")
    announce(db, f"actor:{mediator_id}")


async def answer_conflict(
    db: AsyncSession, case: Case, actor: Actor, *, clear: bool, relation: str, now: dt.datetime
) -> None:
    """The asked mediator says whether there is a relation; clear means assigned, otherwise another is asked."""
    if actor.id != case.asked_mediator_id:
        raise NotNow("not_asked", _("这件事没有在问您。")).about(case.id)
    if not clear and not relation.strip():
        raise Invalid("relation_needed", _("请写明是什么关系。"), fields={"relation": _("请写明是什么关系。")})
    db.add(ConflictAnswer(case_id=case.id, user_id=actor.id, clear=clear, relation=relation, at=now))
    await db.flush()
    if clear:
        await advance(db, case, Trigger.ASSIGN, actor, now=now, detail={"mediator": actor.id})
        case.mediator_id = actor.id
        return
    case.asked_mediator_id = None
    await audit.append(db, actor, "case.disclose_conflict", case.id, {"relation": relation}, now=now)
    announce(db, f"case:{case.id}")


async def recuse(db: AsyncSession, case: Case, actor: Actor, reason: str, now: dt.datetime) -> None:
    """回避: back to choosing a mediator."""
    known = await queries.facts(db, case, reason=reason)
    await advance(db, case, Trigger.RECUSE, actor, now=now, facts=known, detail={"reason": reason})
    case.mediator_id = case.asked_mediator_id = None


async def end(db: AsyncSession, case: Case, trigger: Trigger, actor: Actor, reason: str, now: dt.datetime) -> None:
    """End a case without an agreement: fail (调解不成), decline, withdraw, resolve on the spot; tell the others."""
    known = await queries.facts(db, case, reason=reason)
    await advance(db, case, trigger, actor, now=now, facts=known, detail={"reason": reason})
    case.reason = reason
    for party in case.parties:
        if party.phone and party.id != actor.id:
            text = f"【云调】{party.name}您好，“{case.title}”的调解结束了。还可以去法院、仲裁或打电话问我们。"
            await queue(db, phone=party.phone, text=text, purpose="ended", case_id=case.id, now=now)


async def consent(db: AsyncSession, case: Case, actor: Actor, answers: dict[str, bool], now: dt.datetime) -> None:
    """Record what a party agrees to, each kind by itself; a later answer replaces an earlier one."""
    if actor.roles != {Role.PARTY}:
        raise NotNow("party_only", _("同意要由本人来说。")).about(case.id)
    party = queries.party_of(case, actor.id)
    known = {row.kind: row for row in await _consents(db, party.id)}
    for kind, given in answers.items():
        if kind not in queries.CONSENTS:
            raise Invalid("consent_unknown", _("没有这一项同意。"))
        row = known.get(kind)
        if row is None:
            db.add(Consent(case_id=case.id, party_id=party.id, kind=kind, given=given, at=now))
        else:
            row.given, row.at = given, now
    party.verified_at = party.verified_at or now
    party.verified_by = party.verified_by or "code"
    await audit.append(db, actor, "consent.answer", case.id, {"answers": answers}, now=now)
    announce(db, f"case:{case.id}")


async def _consents(db: AsyncSession, party_id: str) -> list[Consent]:
    from sqlalchemy import select

    return list(await db.scalars(select(Consent).where(Consent.party_id == party_id)))
