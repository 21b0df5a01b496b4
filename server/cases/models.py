"""Case and Party, and what hangs on them from the first report on: attachments, consents, the conflict answer."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.cases.lifecycle import State
from server.db.base import Base, Sealed, enum_by_value, new_id


class Origin(StrEnum):
    """How a case came in."""

    GRID = "grid"  # 网格排查
    APPLICATION = "application"  # 当事人申请


class Level(StrEnum):
    """Colour grade of a report (红橙黄蓝)."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"


class Side(StrEnum):
    """Which side of the quarrel."""

    APPLICANT = "applicant"  # 申请人
    RESPONDENT = "respondent"  # 被申请人


class Case(Base):
    """One dispute (纠纷). `state` is written by `cases.operations.advance` and nowhere else."""

    __tablename__ = "dispute_case"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str | None] = mapped_column(String(60), unique=True)  # （2026）滨望人调字第37号, given on acceptance
    title: Mapped[str] = mapped_column(String(80))
    category: Mapped[str] = mapped_column(String(30))
    origin: Mapped[Origin] = mapped_column(enum_by_value(Origin))
    level: Mapped[Level] = mapped_column(enum_by_value(Level), default=Level.BLUE)
    state: Mapped[State] = mapped_column(enum_by_value(State), index=True)
    place: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text)
    demands: Mapped[str] = mapped_column(Text, default="")
    amount: Mapped[float | None] = mapped_column(Numeric(14, 2, asdecimal=False))
    reporter_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    grid_id: Mapped[str | None] = mapped_column(ForeignKey("organization.id"))
    committee_id: Mapped[str] = mapped_column(ForeignKey("organization.id"), index=True)
    asked_mediator_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    mediator_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    court_id: Mapped[str | None] = mapped_column(ForeignKey("organization.id"), index=True)
    client_key: Mapped[str | None] = mapped_column(String(60), unique=True)  # a report sent twice is one report
    reason: Mapped[str] = mapped_column(Text, default="")  # of a refusal or failure, in words
    reported_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]
    effective_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column()

    parties: Mapped[list["Party"]] = relationship(back_populates="case", order_by="Party.position", lazy="selectin")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Party(Base):
    """A person in the case (当事人)."""

    __tablename__ = "party"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    position: Mapped[int]
    side: Mapped[Side] = mapped_column(enum_by_value(Side))
    name: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(Sealed())
    id_number: Mapped[str] = mapped_column(Sealed(), default="")
    address: Mapped[str] = mapped_column(Sealed(), default="")
    sex: Mapped[str] = mapped_column(String(4), default="")
    nationality: Mapped[str] = mapped_column(Sealed(), default="")  # 民族: sensitive, hidden by default
    age: Mapped[int | None]
    occupation: Mapped[str] = mapped_column(String(40), default="")
    elder_mode: Mapped[bool] = mapped_column(default=False)
    verified_at: Mapped[dt.datetime | None]  # identity checked
    verified_by: Mapped[str] = mapped_column(String(20), default="")  # method: code | id_number | mediator

    case: Mapped[Case] = relationship(back_populates="parties", lazy="raise")


class Attachment(Base):
    """A photograph or paper given with the case; the bytes lie in the blobs by `sha256`."""

    __tablename__ = "attachment"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    party_id: Mapped[str | None] = mapped_column(ForeignKey("party.id"))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime]


class Consent(Base):
    """What a party agreed to, asked one by one: mediation, video, e_signature, e_delivery (never pre-ticked)."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("party_id", "kind"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("party.id"))
    kind: Mapped[str] = mapped_column(String(20))
    given: Mapped[bool]
    at: Mapped[dt.datetime]


class ConflictAnswer(Base):
    """The mediator's answer to the conflict question (回避), before the assignment stands."""

    __tablename__ = "conflict_answer"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"))
    clear: Mapped[bool]
    relation: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[dt.datetime]


class Application(Base):
    """A resident's application before the telephone was confirmed; becomes a case by the right code."""

    __tablename__ = "application"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    form: Mapped[str] = mapped_column(Sealed())  # the form's JSON
    code_hash: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    case_id: Mapped[str | None] = mapped_column(ForeignKey("dispute_case.id"))
