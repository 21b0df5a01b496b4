"""The WebSocket and the HTTP side, with a client that speaks protobuf by hand."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from livekit import api
from livekit.protocol import models, rtc
from signaling_play import KEY, SECRET, application, node, talk, token

from signaling import messages
from signaling.connection import CONNECT_SECONDS
from signaling.node import RESUME_SECONDS, keep_room, tell_quality, tell_speakers
from signaling.transport.dtls import LOSSY


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(application(max_participants=3))) as made:
        yield made


async def test_who_joins_is_told_of_the_room_and_others_of_them(client: TestClient[Any, Any]) -> None:
    anna = await talk(client)
    join = await anna.next("join")
    assert (join.room.name, join.participant.identity, join.subscriber_primary) == ("room", "anna", True)
    assert join.server_info.version
    assert (await anna.next("offer")).type == "offer"
    assert api.TokenVerifier(KEY, SECRET).verify(await anna.next("refresh_token")).identity == "anna"
    bert = await talk(client, "bert")
    assert [each.identity for each in (await bert.next("join")).other_participants] == ["anna"]
    assert (await anna.next("update")).participants[0].identity in ("anna", "bert")
    await bert.say(leave=rtc.LeaveRequest())
    while (gone := (await anna.next("update")).participants[0]).state != models.ParticipantInfo.State.DISCONNECTED:
        pass
    assert (gone.identity, gone.disconnect_reason) == ("bert", models.DisconnectReason.CLIENT_INITIATED)


async def test_pings_of_both_kinds_are_answered(client: TestClient[Any, Any]) -> None:
    anna = await talk(client)
    await anna.say(ping=5)
    assert await anna.next("pong") > 0
    await anna.say(ping_req=rtc.Ping(timestamp=77))
    assert (await anna.next("pong_resp")).last_ping_timestamp == 77


async def test_a_resume_of_somebody_unknown_is_told_to_begin_again(client: TestClient[Any, Any]) -> None:
    anna = await talk(client, query="&reconnect=1&sid=PA_gone")
    leave = await anna.next("leave")
    assert (leave.action, leave.reason) == (rtc.LeaveRequest.Action.RECONNECT, models.DisconnectReason.STATE_MISMATCH)
    assert (await anna.socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_resume_finds_the_same_participant_with_new_ice_credentials(client: TestClient[Any, Any]) -> None:
    anna = await talk(client)
    sid = (await anna.next("join")).participant.sid
    first = await anna.next("offer")
    await anna.socket.close()
    again = await talk(client, query=f"&reconnect=1&sid={sid}")
    await again.next("reconnect")
    assert [each.sid for each in (await again.next("update")).participants] == [sid]
    second = await again.next("offer")
    assert first.sdp.split("ice-ufrag:")[1][:8] != second.sdp.split("ice-ufrag:")[1][:8]


async def test_who_does_not_come_back_in_time_is_gone(client: TestClient[Any, Any]) -> None:
    anna = await talk(client)
    await anna.next("join")
    await anna.socket.close()
    room = node(client).rooms["room"]
    while room.members["anna"].silent_since is None:
        await asyncio.sleep(0)
    since = room.members["anna"].silent_since
    keep_room(node(client), room, since + 14)
    assert "anna" in room.members
    keep_room(node(client), room, since + 16)
    assert room.members == {}
    keep_room(node(client), room, since + 16)
    assert node(client).rooms == {"room": room}
    keep_room(node(client), room, since + 1000)
    assert node(client).rooms == {}


async def test_the_older_of_two_with_one_identity_goes(client: TestClient[Any, Any]) -> None:
    older = await talk(client)
    await older.next("join")
    newer = await talk(client)
    await newer.next("join")
    assert (await older.next("leave")).reason == models.DisconnectReason.DUPLICATE_IDENTITY
    await older.socket.close()
    room = node(client).rooms["room"]
    keep_room(node(client), room, time.time() + RESUME_SECONDS + 15)  # before the newer should have connected
    assert list(room.members) == ["anna"]


async def test_who_floods_others_with_packets_is_told_to_leave(client: TestClient[Any, Any]) -> None:
    anna = await talk(client)
    await anna.next("join")
    member = node(client).rooms["room"].members["anna"]
    for number in range(8000):  # faster than 2000 a second
        messages.received(member, LOSSY, b"")
        assert number >= 4000 or not member.closed
    assert (await anna.next("leave")).reason == models.DisconnectReason.PARTICIPANT_REMOVED


async def test_who_never_connects_is_told_to_leave(client: TestClient[Any, Any]) -> None:
    anna = await talk(client)
    await anna.next("offer")
    room = node(client).rooms["room"]
    keep_room(node(client), room, time.time() + CONNECT_SECONDS - 10)
    assert list(room.members) == ["anna"]
    keep_room(node(client), room, time.time() + CONNECT_SECONDS + 1)
    assert (await anna.next("leave")).reason == models.DisconnectReason.CONNECTION_TIMEOUT
    assert room.members == {}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 401),
        ("?access_token=nonsense", 401),
        (
            f"?access_token={api.AccessToken(KEY, SECRET).with_identity('a').with_grants(api.VideoGrants(room_list=True)).to_jwt()}",
            401,
        ),
        (f"?access_token={token()}", 200),
    ],
)
async def test_validate_tells_in_words_why_not(client: TestClient[Any, Any], query: str, status: int) -> None:
    for path in ("/rtc/validate", "/rtc/v1/validate"):
        async with client.get(path + query) as answer:
            assert answer.status == status
            assert await answer.text()
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(("frame", "code"), [(b"\xff\xff\xff", 1002), ("text", 1003)])
async def test_a_broken_frame_closes_this_socket_and_no_other(
    client: TestClient[Any, Any], frame: bytes | str, code: int
) -> None:
    anna, bert = await talk(client), await talk(client, "bert")
    await bert.next("join")
    await (anna.socket.send_str(frame) if isinstance(frame, str) else anna.socket.send_bytes(frame))
    while (message := await anna.socket.receive()).type is aiohttp.WSMsgType.BINARY:
        pass
    assert message.data == code
    await bert.say(ping=1)
    await bert.next("pong")


@pytest.mark.parametrize("kind", ["offer", "answer"])
async def test_a_description_that_cannot_be_followed_closes_the_socket(client: TestClient[Any, Any], kind: str) -> None:
    anna = await talk(client)
    await anna.say(**{kind: rtc.SessionDescription(type=kind, sdp="m=audio x")})
    while (message := await anna.socket.receive()).type is aiohttp.WSMsgType.BINARY:
        pass
    assert message.data == 1002


async def test_what_may_not_be_published_is_refused_in_words(client: TestClient[Any, Any]) -> None:
    anna = await talk(client, can_publish_sources=["microphone"])
    camera = rtc.AddTrackRequest(cid="c", type=models.TrackType.VIDEO, source=models.TrackSource.CAMERA)
    await anna.say(add_track=camera)
    refused = await anna.next("request_response")
    assert (refused.reason, refused.add_track.cid) == (rtc.RequestResponse.Reason.NOT_ALLOWED, "c")
    sound = rtc.AddTrackRequest(cid="m", type=models.TrackType.AUDIO, source=models.TrackSource.MICROPHONE)
    await anna.say(add_track=sound)
    published = await anna.next("track_published")
    assert (published.cid, published.track.mime_type) == ("m", "audio/opus")
    await anna.say(mute=rtc.MuteTrackRequest(sid=published.track.sid, muted=True))
    await anna.next("update")
    assert node(client).rooms["room"].members["anna"].tracks[published.track.sid].muted


async def test_who_may_not_change_its_metadata_is_told_so(client: TestClient[Any, Any]) -> None:
    anna, bert = await talk(client), await talk(client, "bert", can_update_own_metadata=True)
    change = rtc.UpdateParticipantMetadata(metadata="m", name="N", attributes={"a": "b"}, request_id=4)
    await anna.say(update_metadata=change)
    assert (await anna.next("request_response")).reason == rtc.RequestResponse.Reason.NOT_ALLOWED
    await bert.say(update_metadata=change)
    answer = await bert.next("request_response")
    assert (answer.request_id, answer.reason) == (4, rtc.RequestResponse.Reason.OK)
    await bert.say(update_metadata=rtc.UpdateParticipantMetadata(metadata="m" * 600_000))
    assert (await bert.next("request_response")).reason == rtc.RequestResponse.Reason.LIMIT_EXCEEDED
    described = node(client).rooms["room"].members["bert"].described()
    assert (described.name, described.metadata, dict(described.attributes)) == ("N", "m", {"a": "b"})


async def test_a_full_room_lets_nobody_else_in(client: TestClient[Any, Any]) -> None:
    for identity in ("anna", "bert", "carl"):
        await (await talk(client, identity)).next("join")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await talk(client, "dora")
    assert refused.value.status == 403
    await (await talk(client, "carl")).next("join")


async def test_a_message_nobody_handles_changes_nothing(client: TestClient[Any, Any]) -> None:
    anna = await talk(client)
    await anna.say(simulate=rtc.SimulateScenario(subscriber_bandwidth=1))
    await anna.say(sync_state=rtc.SyncState())
    await anna.say(trickle=rtc.TrickleRequest(candidateInit="{"))
    await anna.say(update_layers=rtc.UpdateVideoLayers(track_sid="TR_none"))
    await anna.say(ping=1)
    await anna.next("pong")


async def test_speakers_and_quality_are_told_when_they_change_and_to_whom_comes_later(
    client: TestClient[Any, Any],
) -> None:
    anna = await talk(client)
    await anna.say(add_track=rtc.AddTrackRequest(cid="m", type=models.TrackType.AUDIO))
    sid = (await anna.next("track_published")).track.sid
    room = node(client).rooms["room"]
    for _ in range(10):
        room.members["anna"].tracks[sid].loudness.note(10)
    tell_speakers(room)
    assert (await anna.next("speakers_changed")).speakers[0].active
    again = await talk(client, query=f"&reconnect=1&sid={room.members['anna'].sid}")
    assert [each.active for each in (await again.next("speakers_changed")).speakers] == [True]
    bert = await talk(client, "bert")
    await bert.next("join")
    room.members["bert"].subscriber.connected = True
    room.members["bert"].subscriber.when_connected()
    assert [each.active for each in (await bert.next("speakers_changed")).speakers] == [True]
    anna = again
    tell_speakers(room)
    assert not (await anna.next("speakers_changed")).speakers[0].active
    tell_quality(room)
    assert (await anna.next("connection_quality")).updates[0].quality == models.ConnectionQuality.EXCELLENT


@pytest.mark.parametrize("path", ["/", "/healthz"])
async def test_it_says_that_it_lives(client: TestClient[Any, Any], path: str) -> None:
    async with client.get(path) as answer:
        assert (answer.status, await answer.text()) == (200, "OK")


async def test_it_counts(client: TestClient[Any, Any]) -> None:
    await (await talk(client)).next("join")
    async with client.get("/metrics") as answer:
        assert "livekit_participant_total 1\n" in await answer.text()
