"""Queue a message in the caller's transaction: it is sent if and only if that commits."""

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncSession

from server.db.base import new_id
from server.messages.models import Message


async def queue(
    db: AsyncSession, *, phone: str, text: str, purpose: str, case_id: str | None, now: dt.datetime
) -> Message:
    """Write the message down; the dispatcher sends it within a second."""
    message = Message(
        id=new_id(),
        case_id=case_id,
        purpose=purpose,
        phone=phone,
        text=text,
        queued_at=now,
        due_at=now,
        leased_until=now,
    )
    db.add(message)
    await db.flush()
    return message
