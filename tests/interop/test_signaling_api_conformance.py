"""The same calls of the room API to our media server and to a real livekit-server: answers and errors, JSON and protobuf."""

import json
from typing import Any

import aiohttp
import pytest
from google.protobuf.message import Message
from interop.conftest import Talks
from interop.signaling_person import people
from interop.signaling_server import KEY, SECRET, Server, until
from interop.signaling_talk import Action, Reason
from livekit import api
from livekit import rtc as sdk
from livekit.protocol import models, rtc
from livekit.protocol import room as rooms

pytestmark = pytest.mark.interop
ORIGIN = "https://pages.example"
JSON, PROTOBUF = "application/json", "application/protobuf"


def bearer(**grants: Any) -> str:
    return "Bearer " + api.AccessToken(KEY, SECRET).with_grants(api.VideoGrants(**grants)).to_jwt()


class Caller:
    """Calls the room API with everything granted for one room, or as a test says."""

    def __init__(self, client: aiohttp.ClientSession, server: Server, room: str) -> None:
        self._client, self._server, self.room = client, server, room

    async def raw(
        self, method: str, body: bytes, kind: str = JSON, *, verb: str = "POST", **grants: Any
    ) -> tuple[int, bytes, str]:
        granted = grants or {"room_create": True, "room_list": True, "room_admin": True, "room": self.room}
        headers = {"Content-Type": kind, "Authorization": bearer(**granted), "Origin": ORIGIN}
        url = f"{self._server.http}/twirp/livekit.RoomService/{method}"
        async with self._client.request(verb, url, data=body, headers=headers) as answer:
            assert verb != "POST" or answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
            return answer.status, await answer.read(), answer.content_type

    async def call(self, method: str, body: dict[str, Any], **grants: Any) -> tuple[int, dict[str, Any]]:
        status, text, _ = await self.raw(method, json.dumps(body).encode(), **grants)
        return status, json.loads(text)

    async def fault(self, method: str, body: dict[str, Any], **grants: Any) -> tuple[int, str]:
        status, answer = await self.call(method, body, **grants)
        return status, answer.get("code", "")


@pytest.fixture
def caller(talks: Talks) -> Caller:
    return Caller(talks.client, talks.server, talks.room)


