"""How a case comes in: a grid worker's report, or a resident's application confirmed by a code to the telephone."""

import datetime as dt
import hmac
import json
import secrets
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import organizations
from server.accounts.auth import hash_of
from server.accounts.codes import DIGITS, LIFE, MOST_TRIES, hash_code
from server.accounts.models import Kind, Organization
from server.accounts.permissions import SYSTEM, Actor, Role
from server.audit import log as audit
from server.cases.forms import Report, ResidentForm
from server.cases.levels import suggest
from server.cases.lifecycle import State
from server.cases.models import Application, Attachment, Case, Origin, Party, Side
from server.db.base import new_id
from server.db.engine import announce
from server.errors import NotAllowed, NotFound, NotNow, _
from server.messages.operations import queue
from server.outbox.events import CaseReached
from server.outbox.store import record

# From the frozen text on, what was handed in belongs to what was signed.
TAKING = frozenset(
    {State.LEAD, State.INTAKE, State.ACCEPTED, State.ASSIGNED, State.SCHEDULED, State.MEDIATING, State.DRAFTING}
)
MOST_IN_A_CASE = 60


class Picture(NamedTuple):
    """An attachment whose bytes lie in the blobs already."""

    name: str
    media_type: str
    size: int
    sha256: str


async def by_client_key(db: AsyncSession, client_key: str) -> Case | None:
    """Return the case that this report became already (the same report sent twice is one)."""
    if not client_key:
        return None
    found: Case | None = await db.scalar(select(Case).where(Case.client_key == client_key))
    return found


async def report(db: AsyncSession, actor: Actor, form: Report, pictures: list[Picture], now: dt.datetime) -> Case:
    """A grid worker reports a dispute: it becomes a lead (线索) of the nearest committee."""
    known = await by_client_key(db, form.client_key)
    if known is not None:
        if known.reporter_id != actor.id:
            raise NotAllowed("key_taken", _("这条上报的编号已经被别人用了，请重新填一次。"))
        return known
    grid_id = next(iter(sorted(actor.organizations(Role.GRID))))
    grid = await organizations.organization(db, grid_id)
    committee = await organizations.committee_for(db, grid)
    case = _case(form, State.LEAD, Origin.GRID, committee, now)
    case.reporter_id, case.grid_id, case.client_key = actor.id, grid.id, form.client_key or None
    return await _keep(db, case, actor, pictures, now)


def _case(form: Report, state: State, origin: Origin, committee: Organization, now: dt.datetime) -> Case:
    level, _reasons = suggest(form)
    case = Case(
        id=new_id(),
        title=form.title,
        category=form.category,
        origin=origin,
        level=level,
        state=state,
        place=form.place,
        summary=form.summary,
        demands=form.demands,
        amount=form.amount,
        committee_id=committee.id,
        reported_at=now,
    )
    case.parties = [
        Party(
            id=new_id(),
            position=1,
            side=Side.APPLICANT,
            name=form.applicant_name,
            phone=form.applicant_phone,
            address=form.applicant_address,
            elder_mode=form.elder,
        ),
        Party(
            id=new_id(),
            position=2,
            side=Side.RESPONDENT,
            name=form.respondent_name,
            phone=form.respondent_phone,
            address=form.respondent_address,
        ),
    ]
    return case


async def _keep(db: AsyncSession, case: Case, actor: Actor, pictures: list[Picture], now: dt.datetime) -> Case:
    db.add(case)
    try:
        await db.flush()
    except IntegrityError as error:
        raise NotNow("sent_twice", _("这条已经在上报了，请等一下再看。")) from error
    giver = case.parties[0].id  # what comes with a report is the applicant's
    _attach(db, case, actor, giver, pictures, now)
    await audit.append(
        db, actor, "case.report", case.id, {"origin": case.origin, "pictures": [p.sha256 for p in pictures]}, now=now
    )
    await record(db, CaseReached(case_id=case.id, case_number=None, state=case.state, previous=None), now=now)
    announce(db, f"committee:{case.committee_id}")
    return case


