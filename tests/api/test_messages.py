"""Messages: sent once, tried again when the gateway is down, shown on a page only in development."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from conftest import Town
from journey_cases import LEAK, accepted
from sqlalchemy import select

from server.errors import Upstream
from server.messages.dispatcher import MOST_TRIES, MessageDispatcher
from server.messages.gateways import HttpGateway
from server.messages.models import Message


async def messages(town: Town) -> list[Message]:
    async with town.platform.database.reading() as db:
        return list(await db.scalars(select(Message).order_by(Message.queued_at)))


async def test_a_message_waits_while_the_gateway_is_down_and_is_sent_once_when_it_is_back(town: Town) -> None:
    await accepted(town)
    dispatcher = MessageDispatcher(town.platform)
    town.gateway.down = True
    tried = await dispatcher.round()
    assert tried == len(await messages(town)) > 0
    assert {(one.state, one.tries) for one in await messages(town)} == {("waiting", 1)}
    assert await dispatcher.round() == 0  # not before its time
    town.gateway.down = False
    town.clock.forward(minutes=1)
    assert await dispatcher.round() == tried
    assert {one.state for one in await messages(town)} == {"sent"}
    town.clock.forward(hours=1)
    assert await dispatcher.round() == 0
    assert len(town.gateway.sent) == tried


async def test_a_message_that_never_goes_out_is_given_up_and_stays_visible(town: Town) -> None:
    await accepted(town)
    town.gateway.down = True
    for _try in range(MOST_TRIES):
        await MessageDispatcher(town.platform).round()
        town.clock.forward(hours=7)
    assert {(one.state, one.tries) for one in await messages(town)} == {("failed", MOST_TRIES)}
    town.gateway.down = False
    assert await MessageDispatcher(town.platform).round() == 0


async def test_two_dispatchers_side_by_side_send_each_message_once(town: Town) -> None:
    await accepted(town)
    sent: list[str] = []
    send = town.gateway.send

    async def slow(message_id: str, phone: str, text: str) -> str:
        sent.append(message_id)
        await asyncio.sleep(0.01)
        return await send(message_id, phone, text)

    town.gateway.send = slow  # type: ignore[method-assign]
    await asyncio.gather(*(MessageDispatcher(town.platform).round() for _ in range(3)))
    assert sorted(sent) == sorted(one.id for one in await messages(town))


async def test_a_message_whose_dispatcher_died_is_sent_by_the_next_one_under_the_same_id(town: Town) -> None:
    await accepted(town)

    async def dies(message_id: str, phone: str, text: str) -> str:
        raise asyncio.CancelledError

    send, town.gateway.send = town.gateway.send, dies  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await MessageDispatcher(town.platform).round()
    town.gateway.send = send  # type: ignore[method-assign]
    assert await MessageDispatcher(town.platform).round() == 0  # still leased
    town.clock.forward(minutes=2)
    await town.messages_delivered()
    assert sorted(known for known, _phone, _text in town.gateway.sent) == sorted(one.id for one in await messages(town))


async def test_telephone_and_text_are_not_readable_in_the_database(town: Town) -> None:
    from sqlalchemy import text

    await accepted(town)
    async with town.platform.database.reading() as db:
        rows = (await db.execute(text("SELECT phone, text FROM message"))).all()
    assert rows
    assert LEAK["applicant_phone"] not in str(rows)
    assert "云调" not in str(rows)


async def test_the_page_of_messages_exists_in_development_only(town: Town) -> None:
    await accepted(town)
    page = await town.stranger().get("/dev/messages")
    assert page.status == 200
    assert LEAK["applicant_phone"] in page.text
    town.gateway.development = False
    gone = await town.stranger().get("/dev/messages")
    assert gone.status == 404
    assert LEAK["applicant_phone"] not in gone.text


class Provider:
    """A provider of messages as others run them: checks the key, remembers ids."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str]]] = []
        self.status = 202

    async def take(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer right key":
            return web.Response(status=401)
        self.received.append((request.headers["Idempotency-Key"], await request.json()))
        headers = {"X-Message-Reference": "ref-7", "Location": "/elsewhere"}
        return web.Response(status=self.status, headers=headers)


@pytest.fixture
async def provider() -> AsyncIterator[tuple[Provider, str]]:
    found = Provider()
    app = web.Application()
    app.router.add_post("/send", found.take)
    async with TestServer(app) as server:
        yield found, str(server.make_url("/send"))


async def test_the_gateway_posts_with_key_and_id_and_keeps_the_reference(provider: tuple[Provider, str]) -> None:
    found, url = provider
    assert await HttpGateway(url, "right key").send("m1", "13800001111", "您好") == "ref-7"
    assert found.received == [("m1", {"id": "m1", "phone": "13800001111", "text": "您好"})]


@pytest.mark.parametrize("status", [302, 400, 429, 500, 503])
async def test_whatever_is_not_taken_is_tried_again_later(provider: tuple[Provider, str], status: int) -> None:
    found, url = provider
    found.status = status
    with pytest.raises(Upstream) as refused:
        await HttpGateway(url, "right key").send("m1", "13800001111", "您好")
    assert refused.value.code == "gateway_refused"
    assert len(found.received) == 1


async def test_a_wrong_key_and_a_silent_provider_are_told_apart(provider: tuple[Provider, str]) -> None:
    _found, url = provider
    with pytest.raises(Upstream, match="gateway_refused"):
        await HttpGateway(url, "wrong key").send("m1", "13800001111", "您好")
    with pytest.raises(Upstream, match="gateway_silent"):
        await HttpGateway(f"http://127.0.0.1:{unused_port()}/", "right key").send("m1", "13800001111", "您好")
