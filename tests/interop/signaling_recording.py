"""What recordings are tried with: a source that flashes and beeps at once, and a server that records."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
from interop.signaling_hooks import Hooks, hooks
from interop.signaling_person import HEIGHT, RATE, WIDTH, Person
from interop.signaling_server import KEY, Server, running, until
from livekit import api, rtc
from recording_play import Played

EVERY, LASTS = 1.0, 0.2  # seconds from flash to flash, and of one
FLASH = 128  # of 255
OVER = ("egress_ended",)


class Metronome(Person):
    """Flashes and beeps in the same moment, once a second."""

    async def _film(self, source: Any) -> None:
        loop, number = asyncio.get_running_loop(), 0
        began = self._began = loop.time()
        while True:
            await asyncio.sleep(max(0.0, began + number / 25 - loop.time()))
            light = 235 if (loop.time() - began) % EVERY < LASTS else 16
            frame = np.full((HEIGHT, WIDTH, 4), light, np.uint8)
            source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, frame.tobytes()))
            number = max(number + 1, int((loop.time() - began) * 25))

    async def _sing(self, source: Any) -> None:
        loop, number = asyncio.get_running_loop(), 0
        while not hasattr(self, "_began"):
            await asyncio.sleep(0)
        tone = (np.sin(2 * np.pi * 1000 * np.arange(480) / RATE) * 12_000).astype(np.int16)
        number = int((loop.time() - self._began) * 100)
        while True:
            await asyncio.sleep(max(0.0, self._began + number / 100 - loop.time()))
            heard_at = loop.time() - self._began + source.queued_duration
            sound = tone if heard_at % EVERY < LASTS else np.zeros(480, np.int16)
            await source.capture_frame(rtc.AudioFrame(sound.tobytes(), RATE, 1, 480))
            number = max(number + 1, int((loop.time() - self._began) * 100))


def flashes(played: Played) -> list[float]:
    """When the picture turned light, in seconds of the file."""
    middle = [frame.to_ndarray(format="gray") for frame in played.frames]
    light = [float(each[each.shape[0] // 2 - 20 :][:40].mean()) for each in middle]
    pairs = zip(played.times[1:], light[1:], light, strict=False)
    return [at for at, now, before in pairs if now > FLASH >= before]


def beeps(played: Played) -> list[float]:
    """When a sound began after at least a quarter of a second of silence, in seconds of the file."""
    found, quiet_since = [], 0.0
    for frame in played.frames:
        sound = np.abs(frame.to_ndarray().astype(np.float64)).max(axis=0)
        loud = np.flatnonzero(sound > 0.1)
        if loud.size:
            at = float(frame.time) + loud[0] / frame.sample_rate
            if at - quiet_since > 0.25:
                found.append(at)
            quiet_since = float(frame.time) + loud[-1] / frame.sample_rate
    return found


def distances(first: list[float], second: list[float]) -> list[float]:
    """From each moment to the nearest of the others."""
    return [min((each - other for other in second), key=abs) for each in first]


class Studio:
    """A server with a recordings folder, somebody who listens to its webhooks, and the API."""

    def __init__(self, server: Server, heard: Hooks, lk: api.LiveKitAPI, folder: Path) -> None:
        self.server, self.heard, self.lk, self.folder = server, heard, lk, folder

    def events(self, egress_id: str) -> list[api.WebhookEvent]:
        return [each for each in self.heard.events if each.egress_info.egress_id == egress_id]

    async def ended(self, egress_id: str) -> api.EgressInfo:
        """Wait for the last webhook of an egress and return what it says."""

        def over() -> bool:
            return any(each.event in OVER for each in self.events(egress_id))

        await until(over, what="the egress has ended")
        return self.events(egress_id)[-1].egress_info

    async def published(self, identity: str, tracks: int) -> None:
        """Wait until the server has so many tracks of somebody."""
        who = api.RoomParticipantIdentity(room="room", identity=identity)

        async def there() -> bool:
            return len((await self.lk.room.get_participant(who)).tracks) == tracks

        await until(there, what=f"{tracks} tracks of {identity}")

    async def started(self, *, egress_id: str, files: int, size: int = 8_000) -> None:
        """Wait until so many files have grown."""
        await until(lambda: len(self.grown(size)) >= files, what=f"{files} files of {egress_id} grow")

    def grown(self, size: int) -> list[Path]:
        return [path for path in self.folder.rglob("*.webm") if path.stat().st_size > size]

    async def participant(
        self, identity: str, template: str = "{room_name}/{publisher_identity}-{track_source}"
    ) -> Any:
        return await self.lk.egress.start_participant_egress(
            api.ParticipantEgressRequest(
                room_name="room", identity=identity, file_outputs=[api.EncodedFileOutput(filepath=template)]
            )
        )

    async def track(self, sid: str, template: str = "{track_id}") -> Any:
        return await self.lk.egress.start_track_egress(
            api.TrackEgressRequest(room_name="room", track_id=sid, file=api.DirectFileOutput(filepath=template))
        )

    async def stop(self, egress_id: str) -> Any:
        return await self.lk.egress.stop_egress(api.StopEgressRequest(egress_id=egress_id))

    def recorder_pid(self) -> int:
        lines = [json.loads(line) for line in self.server.log.read_text().splitlines() if line.startswith("{")]
        return [line["pid"] for line in lines if line["event"] == "recorder.started"][-1]

    def manifests(self) -> dict[str, dict[str, Any]]:
        """The manifests by the source of the track."""
        found = [json.loads(path.read_text()) for path in self.folder.rglob("*.json")]
        return {each["track_source"]: each for each in found}


@contextlib.asynccontextmanager
async def studio(folder: Path) -> AsyncIterator[Studio]:
    recordings = folder / "recordings"
    recordings.mkdir()
    async with (
        hooks() as heard,
        running(folder, webhook={"api_key": KEY, "urls": [heard.url]}, recording={"folder": str(recordings)}) as server,
        server.room_api() as lk,
    ):
        yield Studio(server, heard, lk, recordings)
