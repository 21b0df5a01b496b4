"""The room API and the webhooks, by LiveKit's own `livekit-api`, with real participants in the room."""

from pathlib import Path

import aiohttp
import pytest
from interop.signaling_hooks import hooks
from interop.signaling_person import people, stands_still
from interop.signaling_server import KEY, SECRET, running, until
from livekit import api, rtc
from livekit.rtc.participant import PublishTrackError

pytestmark = pytest.mark.interop


async def test_three_publishers_the_api_and_the_webhooks_tell_one_story(tmp_path: Path) -> None:
    async with (
        hooks() as heard,
        running(tmp_path, webhook={"api_key": KEY, "urls": [heard.url]}, room={"departure_timeout": 1}) as server,
        server.room_api() as rooms,
        people("anna", "bert", "carl") as (anna, bert, carl),
    ):
        heard.refuse = 2  # the receiver is down at first: nothing is lost, nothing overtakes
        await anna.join(server, single=True)
        await bert.join(server, single=False)
        await carl.join(server, single=True)
        everybody = (anna, bert, carl)
        await until(
            lambda: all(a.sees(b.identity) for a in everybody for b in everybody if a is not b), what="pictures"
        )
        await until(lambda: all(a.hears(b.identity) for a in everybody for b in everybody if a is not b), what="sound")

        listed = await rooms.room.list_rooms(api.ListRoomsRequest())
        assert [(room.name, room.num_participants, room.num_publishers) for room in listed.rooms] == [("room", 3, 3)]
        there = await rooms.room.list_participants(api.ListParticipantsRequest(room="room"))
        assert {each.identity: len(each.tracks) for each in there.participants} == {"anna": 2, "bert": 2, "carl": 2}

        who = await rooms.room.get_participant(api.RoomParticipantIdentity(room="room", identity="anna"))
        sound = next(track for track in who.tracks if track.type == api.TrackType.AUDIO)
        await rooms.room.mute_published_track(
            api.MuteRoomTrackRequest(room="room", identity="anna", track_sid=sound.sid, muted=True)
        )
        await until(lambda: "track_muted" in bert.events, what="bert is told of the mute")
        await until(lambda: anna.sent[0].track.muted, what="anna's own track is muted")

        await rooms.room.send_data(
            api.SendDataRequest(room="room", data=b"from above", topic="state", destination_identities=["bert"])
        )
        await until(lambda: (b"from above", "", "state") in bert.packets, what="packet to bert")
        assert not carl.packets

        await rooms.room.remove_participant(api.RoomParticipantIdentity(room="room", identity="carl"))
        await until(lambda: "disconnected" in carl.events, what="carl is out")
        await until(lambda: list(bert.room.remote_participants) == ["anna"], what="bert sees carl gone")

        await rooms.room.delete_room(api.DeleteRoomRequest(room="room"))
        await until(lambda: "disconnected" in anna.events and "disconnected" in bert.events, what="the room is over")
        await until(lambda: "room_finished" in heard.names(), what="the last webhook")
        names = heard.names()
        assert heard.refused == 2
        assert names[:2] == ["room_started", "participant_joined"]
        assert names[-1] == "room_finished"
        assert sorted(names[1:-1]) == sorted(
            ["participant_joined", "participant_left"] * 3 + ["track_published", "track_unpublished"] * 6
        )
        assert len({event.id for event in heard.events}) == len(heard.events)


async def test_who_was_never_connected_is_reported_as_aborted_and_an_empty_room_ends(tmp_path: Path) -> None:
    async with (
        hooks() as heard,
        running(
            tmp_path, webhook={"api_key": KEY, "urls": [heard.url]}, room={"departure_timeout": 1, "empty_timeout": 1}
        ) as server,
        aiohttp.ClientSession() as client,
    ):
        async with client.ws_connect(f"{server.url}/rtc?access_token={server.token('anna')}") as socket:
            await socket.receive_bytes()
            await socket.send_bytes(b"\xff\xff\xff")
            while (message := await socket.receive()).type is aiohttp.WSMsgType.BINARY:
                pass
            assert message.data == 1002
        await until(lambda: "room_finished" in heard.names(), what="the room is over")
        assert heard.names() == ["room_started", "participant_connection_aborted", "room_finished"]