def _attach(
    db: AsyncSession, case: Case, actor: Actor, giver: str | None, pictures: list[Picture], now: dt.datetime
) -> None:
    keeper = actor.id if actor.kind == "staff" else None
    for picture in pictures:
        db.add(Attachment(case_id=case.id, party_id=giver, user_id=keeper, at=now, **picture._asdict()))


def check_takes_material(case: Case) -> None:
    """Refuse (NotNow) once the text is frozen."""
    if case.state not in TAKING:
        raise NotNow("material_closed", _("文本已经定了，不能再交材料。有新情况请打电话给调解员。")).about(case.id)


async def hand_in(db: AsyncSession, case: Case, actor: Actor, pictures: list[Picture], now: dt.datetime) -> None:
    """交照片: more material for a case whose text is not frozen yet. Raises NotNow afterwards, or when it is much."""
    check_takes_material(case)
    known = await db.scalar(select(func.count()).where(Attachment.case_id == case.id))
    if (known or 0) + len(pictures) > MOST_IN_A_CASE:
        raise NotNow("too_much_material", _("这件事的照片已经很多了，请打电话给调解员。")).about(case.id)
    _attach(db, case, actor, actor.id if actor.kind == "party" else None, pictures, now)
    detail = {"pictures": [picture.sha256 for picture in pictures]}
    await audit.append(db, actor, "material.hand_in", case.id, detail, now=now)
    announce(db, f"case:{case.id}")


async def apply(db: AsyncSession, form: ResidentForm, now: dt.datetime) -> str:
    """Keep a resident's application until the telephone is confirmed; return the token of its page."""
    token = secrets.token_urlsafe(16)
    application = Application(
        id=new_id(),
        token_hash=hash_of(token),
        form=form.model_dump_json(),
        code_hash="",
        sent_at=now,
        expires_at=now + LIFE,
    )
    db.add(application)
    await _send(db, application, now)
    return token


async def _send(db: AsyncSession, application: Application, now: dt.datetime) -> None:
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    application.code_hash = hash_code(application.id, code)
    application.sent_at, application.expires_at, application.tries = now, now + LIFE, 0
    phone = str(json.loads(application.form)["applicant_phone"])
    text = f"【云调】验证码 {code}，10分钟内有效。用它提交调解申请，别告诉别人。"
    await queue(db, phone=phone, text=text, purpose="code", case_id=None, now=now)


async def application_by(db: AsyncSession, token: str) -> Application:
    """Return the application of a page; raises NotFound."""
    found = await db.scalar(select(Application).where(Application.token_hash == hash_of(token)))
    if found is None:
        raise NotFound("application_unknown", _("找不到这份申请，请重新填一次。"))
    return found


def count_application_try(application: Application, now: dt.datetime) -> None:
    """Take one of the tries, in a transaction that stays even if the code is wrong."""
    if application.expires_at <= now or application.tries >= MOST_TRIES:
        raise NotNow("code_expired", _("这个验证码过期了。请点“重新发一条”。"))
    application.tries += 1


async def send_application_code(db: AsyncSession, application: Application, now: dt.datetime) -> None:
    """重新发一条, at most once a minute."""
    if now - application.sent_at < dt.timedelta(seconds=60):
        raise NotNow("code_too_soon", _("刚发过一条，请等一分钟再点。"))
    await _send(db, application, now)


async def confirm(db: AsyncSession, application: Application, code: str, now: dt.datetime) -> Case:
    """With the right code the application becomes a case in the intake (待受理)."""
    if application.case_id is not None:
        found = await db.get(Case, application.case_id)
        assert found is not None
        return found
    if not hmac.compare_digest(application.code_hash, hash_code(application.id, code.strip())):
        left = MOST_TRIES - application.tries
        raise NotAllowed("code_wrong", _("验证码不对，还可以试 {left} 次。"), left=left)
    form = ResidentForm.model_validate_json(application.form)
    committee = await organizations.organization(db, form.committee)
    if committee.kind is not Kind.COMMITTEE:
        raise NotFound("no_committee", _("这个地方还没有对应的调解委员会。"))
    case = _case(form, State.INTAKE, Origin.APPLICATION, committee, now)
    case.parties[0].verified_at, case.parties[0].verified_by = now, "code"
    await _keep(db, case, SYSTEM, [], now)
    application.case_id = case.id
    return case
