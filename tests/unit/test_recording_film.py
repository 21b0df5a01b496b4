"""One film of many recordings: who is where and when, names, voices, time; through the command as people use it."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording_play import h264, h264_packets, opus_packets, vp8, vp8_packets

from signaling.compose import catalogue, film
from signaling.compose.__main__ import Bar
from signaling.compose.canvas import Canvas
from signaling.compose.catalogue import SECOND, ComposeError, Recorded, aligned
from signaling.compose.layout import Seat, Tile, fitted, grid, seats, span
from signaling.compose.sources import Limiter
from signaling.recording.messages import PacketMessage
from signaling.recording.track import Order, TrackRecording
from signaling.recording.track_file import extension
from signaling.rtp import Packet

ROOT = Path(__file__).resolve().parents[2]
BEGAN = 1_790_000_000 * SECOND


def recorded(**change: Any) -> Recorded:
    given_ = {
        "path": Path("x.webm"), "video": True, "participant": "PA_1", "name": "王芳", "screen": False,
        "starts_at": BEGAN, "duration": 10 * SECOND,
    }  # fmt: skip
    return Recorded(**{**given_, **change})


def record(folder: Path, who: str, codec: str, packets: list[Packet], start: float) -> None:
    """Make a recording of somebody as the recorder does, from `start` seconds on."""
    kind, rate = ("audio", 48_000) if codec == "opus" else ("video", 90_000)
    about = {
        "participant_id": f"PA_{who}", "publisher_identity": who, "publisher_name": who, "track_type": kind,
        "track_source": "microphone" if kind == "audio" else "camera", "track_id": f"TR_{who}{kind}",
    }  # fmt: skip
    track = TrackRecording(Order(str(folder), f"{who}-{kind}{extension(codec)}", codec, BEGAN, about=about))
    for packet in packets:
        passed = ((packet.timestamp - packets[0].timestamp) & 0xFFFFFFFF) * SECOND // rate
        track.packet(PacketMessage(1, 0, False, int(start * SECOND) + passed, packet))
        track.write(0)
    track.finish(interrupted=False)
    track.close()


@given(st.integers(1, 40), st.sampled_from([(1280, 720), (640, 480), (720, 1280), (1920, 1080)]))
def test_tiles_lie_within_the_picture_and_never_on_one_another(count: int, size: tuple[int, int]) -> None:
    tiles = grid(count, *size)
    assert len(tiles) == count
    for tile in tiles:
        assert all(side % 2 == 0 for side in tile)
        assert tile.x >= 0 and tile.y >= 0 and tile.width > 0 and tile.height > 0
        assert tile.x + tile.width <= size[0] and tile.y + tile.height <= size[1]
    for number, one in enumerate(tiles):
        for other in tiles[number + 1 :]:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_a_picture_is_shown_whole_within_its_tile(width: int, height: int) -> None:
    tile = Tile(10, 20, 320, 180)
    place = fitted(width, height, tile)
    assert tile.x <= place.x and place.x + place.width <= tile.x + tile.width
    assert tile.y <= place.y and place.y + place.height <= tile.y + tile.height


def test_nobody_needs_no_tile() -> None:
    assert grid(0, 1280, 720) == []


def test_people_have_a_seat_while_they_are_there_in_the_order_of_their_coming() -> None:
    anna = recorded(participant="PA_a", name="anna")
    voice = recorded(participant="PA_b", name="bert", video=False, starts_at=BEGAN + 4 * SECOND, duration=2 * SECOND)
    screen = recorded(participant="PA_a", name="anna", screen=True, starts_at=BEGAN + 5 * SECOND, duration=SECOND)
    files = [screen, voice, anna]
    assert seats(files, BEGAN) == [Seat("PA_a", "anna", False)]
    assert [seat.name for seat in seats(files, BEGAN + 4 * SECOND)] == ["anna", "bert"]
    assert seats(files, BEGAN + 5 * SECOND)[0].screen
    assert [seat.name for seat in seats(files, BEGAN + 6 * SECOND)] == ["anna"]
    assert span(files) == (BEGAN, BEGAN + 10 * SECOND)


def test_files_of_one_person_stay_together_on_that_persons_clock() -> None:
    sound = recorded(video=False, sender_starts_at=1000, clock_offset=50)
    picture = recorded(sender_starts_at=1700, clock_offset=20)
    other = recorded(participant="PA_2", starts_at=123)
    assert [each.starts_at for each in aligned([sound, picture, other])] == [1020, 1720, 123]


def test_a_drifting_clock_stretches_the_file() -> None:
    file = recorded(drift=1e-4)
    assert file.ends_at == BEGAN + 10 * SECOND + SECOND // 1000
    assert file.seconds_at(10) == pytest.approx(BEGAN / SECOND + 10.001)


def test_a_name_is_written_into_its_tile_only() -> None:
    canvas = Canvas(640, 360)
    canvas.show(Tile(0, 0, 320, 180), Seat("PA_1", "王芳" * 30, screen=False), None)
    light = canvas.frame().to_ndarray()[:360]
    assert light[:180, :320].max() > 200
    assert light[180:].max() == light[:180, 320:].max() == 24


def test_the_sum_of_voices_is_never_clipped_hard_nor_changed_when_it_is_low() -> None:
    limiter, low = Limiter(), np.full((100, 2), 0.5, np.float32)
    assert np.array_equal(limiter.apply(low), low)
    loud = limiter.apply(np.full((100, 2), 2.0, np.float32))
    assert float(loud.max()) <= 1.0
    after = [float(limiter.apply(low).max()) for _ in range(100)]
    assert after == sorted(after)
    assert after[-1] == pytest.approx(0.5)


def made(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "signaling", "compose", str(folder), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_film_has_everybody_at_their_time_and_every_voice(tmp_path: Path) -> None:
    record(tmp_path, "anna", "VP8", vp8_packets(vp8(75)), 0)
    record(tmp_path, "anna", "opus", opus_packets(50), 0.5)
    record(tmp_path, "bert", "H264", h264_packets(h264(25)), 1)
    done = made(tmp_path, "--size", "640x360")
    assert done.returncode == 0, done.stderr
    assert "3.0 s of 3 files" in done.stdout
    assert done.stderr.split() == [f"{tenth}0%" for tenth in range(1, 11)]  # no terminal: lines, not a bar
    with av.open(str(tmp_path / "film.mp4")) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(pictures) == 75
    gap, left = np.s_[100:260, 318:322], np.s_[120:240, 80:240]
    between = [float(pictures[number][gap].mean()) for number in (10, 40, 60)]
    assert between[1] < 25 < min(between[0], between[2])  # two have a gap between them; one alone is in the middle
    assert pictures[40][left].std() > 10
    with av.open(str(tmp_path / "film.mp4")) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    loud = [float(np.abs(sound[at : at + 4800]).max()) > 0.05 for at in range(0, 3 * 48_000, 4800)]
    assert loud[6:14] == [True] * 8  # from half a second on, for a second
    assert loud[:4] == [False] * 4
    assert not any(loud[17:])


@pytest.mark.parametrize(
    ("codec", "name", "packets"),
    [("opus", "anna-audio.webm", opus_packets(100)), ("H264", "anna-video.mp4", h264_packets(h264(50)))],
)
def test_a_recording_whose_recorder_was_killed_is_used_as_far_as_it_goes(
    tmp_path: Path, codec: str, name: str, packets: list[Packet]
) -> None:
    record(tmp_path, "anna", codec, packets, 0)
    path = tmp_path / name
    manifest = json.loads((tmp_path / f"{name}.json").read_text())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    manifest.update(state="recording", duration_ns=0)
    (tmp_path / f"{name}.json").write_text(json.dumps(manifest))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "lost.json").write_text(json.dumps({**manifest, "file": "../../lost.webm"}))
    files, remarks = catalogue.read(tmp_path)
    assert [file.path for file in files] == [path]
    assert 0.5 * SECOND < files[0].duration < 1.5 * SECOND
    assert len(remarks) == 2
    assert film.compose(files, tmp_path / "out.mp4", film.Options(width=320, height=180), lambda _part: None) == []
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(files[0].duration / SECOND, abs=0.2)


def test_a_film_is_never_written_over_a_recording(tmp_path: Path) -> None:
    record(tmp_path, "anna", "H264", h264_packets(h264(25)), 0)
    recording = tmp_path / "anna-video.mp4"
    before = recording.read_bytes()
    done = made(tmp_path, "--output", str(recording))
    assert (done.returncode, "is a recording itself" in done.stderr) == (2, True)
    assert recording.read_bytes() == before


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_progress_is_a_bar_in_one_line() -> None:
    terminal = Terminal()
    bar = Bar(terminal)
    for step in range(1, 101):
        bar.draw(step / 100)
    assert terminal.getvalue().count("\n") == 1
    assert f"[{'#' * 40}] 100%" in terminal.getvalue()


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    done = made(tmp_path)
    assert done.returncode == 2
    assert "there are no recordings here" in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert made(tmp_path, "--size", "33x33").returncode == 2


def test_without_an_encoder_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(film.ENCODERS, "video", "no_such_encoder")
    with pytest.raises(ComposeError, match="no_such_encoder"):
        film.check_encoders()
