"""Organizations, staff, logins, invitations: who there is and how each came in."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.accounts.permissions import Role
from server.db.base import Base, Sealed, enum_by_value, new_id


class Kind(StrEnum):
    """What an organization is."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    COMMITTEE = "committee"  # 人民调解委员会
    COURT = "court"  # 人民法院


class Organization(Base):
    """A node of the tree; `path` is its ids from the root ("/id/id/"), so that an area is a prefix."""

    __tablename__ = "organization"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[Kind] = mapped_column(enum_by_value(Kind))
    name: Mapped[str] = mapped_column(String(80))
    short_name: Mapped[str] = mapped_column(String(20), default="")  # 滨望: the committee's word in case numbers
    court_code: Mapped[str] = mapped_column(String(20), default="")  # 连0202: the court's word in case numbers
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("organization.id"))
    path: Mapped[str] = mapped_column(String(400), index=True)
    phone: Mapped[str] = mapped_column(String(30), default="")
    address: Mapped[str] = mapped_column(String(200), default="")


class User(Base):
    """A member of staff."""

    __tablename__ = "user_account"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(Sealed())
    password_hash: Mapped[str] = mapped_column(String(200))
    years_certified: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class Membership(Base):
    """A post: this person has this role in this organization."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "organization_id", "role"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organization.id"), index=True)
    role: Mapped[Role] = mapped_column(enum_by_value(Role))


class Passkey(Base):
    """A WebAuthn credential of a member of staff."""

    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[dt.datetime]


class Challenge(Base):
    """A WebAuthn challenge, for one use within minutes."""

    __tablename__ = "passkey_challenge"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    expires_at: Mapped[dt.datetime]


class Login(Base):
    """A login; the cookie holds the token, the row only its SHA-256. Either a user's or a party's for one case."""

    __tablename__ = "login"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("dispute_case.id"))
    party_id: Mapped[str | None] = mapped_column(ForeignKey("party.id"))
    name: Mapped[str] = mapped_column(String(40))
    method: Mapped[str] = mapped_column(String(20))  # password | passkey | code
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class Invitation(Base):
    """A party's link into one case; the link holds the token, the row only its SHA-256."""

    __tablename__ = "invitation"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("party.id"), index=True)
    phone: Mapped[str] = mapped_column(Sealed())
    name: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    opened_at: Mapped[dt.datetime | None]
    accepted_at: Mapped[dt.datetime | None]  # 我来参加
    revoked_at: Mapped[dt.datetime | None]


class OneTimeCode(Base):
    """A code sent to the invited telephone; few tries, few minutes, one use."""

    __tablename__ = "one_time_code"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[dt.datetime | None]
