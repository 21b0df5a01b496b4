"""The recorder as a real process on a real disk: what it writes, and what is left when it or the disk gives up."""

import asyncio
import contextlib
import errno
import hashlib
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from recording_play import Played, h264, h264_packets, opus_packets, vp8, vp8_packets

from signaling.recording import messages
from signaling.recording import recorder as recording
from signaling.recording.messages import Decoder, PacketMessage, ReportMessage
from signaling.recording.process import RecorderProcess
from signaling.recording.track import TrackRecording
from signaling.rtp import Packet

ROOT = Path(__file__).resolve().parents[2]


class Recorder:
    """A recorder whose other end we are."""

    def __init__(self, folder: Path, *, largest_file: int = 0) -> None:
        self.folder = folder
        self.events: list[Mapping[str, Any]] = []

        self._process = subprocess.Popen(
            [sys.executable, "-m", "signaling.recording"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        if largest_file:
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (largest_file, largest_file))

    def open(self, track: int, path: str, codec: str) -> None:
        order = {
            "folder": str(self.folder),
            "path": path,
            "codec": codec,
            "wall_offset_ns": time.time_ns() - time.monotonic_ns(),
        }
        self._write(messages.opening(track, order))
        self.wait("opened", "failed")

    def send(self, track: int, packets: list[Packet]) -> None:
        for packet in packets:
            self._write(messages.packet(PacketMessage(track, 0, False, time.monotonic_ns(), packet)))

    def close(self, track: int) -> None:
        self._write(messages.closing(track))

    def _write(self, message: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(message)
        self._process.stdin.flush()

    def wait(self, *events: str) -> Mapping[str, Any]:
        """Read what the recorder tells until one of these; the test's own limit ends a wait in vain."""
        assert self._process.stdout is not None
        while True:
            line = self._process.stdout.readline()
            assert line, f"the recorder ended before it told {events}"
            self.events.append(json.loads(line))
            if self.events[-1]["event"] in events:
                return self.events[-1]

    def end(self, *, by: int = 0) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if by:
            self._process.send_signal(by)
        else:
            self._process.stdin.close()
        self._process.wait(30)
        rest = self._process.stdout.read()
        self.events += [json.loads(line) for line in rest.splitlines()]
        self._process.stdout.close()
        if by:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()


@pytest.mark.parametrize(
    ("codec", "packets", "ending", "seconds"),
    [
        ("opus", opus_packets(100), ".webm", 2.0),
        ("VP8", vp8_packets(vp8(50)), ".webm", 2.0),
        ("H264", h264_packets(h264(50)), ".mp4", 2.0),
    ],
)
def test_a_file_plays_and_says_how_long_it_is(
    tmp_path: Path, codec: str, packets: list[Packet], ending: str, seconds: float
) -> None:
    recorder = Recorder(tmp_path)
    recorder.open(1, f"deep/er/file{ending}", codec)
    recorder.send(1, packets)
    recorder.close(1)
    manifest = recorder.wait("finished")["manifest"]
    recorder.end()
    path = tmp_path / "deep" / "er" / f"file{ending}"
    played = Played(path)
    assert played.container_duration == pytest.approx(seconds, abs=0.01)
    assert played.seconds == pytest.approx(seconds, abs=0.05)
    assert len(played.frames) == len({packet.timestamp for packet in packets})
    assert (played.loudness() > 0.05) if codec == "opus" else (played.contrast() > 20)
    assert manifest["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert manifest["size"] == path.stat().st_size
    assert manifest == json.loads(path.with_name(f"{path.name}.json").read_text())
    assert abs(manifest["starts_at_ns"] - time.time_ns()) < 60e9
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("codec", "name", "packets"),
    [("opus", "sound.webm", opus_packets(300)), ("H264", "film.mp4", h264_packets(h264(150)))],
)
def test_kill_9_costs_less_than_two_seconds(tmp_path: Path, codec: str, name: str, packets: list[Packet]) -> None:
    recorder = Recorder(tmp_path)
    recorder.open(1, name, codec)
    rate, began = 48_000 if codec == "opus" else 90_000, time.monotonic()
    for packet in packets:  # in real time, for the recorder's own clock counts here
        due = began + ((packet.timestamp - packets[0].timestamp) & 0xFFFFFFFF) / rate
        time.sleep(max(0.0, due - time.monotonic()))
        recorder.send(1, [packet])
    recorder.end(by=signal.SIGKILL)
    assert 4.0 < Played(tmp_path / name).seconds <= 6.0
    manifest = json.loads((tmp_path / f"{name}.json").read_text())
    assert manifest["state"] == "recording"
    assert manifest["starts_at_ns"] > 0


def test_when_the_server_dies_the_files_are_finished(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.open(1, "sound.webm", "opus")
    recorder.send(1, opus_packets(50))
    recorder.end()  # what a killed server leaves is an end of its input
    manifest = json.loads((tmp_path / "sound.webm.json").read_text())
    assert manifest["state"] == "interrupted"
    assert Played(tmp_path / "sound.webm").container_duration == pytest.approx(1.0, abs=0.01)
    assert manifest["sha256"] == hashlib.sha256((tmp_path / "sound.webm").read_bytes()).hexdigest()


def test_a_signal_meant_for_the_server_does_not_end_the_recorder(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.open(1, "sound.webm", "opus")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        recorder._process.send_signal(number)
    recorder.send(1, opus_packets(50))
    recorder.close(1)
    assert recorder.wait("finished")["manifest"]["state"] == "complete"
    recorder.end()


def test_a_full_disk_is_told_at_once_and_what_was_written_still_plays(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, largest_file=60_000)
    recorder.open(1, "film.webm", "VP8")
    recorder.open(2, "sound.webm", "opus")
    frames = vp8_packets(vp8(250))
    for at in range(0, len(frames), 40):
        recorder.send(1, frames[at : at + 40])
    failure = recorder.wait("failed")
    assert failure["track"] == 1
    assert failure["error"] == os.strerror(errno.EFBIG)
    recorder.send(2, opus_packets(50))
    recorder.close(2)
    assert recorder.wait("finished")["track"] == 2
    recorder.end()
    assert json.loads((tmp_path / "sound.webm.json").read_text())["state"] == "complete"
    left = tmp_path / "film.webm"
    assert left.stat().st_size <= 60_000
    if (tmp_path / "film.webm.json").exists():
        assert json.loads((tmp_path / "film.webm.json").read_text())["state"] == "failed"


def test_a_folder_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    recorder = Recorder(tmp_path / "file")
    recorder.open(1, "sound.webm", "opus")
    assert recorder.events[-1]["event"] == "failed"
    recorder.send(1, opus_packets(5))  # of a track that failed nothing is wanted
    recorder.end()


def test_a_file_is_never_written_over_and_a_link_never_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "recordings", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "sound.webm").write_bytes(b"evidence")
    (folder / "way out").symlink_to(outside)
    recorder = Recorder(folder)
    recorder.open(1, "sound.webm", "opus")
    assert recorder.events[-1]["path"] == str(folder / "sound-2.webm")
    recorder.open(2, "way out/sound.webm", "opus")
    assert recorder.events[-1]["event"] == "failed"
    recorder.end()
    assert (folder / "sound.webm").read_bytes() == b"evidence"
    assert list(outside.iterdir()) == []


def test_of_nothing_there_is_no_file(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.open(1, "film.webm", "VP8")
    recorder.send(1, vp8_packets(vp8(10))[10:])  # no keyframe among them
    assert recorder.wait("keyframe")["track"] == 1
    recorder.close(1)
    assert recorder.wait("empty")["track"] == 1
    assert list(tmp_path.iterdir()) == []  # already when it is told
    recorder.end()


def test_messages_come_out_of_any_pieces_as_they_went_in() -> None:
    sent = [
        PacketMessage(7, 2, True, 123, Packet(65_535, 2**32 - 1, True, True, b"payload")),
        ReportMessage(7, 1, 2**64 - 1, 9, 2**63),
        PacketMessage(2**32 - 1, 0, False, 0, Packet(0, 0, False, False, b"")),
    ]
    stream = messages.packet(sent[0]) + messages.report(sent[1]) + messages.packet(sent[2]) + messages.closing(3)  # type: ignore[arg-type]
    for size in (1, 7, 1000):
        decoder = Decoder()
        found = [each for at in range(0, len(stream), size) for each in decoder.feed(stream[at : at + size])]
        assert found[:3] == sent
        assert found[3].track == 3


class Listener:
    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.gone: list[str] = []
        self.changed = asyncio.Event()

    def told(self, event: Mapping[str, Any]) -> None:
        self.events.append(event)
        self.changed.set()

    def left(self, reason: str) -> None:
        self.gone.append(reason)
        self.changed.set()

    async def change(self) -> None:
        await asyncio.wait_for(self.changed.wait(), 30)
        self.changed.clear()


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[tuple[RecorderProcess, Listener]]:
    listener = Listener()
    recorder = RecorderProcess(listener.told, listener.left, most_waiting=400_000)
    order = {"folder": str(tmp_path), "path": "sound.webm", "codec": "opus", "wall_offset_ns": 0}
    recorder.send(messages.opening(1, order))
    recorder.flush()
    await listener.change()
    assert listener.events[0]["event"] == "opened"
    yield recorder, listener
    await recorder.close(10)


async def test_a_recorder_that_does_not_keep_up_is_given_up_not_waited_for(
    process: tuple[RecorderProcess, Listener],
) -> None:
    recorder, listener = process
    assert recorder.pid is not None
    os.kill(recorder.pid, signal.SIGSTOP)  # as a disk that hangs does
    began = time.monotonic()
    for number in range(2000):
        packet = Packet(number & 0xFFFF, number, False, False, bytes(1000))
        recorder.send(messages.packet(PacketMessage(1, 0, False, 0, packet)))
        recorder.flush()
    assert time.monotonic() - began < 5
    while not listener.gone:
        await listener.change()
    assert listener.gone == ["the disk does not keep up with the recording"]


async def test_the_death_of_the_recorder_is_told_once(process: tuple[RecorderProcess, Listener]) -> None:
    recorder, listener = process
    assert recorder.pid is not None
    os.kill(recorder.pid, signal.SIGKILL)
    while not listener.gone:
        await listener.change()
    recorder.send(messages.closing(1))
    recorder.flush()
    assert listener.gone == ["the recorder ended unexpectedly (-9)"]


def order(folder: Path) -> messages.OpenMessage:
    return messages.OpenMessage(1, {"folder": str(folder), "path": "s.webm", "codec": "opus", "wall_offset_ns": 0})


def test_a_disk_that_is_slow_to_confirm_delays_no_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, events = threading.Event(), []
    monkeypatch.setattr(TrackRecording, "sync", lambda _track: gate.wait(60))
    recorder = recording.Recorder(events.append)
    recorder.take(order(tmp_path))
    sizes = []
    for packet in opus_packets(20):
        recorder.take(PacketMessage(1, 0, False, 0, packet))
        recorder.write(0)
        sizes.append((tmp_path / "s.webm").stat().st_size)
    assert sizes == sorted(set(sizes))
    recorder.take(messages.CloseMessage(1))
    assert "finished" not in [event["event"] for event in events]  # not before the disk has it
    gate.set()
    recorder.end()
    assert [event["event"] for event in events] == ["opened", "finished"]


def test_a_disk_that_fails_to_confirm_fails_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, events = threading.Event(), []

    def broken(_track: TrackRecording) -> None:
        told.set()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(TrackRecording, "sync", broken)
    recorder = recording.Recorder(events.append)
    recorder.take(order(tmp_path))
    recorder.take(PacketMessage(1, 0, False, 0, opus_packets(1)[0]))
    recorder.write(0)
    assert told.wait(30)
    while len(events) < 2:
        recorder.write(0)
    recorder.end()
    assert events[1]["event"] == "failed"
    assert events[1]["error"] == os.strerror(errno.EIO)
    assert json.loads((tmp_path / "s.webm.json").read_text())["state"] == "failed"
