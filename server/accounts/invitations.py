"""Invitations: a party's link into one case. The link alone decides nothing; the code to the telephone does."""

import datetime as dt
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.auth import hash_of
from server.accounts.models import Invitation
from server.accounts.permissions import Actor
from server.audit import log as audit
from server.errors import NotFound, NotNow, _
from server.messages.operations import queue

DAYS = 60


@dataclass(frozen=True)
class InvitationFacts:
    """What the invitation page may show before the code: no telephone, no address, nothing of the other side."""

    asks: str  # the committee or, for an inquiry, the court
    title: str
    mediator: str = ""
    mediator_years: int = 0
    starts_at: dt.datetime | None = None
    minutes: int = 60
    elder: bool = False
    inquiry: bool = False  # the court asks about the agreement


FactsReader = Callable[[AsyncSession, str, str], Awaitable[InvitationFacts]]
INVITATION_FACTS: web.AppKey[FactsReader] = web.AppKey("invitation_facts")


async def invite(db: AsyncSession, *, case_id: str, party_id: str, name: str, phone: str, now: dt.datetime) -> str:
    """Make a link for a party and return its token; older links of the same party end."""
    await db.execute(
        update(Invitation)
        .where(Invitation.party_id == party_id, Invitation.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    token = secrets.token_urlsafe(16)
    db.add(
        Invitation(
            token_hash=hash_of(token),
            case_id=case_id,
            party_id=party_id,
            name=name,
            phone=phone,
            created_at=now,
            expires_at=now + dt.timedelta(days=DAYS),
        )
    )
    await db.flush()
    return token


async def by_token(db: AsyncSession, token: str) -> Invitation:
    """Return the invitation of a link, whatever its condition; raises NotFound."""
    found = await db.scalar(select(Invitation).where(Invitation.token_hash == hash_of(token)))
    if found is None:
        raise NotFound("link_unknown", _("这个链接不对。可能抄漏了字，请点短信里原来的那一条。"))
    return found


async def usable(db: AsyncSession, token: str, now: dt.datetime) -> Invitation:
    """Return an invitation that may be used now; raises NotNow for an expired or replaced one."""
    found = await by_token(db, token)
    if found.revoked_at is not None:
        raise NotNow("link_replaced", _("这个链接已经换成新的了。请点最近那条短信里的链接。")).about(found.case_id)
    if found.expires_at <= now:
        raise NotNow("link_expired", _("这个链接过期了。点“给我再发一个”，新链接会发到您的手机上。")).about(
            found.case_id
        )
    return found


async def mark_opened(db: AsyncSession, invitation: Invitation, now: dt.datetime) -> None:
    """Note the first opening (delivery board: opened)."""
    if invitation.opened_at is None:
        invitation.opened_at = now
        await audit.append(db, _party(invitation), "invitation.open", invitation.case_id, now=now)


def accept(invitation: Invitation, now: dt.datetime) -> None:
    """我来参加: the person comes; said before the code, binding only after it."""
    if invitation.accepted_at is None:
        invitation.accepted_at = now


async def send_again(db: AsyncSession, old: Invitation, base_url: str, now: dt.datetime) -> None:
    """给我再发一个: a fresh link to the same telephone; whoever holds the old link learns nothing new."""
    token = await invite(db, case_id=old.case_id, party_id=old.party_id, name=old.name, phone=old.phone, now=now)
    text = f"【云调】{old.name}，这是您的新链接：{base_url}/i/{token}"
    await queue(db, phone=old.phone, text=text, purpose="invitation", case_id=old.case_id, now=now)
    await audit.append(db, _party(old), "invitation.again", old.case_id, now=now)


async def of_party(db: AsyncSession, party_id: str) -> Invitation | None:
    """Return the party's newest invitation."""
    found: Invitation | None = await db.scalar(
        select(Invitation).where(Invitation.party_id == party_id).order_by(Invitation.created_at.desc()).limit(1)
    )
    return found


def _party(invitation: Invitation) -> Actor:
    return Actor(kind="party", id=invitation.party_id, name=invitation.name, case_id=invitation.case_id)
