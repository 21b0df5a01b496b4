"""Begin and end a login: staff by password or passkey, parties by invitation and code."""

import datetime as dt
import secrets

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.auth import hash_of, staff_actor
from server.accounts.models import Invitation, Login, User
from server.accounts.passwords import hash_password, needs_rehash, password_matches
from server.accounts.permissions import Actor
from server.audit import log as audit
from server.errors import NotAllowed, _

STAFF_HOURS = 12
PARTY_DAYS = 7


async def sign_in(db: AsyncSession, username: str, password: str, now: dt.datetime) -> tuple[str, Actor]:
    """Check a password and begin a login; return its token. One sentence for every kind of wrong."""
    user = await db.scalar(select(User).where(User.username == username))
    if not password_matches(password, user.password_hash if user else None) or user is None or not user.active:
        raise NotAllowed("wrong_password", _("用户名或密码不对。再试一次，或者请管理员帮您重设。"))
    if needs_rehash(user.password_hash):
        user.password_hash = hash_password(password)
    return await begin_for_staff(db, user, "password", now)


async def begin_for_staff(db: AsyncSession, user: User, method: str, now: dt.datetime) -> tuple[str, Actor]:
    """Begin a login of a member of staff who proved who they are."""
    token = secrets.token_urlsafe(32)
    db.add(
        Login(
            token_hash=hash_of(token),
            user_id=user.id,
            name=user.name,
            method=method,
            created_at=now,
            expires_at=now + dt.timedelta(hours=STAFF_HOURS),
        )
    )
    actor = await staff_actor(db, user)
    place = actor.posts[0].organization_id if actor.posts else "platform"
    await audit.append(db, actor, "login.begin", f"place:{place}", {"method": method}, now=now)
    return token, actor


async def begin_for_party(db: AsyncSession, invitation: Invitation, now: dt.datetime) -> tuple[str, Actor]:
    """Begin a party's login for the one case of the invitation."""
    token = secrets.token_urlsafe(32)
    actor = Actor(kind="party", id=invitation.party_id, name=invitation.name, case_id=invitation.case_id)
    db.add(
        Login(
            token_hash=hash_of(token),
            case_id=invitation.case_id,
            party_id=invitation.party_id,
            name=invitation.name,
            method="code",
            created_at=now,
            expires_at=now + dt.timedelta(days=PARTY_DAYS),
        )
    )
    await audit.append(db, actor, "login.begin", invitation.case_id, {"method": "code"}, now=now)
    return token, actor


async def sign_out(db: AsyncSession, token: str, now: dt.datetime) -> None:
    """End a login; ending it twice is no error."""
    await db.execute(
        update(Login).where(Login.token_hash == hash_of(token), Login.ended_at.is_(None)).values(ended_at=now)
    )
