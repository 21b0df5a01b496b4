"""Agreement, its clauses while they are written, its frozen versions, and everything a signature needs."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.db.base import Base, enum_by_value, new_id


class Standing(StrEnum):
    """Where a frozen version stands."""

    SIGNING = "signing"
    VOID = "void"  # a change was asked for: all its signatures are void
    EFFECTIVE = "effective"


class Agreement(Base):
    """人民调解协议 of one case, as the mediator writes it."""

    __tablename__ = "agreement"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), unique=True)
    facts: Mapped[str] = mapped_column(Text, default="")
    responsibility: Mapped[str] = mapped_column(Text, default="")
    performance: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[dt.datetime]
    revision: Mapped[int] = mapped_column()

    clauses: Mapped[list["Clause"]] = relationship(
        order_by="Clause.position", lazy="selectin", cascade="all, delete-orphan"
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012


class Clause(Base):
    """One clause of the draft."""

    __tablename__ = "clause"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"), index=True)
    position: Mapped[int]
    heading: Mapped[str] = mapped_column(String(40), default="")
    text: Mapped[str] = mapped_column(Text)


class Version(Base):
    """A frozen text. `blob` is the newest revision of its PDF; `frozen` the certified one before any signature."""

    __tablename__ = "version"
    __table_args__ = (UniqueConstraint("agreement_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    number: Mapped[int]
    standing: Mapped[Standing] = mapped_column(enum_by_value(Standing))
    verify_code: Mapped[str] = mapped_column(String(20), unique=True)
    frozen: Mapped[str] = mapped_column(String(64))
    blob: Mapped[str] = mapped_column(String(64))
    clause_texts: Mapped[str] = mapped_column(Text)  # one clause a line, as frozen
    frozen_at: Mapped[dt.datetime]
    effective_at: Mapped[dt.datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(60))  # who is signing this very moment
    leased_until: Mapped[dt.datetime | None]


class Signed(Base):
    """A signature that is in the file."""

    __tablename__ = "signed"
    __table_args__ = (UniqueConstraint("version_id", "field"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("version.id"), index=True)
    field: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(80))
    fingerprint: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime]


class Challenge(Base):
    """What a new key signs to prove that it is there; once, within minutes."""

    __tablename__ = "key_challenge"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    holder: Mapped[str] = mapped_column(String(60))
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[dt.datetime]


class HeldCertificate(Base):
    """A certificate for a key that lives in somebody's browser, for one case."""

    __tablename__ = "held_certificate"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    holder: Mapped[str] = mapped_column(String(60), index=True)  # party-<id> or staff-<id>
    pem: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]


class SigningRequest(Base):
    """One person's signature between its two requests: what was prepared on which revision."""

    __tablename__ = "signing_request"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(String(40), index=True)  # a version's or a ruling's id
    holder: Mapped[str] = mapped_column(String(60))
    field: Mapped[str] = mapped_column(String(20))
    fingerprint: Mapped[str] = mapped_column(String(64))
    base: Mapped[str] = mapped_column(String(64))
    prepared: Mapped[str] = mapped_column(String(64))  # blob of Prepared's JSON
    at: Mapped[dt.datetime]
    done: Mapped[bool] = mapped_column(default=False)
