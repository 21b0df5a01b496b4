"""Meeting (the appointment), Seat (who waits or is admitted), Attendance (what the media server saw), facts."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, enum_by_value, new_id


class Kind(StrEnum):
    """What a meeting is for; it decides who presides."""

    MEDIATION = "mediation"  # 调解: the case's mediator
    INQUIRY = "inquiry"  # 法院询问: the judge, with the clerk (INT 356)


class Phase(StrEnum):
    """Where a meeting stands."""

    PLANNED = "planned"
    OPEN = "open"
    ENDED = "ended"


class Place(StrEnum):
    """Where a person of the meeting is. Decided on the server, shown in words on every screen."""

    OUTSIDE = "outside"
    LOBBY = "lobby"  # 等候室
    JOINT = "joint"  # 一起谈
    CAUCUS = "caucus"  # 单独谈
    REMOVED = "removed"


class Meeting(Base):
    """An appointment of a case. `caucus_with` is the party in private talk with the mediator, if any."""

    __tablename__ = "meeting"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("dispute_case.id"), index=True)
    kind: Mapped[Kind] = mapped_column(enum_by_value(Kind), default=Kind.MEDIATION)
    starts_at: Mapped[dt.datetime]
    minutes: Mapped[int]
    phase: Mapped[Phase] = mapped_column(enum_by_value(Phase), default=Phase.PLANNED)
    caucus_with: Mapped[str | None] = mapped_column(ForeignKey("party.id"))
    caucus_number: Mapped[int] = mapped_column(default=0)  # each caucus is a new room with its own tokens
    shown_id: Mapped[str | None] = mapped_column(ForeignKey("attachment.id"))  # what all of the joint room look at
    shown_at: Mapped[dt.datetime | None]
    opened_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def joint_room(self) -> str:
        """The LiveKit name of the joint room."""
        return f"meeting-{self.id}"

    @property
    def caucus_room(self) -> str:
        """The LiveKit name of the present caucus."""
        return f"caucus-{self.id}-{self.caucus_number}"


class Seat(Base):
    """A person of a meeting."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("meeting_id", "identity"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    identity: Mapped[str] = mapped_column(String(60))  # party-<id> or staff-<id>: all that the media server knows
    person_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(20))  # applicant | respondent | mediator | judge | clerk
    place: Mapped[Place] = mapped_column(enum_by_value(Place))
    arrived_at: Mapped[dt.datetime]
    device: Mapped[str] = mapped_column(String(60), default="")  # words of the device check
    hand: Mapped[bool] = mapped_column(default=False)  # 我没听懂: seen by whoever presides only


class Attendance(Base):
    """When somebody was in a room, as the media server's webhooks say."""

    __tablename__ = "attendance"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    room: Mapped[str] = mapped_column(String(80))
    identity: Mapped[str] = mapped_column(String(60))
    sid: Mapped[str] = mapped_column(String(40), unique=True)
    joined_at: Mapped[dt.datetime]
    left_at: Mapped[dt.datetime | None]


class RoomEvent(Base):
    """A webhook that was taken already; the same id twice is one act."""

    __tablename__ = "room_event"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[dt.datetime]


class MinuteLine(Base):
    """One line of the minutes (调解笔录), kept as the mediator writes."""

    __tablename__ = "minute_line"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    speaker: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[dt.datetime]


class StatedFact(Base):
    """A fact put to both sides; with everybody's yes it is undisputed (无争议的事实)."""

    __tablename__ = "stated_fact"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[dt.datetime]


class FactAnswer(Base):
    """What one party says to a fact: it is so, or it is not."""

    __tablename__ = "fact_answer"
    __table_args__ = (UniqueConstraint("fact_id", "party_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    fact_id: Mapped[str] = mapped_column(ForeignKey("stated_fact.id", ondelete="CASCADE"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("party.id"))
    agrees: Mapped[bool]
    at: Mapped[dt.datetime]
