"""What the server takes for the recorder: the best layer that comes, from keyframe to keyframe, over pauses."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.protocol import egress as api
from livekit.protocol import models
from recording_play import opus_packets, vp8, vp8_packets

from signaling import config
from signaling.errors import ConfigError
from signaling.negotiation import Published
from signaling.recording import egresses
from signaling.recording.egresses import Egresses
from signaling.recording.messages import Decoder, PacketMessage, ReportMessage
from signaling.recording.tap import Tap
from signaling.room import Room
from signaling.rtp import Packet
from signaling.uptrack import UpLayer, UpTrack

Status = api.EgressStatus


def track(kind: str = "video", rids: tuple[str, ...] = ()) -> UpTrack:
    announced = models.TrackInfo(
        sid=f"TR_{kind}", type=models.TrackType.AUDIO if kind == "audio" else models.TrackType.VIDEO,
        source=models.TrackSource.MICROPHONE if kind == "audio" else models.TrackSource.CAMERA,
    )  # fmt: skip
    found = UpTrack(announced, (), "PA_1")
    found.place(published(found.sid, "opus" if kind == "audio" else "VP8", rids))
    for number, layer in enumerate(found.layers):
        layer.ssrc = 1000 + number
    return found


def published(sid: str, codec: str, rids: tuple[str, ...]) -> Published:
    return Published(sid, "0", codec, 96, None, rids, None, None)


class Tapped:
    """A tap whose messages are read as the recorder reads them."""

    def __init__(self, up: UpTrack) -> None:
        self.asked: list[bytes] = []
        up.send_control = self.asked.append
        self._decoder = Decoder()
        self.messages: list[Any] = []
        self.up, self.tap = up, Tap(7, up, lambda sent: self.messages.extend(self._decoder.feed(sent)))

    def send(self, layer: UpLayer, packets: list[Packet], now: float) -> None:
        for packet in packets:
            layer.take(packet, now)

    @property
    def layers(self) -> list[int]:
        return [each.layer for each in self.messages if isinstance(each, PacketMessage)]


def test_a_picture_is_taken_from_a_keyframe_on_and_one_is_asked_for() -> None:
    tapped = Tapped(track())
    packets = vp8_packets(vp8(30))
    layer = tapped.up.layers[0]
    tapped.tap.start(10.0)
    assert len(tapped.asked) == 1
    tapped.send(layer, packets[3:], 10.0)
    first = next(each for each in tapped.messages if isinstance(each, PacketMessage))
    assert first.track == 7
    assert first.packet.timestamp == packets[0].timestamp + 90_000 - 2**32
    assert first.arrived == 10_000_000_000


def test_sound_is_taken_at_once_and_reports_go_with_it() -> None:
    tapped = Tapped(track("audio"))
    tapped.tap.start(1.0)
    tapped.send(tapped.up.layers[0], opus_packets(5), 1.0)
    tapped.tap.sender_report(tapped.up.layers[0], 5, 6, 1.0)
    assert len(tapped.layers) == 5
    assert isinstance(tapped.messages[-1], ReportMessage)
    assert tapped.messages[-1][:4] == (7, 0, 5, 6)
    assert tapped.asked == []


def test_the_best_layer_that_comes_is_taken_and_changed_only_at_a_keyframe() -> None:
    tapped = Tapped(track(rids=("q", "h", "f")))
    low, _, high = tapped.up.layers
    picture = vp8_packets(vp8(30))
    tapped.send(low, picture[:50], 5.0)
    tapped.tap.start(5.0)  # only the low one is alive
    tapped.send(low, picture[50:], 5.1)
    assert set(tapped.layers) == {0}
    taken = len(tapped.layers)
    tapped.send(high, picture[3:20], 6.0)
    tapped.tap.choose(6.0)
    tapped.send(high, picture[20:30], 6.1)  # no keyframe yet: the low one is still recorded
    tapped.send(low, vp8_packets(vp8(2), seq=picture[-1].seq + 1), 6.1)
    assert set(tapped.layers) == {0}
    assert len(tapped.layers) > taken
    tapped.send(high, vp8_packets(vp8(3), seq=picture[30].seq), 6.2)
    assert tapped.layers[-1] == 2
    assert tapped.tap not in low.downs
    tapped.tap.choose(9.0)  # nothing is alive any more: what was taken is waited for
    assert tapped.tap in high.downs


def test_after_a_pause_the_next_packet_says_so_and_is_a_keyframe() -> None:
    tapped = Tapped(track())
    tapped.tap.start(1.0)
    packets = vp8_packets(vp8(30))
    layer = tapped.up.layers[0]
    second = next(
        number for number, each in enumerate(packets) if each.timestamp == packets[0].timestamp + 90_000 - 2**32
    )
    tapped.send(layer, packets[:5], 1.0)
    tapped.up.mute(muted=True)
    tapped.send(layer, packets[5 : second - 5], 1.1)
    taken = len(tapped.messages)
    tapped.up.mute(muted=False)
    tapped.send(layer, packets[second - 5 :], 1.2)
    after = tapped.messages[taken:]
    assert [each.fresh for each in after] == [True] + [False] * (len(after) - 1)
    assert after[0].packet.timestamp == packets[0].timestamp + 90_000 - 2**32


def test_a_tap_that_stopped_takes_nothing() -> None:
    tapped = Tapped(track())
    tapped.tap.start(1.0)
    tapped.tap.stop()
    tapped.send(tapped.up.layers[0], vp8_packets(vp8(5)), 1.0)
    assert tapped.messages == []
    assert tapped.up.downs == []


class Told:
    """A listener to egress events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, api.EgressInfo]] = []
        self.changed = asyncio.Event()

    def emit(self, event: str, described: api.EgressInfo) -> None:
        self.events.append((event, described))
        self.changed.set()

    async def until(self, event: str) -> api.EgressInfo:
        while event not in [name for name, _ in self.events]:
            await asyncio.wait_for(self.changed.wait(), 30)
            self.changed.clear()
        return next(described for name, described in self.events if name == event)


