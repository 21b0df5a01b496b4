"""One-time codes by message: six digits, ten minutes, five tries, one use; never stored in the clear."""

import datetime as dt
import hashlib
import hmac
import secrets

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.models import Invitation, OneTimeCode
from server.errors import NotAllowed, NotNow, TooMany, _
from server.messages.operations import queue

DIGITS = 6
LIFE = dt.timedelta(minutes=10)
PAUSE = dt.timedelta(seconds=60)
MOST_TRIES = 5
MOST_A_DAY = 8


def hash_code(invitation_id: str, code: str) -> str:
    """Return what is stored: bound to the invitation, so that equal codes do not look equal."""
    return hmac.new(invitation_id.encode(), code.encode(), hashlib.sha256).hexdigest()


async def send_code(db: AsyncSession, invitation: Invitation, now: dt.datetime) -> None:
    """Queue a fresh code to the invited telephone; raises TooMany when asked too often."""
    sent = list(
        await db.scalars(
            select(OneTimeCode)
            .where(OneTimeCode.invitation_id == invitation.id, OneTimeCode.sent_at > now - dt.timedelta(days=1))
            .order_by(OneTimeCode.sent_at.desc())
        )
    )
    if sent and now - sent[0].sent_at < PAUSE:
        raise TooMany("code_too_soon", _("刚发过一条，请等一分钟再点。"))
    if len(sent) >= MOST_A_DAY:
        raise TooMany("code_too_many", _("今天发得太多了，请明天再试，或者打电话找我们。"))
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    db.add(
        OneTimeCode(
            invitation_id=invitation.id, code_hash=hash_code(invitation.id, code), sent_at=now, expires_at=now + LIFE
        )
    )
    text = f"【云调】验证码 {code}，10分钟内有效。工作人员不会向您要它，别告诉别人。"
    await queue(db, phone=invitation.phone, text=text, purpose="code", case_id=invitation.case_id, now=now)


async def newest(db: AsyncSession, invitation: Invitation) -> OneTimeCode:
    """Return the newest code of an invitation, unused; raises NotNow when there is none."""
    found = await db.scalar(
        select(OneTimeCode)
        .where(OneTimeCode.invitation_id == invitation.id, OneTimeCode.used_at.is_(None))
        .order_by(OneTimeCode.sent_at.desc())
        .limit(1)
        .with_for_update()
    )
    if found is None:
        raise NotNow("code_expired", _("这个验证码过期了。请点“重新发一条”。")).about(invitation.case_id)
    return found


async def count_try(db: AsyncSession, invitation: Invitation, now: dt.datetime) -> None:
    """Take one of the tries of the newest code, in a transaction that stays even if the code is wrong."""
    found = await newest(db, invitation)
    if found.expires_at <= now:
        raise NotNow("code_expired", _("这个验证码过期了。请点“重新发一条”。")).about(invitation.case_id)
    if found.tries >= MOST_TRIES:
        raise NotNow("code_spent", _("这条验证码试了太多次，不能再用了。请点“重新发一条”。")).about(invitation.case_id)
    found.tries += 1


def check_code(code: OneTimeCode, given: str, invitation: Invitation, now: dt.datetime) -> None:
    """Compare in constant time; a right code is used up, a wrong one raises NotAllowed."""
    digits = "".join(character for character in given if character.isdigit())
    if not hmac.compare_digest(code.code_hash, hash_code(invitation.id, digits)):
        left = MOST_TRIES - code.tries
        raise NotAllowed("code_wrong", _("验证码不对，还可以试 {left} 次。"), left=left).about(invitation.case_id)
    code.used_at = now


async def ensure_code(db: AsyncSession, invitation: Invitation, now: dt.datetime) -> None:
    """Send a code unless one that still works, or one sent a moment ago, is on the telephone already."""
    last = await db.scalar(
        select(OneTimeCode)
        .where(OneTimeCode.invitation_id == invitation.id)
        .order_by(OneTimeCode.sent_at.desc())
        .limit(1)
    )
    if last is not None:
        works = last.used_at is None and last.expires_at > now and last.tries < MOST_TRIES
        if works or now - last.sent_at < PAUSE:
            return
    await send_code(db, invitation, now)
