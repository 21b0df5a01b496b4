"""The webhooks of one meeting, from our media server and from a real livekit-server: the same events about the same."""

from pathlib import Path

import aiohttp
import pytest
from interop.signaling_hooks import Hooks, hooks
from interop.signaling_livekit import LIVEKIT, OURS, running_as
from interop.signaling_person import people
from interop.signaling_server import KEY, until
from interop.signaling_talk import Talk
from livekit import api
from livekit.protocol import models

pytestmark = pytest.mark.interop


def about(heard: Hooks, identity: str) -> list[str]:
    return [each.event for each in heard.events if each.participant.identity == identity]


@pytest.mark.parametrize("kind", [OURS, LIVEKIT])
async def test_a_meeting_is_told_from_its_beginning_to_its_end(tmp_path: Path, kind: str) -> None:
    async with (
        hooks() as heard,
        running_as(kind, tmp_path, webhook={"api_key": KEY, "urls": [heard.url]}) as server,
        server.room_api() as rooms,
        aiohttp.ClientSession() as client,
        people("anna") as (anna,),
    ):
        await anna.join(server, single=True)
        await until(lambda: heard.names().count("track_published") == 2, what="anna's tracks are told")
        await anna.room.local_participant.unpublish_track(anna.sent[1].sid)
        await until(lambda: "track_unpublished" in heard.names(), what="one is told to be gone")
        bert = await Talk(client, server, "room").open("bert")  # has no peer connection and never will
        await bert.next("join")
        await rooms.room.remove_participant(api.RoomParticipantIdentity(room="room", identity="bert"))
        await until(lambda: len(about(heard, "bert")) == 1, what="bert is told")
        await anna.room.disconnect()
        await until(lambda: "participant_left" in about(heard, "anna"), what="anna is told to have left")
        await rooms.room.delete_room(api.DeleteRoomRequest(room="room"))
        await until(lambda: "room_finished" in heard.names(), what="the end")
        await bert.close()

    names = heard.names()
    assert (names[0], names[-1]) == ("room_started", "room_finished")
    assert about(heard, "bert") == ["participant_connection_aborted"]
    assert about(heard, "anna")[0] == "participant_joined"
    counted = {name: about(heard, "anna").count(name) for name in set(about(heard, "anna"))}
    tracks = {"track_published": 2, "track_unpublished": 2}
    assert counted == {"participant_joined": 1, "participant_left": 1, **tracks}
    assert len({each.room.sid for each in heard.events}) == 1
    assert len({each.id for each in heard.events}) == len(names)
    published = [each.track for each in heard.events if each.event == "track_published"]
    assert {each.source for each in published} == {models.TrackSource.MICROPHONE, models.TrackSource.CAMERA}
    gone = next(each.participant for each in heard.events if each.event == "participant_left")
    assert gone.disconnect_reason == models.DisconnectReason.CLIENT_INITIATED