@pytest.fixture
async def recording(tmp_path: Path) -> AsyncIterator[tuple[Egresses, Told]]:
    told = Told()
    found = Egresses(str(tmp_path), told.emit, most_waiting=300_000)
    yield found, told
    await found.close()


def room_with(up: UpTrack) -> tuple[Room, Any]:
    room = Room("room", SimpleNamespace(emit=lambda *_: None), 0.0, empty_timeout=0, departure_timeout=0)
    return room, SimpleNamespace(sid="PA_1", identity="anna", name="Anna", tracks={up.sid: up})


async def test_a_disk_that_hangs_fails_the_egress_and_nothing_else(recording: tuple[Egresses, Told]) -> None:
    found, told = recording
    up = track("audio")
    room, anna = room_with(up)
    request = api.TrackEgressRequest(room_name="room", track_id=up.sid, file=api.DirectFileOutput(filepath="x"))
    egress = found.start_track(room, anna, up, request)
    assert room.active_recording
    assert (await told.until("egress_updated")).status == Status.EGRESS_ACTIVE
    assert found.recorder_pid is not None
    os.kill(found.recorder_pid, signal.SIGSTOP)
    for number in range(1000):
        up.layers[0].take(Packet(number, number * 960, False, False, bytes(1000)), 1.0)
        found.tick(1.0, chooses=False)
    ended = await told.until("egress_ended")
    assert (ended.status, ended.error) == (Status.EGRESS_FAILED, "the disk does not keep up with the recording")
    assert ended.egress_id == egress.sid
    assert not room.active_recording
    assert up.downs == []


async def test_of_who_sends_nothing_an_aborted_egress_remains(recording: tuple[Egresses, Told], tmp_path: Path) -> None:
    found, told = recording
    up = track()
    room, anna = room_with(up)
    request = api.ParticipantEgressRequest(identity="anna", file_outputs=[api.EncodedFileOutput(filepath="x")])
    egress = found.start_participant(room, anna, request)
    found.stop(egress, "enough")
    ended = await told.until("egress_ended")
    assert ended.status == Status.EGRESS_ABORTED
    assert ended.error == "nothing was received of what should be recorded"
    assert list(ended.file_results) == []
    assert list(tmp_path.iterdir()) == []


async def test_a_bad_template_leaves_nothing_behind(recording: tuple[Egresses, Told]) -> None:
    found, told = recording
    up = track()
    room, anna = room_with(up)
    with pytest.raises(ValueError):
        found.start_track(room, anna, up, api.TrackEgressRequest(file=api.DirectFileOutput(filepath="../x")))
    with pytest.raises(ValueError):
        found.start_participant(
            room, anna, api.ParticipantEgressRequest(file_outputs=[api.EncodedFileOutput(filepath="../x")])
        )
    assert (told.events, found.known, up.downs, room.active_recording) == ([], {}, [], False)


async def test_only_so_many_ended_egresses_are_remembered(
    recording: tuple[Egresses, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egresses, "MOST_REMEMBERED", 3)
    found, told = recording
    room, nobody = room_with(track())
    nobody.tracks = {}
    for _ in range(6):
        request = api.ParticipantEgressRequest(file_outputs=[api.EncodedFileOutput(filepath="x")])
        found.stop(found.start_participant(room, nobody, request), "enough")
    assert len(found.known) <= 4
    assert [name for name, _ in told.events].count("egress_ended") == 6


def test_the_recordings_folder_is_configured_by_its_full_path() -> None:
    tree = {"keys": {"k": "s" * 32}, "recording": {"folder": "/srv/recordings/"}}
    assert config.read(tree) == (config.read(tree)[0], [])
    assert config.read(tree)[0].recordings == "/srv/recordings"
    assert config.read({"keys": {"k": "s" * 32}})[0].recordings == ""
    for wrong in ("recordings", 5, ["x"]):
        with pytest.raises(ConfigError, match=r"recording\.folder"):
            config.read({"keys": {"k": "s" * 32}, "recording": {"folder": wrong}})
