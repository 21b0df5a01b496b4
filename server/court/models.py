"""Confirmation (司法确认), each party's act of joining, the ruling (裁定书) and its delivery (送达)."""

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.court.lifecycle import State
from server.db.base import Base, enum_by_value, new_id


class Confirmation(Base):
    """One joint application for one agreement. `state` is written by `court.operations.move` only."""

    __tablename__ = "confirmation"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    court_id: Mapped[str] = mapped_column(ForeignKey("organization.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("version.id"))
    state: Mapped[State] = mapped_column(enum_by_value(State), index=True)
    case_number: Mapped[str | None] = mapped_column(String(60), unique=True)  # （2026）连0202诉前调确1号
    clerk_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    judge_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    last_day: Mapped[dt.date]
    opened_at: Mapped[dt.datetime]
    submitted_at: Mapped[dt.datetime | None]
    docketed_at: Mapped[dt.datetime | None]
    heard_at: Mapped[dt.datetime | None]
    heard_note: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Joining(Base):
    """A party's own act of applying: submitted is when the last one joined."""

    __tablename__ = "joining"
    __table_args__ = (UniqueConstraint("confirmation_id", "party_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    confirmation_id: Mapped[str] = mapped_column(ForeignKey("confirmation.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("party.id"))
    at: Mapped[dt.datetime]


class Ruling(Base):
    """The ruling: frozen for the judge's signature, then signed and sealed. One for each confirmation."""

    __tablename__ = "ruling"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    confirmation_id: Mapped[str] = mapped_column(ForeignKey("confirmation.id"), index=True)
    outcome: Mapped[str] = mapped_column(String(10))  # confirm | reject
    ground: Mapped[str] = mapped_column(Text, default="")
    judge_id: Mapped[str] = mapped_column(String(40))
    verify_code: Mapped[str] = mapped_column(String(20), unique=True)
    blob: Mapped[str] = mapped_column(String(64))
    drafted_at: Mapped[dt.datetime]
    issued_at: Mapped[dt.datetime | None]


class RulingDelivery(Base):
    """Service on one party: when it was sent, when it arrived, when it was first opened (ODL 31)."""

    __tablename__ = "ruling_delivery"
    __table_args__ = (UniqueConstraint("confirmation_id", "party_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    confirmation_id: Mapped[str] = mapped_column(ForeignKey("confirmation.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("party.id"))
    sent_at: Mapped[dt.datetime]
    arrived_at: Mapped[dt.datetime]
    opened_at: Mapped[dt.datetime | None]


class CourtHook(Base):
    """A callback of a court's own system that was taken already; the same id twice is one act."""

    __tablename__ = "court_hook"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[dt.datetime]
