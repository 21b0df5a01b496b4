"""Somebody with the `livekit` Python SDK, unmodified: sends a moving picture and a tone, measures what comes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from interop.signaling_server import Server, until
from livekit import rtc

WIDTH, HEIGHT, RATE = 320, 240, 48_000


class Person:
    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.room = rtc.Room()
        self.pictures: dict[str, int] = {}
        self.contrast: dict[str, float] = {}
        self.sounds: dict[str, int] = {}
        self.packets: list[tuple[bytes, str, str]] = []
        self.events: list[str] = []
        self.sent: list[Any] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.room.on("track_subscribed", self._subscribed)
        self.room.on("data_received", self._packet)
        for event in ("disconnected", "reconnecting", "reconnected", "track_muted", "track_unpublished"):
            self.room.on(event, lambda *_a, event=event: self.events.append(event))

    def _packet(self, packet: Any) -> None:
        sender = packet.participant.identity if packet.participant else ""
        self.packets.append((packet.data, sender, packet.topic or ""))

    def _subscribed(self, track: Any, _publication: Any, participant: Any) -> None:
        watch = self._watch if track.kind == rtc.TrackKind.KIND_VIDEO else self._listen
        self._tasks.append(asyncio.ensure_future(watch(track, participant.identity)))

    async def join(
        self, server: Server, *, single: bool, publish: bool = True, relayed: bool = False, **grants: Any
    ) -> None:
        token = server.token(self.identity, **grants)
        options = rtc.RoomOptions(single_peer_connection=single)
        if relayed:  # over TURN only
            options.rtc_config = rtc.RtcConfiguration(ice_transport_type=rtc.IceTransportType.TRANSPORT_RELAY)
        await self.room.connect(server.url, token, options)
        if publish:
            await self.publish()

    async def publish(self) -> None:
        video, audio = rtc.VideoSource(WIDTH, HEIGHT), rtc.AudioSource(RATE, 1)
        self._tasks += [asyncio.ensure_future(self._film(video)), asyncio.ensure_future(self._sing(audio))]
        me = self.room.local_participant
        self.sent.append(
            await me.publish_track(
                rtc.LocalAudioTrack.create_audio_track("microphone", audio),
                rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE),
            )
        )
        self.sent.append(
            await me.publish_track(
                rtc.LocalVideoTrack.create_video_track("camera", video),
                rtc.TrackPublishOptions(
                    source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False, video_codec=rtc.VideoCodec.VP8
                ),
            )
        )

    async def _film(self, source: Any) -> None:
        frame, step = np.zeros((HEIGHT, WIDTH, 4), np.uint8), 0
        frame[:, :, 3] = 255
        while True:
            frame[:, :, 0] = (np.arange(WIDTH) + step * 5)[None, :] & 255
            frame[:, :, 2] = (np.arange(HEIGHT) + step * 3)[:, None] & 255
            source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, frame.tobytes()))
            step += 1
            await asyncio.sleep(1 / 12)

    async def _sing(self, source: Any) -> None:
        at = 0
        while True:
            tone = (np.sin(2 * np.pi * 440 * (np.arange(480) + at) / RATE) * 8000).astype(np.int16)
            at += 480
            await source.capture_frame(rtc.AudioFrame(tone.tobytes(), RATE, 1, 480))

    async def _watch(self, track: Any, who: str) -> None:
        stream = rtc.VideoStream(track)
        try:
            async for event in stream:
                self.pictures[who] = self.pictures.get(who, 0) + 1
                frame = event.frame
                light = np.frombuffer(frame.data, np.uint8)[: frame.width * frame.height]
                self.contrast[who] = float(light.std())
        finally:
            await stream.aclose()

    async def _listen(self, track: Any, who: str) -> None:
        stream = rtc.AudioStream(track)
        try:
            async for event in stream:
                loud = int(np.abs(np.frombuffer(event.frame.data, np.int16)).max())
                self.sounds[who] = max(self.sounds.get(who, 0), loud)
        finally:
            await stream.aclose()

    def sees(self, who: str, *, frames: int = 10) -> bool:
        return self.pictures.get(who, 0) >= frames and self.contrast.get(who, 0) > 10

    def hears(self, who: str) -> bool:
        return self.sounds.get(who, 0) > 2000

    async def leave(self) -> None:
        await self.room.disconnect()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def reach(sender: Person, others: list[Person]) -> None:
    """Write to all until each was reached both ways: LiveKit drops what comes before a data channel is open."""

    async def reached() -> bool:
        for reliable, text in ((True, b"safely there?"), (False, b"quickly there?")):
            await sender.room.local_participant.publish_data(text, reliable=reliable)
        got = [{packet[0] for packet in each.packets} for each in others]
        return all({b"safely there?", b"quickly there?"} <= each for each in got)

    await until(reached, what="all data channels are open")


async def stands_still(person: Person) -> bool:
    before = dict(person.pictures)
    await asyncio.sleep(0.5)  # several frames long
    return person.pictures == before


@contextlib.asynccontextmanager
async def people(*identities: str) -> AsyncIterator[list[Person]]:
    there = [Person(identity) for identity in identities]
    try:
        yield there
    finally:
        for person in there:
            await person.leave()
