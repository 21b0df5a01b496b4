"""Send queued messages through the gateway: leased, retried with back-off, outside any transaction."""

import asyncio
import datetime as dt
import random

import structlog
from sqlalchemy import select, update

from server.errors import Upstream
from server.messages.models import Message
from server.outbox.dispatcher import wait_before
from server.wiring import Platform

LEASE = dt.timedelta(seconds=60)
MOST_TRIES = 8
IDLE_SECONDS = 0.5
AT_ONCE = 16
log = structlog.get_logger("messages")


class MessageDispatcher:
    """One loop; several may run side by side."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._gateway = platform.messages
        self._now = platform.now

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            try:
                sent = await self.round()
            except Exception:
                log.exception("messages.round_failed")
                sent = 0
            if not sent:
                await asyncio.sleep(IDLE_SECONDS)

    async def round(self) -> int:
        """Send what is due, once; return how many were tried."""
        now = self._now()
        free = (Message.state == "waiting") & (Message.due_at <= now) & (Message.leased_until <= now)
        async with self._database.reading() as db:
            due = list(await db.scalars(select(Message.id).where(free).order_by(Message.queued_at).limit(AT_ONCE)))
        if not due:
            return 0
        async with self._database.writing() as db:
            taken = await db.scalars(
                update(Message)
                .where(Message.id.in_(due), free)
                .values(leased_until=now + LEASE)
                .returning(Message)
                .execution_options(synchronize_session=False)
            )
            messages = list(taken.all())
        await asyncio.gather(*(self._send(message) for message in messages))
        return len(messages)

    async def _send(self, message: Message) -> None:
        try:
            reference = await self._gateway.send(message.id, message.phone, message.text)
        except Upstream as error:
            await self._note(message, "", error.code)
        else:
            await self._note(message, reference, "")

    async def _note(self, message: Message, reference: str, fault: str) -> None:
        now = self._now()
        tries = message.tries + 1
        state = "sent" if not fault else "failed" if tries >= MOST_TRIES else "waiting"
        if fault:
            log.warning("messages.refused", message=message.id, fault=fault, tries=tries, state=state)
        async with self._database.writing() as db:
            await db.execute(
                update(Message)
                .where(Message.id == message.id)
                .values(
                    state=state,
                    tries=tries,
                    reference=reference,
                    leased_until=now,
                    sent_at=None if fault else now,
                    due_at=now + wait_before(tries, random.random()),  # noqa: S311
                )
            )
