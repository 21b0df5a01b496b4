"""Outbox rows: an event is recorded beside the change and sent if and only if that change commits."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Sealed, new_id
from server.outbox.events import Event


class Endpoint(Base):
    """A receiver: its address, its secret (whsec_...), and the event names it wants (empty: all)."""

    __tablename__ = "endpoint"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(500), unique=True)
    secret: Mapped[str] = mapped_column(Sealed())
    wants: Mapped[list[Any]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)


class OutboxEvent(Base):
    """One event for one case; `number` counts per case, `id` is the receiver's idempotency key."""

    __tablename__ = "outbox_event"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(String(40), index=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    schema: Mapped[int]
    payload: Mapped[dict[str, Any]]
    at: Mapped[dt.datetime]


class Delivery(Base):
    """An event on its way to an endpoint: leased while somebody sends it, retried, then failed or delivered."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("event_id", "endpoint_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("outbox_event.id", ondelete="CASCADE"))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("endpoint.id", ondelete="CASCADE"))
    case_id: Mapped[str] = mapped_column(String(40), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default="waiting", index=True)  # waiting | delivered | failed
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[dt.datetime]
    leased_until: Mapped[dt.datetime]


class Attempt(Base):
    """One try: when, what the receiver answered."""

    __tablename__ = "attempt"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    status: Mapped[int]  # HTTP status; 0 when nobody answered
    note: Mapped[str] = mapped_column(Text)


async def record(db: AsyncSession, event: Event, *, now: dt.datetime) -> OutboxEvent:
    """Write the event beside the change that caused it, with one delivery for each endpoint that wants it."""
    if db.bind is not None and db.bind.dialect.name == "postgresql":
        await db.execute(select(func.pg_advisory_xact_lock(func.hashtext(event.case_id))))
    last = await db.scalar(select(func.max(OutboxEvent.number)).where(OutboxEvent.case_id == event.case_id))
    row = OutboxEvent(
        id=new_id(),
        case_id=event.case_id,
        number=(last or 0) + 1,
        name=event.name,
        schema=event.schema,
        payload=event.payload(),
        at=now,
    )
    db.add(row)
    await db.flush()
    for endpoint in await db.scalars(select(Endpoint).where(Endpoint.active)):
        if not endpoint.wants or event.name in endpoint.wants:
            db.add(
                Delivery(
                    event_id=row.id,
                    endpoint_id=endpoint.id,
                    case_id=event.case_id,
                    number=row.number,
                    due_at=now,
                    leased_until=now,
                )
            )
    await db.flush()
    return row
