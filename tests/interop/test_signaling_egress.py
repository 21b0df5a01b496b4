"""Recording through `livekit-api`, unmodified: the Python SDK and Chromium into files that any player plays."""

import asyncio
import hashlib
import json
import os
import resource
import signal
import time
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import pytest
from interop.signaling_browsers import chromium, served_page
from interop.signaling_person import people
from interop.signaling_recording import Metronome, beeps, distances, flashes, studio
from interop.signaling_server import KEY, SECRET, running, until
from livekit import api
from recording_play import Played

from signaling.compose import catalogue, film

pytestmark = pytest.mark.interop
SECOND = 1_000_000_000
Status = api.EgressStatus


async def test_sound_and_picture_are_recorded_and_stay_together(tmp_path: Path) -> None:
    async with studio(tmp_path) as here, people("bert") as (bert,):
        anna = Metronome("anna")
        await anna.join(here.server, single=True)
        await bert.join(here.server, single=False, publish=False)
        seen: list[bool] = []
        bert.room.on("room_updated", lambda: seen.append(bert.room.is_recording))
        await until(lambda: bert.pictures.get("anna", 0) > 5, what="bert sees anna")

        started = await here.participant("anna")
        assert started.status == Status.EGRESS_STARTING
        await until(lambda: seen == [True], what="the room knows that it is recorded")
        await here.started(egress_id=started.egress_id, files=2)
        await asyncio.sleep(6)  # what is recorded is time itself
        listed = await here.lk.egress.list_egress(api.ListEgressRequest(room_name="room", active=True))
        assert [(each.egress_id, each.status) for each in listed.items] == [(started.egress_id, Status.EGRESS_ACTIVE)]
        stopping = await here.stop(started.egress_id)
        assert stopping.status == Status.EGRESS_ENDING
        ended = await here.ended(started.egress_id)
        await until(lambda: seen == [True, False], what="the room knows that it is recorded no more")
        await anna.leave()

        assert ended.status == Status.EGRESS_COMPLETE
        assert [each.event for each in here.events(started.egress_id)] == [
            "egress_started", "egress_updated", "egress_updated", "egress_ended",
        ]  # fmt: skip
        digests = {each["filename"]: each["sha256"] for each in json.loads(ended.details)["files"]}
        assert sorted(digests) == sorted(each.filename for each in ended.file_results)
        for file in ended.file_results:
            content = Path(file.location).read_bytes()
            assert digests[file.filename] == hashlib.sha256(content).hexdigest()
            assert file.size == len(content)
            assert (file.started_at - started.started_at) / SECOND < 10
            lasted = (stopping.updated_at - file.started_at) / SECOND
            assert file.duration / SECOND == pytest.approx(lasted, abs=1.5)
            assert Played(Path(file.location)).seconds == pytest.approx(file.duration / SECOND, abs=0.2)
        offsets = offset_of_sound(here.folder, here.manifests())
        print("picture after sound, ms:", [round(each * 1000) for each in offsets])
        assert abs(median(offsets)) <= 0.08
        target = tmp_path / "film.mp4"
        files, remarks = await asyncio.to_thread(catalogue.read, here.folder)
        small = film.Options(width=320, height=240)
        remarks += await asyncio.to_thread(film.compose, files, target, small, lambda _part: None)
        assert remarks == []
        heard = beeps(Played(target, 1))
        inner = [at for at in flashes(Played(target)) if heard[0] - 0.1 <= at <= heard[-1] + 0.1]
        in_film = distances(inner, heard)
        print("the same in the film, ms:", [round(each * 1000) for each in in_film])
        assert len(in_film) >= 5
        assert abs(median(in_film)) <= 0.08