@pytest.mark.parametrize("path", ["/twirp/livekit.RoomService/ListRooms", "/rtc/validate"])
async def test_a_page_of_another_origin_may_ask(talks: Talks, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    async with talks.client.options(talks.server.http + path, headers={"Origin": ORIGIN, **asked}) as answer:
        assert answer.status in (200, 204)
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert "authorization" in allowed and "content-type" in allowed


async def test_a_room_is_made_once_and_listed_until_it_is_deleted(caller: Caller) -> None:
    wanted = {"name": caller.room, "empty_timeout": 77, "max_participants": 7, "metadata": "m"}
    status, made = await caller.call("CreateRoom", wanted)
    assert status == 200
    assert {key: made[key] for key in wanted} == wanted
    assert (made["sid"][:3], made["num_participants"], made["num_publishers"]) == ("RM_", 0, 0)
    assert int(made["creation_time_ms"]) // 1000 == int(made["creation_time"]) > 0
    _, again = await caller.call("CreateRoom", {"name": caller.room, "empty_timeout": 5, "metadata": "other"})
    assert {key: again[key] for key in (*wanted, "sid")} == {**wanted, "sid": made["sid"]}
    _, listed = await caller.call("ListRooms", {"names": [caller.room, "none of this name"]})
    assert [each["sid"] for each in listed["rooms"]] == [made["sid"]]
    assert await caller.call("DeleteRoom", {"room": caller.room}) == (200, {})
    assert (await caller.call("ListRooms", {"names": [caller.room]}))[1]["rooms"] == []


async def test_protobuf_is_answered_in_protobuf_and_faults_in_json(caller: Caller) -> None:
    request: Message = rooms.CreateRoomRequest(name=caller.room, metadata="m")
    status, body, kind = await caller.raw("CreateRoom", request.SerializeToString(), PROTOBUF)
    assert (status, kind) == (200, PROTOBUF)
    assert models.Room.FromString(body).metadata == "m"
    status, body, kind = await caller.raw("ListRooms", b"\xff\xff\xff", PROTOBUF)
    assert (status, kind, json.loads(body)["code"]) == (400, JSON, "malformed")
    request = rooms.RoomParticipantIdentity(room=caller.room, identity="nobody")
    status, body, kind = await caller.raw("GetParticipant", request.SerializeToString(), PROTOBUF)
    assert (status, kind, json.loads(body)["code"]) == (404, JSON, "not_found")


@pytest.mark.parametrize(
    ("body", "kind", "verb", "expected"),
    [
        (b"{nonsense", JSON, "POST", (400, "malformed")), (b"", JSON, "POST", (400, "malformed")),
        (b'{"names": 5}', JSON, "POST", (400, "malformed")), (b"{}", "text/plain", "POST", (404, "bad_route")),
        (b"{}", JSON, "PUT", (404, "bad_route")), (b"{}", JSON, "GET", (404, "bad_route")),
        (b'{"unknown": 5}', JSON, "POST", (200, "")),
    ],
)  # fmt: skip
async def test_a_call_that_is_none_gets_twirps_own_fault(
    caller: Caller, body: bytes, kind: str, verb: str, expected: tuple[int, str]
) -> None:
    status, text, found = await caller.raw("ListRooms", body, kind, verb=verb)
    assert found == JSON
    assert (status, json.loads(text).get("code", "")) == expected


LONG = "x" * 600_000
FAULTS: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
    ("Dance", {}, (404, "bad_route")),
    ("CreateRoom", {"name": "x" * 300}, (400, "invalid_argument")),
    ("DeleteRoom", {"room": "none of this name"}, (404, "not_found")),
    ("GetParticipant", {"room": "ROOM"}, (404, "not_found")),
    ("GetParticipant", {"room": "ROOM", "identity": "nobody"}, (404, "not_found")),
    ("RemoveParticipant", {"room": "ROOM", "identity": "nobody"}, (404, "not_found")),
    ("UpdateParticipant", {"room": "ROOM", "identity": "nobody", "name": "x"}, (404, "not_found")),
    ("UpdateParticipant", {"room": "ROOM", "identity": "anna", "name": "x" * 300}, (400, "invalid_argument")),
    ("UpdateParticipant", {"room": "ROOM", "identity": "anna", "metadata": LONG}, (400, "invalid_argument")),
    ("UpdateParticipant", {"room": "ROOM", "identity": "anna", "attributes": {"a": LONG}}, (400, "invalid_argument")),
    ("UpdateRoomMetadata", {"room": "ROOM", "metadata": LONG}, (400, "invalid_argument")),
    ("SendData", {"room": "ROOM", "data": "aGk=", "nonce": "AAA="}, (400, "invalid_argument")),
    ("PerformRpc", {"room": "ROOM", "method": "x"}, (400, "invalid_argument")),
]


async def test_what_is_wrong_is_named_by_its_code_and_changes_nothing(talks: Talks, caller: Caller) -> None:
    await (await talks.open("anna")).next("join")
    wrong = []
    for method, body, expected in FAULTS:
        given = {key: caller.room if value == "ROOM" else value for key, value in body.items()}
        found = await caller.fault(method, given)
        if found != expected:
            wrong.append((method, str(body)[:80], found, expected))
    assert wrong == []
    _, anna = await caller.call("GetParticipant", {"room": caller.room, "identity": "anna"})
    assert (anna["name"], anna["metadata"], anna["attributes"]) == ("", "", {})


@pytest.mark.parametrize(
    ("method", "grants"),
    [
        ("CreateRoom", {"room_list": True}), ("ListRooms", {"room_create": True}), ("DeleteRoom", {"room_list": True}),
        *((method, {"room_admin": True, "room": "another"}) for method in (
            "ListParticipants", "GetParticipant", "RemoveParticipant", "MutePublishedTrack", "UpdateParticipant",
            "UpdateSubscriptions", "SendData", "UpdateRoomMetadata", "PerformRpc",
        )),
    ],
)  # fmt: skip
async def test_each_call_asks_for_its_grant(caller: Caller, method: str, grants: dict[str, Any]) -> None:
    body = {"room": caller.room, "name": caller.room} if method == "CreateRoom" else {"room": caller.room}
    assert await caller.fault(method, body, **grants) == (401, "unauthenticated")


