"""The same conversations with our media server and with a real livekit-server, message by message."""

import time
from collections.abc import Callable

import aiohttp
import jwt
import pytest
from interop.conftest import Talks
from interop.signaling_server import KEY, SECRET
from interop.signaling_talk import Action, Reason
from livekit import api
from livekit.api.access_token import Claims
from livekit.protocol import models, rtc

pytestmark = pytest.mark.interop
State = models.ParticipantInfo.State
BOTH = pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])


@BOTH
async def test_who_joins_is_told_of_the_room_and_of_who_is_there(talks: Talks, single: bool) -> None:
    anna = await talks.open("anna", single=single)
    join = await anna.next("join")
    assert (join.room.name, join.participant.identity, join.participant.sid[:3]) == (talks.room, "anna", "PA_")
    assert join.subscriber_primary == (not single)
    assert join.participant.state in (State.JOINING, State.JOINED)
    assert join.participant.permission.can_publish and join.participant.permission.can_subscribe
    assert join.ping_timeout > join.ping_interval > 0
    assert join.server_info.version and join.server_version
    assert {"audio/opus", "video/vp8", "video/h264"} <= {each.mime.lower() for each in join.enabled_publish_codecs}
    if not single:
        assert (await anna.next("offer")).type == "offer"
    bert = await talks.open("bert", single=not single)
    assert [each.identity for each in (await bert.next("join")).other_participants] == ["anna"]
    claims = api.TokenVerifier(KEY, SECRET).verify(await bert.next("refresh_token"))
    assert (claims.identity, claims.video.room) == ("bert", talks.room)


async def test_pings_are_answered_with_what_was_sent(talks: Talks) -> None:
    anna = await talks.open("anna")
    await anna.say(ping_req=rtc.Ping(timestamp=77))
    assert (await anna.next("pong_resp")).last_ping_timestamp == 77


async def test_who_leaves_says_so_and_the_others_learn_why(talks: Talks) -> None:
    anna, bert = await talks.open("anna"), await talks.open("bert")
    await bert.next("join")
    await bert.say(leave=rtc.LeaveRequest(reason=Reason.CLIENT_INITIATED))
    gone = await anna.about("bert", lambda each: each.state == State.DISCONNECTED)
    assert gone.disconnect_reason == Reason.CLIENT_INITIATED


async def test_the_older_of_two_with_one_identity_is_told_to_go(talks: Talks) -> None:
    older = await talks.open("anna")
    await older.next("join")
    newer = await talks.open("anna", single=True)
    leave = await older.next("leave")
    assert (leave.reason, leave.action) == (Reason.DUPLICATE_IDENTITY, Action.DISCONNECT)
    assert (await newer.next("join")).other_participants == []


async def test_who_resumes_what_nobody_knows_is_told_to_join_anew(talks: Talks) -> None:
    anna = await talks.open("anna", query="&reconnect=1&sid=PA_gone")
    leave = await anna.next("leave")
    assert (leave.reason, leave.action) == (Reason.STATE_MISMATCH, Action.RECONNECT)


async def test_who_has_tracks_that_the_server_does_not_know_is_told_to_join_anew(talks: Talks) -> None:
    anna = await talks.open("anna")
    await anna.next("join")
    track = models.TrackInfo(sid="TR_unknown", type=models.TrackType.AUDIO)
    await anna.say(sync_state=rtc.SyncState(publish_tracks=[rtc.TrackPublishedResponse(cid="c", track=track)]))
    leave = await anna.next("leave")
    assert (leave.reason, leave.action) == (Reason.STATE_MISMATCH, Action.RECONNECT)


