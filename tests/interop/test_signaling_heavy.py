"""A client that sends as much as a real one ever does is no flood: nobody sends it away."""

import asyncio
import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from interop.signaling_person import Person, people
from interop.signaling_server import running, until
from livekit import api, rtc

pytestmark = pytest.mark.interop
STREAM_BYTES = 5_000_000
WIDTH, HEIGHT = 960, 540  # wide enough for three layers
Source = rtc.TrackSource


async def simulcast(person: Person, source: Any) -> None:
    """Publish a picture in layers; noise costs the most bits."""
    camera = rtc.VideoSource(WIDTH, HEIGHT)
    options = rtc.TrackPublishOptions(source=source, simulcast=True, video_codec=rtc.VideoCodec.VP8)
    track = rtc.LocalVideoTrack.create_video_track(f"picture-{source}", camera)
    await person.room.local_participant.publish_track(track, options)
    person._tasks.append(asyncio.ensure_future(film(camera)))


async def film(camera: Any) -> None:
    frames = [secrets.token_bytes(WIDTH * HEIGHT * 3 // 2) for _ in range(3)]
    for number in range(10_000):
        camera.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, frames[number % 3]))
        await asyncio.sleep(1 / 10)


async def test_several_pictures_in_layers_and_a_large_byte_stream_are_no_flood(tmp_path: Path) -> None:
    sent, came = secrets.token_bytes(STREAM_BYTES), bytearray()

    async def read(reader: Any) -> None:
        async for chunk in reader:
            came.extend(chunk)

    async with running(tmp_path) as server, people("anna", "bert") as (anna, bert):
        bert.room.register_byte_stream_handler("papers", lambda reader, _who: asyncio.ensure_future(read(reader)))
        await bert.join(server, single=True, publish=False)
        await anna.join(server, single=True)
        for source in (Source.SOURCE_SCREENSHARE, Source.SOURCE_UNKNOWN):
            await simulcast(anna, source)
        await until(lambda: anna.room.local_participant.identity in bert.pictures, what="a picture")
        async with server.room_api() as asked:
            listed = (
                await asked.room.get_participant(api.RoomParticipantIdentity(room="room", identity="anna"))
            ).tracks
        assert sum(track.simulcast for track in listed) == 2
        writer = await anna.room.local_participant.stream_bytes("papers.pdf", topic="papers", total_size=STREAM_BYTES)
        await writer.write(sent)
        await writer.aclose()
        await until(lambda: len(came) >= STREAM_BYTES, 60, what="the whole stream")
        assert hashlib.sha256(came).digest() == hashlib.sha256(sent).digest()
        assert "disconnected" not in anna.events + bert.events
    written = [json.loads(line)["event"] for line in server.log.read_text().splitlines() if line.startswith("{")]
    assert "participant.active" in written
    assert "limit.exceeded" not in written