def offset_of_sound(folder: Path, manifests: dict[str, dict[str, Any]]) -> list[float]:
    """How much later than the sound each flash is, in seconds, on the recording's own time base."""
    picture, sound = manifests["camera"], manifests["microphone"]
    film = Played(next(folder.rglob(picture["file"])))
    tone = Played(next(folder.rglob(sound["file"])))
    assert tone.loudness() > 0.02
    light = [at + (picture["starts_at_ns"] - sound["starts_at_ns"]) / SECOND for at in flashes(film)]
    heard = beeps(tone)
    assert len(light) >= 5
    assert len(heard) >= 5
    inner = [at for at in light if heard[0] <= at <= heard[-1]]
    return distances(inner, heard)


@pytest.mark.browser
async def test_a_chromium_with_simulcast_is_recorded_and_a_pause_stays_a_pause(tmp_path: Path) -> None:
    async with studio(tmp_path) as here, served_page() as url, chromium(url, "anna", "bert") as (anna, bert):
        await anna.join(here.server, single=True, simulcast=True)
        await bert.join(here.server, single=True, simulcast=True)
        await bert.sees_and_hears("anna")
        there = await here.lk.room.list_participants(api.ListParticipantsRequest(room="room"))
        who = next(each for each in there.participants if each.identity == "anna")
        sids = {each.type: each.sid for each in who.tracks}
        picture = await here.track(sids[api.TrackType.VIDEO], "{room_name}/{track_type}.mp4")
        sound = await here.track(sids[api.TrackType.AUDIO], "{room_name}/{track_type}.ogg")
        await here.started(egress_id=sound.egress_id, files=2)
        await asyncio.sleep(2)
        wish, muted_at = {"room": "room", "identity": "anna", "track_sid": sids[api.TrackType.VIDEO]}, time.monotonic()
        await here.lk.room.mute_published_track(api.MuteRoomTrackRequest(**wish, muted=True))
        await asyncio.sleep(2)
        await anna.tab.evaluate("() => room.localParticipant.setCameraEnabled(true)")
        before = (here.folder / "room" / "video.webm").stat().st_size
        await until(
            lambda: (here.folder / "room" / "video.webm").stat().st_size > before + 30_000, what="the picture goes on"
        )
        paused = time.monotonic() - muted_at  # at most: a crowded machine takes its time
        stopped = await here.stop(picture.egress_id)
        await here.stop(sound.egress_id)
        film = await here.ended(picture.egress_id)
        tone = await here.ended(sound.egress_id)

        for ended in (film, tone):
            assert ended.status == Status.EGRESS_COMPLETE
            assert ended.file.filename == ended.file_results[0].filename
        assert film.file_results[0].filename == "room/video.webm"
        played = Played(Path(film.file_results[0].location))
        lasted = (stopped.updated_at - film.file_results[0].started_at) / SECOND
        assert played.seconds == pytest.approx(lasted, abs=1)  # a frame's length: a busy browser sends few
        assert played.contrast() > 10
        pause = max(later - earlier for earlier, later in zip(played.times, played.times[1:], strict=False))
        assert 1.5 < pause < paused + 1
        heard = Played(Path(tone.file_results[0].location))
        assert heard.seconds == pytest.approx(tone.file_results[0].duration / SECOND, abs=0.2)
        assert heard.loudness() > 0.005


@pytest.mark.browser
async def test_h264_is_recorded_as_it_is_sent(tmp_path: Path) -> None:
    async with studio(tmp_path) as here, served_page() as url, chromium(url, "anna") as (anna,):
        encodes = await anna.tab.evaluate(
            "() => RTCRtpSender.getCapabilities('video').codecs.some((codec) => codec.mimeType === 'video/H264')"
        )
        if not encodes:
            pytest.skip("this Chromium has no H264 encoder")
        await anna.join(here.server, single=True, codec="h264", simulcast=True)
        await here.published("anna", 2)
        began = await here.participant("anna", "{room_name}/{track_type}.mp4")

        def grown() -> bool:
            return any(path.stat().st_size > 100_000 for path in here.folder.rglob("video-*.mp4"))

        await until(grown, what="the file grows")
        stopped = await here.stop(began.egress_id)
        ended = await here.ended(began.egress_id)
        assert ended.status == Status.EGRESS_COMPLETE
        film = next(each for each in ended.file_results if each.filename.endswith(".mp4"))
        played = Played(Path(film.location))
        assert played.codec == "h264"
        assert played.contrast() > 10
        assert played.seconds == pytest.approx((stopped.updated_at - film.started_at) / SECOND, abs=1)


