"""Send what the outbox holds: lease, sign, POST, back off; in order per case and endpoint, side by side across cases.

At least once: the event's id is the receiver's idempotency key. Signed after the Standard Webhooks specification.
A failure of the receiver is retried here and nowhere else.
"""

import asyncio
import datetime as dt
import json
import random
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
import structlog
from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from standardwebhooks.webhooks import Webhook

from server.db.base import new_id
from server.db.engine import Database
from server.outbox.store import Attempt, Delivery, Endpoint, OutboxEvent

LEASE = dt.timedelta(seconds=60)
TIMEOUT = aiohttp.ClientTimeout(total=20)
MOST_TRIES = 12
LONGEST_WAIT = dt.timedelta(hours=6)
IDLE_SECONDS = 1.0
AT_ONCE = 16
log = structlog.get_logger("outbox")


@dataclass(frozen=True)
class Parcel:
    """All that is needed to send one delivery without a transaction open."""

    delivery_id: str
    event_id: str
    url: str
    secret: str
    body: bytes
    tries: int


def wait_before(tries: int, spread: float) -> dt.timedelta:
    """How long to wait after `tries` failures: 2, 4, 8 ... seconds with jitter (`spread` in 0..1), at most 6 hours."""
    return min(dt.timedelta(seconds=2 ** min(tries, 20) * (0.75 + spread / 2)), LONGEST_WAIT)


class Dispatcher:
    """One loop; any number of them may run, on any number of machines."""

    def __init__(self, database: Database, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._now = now

    async def run(self) -> None:
        """Send until cancelled."""
        async with aiohttp.ClientSession(timeout=TIMEOUT) as client:
            while True:
                try:
                    sent = await self.round(client)
                except Exception:  # the border: a fault of ours must not end the loop
                    log.exception("outbox.round_failed")
                    sent = 0
                if not sent:
                    await asyncio.sleep(IDLE_SECONDS)

    async def round(self, client: aiohttp.ClientSession) -> int:
        """Send everything that is due now, once; return how many were tried."""
        parcels = await self._lease()
        await asyncio.gather(*(self._send(client, parcel) for parcel in parcels))
        return len(parcels)

    async def _lease(self) -> list[Parcel]:
        now = self._now()
        earlier = aliased(Delivery)
        blocked = exists().where(
            earlier.case_id == Delivery.case_id,
            earlier.endpoint_id == Delivery.endpoint_id,
            earlier.number < Delivery.number,
            earlier.state == "waiting",
        )
        free = (Delivery.state == "waiting") & (Delivery.due_at <= now) & (Delivery.leased_until <= now)
        async with self._database.reading() as db:
            due = list(await db.scalars(select(Delivery.id).where(free, ~blocked).limit(AT_ONCE)))
        if not due:
            return []
        async with self._database.writing() as db:
            taken = await db.scalars(
                update(Delivery)
                .where(Delivery.id.in_(due), free)
                .values(leased_until=now + LEASE)
                .returning(Delivery.id)
                .execution_options(synchronize_session=False)
            )
            return [await _parcel(db, delivery_id) for delivery_id in taken.all()]

    async def _send(self, client: aiohttp.ClientSession, parcel: Parcel) -> None:
        now = self._now()
        headers = {
            "content-type": "application/json",
            "webhook-id": parcel.event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(parcel.secret).sign(parcel.event_id, now, parcel.body.decode()),
        }
        try:
            async with client.post(parcel.url, data=parcel.body, headers=headers, allow_redirects=False) as answer:
                status, note = answer.status, (await answer.content.read(300)).decode(errors="replace")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            status, note = 0, type(error).__name__
        await self._note(parcel, status, note)

    async def _note(self, parcel: Parcel, status: int, note: str) -> None:
        now = self._now()
        tries = parcel.tries + 1
        if 200 <= status < 300:
            state = "delivered"
        else:
            state = "failed" if tries >= MOST_TRIES else "waiting"
            log.warning("outbox.refused", delivery=parcel.delivery_id, status=status, tries=tries, state=state)
        async with self._database.writing() as db:
            db.add(Attempt(id=new_id(), delivery_id=parcel.delivery_id, at=now, status=status, note=note))
            await db.execute(
                update(Delivery)
                .where(Delivery.id == parcel.delivery_id)
                .values(state=state, tries=tries, due_at=now + wait_before(tries, random.random()), leased_until=now)  # noqa: S311
            )


async def _parcel(db: AsyncSession, delivery_id: str) -> Parcel:
    row = (
        await db.execute(
            select(Delivery, OutboxEvent, Endpoint)
            .join(OutboxEvent, Delivery.event_id == OutboxEvent.id)
            .join(Endpoint, Delivery.endpoint_id == Endpoint.id)
            .where(Delivery.id == delivery_id)
        )
    ).one()
    delivery, event, endpoint = row
    body = {
        "id": event.id,
        "type": event.name,
        "version": event.schema,
        "timestamp": event.at.isoformat(),
        "number": event.number,
        "data": event.payload,
    }
    return Parcel(
        delivery_id=delivery.id,
        event_id=event.id,
        url=endpoint.url,
        secret=endpoint.secret,
        body=json.dumps(body, ensure_ascii=False).encode(),
        tries=delivery.tries,
    )
