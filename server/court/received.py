"""A ruling (裁定书) that the court's own system made: judged, kept, issued and served like one written here.

That the court sent it is proved by the callback's signature; what the file itself proves is judged all the same, and a
file that shows alteration is refused. The roots of the court's own seals come from the settings.
"""

import asyncio
import datetime as dt
import secrets

from sqlalchemy.ext.asyncio import AsyncSession

from documents.apart import verify_apart
from documents.report import Report, Verdict
from server.accounts.permissions import Actor
from server.agreements.drafting import CODE_LENGTH
from server.court import queries, ruling
from server.court.lifecycle import GROUNDS_REJECT, Facts, State, Trigger
from server.court.models import Confirmation, Ruling
from server.court.operations import move, serve
from server.court.ruling import Decision
from server.db.base import ID_ALPHABET, new_id
from server.errors import Invalid, NotNow, TooLarge, _
from server.wiring import Platform

MOST_BYTES = 10 * 2**20
HEARD_ELSEWHERE = "由法院自己的系统询问"
UNJUDGED = frozenset({"too_large", "unpacks_too_far", "too_long"})


async def keep(platform: Platform, confirmation: Confirmation, pdf: bytes) -> tuple[str, Report]:
    """Judge the file in a process of its own and keep it; return its blob and the report. Outside any transaction."""
    check_open(confirmation)
    if len(pdf) > MOST_BYTES:
        raise TooLarge("file_too_large", _("文件太大了，最多 {mib} MB。"), mib=MOST_BYTES // 2**20)
    report = await asyncio.to_thread(_judged, platform, pdf)
    if report.verdict is Verdict.INVALID or any(one.code in UNJUDGED for one in report.reasons):
        refused = _("这份裁定书的文件没有通过查验，没有收下：{why}")
        raise Invalid("ruling_invalid", refused, why=report.reasons[0].zh).about(confirmation.case_id)
    return await asyncio.to_thread(platform.blobs.put, pdf), report


def _judged(platform: Platform, pdf: bytes) -> Report:
    own = platform.settings.court.roots
    roots = [*platform.signer.roots, *([own.read_text()] if own else [])]
    return verify_apart(pdf, roots, now=platform.now())


def check_open(confirmation: Confirmation) -> None:
    """Raise NotNow unless a ruling may be given: docketed and not yet ruled."""
    if confirmation.state is State.SUBMITTED:
        raise NotNow("not_docketed", _("这件申请还没有立案，不能裁定。")).about(confirmation.case_id)
    if confirmation.state is not State.ACCEPTED:
        ruling.check_review(confirmation)


async def issue(  # noqa: PLR0913 - what came is named piece by piece
    platform: Platform,
    db: AsyncSession,
    confirmation: Confirmation,
    actor: Actor,
    decision: Decision,
    kept: tuple[str, Report],
    now: dt.datetime,
) -> None:
    """Take the ruling over and serve it on both parties, in the caller's transaction."""
    if decision.outcome == "reject" and decision.ground not in GROUNDS_REJECT:
        raise Invalid("ground_needed", _("请选一条法定的理由。")).about(confirmation.case_id)
    check_open(confirmation)
    blob, report = kept
    if confirmation.state is State.ACCEPTED:
        await move(db, confirmation, Trigger.HEAR, actor, now=now, facts=Facts(both_asked=True))
        confirmation.heard_at, confirmation.heard_note = now, HEARD_ELSEWHERE
    made = Ruling(
        id=new_id(),
        confirmation_id=confirmation.id,
        outcome=decision.outcome,
        ground=decision.ground,
        judge_id=actor.id,
        verify_code="".join(secrets.choice(ID_ALPHABET) for _turn in range(CODE_LENGTH)),
        blob=blob,
        drafted_at=now,
    )
    db.add(made)
    await ruling.issue(db, confirmation, actor, made, (blob, now), verdict=report.verdict.word)
    await serve(db, await queries.get_confirmation(db, confirmation.id), actor, platform.settings.base_url, now)