async def test_an_announced_track_gets_its_sid_and_what_is_not_granted_is_refused(talks: Talks) -> None:
    anna = await talks.open("anna", can_publish_sources=["microphone"])
    sound = rtc.AddTrackRequest(
        cid="m", name="voice", type=models.TrackType.AUDIO, source=models.TrackSource.MICROPHONE, muted=True,
        stereo=True, disable_dtx=True, stream="s",
    )  # fmt: skip
    await anna.say(add_track=sound)
    published = await anna.next("track_published")
    track = published.track
    assert (published.cid, track.sid[:3], track.name, track.type) == ("m", "TR_", "voice", models.TrackType.AUDIO)
    assert (track.source, track.muted, track.stream) == (models.TrackSource.MICROPHONE, True, "s")
    assert (track.stereo, track.disable_dtx) == (True, True)
    assert set(track.audio_features) == {models.AudioTrackFeature.TF_STEREO, models.AudioTrackFeature.TF_NO_DTX}
    camera = rtc.AddTrackRequest(cid="c", type=models.TrackType.VIDEO, source=models.TrackSource.CAMERA)
    await anna.say(add_track=camera)
    refused = await anna.next("request_response")
    assert (refused.reason, refused.add_track.cid) == (rtc.RequestResponse.Reason.NOT_ALLOWED, "c")