async def test_a_recording_follows_who_is_recorded_and_ends_with_them(tmp_path: Path) -> None:
    async with studio(tmp_path) as here, people("anna", "bert") as (anna, bert):
        await anna.join(here.server, single=True)
        await bert.join(here.server, single=True)
        await until(lambda: bert.sees("anna") and anna.sees("bert"), what="pictures")
        whole = await here.participant("anna")
        one = await here.track(anna.sent[0].sid, "{track_id}")
        await here.started(egress_id=whole.egress_id, files=3)
        await anna.room.local_participant.unpublish_track(anna.sent[0].sid)
        ended = await here.ended(one.egress_id)
        assert ended.status == Status.EGRESS_COMPLETE
        assert "unpublished" in ended.details
        listed = await here.lk.egress.list_egress(api.ListEgressRequest(egress_id=whole.egress_id))
        assert listed.items[0].status == Status.EGRESS_ACTIVE
        await anna.publish()
        await here.started(egress_id=whole.egress_id, files=5)
        await anna.leave()
        ended = await here.ended(whole.egress_id)
        assert ended.status == Status.EGRESS_COMPLETE
        assert len({each.filename for each in ended.file_results}) == 4
        for file in ended.file_results:
            assert Played(Path(file.location)).frames


async def test_a_full_disk_is_told_at_once_and_the_meeting_goes_on(tmp_path: Path) -> None:
    async with studio(tmp_path) as here, people("anna", "bert") as (anna, bert):
        await anna.join(here.server, single=True)
        await bert.join(here.server, single=True, publish=False)
        await until(lambda: bert.sees("anna"), what="picture")
        began = await here.participant("anna")
        await here.started(egress_id=began.egress_id, files=2)
        resource.prlimit(here.recorder_pid(), resource.RLIMIT_FSIZE, (20_000, 20_000))
        ended = await here.ended(began.egress_id)
        assert ended.status == Status.EGRESS_FAILED
        assert ended.error == "File too large"
        told = [each.egress_info.status for each in here.events(began.egress_id)]
        assert told[-2:] == [Status.EGRESS_FAILED, Status.EGRESS_FAILED]
        assert not bert.room.is_recording
        before = bert.pictures["anna"]
        await until(lambda: bert.pictures["anna"] > before + 20, what="the meeting goes on")
        with pytest.raises(api.TwirpError) as refusal:
            await here.stop(began.egress_id)
        assert refusal.value.code == "failed_precondition"


async def test_a_killed_recorder_is_told_at_once_and_the_next_recording_gets_a_new_one(tmp_path: Path) -> None:
    async with studio(tmp_path) as here, people("anna") as (anna,):
        await anna.join(here.server, single=True)
        began = await here.participant("anna", "first/{track_id}")
        await here.started(egress_id=began.egress_id, files=2)
        os.kill(here.recorder_pid(), signal.SIGKILL)
        ended = await here.ended(began.egress_id)
        assert (ended.status, ended.error) == (Status.EGRESS_FAILED, "the recorder ended unexpectedly (-9)")
        for path in here.folder.rglob("*.webm"):
            assert Played(path).frames
        again = await here.participant("anna", "second/{track_id}")
        await here.started(egress_id=again.egress_id, files=4)
        await here.stop(again.egress_id)
        assert (await here.ended(again.egress_id)).status == Status.EGRESS_COMPLETE


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_what_was_recorded_when_the_server_ends_is_whole(tmp_path: Path, how: signal.Signals) -> None:
    async with studio(tmp_path) as here, people("anna") as (anna,):
        await anna.join(here.server, single=True)
        began = await here.participant("anna")
        await here.started(egress_id=began.egress_id, files=2)
        await (here.server.kill() if how == signal.SIGKILL else here.server.stop())
        states = {"interrupted"} if how == signal.SIGKILL else {"complete"}
        await until(lambda: {each["state"] for each in here.manifests().values()} == states, what="the files are whole")
        for manifest in here.manifests().values():
            path = next(here.folder.rglob(manifest["file"]))
            assert hashlib.sha256(path.read_bytes()).hexdigest() == manifest["sha256"]
            assert Played(path).container_duration == pytest.approx(manifest["duration_ns"] / SECOND, abs=0.01)


