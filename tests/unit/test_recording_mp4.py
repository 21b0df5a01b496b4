"""H264 in a fragmented MP4: what another program reads of it, whole, cut off, over pauses and changes of its size."""

from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording_play import Played, h264, h264_packets

from signaling.compose.sources import _frames
from signaling.recording import mp4
from signaling.recording.frames import Block
from signaling.recording.messages import PacketMessage
from signaling.recording.track import Order, TrackRecording
from signaling.rtp import Packet

SECOND, RATE = 1_000_000_000, 90_000
BEGAN = 1_790_000_000 * SECOND


def record(folder: Path, *streams: tuple[float, list[Packet]], ends: bool = True) -> Path:
    """Record H264 as the recorder does: each stream begins at its second, as a source that was muted before."""
    track = TrackRecording(Order(str(folder), "film.mp4", "H264", BEGAN))
    written = 0.0
    for layer, (start, packets) in enumerate(streams):
        for packet in packets:
            at = start + ((packet.timestamp - packets[0].timestamp) & 0xFFFFFFFF) / RATE
            track.packet(PacketMessage(1, layer, False, int(at * SECOND), packet))
            if at - written >= 0.8:
                written = at
                track.write(int(at * SECOND))
    track.write(10**15)
    if ends:
        track.finish(interrupted=False)
    track.close()
    return folder / "film.mp4"


def parsed(content: bytes) -> list[tuple[bytes, bytes]]:
    """Read boxes the naive way."""
    found, at = [], 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        assert 8 <= size <= len(content) - at
        found.append((content[at + 4 : at + 8], content[at + 8 : at + size]))
        at += size
    return found


def within(content: bytes, *path: bytes) -> bytes:
    for name in path:
        content = next(body for kind, body in parsed(content) if kind == name)
    return content


def test_a_film_is_read_whole_and_says_how_long_it_is(tmp_path: Path) -> None:
    path = record(tmp_path, (0.0, h264_packets(h264(100))))
    played = Played(path)
    assert "mp4" in played.format
    assert len(played.frames) == 100
    assert played.container_duration == pytest.approx(4.0, abs=0.01)
    assert played.times == pytest.approx([number / 25 for number in range(100)], abs=0.002)
    assert played.contrast() > 20
    with av.open(str(path)) as container:
        packets: list[Any] = [each for each in container.demux(video=0) if each.size]
    assert [number for number, each in enumerate(packets) if each.is_keyframe] == [0, 25, 50, 75]
    boxes = [kind for kind, _ in parsed(path.read_bytes())]
    assert boxes[:2] == [b"ftyp", b"moov"]
    assert boxes[2:-1] == [b"moof", b"mdat"] * ((len(boxes) - 3) // 2)
    assert boxes[-1] == b"mfra"


def test_a_player_leaps_to_a_keyframe_by_the_index(tmp_path: Path) -> None:
    path = record(tmp_path, (0.0, h264_packets(h264(100))))
    content = path.read_bytes()
    table = within(content, b"mfra", b"tfra")
    for number in range(int.from_bytes(table[12:16])):
        entry = table[16 + number * 19 :]
        offset = int.from_bytes(entry[8:16])
        assert content[offset + 4 : offset + 8] == b"moof"
    assert int.from_bytes(content[-4:]) == len(within(content, b"mfra")) + 8
    with av.open(str(path)) as container:
        container.seek(3_200_000)
        frame = next(container.decode(video=0))
    assert float(frame.time or 0) == pytest.approx(3.0, abs=0.01)


def test_what_is_left_of_a_film_that_was_never_finished_plays(tmp_path: Path) -> None:
    path = record(tmp_path, (0.0, h264_packets(h264(100))), ends=False)
    content = path.read_bytes()
    assert len(Played(path).frames) == 100
    for share in (0.3, 0.6, 0.95):  # a disk without power may keep a part of the last piece
        path.write_bytes(content[: int(len(content) * share)])
        with av.open(str(path)) as container:
            frames = list(_frames(container))
        assert 0.6 * share < len(frames) / 100 <= share + 0.1


def test_a_pause_is_as_long_as_it_was_and_a_picture_may_change_its_size(tmp_path: Path) -> None:
    small, large = h264_packets(h264(25)), h264_packets(h264(25, 320, 240), seq=5, timestamp=77)
    played = Played(record(tmp_path, (0.0, small), (6.0, large)))
    assert [(frame.width, frame.height) for frame in played.frames] == [(160, 120)] * 25 + [(320, 240)] * 25
    assert played.times[25] == pytest.approx(6.0, abs=0.01)
    assert played.container_duration == pytest.approx(7.0, abs=0.05)


def test_what_a_client_sends_does_not_hide_where_the_duration_stands() -> None:
    form = mp4.Format(160, 120, b"\x01" + b"mehd" * 20)
    file = mp4.Mp4()
    content = bytearray(file.begin(form, BEGAN))
    for at, piece in file.end(4321, len(content))[1]:
        content[at : at + len(piece)] = piece
    whole = bytes(content)
    assert within(whole, b"moov", b"mvex", b"mehd") == b"\x01\0\0\0" + (4321).to_bytes(8)
    assert within(whole, b"moov", b"mvhd")[24:32] == (4321).to_bytes(8)
    assert within(whole, b"moov", b"trak", b"tkhd")[28:36] == (4321).to_bytes(8)
    assert within(whole, b"moov", b"trak", b"mdia", b"mdhd")[24:32] == (4321).to_bytes(8)
    assert form.private in whole


@given(
    st.integers(0, 2**40),
    st.lists(st.tuples(st.integers(0, 30_000), st.booleans(), st.binary(max_size=300)), min_size=1, max_size=40),
)
def test_what_is_written_as_a_fragment_is_read_back(start: int, steps: list[tuple[int, bool, bytes]]) -> None:
    blocks, now = [], start
    for step, keyframe, payload in steps:
        now += step
        blocks.append(Block(now, keyframe, payload))
    content = mp4.fragment(7, blocks)
    (_, moof), (kind, data) = parsed(content)
    assert (kind, within(moof, b"mfhd")[4:]) == (b"mdat", b"\0\0\0\7")
    at = int.from_bytes(within(moof, b"traf", b"tfdt")[4:])
    run = within(moof, b"traf", b"trun")
    place = int.from_bytes(run[8:12])
    assert content[place:] == data
    found = []
    for number in range(int.from_bytes(run[4:8])):
        length, size, flags = (
            int.from_bytes(run[12 + number * 12 + part : 16 + number * 12 + part]) for part in (0, 4, 8)
        )
        found.append(Block(at, flags == mp4.KEYFRAME, content[place : place + size]))
        at, place = at + length, place + size
    assert found == blocks
