"""Under which SSRC a track goes to whom: the same for all, but never again where a client knows it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from livekit.protocol import models
from signaling_play import application, node, talk

from signaling import subscribing
from signaling.participant import Participant
from signaling.uptrack import UpTrack


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(application())) as made:
        yield made


async def joined(client: TestClient[Any, Any], *names: str) -> list[Participant]:
    for name in names:
        await (await talk(client, name)).next("join")
    return [node(client).rooms["room"].members[name] for name in names]


def picture(owner: Participant) -> UpTrack:
    track = UpTrack(models.TrackInfo(sid="TR_V", type=models.TrackType.VIDEO), (), owner.sid)
    track.mid = "0"
    return track


def sources(member: Participant) -> tuple[int, int]:
    (down,) = member.subscriber.downs.values()
    return down.slot.ssrc, down.slot.repair_ssrc


async def test_all_subscribers_get_a_track_under_the_same_sources(client: TestClient[Any, Any]) -> None:
    anna, *others = await joined(client, "anna", "bert", "carl")
    track = picture(anna)
    for member in others:
        subscribing.subscribe(member, [track])
    assert {sources(member) for member in others} == {(track.source, track.repair_source)}
    assert len({0, track.source, track.repair_source}) == 3


async def test_whoever_subscribes_again_gets_new_sources_each_time(client: TestClient[Any, Any]) -> None:
    anna, bert = await joined(client, "anna", "bert")
    track, seen = picture(anna), set[int]()
    for _turn in range(3):
        subscribing.subscribe(bert, [track])
        seen |= set(sources(bert))
        subscribing.unsubscribe(bert, [track.sid])
    assert len(seen) == 6