async def test_the_api_says_what_it_does_not_do_and_why(tmp_path: Path) -> None:
    async with studio(tmp_path) as here, people("anna") as (anna,), aiohttp.ClientSession() as client:
        await anna.join(here.server, single=True)
        grants = api.VideoGrants(room_record=True)
        recorder = {"Authorization": f"Bearer {api.AccessToken(KEY, SECRET).with_grants(grants).to_jwt()}"}
        stranger = {"Authorization": f"Bearer {here.server.token('anna')}"}

        async def call(method: str, body: object, headers: dict[str, str]) -> tuple[int, str]:
            url = f"{here.server.http}/twirp/livekit.Egress/{method}"
            async with client.post(url, json=body, headers=headers) as answer:
                return answer.status, (await answer.json()).get("code", "")

        await here.published("anna", 2)
        track = {"roomName": "room", "trackId": anna.sent[0].sid}
        person = {"roomName": "room", "identity": "anna"}
        for method, body, expected in [
            ("StartRoomCompositeEgress", {"roomName": "room"}, (501, "unimplemented")),
            ("StartWebEgress", {"url": "http://127.0.0.1/"}, (501, "unimplemented")),
            ("StartTrackCompositeEgress", {"roomName": "room"}, (501, "unimplemented")),
            ("UpdateStream", {"egressId": "EG_1"}, (501, "unimplemented")),
            ("StartTrackEgress", {**track, "websocketUrl": "ws://127.0.0.1/"}, (501, "unimplemented")),
            ("StartTrackEgress", {**track, "file": {"filepath": "x", "s3": {"bucket": "b"}}}, (501, "unimplemented")),
            ("StartTrackEgress", {**track, "file": {"filepath": "../x"}}, (400, "invalid_argument")),
            ("StartTrackEgress", {**track, "file": {"filepath": "/etc/x"}}, (400, "invalid_argument")),
            ("StartTrackEgress", {"roomName": "nowhere", "trackId": "TR_1"}, (404, "not_found")),
            ("StartTrackEgress", {"roomName": "room", "trackId": "TR_1"}, (404, "not_found")),
            ("StartParticipantEgress", person, (400, "invalid_argument")),
            ("StartParticipantEgress", {**person, "streamOutputs": [{}]}, (501, "unimplemented")),
            ("StartParticipantEgress", {**person, "fileOutputs": [{"filepath": "../x"}]}, (400, "invalid_argument")),
            ("StartParticipantEgress", {**person, "fileOutputs": [{"fileType": "OGG"}]}, (501, "unimplemented")),
            ("StartParticipantEgress", {"roomName": "room", "identity": "x", "fileOutputs": [{}]}, (404, "not_found")),
            ("StopEgress", {"egressId": "EG_1"}, (404, "not_found")),
            ("Dance", {}, (404, "bad_route")),
        ]:
            assert (method, body, await call(method, body, recorder)) == (method, body, expected)
        assert await call("ListEgress", {}, stranger) == (401, "unauthenticated")
        assert await call("ListEgress", {}, recorder) == (200, "")
        assert list(here.folder.iterdir()) == []


async def test_without_a_folder_nothing_is_recorded(tmp_path: Path) -> None:
    async with running(tmp_path) as server, server.room_api() as lk:
        with pytest.raises(api.TwirpError) as refusal:
            await lk.egress.list_egress(api.ListEgressRequest())
        assert refusal.value.code == "internal"
        assert "recording.folder" in refusal.value.message