async def test_permissions_are_taken_and_given_while_connected(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as server,
        server.room_api() as rooms,
        people("anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=True, publish=False, can_publish=False, can_publish_data=False)
        await bert.join(server, single=True)
        await until(lambda: anna.sees("bert"), what="anna sees bert")
        with pytest.raises(PublishTrackError):
            await anna.publish()
        await anna.room.local_participant.publish_data(b"whisper", reliable=True)

        async def permit(identity: str, **permission: bool) -> None:
            wish = api.ParticipantPermission(**permission)
            await rooms.room.update_participant(
                api.UpdateParticipantRequest(room="room", identity=identity, permission=wish)
            )

        await permit("bert", can_subscribe=True, can_publish=False, can_publish_data=True)
        await until(lambda: anna.events.count("track_unpublished") == 2, what="bert's tracks are gone")
        await permit("anna", can_subscribe=True, can_publish=True, can_publish_data=True)
        await until(lambda: anna.room.local_participant.permissions.can_publish, what="anna may")
        await anna.publish()
        await until(lambda: bert.sees("anna"), what="bert sees anna")
        assert bert.packets == []


async def test_a_hidden_listener_is_seen_by_nobody(tmp_path: Path) -> None:
    async with running(tmp_path) as server, people("anna", "watcher") as (anna, watcher):
        await watcher.join(server, single=True, publish=False, hidden=True, can_publish=False)
        await anna.join(server, single=True)
        await until(lambda: watcher.sees("anna"), what="the hidden one sees")
        assert list(anna.room.remote_participants) == []


async def test_a_subscriber_chooses_and_the_server_chooses_for_it(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as server,
        server.room_api() as rooms,
        people("anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=True)
        await bert.join(server, single=True, publish=False)
        await until(lambda: bert.sees("anna"), what="picture")
        video = next(p for p in bert.room.remote_participants["anna"].track_publications.values()
                     if p.kind == rtc.TrackKind.KIND_VIDEO)  # fmt: skip
        for _ in range(3):
            video.set_subscribed(False)
            await until(lambda: video.track is None, what="unsubscribed")
            bert.pictures.clear()
            video.set_subscribed(True)
            await until(lambda: bert.sees("anna"), what="subscribed again")
        wish = {"room": "room", "identity": "bert", "track_sids": [video.sid]}
        await rooms.room.update_subscriptions(api.UpdateSubscriptionsRequest(**wish, subscribe=False))
        await until(lambda: stands_still(bert), what="unsubscribed by the server")
        bert.pictures.clear()
        await rooms.room.update_subscriptions(api.UpdateSubscriptionsRequest(**wish, subscribe=True))
        await until(lambda: bert.sees("anna"), what="subscribed by the server")


async def test_names_metadata_and_the_room_change_for_everybody(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as server,
        server.room_api() as rooms,
        people("anna", "bert") as (anna, bert),
    ):
        created = await rooms.room.create_room(api.CreateRoomRequest(name="room", empty_timeout=7200, metadata="first"))
        assert (created.empty_timeout, created.metadata) == (7200, "first")
        await anna.join(server, single=True, publish=False, can_update_own_metadata=True)
        await bert.join(server, single=False, publish=False)
        await anna.room.local_participant.set_metadata("mine")
        await anna.room.local_participant.set_attributes({"seat": "left"})
        await until(lambda: bert.room.remote_participants["anna"].metadata == "mine", what="metadata")
        await until(lambda: bert.room.remote_participants["anna"].attributes == {"seat": "left"}, what="attributes")
        await rooms.room.update_participant(
            api.UpdateParticipantRequest(room="room", identity="anna", name="Anna", attributes={"seat": ""})
        )
        await until(lambda: bert.room.remote_participants["anna"].name == "Anna", what="name")
        await until(lambda: bert.room.remote_participants["anna"].attributes == {}, what="no attribute")
        await rooms.room.update_room_metadata(api.UpdateRoomMetadataRequest(room="room", metadata="second"))
        await until(lambda: bert.room.metadata == "second", what="room metadata")


async def test_twirp_speaks_json_names_its_errors_and_asks_for_grants(tmp_path: Path) -> None:
    async with running(tmp_path) as server, aiohttp.ClientSession() as client:
        grants = api.VideoGrants(room_create=True, room_list=True, room_admin=True, room="room")
        admin = {"Authorization": f"Bearer {api.AccessToken(KEY, SECRET).with_grants(grants).to_jwt()}"}

        async def call(
            method: str, body: object, headers: dict[str, str], slash: str = "/"
        ) -> tuple[int, dict[str, object]]:
            url = f"{server.http}{slash}twirp/livekit.RoomService/{method}"
            async with client.post(url, json=body, headers=headers) as answer:
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                return answer.status, await answer.json()

        status, room = await call("CreateRoom", {"name": "room", "emptyTimeout": 60}, admin)
        assert (status, room["name"], room["empty_timeout"], room["num_participants"]) == (200, "room", 60, 0)
        status, listed = await call("ListRooms", {}, admin, slash="//")
        assert (status, len(listed["rooms"])) == (200, 1)  # type: ignore[arg-type]
        for method, body, expected in [
            ("GetParticipant", {"room": "room", "identity": "nobody"}, (404, "not_found")),
            ("ListParticipants", {"room": "another"}, (401, "unauthenticated")),
            ("CreateRoom", {"name": ""}, (400, "invalid_argument")),
            ("CreateRoom", {"name": 5}, (400, "malformed")),
            ("Dance", {}, (404, "bad_route")),
            ("MoveParticipant", {"room": "room", "identity": "x"}, (501, "unimplemented")),
        ]:
            status, error = await call(method, body, admin)
            assert (status, error["code"]) == expected
        status, error = await call("ListRooms", {}, {"Authorization": f"Bearer {server.token('anna')}"})
        assert (status, error["code"]) == (401, "unauthenticated")
        status, error = await call("ListRooms", {}, {})
        assert (status, error["code"]) == (401, "unauthenticated")
        async with client.options(f"{server.http}/twirp/livekit.RoomService/ListRooms") as preflight:
            assert preflight.status == 200
            assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
