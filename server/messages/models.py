"""Message: a short text to a telephone, queued beside the change that causes it and sent by the dispatcher."""

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, Sealed, new_id


class Message(Base):
    """One message; telephone and text are personal and sealed. `id` is the gateway's idempotency key."""

    __tablename__ = "message"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[str | None] = mapped_column(String(40), index=True)
    purpose: Mapped[str] = mapped_column(String(30))
    phone: Mapped[str] = mapped_column(Sealed())
    text: Mapped[str] = mapped_column(Sealed())
    queued_at: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(String(12), default="waiting", index=True)  # waiting | sent | failed
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[dt.datetime]
    leased_until: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]
    reference: Mapped[str] = mapped_column(String(80), default="")
