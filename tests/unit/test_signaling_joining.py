"""Joining by a join request, which may carry the client's first offer."""

import base64
import gzip
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from livekit import api
from livekit.protocol import models, rtc
from signaling_play import KEY, SECRET, Talk, application, talk, token

from signaling import endpoint

OFFER = (Path(__file__).resolve().parents[1] / "data/sdp/chromium.sdp").read_text()
SDK = models.ClientInfo.SDK


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(application(max_participants=3))) as made:
        yield made


def join_request(**fields: Any) -> str:
    settings = rtc.ConnectionSettings(auto_subscribe=True)
    join = rtc.JoinRequest(connection_settings=settings, **fields)
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.Compression.GZIP, join_request=gzip.compress(join.SerializeToString())
    )
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


async def with_offer(client: TestClient[Any, Any], sdk: SDK) -> Talk:
    text = join_request(
        client_info=models.ClientInfo(sdk=sdk),
        publisher_offer=rtc.SessionDescription(type="offer", sdp=OFFER, id=7),
        add_track_requests=[rtc.AddTrackRequest(cid="c", type=models.TrackType.VIDEO)],
    )
    return Talk(await client.ws_connect(f"/rtc/v1?access_token={token()}&join_request={text}"))


@pytest.mark.parametrize("request_text", ["", "&join_request=", "&join_request=%21%21", "&join_request=AAAA"])
async def test_a_join_request_that_is_missing_or_broken_is_refused(
    client: TestClient[Any, Any], request_text: str
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(f"/rtc/v1?access_token={token()}{request_text or '&x=1'}")
    assert refused.value.status == 400


async def test_a_join_request_means_one_connection_whatever_the_path(client: TestClient[Any, Any]) -> None:
    for path in ("/rtc", "/rtc/v1"):
        anna = Talk(await client.ws_connect(f"{path}?access_token={token()}&join_request={join_request()}"))
        assert not (await anna.next("join")).subscriber_primary


async def test_the_offer_in_a_join_request_is_answered_at_once(client: TestClient[Any, Any]) -> None:
    anna = await with_offer(client, SDK.JS)
    await anna.next("join")
    published = await anna.next("track_published")
    answer = await anna.next("answer")
    assert (answer.id, published.cid) == (7, "c")
    assert answer.sdp.count("m=") == OFFER.count("m=")


async def test_the_go_sdk_gets_its_answer_when_it_can_take_it(
    client: TestClient[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "GATHERING_SECONDS", 60)
    anna = await with_offer(client, SDK.GO)
    await anna.say(ping=1)
    await anna.next("pong")
    assert "answer" not in anna.seen
    await anna.say(trickle=rtc.TrickleRequest(candidateInit="{}"))
    assert (await anna.next("answer")).id == 7
    await anna.say(trickle=rtc.TrickleRequest(candidateInit="{}"))
    await anna.say(ping=1)
    await anna.next("pong")
    assert anna.seen.count("answer") == 1


async def test_the_go_sdk_gets_its_answer_though_it_has_no_candidates(
    client: TestClient[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "GATHERING_SECONDS", 0.05)
    anna = await with_offer(client, SDK.GO)
    assert (await anna.next("answer")).id == 7
    await anna.say(ping=1)
    await anna.next("pong")


async def test_a_newer_offer_takes_the_place_of_one_that_waits(
    client: TestClient[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "GATHERING_SECONDS", 60)
    anna = await with_offer(client, SDK.GO)
    await anna.say(offer=rtc.SessionDescription(type="offer", sdp=OFFER, id=8))
    assert (await anna.next("answer")).id == 8
    await anna.say(trickle=rtc.TrickleRequest(candidateInit="{}"))
    await anna.say(ping=1)
    await anna.next("pong")
    assert anna.seen.count("answer") == 1


async def test_a_token_from_before_somebody_was_removed_may_be_revoked(client: TestClient[Any, Any]) -> None:
    await (await talk(client, "bert")).next("join")  # keeps the room
    anna = await talk(client)
    await anna.next("join")
    old = token()
    grants = api.VideoGrants(room_admin=True, room="room")
    bearer = {"Authorization": f"Bearer {api.AccessToken(KEY, SECRET).with_grants(grants).to_jwt()}"}
    body = {"room": "room", "identity": "anna", "revoke_token_ts": int(time.time()) + 1}
    async with client.post("/twirp/livekit.RoomService/RemoveParticipant", json=body, headers=bearer) as answer:
        assert answer.status == 200
    assert (await anna.next("leave")).reason == models.DisconnectReason.PARTICIPANT_REMOVED
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(f"/rtc?access_token={old}")
    assert refused.value.status == 401
    async with client.get(f"/rtc/validate?access_token={old}") as answer:
        assert (answer.status, await answer.text()) == (401, "the token has been revoked")
    await (await talk(client, "carl")).next("join")  # somebody else's is not
