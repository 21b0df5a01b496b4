"""The front alone: what it hands over, what it answers itself, what a message between processes may carry."""

import asyncio
import contextlib
import os
import socket
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from livekit import api

from signaling.config import Config
from signaling.errors import ConfigError
from signaling.workers.crew import PAUSE_SECONDS
from signaling.workers.front import FRONT, HELD_SECONDS, NOTICED_SECONDS, Front, build_front
from signaling.workers.handover import Line, in_memory, out_of_memory, pair

KEYS = {"key": "a secret that is long enough to be one"}


async def test_a_message_arrives_with_its_open_sockets_and_a_head_of_any_size() -> None:
    ours, theirs = pair()
    came: asyncio.Queue[tuple[dict[str, Any], list[int]]] = asyncio.Queue()
    ended = asyncio.Event()
    one, other = Line(ours, lambda *_: None, ended.set), Line(theirs, lambda *found: came.put_nowait(found), ended.set)
    left, right = socket.socketpair()
    head = in_memory(b"x" * 1_000_000)
    assert one.send({"kind": "request", "room": "房间"}, [right.fileno(), head])
    right.close()
    os.close(head)
    message, descriptors = await asyncio.wait_for(came.get(), 5)
    assert message == {"kind": "request", "room": "房间"}
    with socket.socket(fileno=descriptors[0]) as taken:
        taken.sendall(b"hello")
        assert left.recv(10) == b"hello"
    assert out_of_memory(descriptors[1]) == b"x" * 1_000_000
    one.close()
    await asyncio.wait_for(ended.wait(), 5)
    other.close()
    left.close()


async def test_a_line_whose_other_end_is_gone_says_so() -> None:
    ours, theirs = pair()
    line = Line(ours, lambda *_: None, lambda: None)
    theirs.close()
    assert not line.send({"kind": "drain"})
    line.close()


async def test_a_worker_that_does_not_keep_up_holds_nobody_up() -> None:
    ours, theirs = pair()
    line = Line(ours, lambda *_: None, lambda: None)
    sent = 0
    while line.send({"kind": "room", "room": "x" * 1000}):
        sent += 1
        assert sent < 100_000
    line.close()
    theirs.close()


@pytest.mark.parametrize(("workers", "last"), [(1, 0), (65, 0), (4, 7884)])
def test_more_workers_than_can_be_are_refused(tmp_path: Any, workers: int, last: int) -> None:
    with pytest.raises(ConfigError):
        Front(Config(keys=KEYS, tcp_port=None, last_udp_port=last), workers, str(tmp_path))


async def test_the_front_answers_strangers_itself_and_tells_when_no_worker_serves(tmp_path: Any) -> None:
    app = build_front(Config(keys=KEYS, tcp_port=None), 2, str(tmp_path))
    app.cleanup_ctx.clear()  # no workers are started
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/rtc/v1")).status == 401
        assert (await client.get("/rtc/validate?access_token=x")).status == 401
        assert (await client.get("/metrics")).status == 200
        page = await (await client.get("/status")).text()
        assert "正在启动" in page
        answer = await client.post("/twirp/livekit.RoomService/GetParticipant", json={})
        assert answer.status == web.HTTPServiceUnavailable.status_code


class Dead:
    """The line to a worker that has died, which the front learns only when it wants to give it something."""

    def __init__(self, front: Front) -> None:
        self.front, self.asked = front, 0

    def send(self, _message: dict[str, Any], _descriptors: Any = ()) -> bool:
        self.asked += 1
        asyncio.get_running_loop().call_soon(self.dies)
        return False

    def dies(self) -> None:
        self.front.crew.members[0].ready = False
        self.front.placement.down(0)
        self.front.crew._tell()


async def test_who_comes_for_a_worker_that_has_just_died_is_given_to_another(tmp_path: Any) -> None:
    app = build_front(Config(keys=KEYS, tcp_port=None), 2, str(tmp_path))
    app.cleanup_ctx.clear()
    front, came = app[FRONT], asyncio.Queue[tuple[dict[str, Any], list[int]]]()
    ours, theirs = pair()
    dead: Any = Dead(front)
    front.crew.members[0].line, front.crew.members[1].line = dead, Line(ours, lambda *_: None, lambda: None)
    other = Line(theirs, lambda *found: came.put_nowait(found), lambda: None)
    for slot in (0, 1):
        front.crew.members[slot].ready = True
        front.placement.up(slot)
    video = api.VideoGrants(room_join=True, room="east")
    token = api.AccessToken("key", KEYS["key"]).with_identity("anna").with_grants(video).to_jwt()
    async with TestClient(TestServer(app)) as client:
        waiting = asyncio.ensure_future(client.ws_connect(f"/rtc?access_token={token}"))
        message, descriptors = await asyncio.wait_for(came.get(), 30)
        assert (message["kind"], message["room"], dead.asked) == ("request", "east", 1)
        assert b"GET /rtc?access_token" in out_of_memory(descriptors[1])
        socket.socket(fileno=descriptors[0]).close()
        with contextlib.suppress(aiohttp.ClientError):
            await waiting
    for line in (front.crew.members[1].line, other):
        line.close()


def test_nothing_on_the_way_back_waits_as_long_as_it_may_take() -> None:
    """A death is noticed by the kernel, its worker forked at once; HELD_SECONDS ends when any worker serves."""
    assert PAUSE_SECONDS + NOTICED_SECONDS < 5 / 2
    assert HELD_SECONDS > PAUSE_SECONDS
