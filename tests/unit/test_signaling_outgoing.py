"""What is said to a client's WebSocket: whole frames, in order, one write for all that waits, one making for all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from livekit.protocol import rtc
from signaling_play import application, node, talk

from signaling import last_words
from signaling.outgoing import MOST_WAITING, Outgoing, framed


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(application())) as made:
        yield made


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
async def test_a_message_of_any_size_is_a_frame_that_a_client_reads(size: int) -> None:
    message = bytes(range(256)) * (size // 256) + bytes(size % 256)

    async def say(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        ear = last_words.heed(request)
        assert ear is not None
        assert await ear.write(framed(message) + framed(b"next"))
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/", say)
    async with TestClient(TestServer(app)) as client, client.ws_connect("/") as socket:
        assert (await socket.receive_bytes(), await socket.receive_bytes()) == (message, b"next")


async def test_all_that_waits_is_taken_together_and_in_order() -> None:
    outgoing = Outgoing()
    taking = asyncio.create_task(outgoing.take())
    await asyncio.sleep(0)  # it waits now
    for each in (b"a", b"b", b"c"):
        outgoing.put(each)
    assert await taking == b"abc"
    outgoing.put(b"d")
    assert await outgoing.take() == b"d"


async def test_behind_a_farewell_nothing_is_said() -> None:
    outgoing = Outgoing()
    outgoing.put(b"a")
    outgoing.put(b"leave", last=True)
    outgoing.put(b"b")
    assert (await outgoing.take(), outgoing.over) == (b"aleave", True)


async def test_while_nobody_reads_the_oldest_messages_go() -> None:
    outgoing = Outgoing()
    for number in range(MOST_WAITING + 2):
        outgoing.put(number.to_bytes(4))
    taken = await outgoing.take()
    assert (taken[:4], taken[-4:]) == ((2).to_bytes(4), (MOST_WAITING + 1).to_bytes(4))


async def test_who_does_not_keep_up_is_waited_for() -> None:
    got: list[bytes] = []

    async def flood(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        ear = last_words.heed(request)
        assert ear is not None
        writing = asyncio.create_task(ear.write(framed(bytes(1_900_000)) * 8))  # more than the kernel takes
        await asyncio.sleep(0)  # it has written what the kernel takes
        got.append(b"waits" if not writing.done() else b"done")
        await socket.receive()  # the client says that it reads from now on
        assert await writing
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/", flood)
    async with TestClient(TestServer(app)) as client, client.ws_connect("/", max_msg_size=0) as socket:
        assert isinstance(socket, aiohttp.ClientWebSocketResponse)
        transport = socket._conn.transport  # type: ignore[union-attr]
        transport.pause_reading()  # type: ignore[attr-defined,union-attr]
        while not got:
            await asyncio.sleep(0)
        await socket.send_bytes(b"now")
        transport.resume_reading()  # type: ignore[attr-defined,union-attr]
        sizes = [len(await socket.receive_bytes()) for _ in range(8)]
    assert (got, sizes) == ([b"waits"], [1_900_000] * 8)


async def test_a_broadcast_is_made_once_and_everybody_gets_the_same_bytes(client: TestClient[Any, Any]) -> None:
    people = [await talk(client, name) for name in ("anna", "bert", "carl")]
    for each in people:
        await each.next("join")
    members = node(client).rooms["room"].members
    frames: dict[str, list[bytes]] = {name: [] for name in members}
    for name, member in members.items():
        member.outgoing.put = lambda frame, name=name, **_: frames[name].append(frame)  # type: ignore[method-assign]
    members["bert"].changed()
    (first,), (second,), (third,) = frames.values()
    assert first is second is third
    update = rtc.SignalResponse.FromString(first[2:]).update
    assert [each.identity for each in update.participants] == ["bert"]


async def test_who_sees_more_than_others_is_told_so_alone(client: TestClient[Any, Any]) -> None:
    people = [await talk(client, name) for name in ("anna", "bert")]
    for each in people:
        await each.next("join")
    members = node(client).rooms["room"].members
    members["bert"].permission.hidden = True
    frames: dict[str, list[bytes]] = {name: [] for name in members}
    for name, member in members.items():
        member.outgoing.put = lambda frame, name=name, **_: frames[name].append(frame)  # type: ignore[method-assign]
    members["bert"].changed()
    assert (len(frames["anna"]), len(frames["bert"])) == (0, 1)


async def test_a_description_is_made_once_for_each_version(client: TestClient[Any, Any]) -> None:
    await (await talk(client, "anna")).next("join")
    anna = node(client).rooms["room"].members["anna"]
    before = anna.described()
    assert anna.described() is before
    anna.update(name="Anna", metadata="", attributes={"hand": "up"})
    after = anna.described()
    assert (after.name, dict(after.attributes), after.version) == ("Anna", {"hand": "up"}, before.version + 1)
