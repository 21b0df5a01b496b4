"""From what was said to a frozen text: edit, check, freeze into a certified PDF; reopen makes a new version."""

import asyncio
import datetime as dt
import secrets

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from documents.fields import lay_out_fields
from documents.fonts import GlyphMissing
from documents.papers.base import FieldFault
from documents.papers.people import PersonParticulars
from documents.papers.settlement import AgreementDocument, ClauseText
from documents.render import render
from documents.signing import certify
from documents.timestamp import TimestampFailed
from server.accounts.organizations import organization
from server.accounts.permissions import Actor
from server.accounts.staff import user
from server.agreements import queries
from server.agreements.lint import Finding, lint
from server.agreements.models import Agreement, Clause, Standing, Version
from server.cases import operations as case_operations
from server.cases import queries as cases
from server.cases.lifecycle import State, Trigger
from server.cases.models import Case, Party, Side
from server.db.base import ID_ALPHABET, new_id
from server.db.engine import announce
from server.errors import Invalid, NotNow, Stale, Upstream, _
from server.http.pages import BEIJING
from server.meetings.facts import undisputed
from server.messages.operations import queue
from server.wiring import Platform

CODE_LENGTH = 10


class ClauseForm(BaseModel):
    """One clause as typed."""

    heading: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=4000)


class DraftForm(BaseModel):
    """The whole draft as typed; `revision` is the one it was typed upon."""

    facts: str = Field(default="", max_length=6000)
    responsibility: str = Field(default="", max_length=3000)
    performance: str = Field(default="", max_length=1000)
    clauses: list[ClauseForm] = Field(default_factory=list, max_length=60)
    revision: int


async def draft(db: AsyncSession, case: Case, now: dt.datetime) -> Agreement:
    """Return the draft; the first look makes it, beginning with what both sides agreed is so, else with the report."""
    found = await queries.draft_of(db, case.id)
    if found is not None:
        return found
    agreed = await undisputed(db, case.id)
    facts = "".join(f"{fact.rstrip('。')}。" for fact in agreed) or case.summary
    made = Agreement(id=new_id(), case_id=case.id, facts=facts, saved_at=now, clauses=[])
    db.add(made)
    await db.flush()
    return made


async def save(db: AsyncSession, case: Case, form: DraftForm, now: dt.datetime) -> Agreement:
    """Keep what was typed; raises Stale when somebody saved meanwhile, NotNow when the text is frozen."""
    if case.state is not State.DRAFTING:
        raise NotNow("text_frozen", _("文本已经冻结，不能改。要改请先“重新起草”，签名会全部作废。")).about(case.id)
    found = await draft(db, case, now)
    if found.revision != form.revision:
        raise Stale("draft_stale", _("刚才在别处也改了这份协议。请先看看最新的，再接着写。"))
    found.facts, found.responsibility, found.performance = form.facts, form.responsibility, form.performance
    found.clauses = [
        Clause(position=position, heading=clause.heading, text=clause.text.replace("\n", " ").strip())
        for position, clause in enumerate(form.clauses, 1)
    ]
    found.saved_at = now
    await db.flush()
    announce(db, f"case:{case.id}")
    return found


def findings(agreement: Agreement, case: Case) -> list[Finding]:
    """Return what the checker says of the draft."""
    texts = [clause.text for clause in agreement.clauses]
    return lint(agreement.facts, texts, [party.name for party in case.parties])


async def freeze(platform: Platform, case_id: str, actor: Actor) -> Version:
    """冻结文本: render, lay out the fields, certify, all outside a transaction; then write if nothing changed."""
    async with platform.database.reading() as db:
        case = await cases.get_case(db, case_id)
        agreement = await queries.draft_of(db, case_id)
        if agreement is None:
            raise NotNow("clauses_needed", _("协议里至少要有一条。")).about(case_id)
        _check_state(case)
        must = [finding for finding in findings(agreement, case) if finding.must]
        facts = await cases.facts(db, case, clauses=len(agreement.clauses), findings=len(must))
        code = "".join(secrets.choice(ID_ALPHABET) for _turn in range(CODE_LENGTH))
        previous = await queries.live_version(db, case_id)
        number = await _next_number(db, agreement)
        assert previous is None
        paper = await _paper(db, platform, (case, agreement), code, number)
    pdf = await _certified(platform, paper) if not must else b""
    blob = await asyncio.to_thread(platform.blobs.put, pdf) if pdf else ""
    now = platform.now()
    async with platform.database.writing() as db:
        case = await cases.get_case(db, case_id)
        unchanged = await queries.draft_of(db, case_id)
        if unchanged is None or unchanged.revision != agreement.revision:
            raise Stale("draft_stale", _("刚才在别处也改了这份协议。请先看看最新的，再接着写。"))
        await case_operations.advance(
            db, case, Trigger.FREEZE, actor, now=now, facts=facts, detail={"version": number, "sha256": blob}
        )
        version = Version(
            id=new_id(),
            agreement_id=agreement.id,
            case_id=case_id,
            number=number,
            standing=Standing.SIGNING,
            verify_code=code,
            frozen=blob,
            blob=blob,
            clause_texts="\n".join(clause.text for clause in agreement.clauses),
            frozen_at=now,
        )
        db.add(version)
        await _tell_to_sign(db, platform, case, now)
    return version


