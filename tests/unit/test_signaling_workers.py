"""The front alone: what it hands over, what it answers itself, what a message between processes may carry."""

import asyncio
import os
import socket
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from signaling.config import Config
from signaling.errors import ConfigError
from signaling.workers.front import Front, build_front
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
