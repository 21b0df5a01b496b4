"""What stays in memory: of who left nothing, and for who is silent little."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from interop.signaling_light import Light
from livekit import api

from signaling import rtcp
from signaling.app import build_app
from signaling.config import Config
from signaling.downlink import Downlink
from signaling.endpoint import NODE
from signaling.node import Node
from signaling.transport.dtls import Certificate, Handshake

KEY, SECRET = "key", "a secret that is long enough to be one"


def token(identity: str, room: str) -> str:
    video = api.VideoGrants(room_join=True, room=room)
    return api.AccessToken(KEY, SECRET).with_identity(identity).with_grants(video).to_jwt()


async def comes_true(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition() and loop.time() < end:
        await asyncio.sleep(0.02)
    return condition()


def references(parts: Iterable[Any]) -> list[weakref.ref[Any]]:
    return [weakref.ref(part) for part in parts]


def parts(node: Node, room: str) -> list[weakref.ref[Any]]:
    """Return what a room consists of, without holding it."""
    members = list(node.rooms[room].members.values())
    tracks = [track for member in members for track in member.tracks.values()]
    downs = [down for each in node.connections for down in each.downs.values()]
    return references((*members, *node.connections, *tracks, *downs))


def openssl(node: Node) -> list[weakref.ref[Any]]:
    """Return what is heavy outside Python, where its collector does not see it."""
    return references(part for each in node.connections for part in (each.handshake._dtls, each.handshake._dtls._ssl))


def remaining(left: list[weakref.ref[Any]]) -> list[Any]:
    return [part for part in (each() for each in left) if part is not None]


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
async def test_of_who_left_nothing_remains_and_the_heavy_part_goes_at_once() -> None:
    config = Config(keys={KEY: SECRET}, udp_port=0, node_ips=("127.0.0.1",), departure_timeout=0)
    app = build_app(config)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        node, url = app[NODE], f"ws://127.0.0.1:{server.port}"
        lights = [Light(http, f"person-{number}") for number in range(3)]
        for light in lights:
            await light.join(url, token(light.identity, "past"))
        assert await comes_true(lambda: sum(len(each.downs) for each in node.connections) == 6)
        left, heavy = parts(node, "past"), openssl(node)
        assert (len(left), len(heavy)) == (3 + 3 + 3 + 6, 6)
        for light in lights:
            await light.close()
        assert await comes_true(lambda: "past" not in node.rooms)
        assert await comes_true(lambda: not remaining(heavy)), remaining(heavy)
        last = Light(http, "last")  # the loops of the server look at somebody else now
        await last.join(url, token("last", "present"))
        assert await comes_true(lambda: not remaining(left)), remaining(left)
        assert len(node.connections) == 1
        assert len(node.media.peers) == 1
        await last.close()


def linked() -> tuple[Handshake, Handshake]:
    """Return two ends whose records go straight to the other."""
    ours = Handshake(Certificate(), lambda _record: None)
    theirs = Handshake(Certificate(), ours.receive)
    ours._lane._out, theirs._lane.role = theirs.receive, "controlling"
    return ours, theirs


async def test_where_the_peer_ended_its_association_nothing_is_repeated_to_it() -> None:
    ours, theirs = linked()
    ours.start(theirs._certificate.fingerprint, passive=True, offers_channels=True)
    theirs.start(ours._certificate.fingerprint, passive=False, offers_channels=False)
    assert await comes_true(lambda: ours.is_open("_reliable") and theirs.is_open("_reliable"))
    theirs._lane._out = lambda _record: None  # from now on what we send stays without an answer
    assert ours.send("_reliable", b"x" * 50_000)
    assert await comes_true(lambda: ours._sctp._t3_handle is not None)
    theirs._lane._out = ours.receive
    await theirs._dtls.stop()  # its close_notify, without an ABORT before it
    assert await comes_true(lambda: ours._dtls.state == "closed")
    assert ours._sctp._t3_handle is None
    assert not ours.send("_reliable", b"x")
    await ours.close()
    await theirs.close()


def test_a_line_over_which_nothing_went_has_no_history() -> None:
    downlink = Downlink()
    downlink.tick((), 1.0)
    downlink.take(rtcp.Part(201, 0, bytes(4)), 1.0)
    assert not downlink.departures._times
    downlink.departures.note([100], 1.0)
    assert downlink.departures.octets == 100