def _check_state(case: Case) -> None:
    if case.state is not State.DRAFTING:
        raise NotNow("text_frozen", _("文本已经冻结，不能改。要改请先“重新起草”，签名会全部作废。")).about(case.id)


async def _next_number(db: AsyncSession, agreement: Agreement) -> int:
    from sqlalchemy import func, select

    last = await db.scalar(select(func.max(Version.number)).where(Version.agreement_id == agreement.id))
    return (last or 0) + 1


async def _tell_to_sign(db: AsyncSession, platform: Platform, case: Case, now: dt.datetime) -> None:
    for party in case.parties:
        text = f"【云调】{party.name}您好，协议写好了，请看、请签：{platform.settings.base_url}/my/{case.id}"
        await queue(db, phone=party.phone, text=text, purpose="sign", case_id=case.id, now=now)


async def _certified(platform: Platform, paper: AgreementDocument) -> bytes:
    signer = platform.signer
    try:
        return await asyncio.to_thread(
            lambda: certify(
                lay_out_fields(render(paper, signer.fonts), paper.fields()),
                signer.platform_key,
                signer.timestamper,
                signer.now(),
            )
        )
    except FieldFault as error:
        raise Invalid("paper_incomplete", _("协议还不完整：{faults}"), faults=str(error)) from error
    except GlyphMissing as error:
        text = _("字库里没有“{character}”这个字，印不出来。请换一个写法，或请管理员加字体。")
        raise Invalid("glyph_missing", text, character=error.character) from error
    except TimestampFailed as error:
        raise Upstream("timestamp_failed", _("时间戳服务没有回应，还没有冻结，什么都没丢。请过一会儿再点。")) from error


async def _paper(
    db: AsyncSession, platform: Platform, of: tuple[Case, Agreement], code: str, number: int
) -> AgreementDocument:
    case, agreement = of
    committee = await organization(db, case.committee_id)
    mediator = await user(db, case.mediator_id or "")
    clauses = tuple(
        ClauseText(position, clause.heading, clause.text) for position, clause in enumerate(agreement.clauses, 1)
    )
    return AgreementDocument(
        number=case.number or "",
        committee=committee.name,
        parties=tuple(particulars(party) for party in case.parties),
        mediator=mediator.name,
        facts=agreement.facts,
        responsibility=agreement.responsibility,
        clauses=clauses,
        performance=agreement.performance,
        copies=len(case.parties) + 1,
        date=platform.now().astimezone(BEIJING).date(),
        verify_url=f"{platform.settings.base_url}/verify/{code}",
        version=number,
        development=platform.settings.development,
    )


def particulars(party: Party) -> PersonParticulars:
    """Return a party's particulars as the forms print them."""
    return PersonParticulars(
        name=party.name,
        role="申请人" if party.side is Side.APPLICANT else "被申请人",
        sex=party.sex,
        nationality=party.nationality,
        age=party.age,
        occupation=party.occupation,
        contact=party.phone,
        id_number=party.id_number,
        address=party.address,
    )


async def reopen(db: AsyncSession, case: Case, actor: Actor, reason: str, now: dt.datetime) -> None:
    """A change is wanted: the version and all its signatures are void, the draft opens again, everybody is told."""
    version = await queries.signing_version(db, case.id)
    known = await cases.facts(db, case, reason=reason)
    await case_operations.advance(
        db, case, Trigger.REOPEN, actor, now=now, facts=known, detail={"version": version.number, "reason": reason}
    )
    version.standing, version.leased_by, version.leased_until = Standing.VOID, None, None
    for party in case.parties:
        text = f"【云调】{party.name}您好，协议要改，原来的签名都不算数了。改好了再请您看。"
        await queue(db, phone=party.phone, text=text, purpose="reopened", case_id=case.id, now=now)