async def test_participants_are_listed_changed_and_removed_hidden_ones_too(talks: Talks, caller: Caller) -> None:
    anna, bert = await talks.open("anna"), await talks.open("bert", hidden=True)
    for each in (anna, bert):
        await each.next("join")
    here = {"room": caller.room, "identity": "anna"}

    async def names() -> list[str]:
        return [
            each["identity"]
            for each in (await caller.call("ListParticipants", {"room": caller.room}))[1]["participants"]
        ]

    await until(lambda: listed(names, ["anna", "bert"]), what="both are listed")
    assert (await caller.call("GetParticipant", {"room": caller.room, "identity": "bert"}))[0] == 200
    await anna.say(add_track=rtc.AddTrackRequest(cid="m", type=models.TrackType.AUDIO))
    sid = (await anna.next("track_published")).track.sid
    _, told = await caller.call("GetParticipant", here)
    assert (told["is_publisher"], told["tracks"]) == (False, [])  # announced, not there
    status, muted = await caller.call("MutePublishedTrack", {**here, "track_sid": sid, "muted": True})
    assert (status, muted["track"]["sid"], muted["track"]["muted"]) == (200, sid, True)
    mute = await anna.next("mute")
    assert (mute.sid, mute.muted) == (sid, True)
    unmute = await caller.fault("MutePublishedTrack", {**here, "track_sid": sid, "muted": False})
    assert unmute == (412, "failed_precondition")  # room.enable_remote_unmute is not set
    change = {**here, "name": "Anna", "metadata": "mm", "attributes": {"a": "b", "c": "d"}}
    status, changed = await caller.call("UpdateParticipant", change)
    assert (status, changed["name"], changed["attributes"]) == (200, "Anna", {"a": "b", "c": "d"})
    _, changed = await caller.call("UpdateParticipant", {**here, "attributes": {"a": ""}})
    assert (changed["name"], changed["metadata"], changed["attributes"]) == ("Anna", "mm", {"c": "d"})
    permission = {"can_subscribe": True, "can_publish_sources": ["CAMERA"], "can_publish": True}
    _, changed = await caller.call("UpdateParticipant", {**here, "permission": permission})
    assert changed["permission"]["can_publish_sources"] == ["CAMERA"]
    assert not changed["permission"]["can_publish_data"]
    await anna.about("anna", lambda each: list(each.permission.can_publish_sources) == [models.TrackSource.CAMERA])
    assert await caller.call("RemoveParticipant", here) == (200, {})
    leave = await anna.next("leave")
    assert (leave.reason, leave.action) == (Reason.PARTICIPANT_REMOVED, Action.DISCONNECT)
    await until(lambda: listed(names, ["bert"]), what="anna is gone")


async def listed(names: Any, expected: list[str]) -> bool:
    return sorted(await names()) == expected


async def test_the_rooms_own_metadata_and_its_end_are_told_to_who_is_there(talks: Talks, caller: Caller) -> None:
    anna = await talks.open("anna", single=True)
    await anna.next("join")
    status, room = await caller.call("UpdateRoomMetadata", {"room": caller.room, "metadata": "new"})
    assert (status, room["metadata"]) == (200, "new")
    while (await anna.next("room_update")).room.metadata != "new":
        pass
    assert await caller.call("DeleteRoom", {"room": caller.room}) == (200, {})
    leave = await anna.next("leave")
    assert (leave.reason, leave.action) == (Reason.ROOM_DELETED, Action.DISCONNECT)


async def test_the_api_calls_a_participants_method(media: Server, room: str, caller: Caller) -> None:
    async with people("anna") as (anna,):
        await anna.join(media, single=True, publish=False, room=room)

        @anna.room.local_participant.register_rpc_method("greet")
        async def greet(call: sdk.RpcInvocationData) -> str:
            if call.payload == "fail":
                raise sdk.RpcError(1234, "not today")
            return f"hello {call.payload}"

        to_anna = {"room": room, "destination_identity": "anna", "method": "greet"}

        async def reached() -> bool:
            status, fault = await caller.call("PerformRpc", {**to_anna, "payload": "world"})
            return status == 200 or not fault["msg"].endswith("data channel is not available")  # LiveKit does not wait

        await until(reached, what="anna's data channel is open")
        assert await caller.call("PerformRpc", {**to_anna, "payload": "world"}) == (200, {"payload": "hello world"})
        status, fault = await caller.call("PerformRpc", {**to_anna, "payload": "fail"})
        assert (status, fault["code"]) == (500, "internal")
        assert "1234" in fault["msg"] and "not today" in fault["msg"]
        status, fault = await caller.call("PerformRpc", {**to_anna, "method": "dance"})
        assert (status, fault["code"]) == (400, "invalid_argument")
        status, fault = await caller.call("PerformRpc", {**to_anna, "payload": "x" * 20_000})
        assert (status, fault["code"]) == (400, "invalid_argument")
