"""The outbox: a receiver that checks signatures gets every event of a case in order, at least once, and loses none."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from conftest import Town
from hypothesis import given
from hypothesis import strategies as st
from journey_cases import assigned, reported
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from server.outbox.dispatcher import LONGEST_WAIT, MOST_TRIES, Dispatcher, wait_before
from server.outbox.store import Delivery, Endpoint

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Court:
    """A receiver: verifies each call, keeps what it took, can be down."""

    def __init__(self) -> None:
        self.down = False
        self.taken: list[dict[str, object]] = []
        self.calls = 0

    async def receive(self, request: web.Request) -> web.Response:
        self.calls += 1
        if self.down:
            return web.Response(status=503)
        body = await request.text()
        headers = {name.lower(): value for name, value in request.headers.items()}
        # the library checks age against the real clock, the test's clock stands in March: sign anew and compare
        at = dt.datetime.fromtimestamp(int(headers["webhook-timestamp"]), dt.UTC)
        if Webhook(SECRET).sign(headers["webhook-id"], at, body) != headers["webhook-signature"]:
            return web.Response(status=401)
        self.taken.append({"id": headers["webhook-id"], **json.loads(body)})
        return web.Response(status=204)


@pytest.fixture
async def court(town: Town) -> AsyncIterator[Court]:
    found = Court()
    app = web.Application()
    app.router.add_post("/events", found.receive)
    async with TestServer(app) as server:
        async with town.platform.database.writing() as db:
            db.add(Endpoint(name="法院", url=str(server.make_url("/events")), secret=SECRET, wants=[]))
        yield found


async def send_all(town: Town, rounds: int = 30) -> None:
    dispatcher = Dispatcher(town.platform.database, town.clock.now)
    async with aiohttp.ClientSession() as client:
        for _turn in range(rounds):
            if not await dispatcher.round(client):
                return


async def waiting(town: Town) -> list[Delivery]:
    async with town.platform.database.reading() as db:
        return list(await db.scalars(select(Delivery).where(Delivery.state == "waiting")))


async def test_every_state_is_told_in_order_and_signed(town: Town, court: Court) -> None:
    await assigned(town)
    await send_all(town)
    assert [event["number"] for event in court.taken] == list(range(1, len(court.taken) + 1))
    states = [event["data"]["state"] for event in court.taken if event["type"] == "case.reached"]  # type: ignore[index]
    assert states == ["lead", "intake", "accepted", "assigned"]
    assert await waiting(town) == []


async def test_events_carry_no_personal_data(town: Town, court: Court) -> None:
    await assigned(town)
    await send_all(town)
    told = json.dumps(court.taken, ensure_ascii=False)
    for secret in ("张桂兰", "13800001111", "海晏路"):
        assert secret not in told


async def test_a_receiver_that_is_down_loses_nothing_and_keeps_the_order(town: Town, court: Court) -> None:
    court.down = True
    await assigned(town)
    await send_all(town, rounds=3)
    assert court.taken == []
    first_calls = court.calls
    assert first_calls == 1  # the later events of the case wait behind the first
    court.down = False
    town.clock.forward(minutes=10)
    await send_all(town)
    assert [event["number"] for event in court.taken] == list(range(1, len(court.taken) + 1))
    assert await waiting(town) == []


async def test_another_case_does_not_wait_behind_a_stuck_one(town: Town, court: Court) -> None:
    court.down = True
    await reported(town)
    await send_all(town, rounds=2)
    court.down = False
    second = await reported(town, title="另一件事")
    await send_all(town)
    assert {event["data"]["case_id"] for event in court.taken} == {second}  # type: ignore[index]


async def test_two_dispatchers_at_once_send_each_event_once(town: Town, court: Court) -> None:
    for number in range(4):
        await reported(town, title=f"第{number}件")
    await asyncio.gather(send_all(town), send_all(town))
    ids = [event["id"] for event in court.taken]
    assert len(ids) == len(set(ids)) == 4


async def test_after_many_refusals_a_delivery_is_failed_and_can_be_sent_again(town: Town, court: Court) -> None:
    court.down = True
    await reported(town)
    for _turn in range(MOST_TRIES):
        town.clock.forward(hours=7)
        await send_all(town, rounds=1)
    async with town.platform.database.reading() as db:
        failed = list(await db.scalars(select(Delivery).where(Delivery.state == "failed")))
    assert len(failed) == 1
    court.down = False
    admin = await town.staff("admin")
    page = await admin.post(f"/admin/deliveries/{failed[0].id}/resend")
    assert page.status == 200
    await send_all(town)
    assert len(court.taken) == 1


@given(st.integers(0, 200), st.floats(0, 1))
def test_the_wait_grows_and_is_bounded(tries: int, spread: float) -> None:
    assert dt.timedelta(0) < wait_before(tries, spread) <= LONGEST_WAIT
    assert wait_before(tries + 2, 0.0) >= wait_before(tries, 1.0) or wait_before(tries + 2, 0.0) == LONGEST_WAIT
