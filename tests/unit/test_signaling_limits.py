"""How much one client may ask for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from interop.signaling_light import Light
from interop.signaling_talk import join_request
from livekit import api
from livekit.protocol import models, rtc

from signaling import wire
from signaling.app import build_app
from signaling.config import Config, Limits
from signaling.connection import Connection
from signaling.endpoint import NODE
from signaling.node import Node
from signaling.rate import MEDIA_PER_TICK, MOST_FLOODED_TICKS, Flow, Rate
from signaling.transport.dtls import LOSSY, RELIABLE, Certificate
from signaling.transport.ice_lite import MediaPort

KEY, SECRET = "key", "a secret that is long enough to be one"


def test_a_burst_is_taken_and_what_comes_after_waits_for_time_to_pass() -> None:
    rate = Rate(per_second=10, burst=5)
    assert [rate.take(1, 100.0) for _ in range(6)] == [True] * 5 + [False]
    assert not rate.take(1, 100.05)
    assert rate.take(1, 100.15)


def test_a_refusal_takes_nothing_away() -> None:
    rate = Rate(per_second=0, burst=5)
    assert not rate.take(6, 1.0)
    assert rate.take(5, 1.0)


def test_messages_and_their_bytes_are_limited_both() -> None:
    flow = Flow(Rate(0, 3), Rate(0, 100))
    assert [flow.take(size, 1.0) for size in (60, 60, 40)] == [True, False, True]
    assert not flow.take(0, 1.0)


@pytest.mark.parametrize(("text", "fits"), [("调" * 3, True), ("调" * 3 + "x", False)])
def test_sizes_are_bytes_and_not_characters(text: str, fits: bool) -> None:
    limits = Limits(max_metadata_size=9, max_attributes_size=9)
    assert limits.metadata_fits(text) == limits.attributes_fit({text[:2]: text[2:]}) == fits
    assert Limits(max_metadata_size=0).metadata_fits(text)


async def test_who_sends_too_many_packets_without_a_pause_floods() -> None:
    port = MediaPort(("127.0.0.1",), 0)
    connection = Connection(port, Certificate(), offers=False)

    def ticks(number: int, packets: int) -> None:
        for each in range(number):
            for _ in range(packets):
                connection.receive_media(0)
            connection.tick(each, float(each))

    ticks(MOST_FLOODED_TICKS + 1, MEDIA_PER_TICK)
    assert not connection.floods  # exactly as many as it may
    ticks(MOST_FLOODED_TICKS, MEDIA_PER_TICK + 1)
    ticks(1, 0)
    ticks(MOST_FLOODED_TICKS, MEDIA_PER_TICK + 1)
    assert not connection.floods  # there was a pause
    ticks(1, MEDIA_PER_TICK + 1)
    assert connection.floods
    await connection.close()
    port.close()


@contextlib.asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[tuple[Node, str, aiohttp.ClientSession]]:
    """A whole server in this process, and where its clients find it."""
    app = build_app(Config(keys={KEY: SECRET}, udp_port=0, node_ips=("127.0.0.1",), **options))
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        yield app[NODE], f"ws://127.0.0.1:{server.port}", http


@contextlib.asynccontextmanager
async def joined(http: aiohttp.ClientSession, url: str, identity: str) -> AsyncIterator[Light]:
    light = Light(http, identity)
    try:
        await light.join(url, token(identity))
        yield light
    finally:
        await light.close()


def token(identity: str) -> str:
    video = api.VideoGrants(room_join=True, room="room")
    return api.AccessToken(KEY, SECRET).with_identity(identity).with_grants(video).to_jwt()


async def comes_true(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition() and loop.time() < end:
        await asyncio.sleep(0.01)
    return bool(condition())


async def test_as_many_tracks_as_may_be_keep_new_people_out_but_nobody_who_is_inside() -> None:
    async with serving(limits=Limits(num_tracks=1)) as (node, url, http), joined(http, url, "first") as first:
        assert node.loaded
        member = node.rooms["room"].members["first"]
        for path in ("/rtc", "/rtc/validate"):
            async with http.get(f"{url.replace('ws', 'http')}{path}?access_token={token('second')}") as answer:
                assert (answer.status, "limit.num_tracks" in await answer.text()) == (503, True)
        query = f"join_request={join_request(reconnect=True, participant_sid=member.sid)}&access_token={token('first')}"
        async with http.ws_connect(f"{url}/rtc/v1?{query}") as socket:
            said = rtc.SignalResponse.FromString(await socket.receive_bytes(timeout=5))
            assert said.WhichOneof("message") == "reconnect"
        assert node.rooms["room"].members["first"] is member
        async with joined(http, url, "first"):  # anew, in its own place
            assert node.rooms["room"].members["first"] is not member
        await comes_true(lambda: first.leave)
        assert await comes_true(lambda: not node.loaded)
        async with joined(http, url, "second"):
            assert set(node.rooms["room"].members) == {"second"}


async def test_a_full_room_takes_back_who_is_in_it() -> None:
    async with serving(max_participants=1) as (node, url, http), joined(http, url, "first"):
        sid = node.rooms["room"].members["first"].sid
        async with http.get(f"{url.replace('ws', 'http')}/rtc?access_token={token('second')}") as answer:
            assert (answer.status, "as many participants" in await answer.text()) == (403, True)
        query = f"join_request={join_request(reconnect=True, participant_sid=sid)}&access_token={token('first')}"
        async with http.ws_connect(f"{url}/rtc/v1?{query}") as socket:
            said = rtc.SignalResponse.FromString(await socket.receive_bytes(timeout=5))
            assert said.WhichOneof("message") == "reconnect"


@pytest.mark.parametrize(
    ("label", "flow"),
    [
        (RELIABLE, lambda: Flow(Rate(0, 5), Rate(0, 1 << 20))),
        (LOSSY, lambda: Flow(Rate(0, 5), Rate(0, 1 << 20))),
        (LOSSY, lambda: Flow(Rate(0, 100), Rate(0, 500))),
    ],
    ids=["reliable messages", "lossy messages", "bytes"],
)
async def test_who_floods_its_data_channel_is_told_to_leave(label: str, flow: Callable[[], Flow]) -> None:
    async with serving() as (node, url, http), joined(http, url, "floods") as light:
        assert await comes_true(lambda: light.handshake.is_open(label))
        node.rooms["room"].members["floods"].packets = flow()
        message = models.DataPacket(user=models.UserPacket(payload=bytes(90))).SerializeToString()
        for _ in range(5):
            assert light.handshake.send(label, message)
        assert light.leave is None
        light.handshake.send(label, message)
        assert await comes_true(lambda: light.leave)
        assert light.leave is not None
        assert light.leave.reason == models.DisconnectReason.PARTICIPANT_REMOVED
        assert light.leave.action == rtc.LeaveRequest.Action.DISCONNECT
        assert "floods" not in node.rooms["room"].members


async def test_who_floods_its_media_port_is_told_to_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.connection.MEDIA_PER_TICK", 5)
    monkeypatch.setattr("signaling.connection.MOST_FLOODED_TICKS", 2)
    async with serving() as (node, url, http), joined(http, url, "floods") as light:

        def flooded() -> bool:
            for _ in range(8):
                light.speak()
            return light.leave is not None

        assert await comes_true(flooded)
        assert light.leave is not None
        assert light.leave.reason == models.DisconnectReason.PARTICIPANT_REMOVED
        assert "floods" not in node.rooms["room"].members


async def test_a_message_larger_than_any_closes_its_socket_with_the_code_for_that() -> None:
    async with serving() as (_node, url, http), joined(http, url, "talks") as light:
        assert light.socket is not None
        await light.socket.send_bytes(bytes(wire.LARGEST_MESSAGE + 1))
        assert await comes_true(lambda: light.closed_with)
        assert light.closed_with == 1009  # RFC 6455 7.4.1
