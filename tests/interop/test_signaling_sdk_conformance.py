"""People with the Python SDK on both servers: what they write, call and stream, who speaks, and what grants withhold."""

import asyncio
from typing import Any

import pytest
from interop.signaling_person import Person, people, reach, stands_still
from interop.signaling_server import Server, until
from livekit import api, rtc

pytestmark = pytest.mark.interop


async def test_people_write_call_and_stream_to_whom_they_mean(media: Server, room: str) -> None:
    async with people("anna", "bert", "carl") as (anna, bert, carl):
        await anna.join(media, single=True, publish=False, room=room)
        await bert.join(media, single=False, publish=False, room=room)
        await carl.join(media, single=True, publish=False, room=room)
        texts, files, tasks = [], [], []

        async def read_text(reader: Any) -> None:
            texts.append(await reader.read_all())

        async def read_bytes(reader: Any) -> None:
            files.append((reader.info.name, b"".join([chunk async for chunk in reader])))

        bert.room.register_text_stream_handler(
            "notes", lambda reader, _who: tasks.append(asyncio.ensure_future(read_text(reader)))
        )
        bert.room.register_byte_stream_handler(
            "files", lambda reader, _who: tasks.append(asyncio.ensure_future(read_bytes(reader)))
        )

        @bert.room.local_participant.register_rpc_method("greet")
        async def greet(call: rtc.RpcInvocationData) -> str:
            return f"hello {call.payload} from {call.caller_identity}"

        me = anna.room.local_participant
        await until(lambda: len(anna.room.remote_participants) == 2, what="everybody is there")
        await reach(anna, [bert, carl])
        assert (
            await me.perform_rpc(destination_identity="bert", method="greet", payload="bert") == "hello bert from anna"
        )
        with pytest.raises(rtc.RpcError) as unknown:
            await me.perform_rpc(destination_identity="bert", method="dance", payload="")
        assert unknown.value.code == rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD
        await me.send_text("界" * 30_000, topic="notes", destination_identities=["bert"])
        writer = await me.stream_bytes("paper.pdf", topic="files", destination_identities=["bert"])
        await writer.write(bytes(range(256)) * 300)
        await writer.aclose()
        await me.publish_data(b"to bert", reliable=True, destination_identities=["bert"], topic="t")
        await me.publish_data(b"to all", reliable=False)
        await me.publish_data(b"the end", reliable=True)
        for each in (bert, carl):
            await until(lambda each=each: (b"the end", "anna", "") in each.packets, what="the last packet")
        await until(lambda: texts and files, what="text and file")
        assert (texts, files) == (["界" * 30_000], [("paper.pdf", bytes(range(256)) * 300)])
        assert (b"to bert", "anna", "t") in bert.packets and (b"to all", "anna", "") in bert.packets
        assert (b"to bert", "anna", "t") not in carl.packets and anna.packets == []


async def test_who_speaks_is_told_and_who_may_not_subscribe_gets_nothing(media: Server, room: str) -> None:
    speaking: list[list[str]] = []
    quality: dict[str, int] = {}

    def heard(person: Person) -> None:
        person.room.on("active_speakers_changed", lambda who: speaking.append([each.identity for each in who]))
        person.room.on("connection_quality_changed", lambda who, how: quality.update({who.identity: how}))

    async with people("anna", "bert", "carl") as (anna, bert, carl), media.room_api() as rooms:
        heard(bert)
        await bert.join(media, single=True, publish=False, room=room)
        await carl.join(media, single=True, publish=False, room=room, can_subscribe=False)
        await anna.join(media, single=True, room=room)
        await until(lambda: bert.sees("anna") and bert.hears("anna"), what="bert sees and hears")
        await until(lambda: ["anna"] in speaking, what="anna speaks")
        await until(lambda: quality.get("anna") == rtc.ConnectionQuality.QUALITY_EXCELLENT, what="anna's line is good")
        tracks = carl.room.remote_participants["anna"].track_publications.values()
        assert [each.subscribed for each in tracks] == [False, False]
        assert (carl.pictures, carl.sounds) == ({}, {})

        anna.sent[0].track.mute()
        await until(lambda: "track_muted" in bert.events, what="bert knows that anna is muted")
        await until(lambda: speaking[-1] == [], what="nobody speaks")
        anna.sent[0].track.unmute()
        await until(lambda: speaking[-1] == ["anna"], what="anna speaks again")

        may = api.ParticipantPermission(can_subscribe=True, can_publish=True, can_publish_data=True)
        await rooms.room.update_participant(api.UpdateParticipantRequest(room=room, identity="carl", permission=may))
        await until(lambda: carl.sees("anna") and carl.hears("anna"), what="carl may now")
        may.can_subscribe = False
        await rooms.room.update_participant(api.UpdateParticipantRequest(room=room, identity="carl", permission=may))
        await until(lambda: stands_still(carl), what="carl may no longer")