async def test_a_picture_is_announced_with_its_layers_and_one_codec(talks: Talks) -> None:
    anna = await talks.open("anna", single=True)
    sizes = [(models.VideoQuality.LOW, 320), (models.VideoQuality.MEDIUM, 640), (models.VideoQuality.HIGH, 1280)]
    layers = [models.VideoLayer(quality=quality, width=width, height=width // 2) for quality, width in sizes]
    codec = rtc.SimulcastCodec(codec="h264", cid="c", layers=layers)
    await anna.say(
        add_track=rtc.AddTrackRequest(
            cid="c", type=models.TrackType.VIDEO, source=models.TrackSource.CAMERA, width=1280, height=640,
            layers=layers, simulcast_codecs=[codec],
        )
    )  # fmt: skip
    track = (await anna.next("track_published")).track
    assert (track.width, track.height, track.simulcast) == (1280, 640, True)
    assert [(each.quality, each.width) for each in track.layers] == sizes
    assert [each.mime_type.lower() for each in track.codecs] == ["video/h264"]
    assert [each.cid for each in track.codecs] == ["c"]


async def test_only_who_may_changes_its_name_metadata_and_attributes(talks: Talks) -> None:
    anna, bert = await talks.open("anna"), await talks.open("bert", can_update_own_metadata=True)
    change = rtc.UpdateParticipantMetadata(metadata="m", name="N", attributes={"a": "b"}, request_id=4)
    await anna.say(update_metadata=change)
    assert (await anna.next("request_response")).reason == rtc.RequestResponse.Reason.NOT_ALLOWED
    await bert.say(update_metadata=change)
    changed = await anna.about("bert", lambda each: each.metadata == "m" and each.attributes.get("a") == "b")
    assert changed.name == "N"
    await bert.say(update_metadata=rtc.UpdateParticipantMetadata(metadata="m" * 600_000, request_id=5))
    while (answer := await bert.next("request_response")).request_id != 5:
        pass
    assert answer.reason == rtc.RequestResponse.Reason.LIMIT_EXCEEDED


async def test_a_hidden_participant_is_told_to_nobody(talks: Talks) -> None:
    anna = await talks.open("anna", hidden=True, can_update_own_metadata=True)
    assert (await anna.next("join")).participant.permission.hidden
    bert = await talks.open("bert")
    join = await bert.next("join")
    assert list(join.other_participants) == []
    assert join.room.num_participants <= 1  # bert himself, who may not be counted yet


async def test_who_records_is_hidden_and_everybody_knows_of_it(talks: Talks) -> None:
    anna = await talks.open("anna")
    assert not (await anna.next("join")).room.active_recording
    recorder = await talks.open("recorder", recorder=True, hidden=True, can_publish=False)
    assert (await recorder.next("join")).participant.permission.recorder
    while not (update := await anna.next("room_update")).room.active_recording:
        pass
    assert update.room.num_participants <= 1  # livekit-server counts only now and then
    await recorder.say(leave=rtc.LeaveRequest(reason=Reason.CLIENT_INITIATED))
    while (await anna.next("room_update")).room.active_recording:
        pass


@BOTH
async def test_a_fresh_token_says_what_was_changed_since(talks: Talks, single: bool) -> None:
    anna = await talks.open("anna", single=single, can_update_own_metadata=True)
    await anna.next("join")
    here = {"room": talks.room, "identity": "anna"}

    async def fresh(wanted: Callable[[Claims], bool]) -> None:
        while not wanted(api.TokenVerifier(KEY, SECRET).verify(await anna.next("refresh_token"))):
            pass

    async with talks.server.room_api() as rooms:
        await rooms.room.update_participant(api.UpdateParticipantRequest(**here, name="Anna", metadata="m"))
        await fresh(lambda claims: (claims.name, claims.metadata) == ("Anna", "m"))
        await anna.say(update_metadata=rtc.UpdateParticipantMetadata(attributes={"a": "b"}))
        await fresh(lambda claims: claims.attributes == {"a": "b"})
        sources = [models.TrackSource.CAMERA, models.TrackSource.SCREEN_SHARE]
        wish = api.ParticipantPermission(can_publish=True, can_subscribe=False, can_publish_sources=sources)
        await rooms.room.update_participant(api.UpdateParticipantRequest(**here, permission=wish))
        await fresh(lambda claims: claims.video is not None and claims.video.can_subscribe is False)
        again = await talks.open("anna", single=single)
        await again.next("join")
        nothing = api.ParticipantPermission(can_subscribe=True)
        await rooms.room.update_participant(api.UpdateParticipantRequest(**here, permission=nothing))
        anna = again
        await fresh(lambda claims: claims.video is not None and claims.video.can_publish is False)


async def test_who_may_not_publish_or_write_is_told_so_or_heard_by_nobody(talks: Talks) -> None:
    anna = await talks.open("anna", can_publish=False, can_publish_data=False, can_subscribe=False)
    may = (await anna.next("join")).participant.permission
    assert (may.can_publish, may.can_publish_data, may.can_subscribe) == (False, False, False)
    await anna.say(add_track=rtc.AddTrackRequest(cid="m", type=models.TrackType.AUDIO))
    refused = await anna.next("request_response")
    assert (refused.reason, refused.add_track.cid) == (rtc.RequestResponse.Reason.NOT_ALLOWED, "m")


def token(room: str, *, identity: str = "anna", key: str = KEY, secret: str = SECRET, room_join: bool = True) -> str:
    """A token that livekit-api itself would refuse to make, if need be."""
    video = {"roomJoin": room_join, "room": room}
    body = {"iss": key, "sub": identity, "exp": int(time.time()) + 60, "video": video}
    return jwt.encode(body, secret, algorithm="HS256")


ANSWERS = [
    ("nothing", "", 401),
    ("nonsense", "nonsense", 401),
    ("another key", lambda room: token(room, key="another"), 401),
    ("another secret", lambda room: token(room, secret="another secret, as long as the first one is"), 401),
    ("no grant to join", lambda room: token(room, room_join=False), 401),
    ("nobody's name", lambda room: token(room, identity=""), 400),
    ("no room", lambda _room: token(""), 400),
    ("all that is needed", token, 200),
]


@pytest.mark.parametrize(("text", "status"), [each[1:] for each in ANSWERS], ids=[each[0] for each in ANSWERS])
async def test_a_token_is_judged(talks: Talks, text: object, status: int) -> None:
    given = text(talks.room) if callable(text) else text
    async with talks.client.get(f"{talks.server.http}/rtc/validate", params={"access_token": given}) as answer:
        assert answer.status == status
        assert await answer.text()
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_nobody_joins_a_full_room(talks: Talks) -> None:
    async with talks.server.room_api() as rooms:
        created = await rooms.room.create_room(api.CreateRoomRequest(name=talks.room, max_participants=2))
    assert (created.max_participants, created.num_participants) == (2, 0)
    there = [await talks.open("anna"), await talks.open("bert")]
    for each in there:
        await each.next("join")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await talks.open("carl")
    assert refused.value.status in (403, 500)  # livekit-server takes the fault upon itself
