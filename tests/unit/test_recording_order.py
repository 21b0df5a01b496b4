"""Order, time and names of recordings: what decides, without files and clocks."""

from datetime import UTC, datetime

import pytest
from recording_play import SECOND, h264, h264_packets, opus_packets, vp8, vp8_packets

from signaling.recording import paths
from signaling.recording.assembly import Assembly
from signaling.recording.clocks import NTP_EPOCH, SenderClock, ntp_to_ns
from signaling.recording.frames import Block
from signaling.recording.reorder import Arrived, Lost, Reorder
from signaling.recording.timeline import Timeline
from signaling.rtp import Packet

MS = 1_000_000
NOON = 1_790_000_000 * SECOND  # of the sender's clock


def packet(seq: int, timestamp: int = 0) -> Packet:
    return Packet(seq & 0xFFFF, timestamp, False, False, b"x")


def seqs(reorder: Reorder, now: int, *, everything: bool = False) -> list[int | Lost]:
    found = reorder.take(now, everything=everything)
    return [each.packet.seq if isinstance(each, Arrived) else each for each in found]


def ntp(nanoseconds: int) -> int:
    return (nanoseconds // SECOND + NTP_EPOCH) << 32 | (nanoseconds % SECOND << 32) // SECOND


def test_packets_that_overtook_others_are_put_back_across_the_wrap() -> None:
    reorder = Reorder()
    for number in (65_534, 1, 65_535, 0, 2):
        reorder.put(packet(number), 0)
    assert seqs(reorder, 0) == [65_534, 65_535, 0, 1, 2]


def test_a_missing_packet_is_waited_for_as_long_as_it_may_come_and_not_longer() -> None:
    reorder = Reorder(patience_ns=800 * MS)
    for number in (10, 12, 13):
        reorder.put(packet(number), 0)
    assert seqs(reorder, 0) == [10]
    assert seqs(reorder, 799 * MS) == []
    assert seqs(reorder, 800 * MS) == [Lost(1), 12, 13]
    reorder.put(packet(11), 801 * MS)  # too late
    assert seqs(reorder, 2 * SECOND) == []


def test_a_packet_sent_again_in_time_closes_the_gap() -> None:
    reorder = Reorder()
    for number in (1, 3, 4, 2):
        reorder.put(packet(number), 0)
    assert seqs(reorder, 0) == [1, 2, 3, 4]


def test_the_buffer_is_bounded_whatever_the_clock_says() -> None:
    reorder = Reorder(most=8)
    reorder.put(packet(0), 0)
    for number in range(2, 11):
        reorder.put(packet(number), 0)
    assert seqs(reorder, 0) == [0, Lost(1), *range(2, 11)]


def test_at_the_end_nothing_is_waited_for() -> None:
    reorder = Reorder()
    for number in (1, 3, 6):
        reorder.put(packet(number), 0)
    assert seqs(reorder, 0, everything=True) == [1, Lost(1), 3, Lost(2), 6]


def test_time_follows_the_timestamps_over_their_wrap() -> None:
    timeline = Timeline(48_000)
    found = [timeline.place((2**32 - 960 + 960 * number) & 0xFFFFFFFF, 0) for number in range(4)]
    assert found == [0, 20 * MS, 40 * MS, 60 * MS]


def test_a_pause_in_which_the_timestamps_stood_still_is_kept() -> None:
    timeline = Timeline(48_000)
    timeline.place(0, 0)
    assert timeline.place(960, 7 * SECOND, fresh=True) == 7 * SECOND
    assert timeline.place(1920, 7 * SECOND + 30 * MS) == 7 * SECOND + 20 * MS


def test_jitter_moves_nothing_even_after_a_pause() -> None:
    timeline = Timeline(90_000)
    timeline.place(0, 0)
    assert timeline.place(90_000, SECOND + 80 * MS, fresh=True) == SECOND


def test_time_never_goes_back_and_a_leap_is_not_believed() -> None:
    timeline = Timeline(90_000)
    timeline.place(90_000, 0)
    assert timeline.place(0, 40 * MS) == 0
    assert timeline.place(90_000 * 5000, 80 * MS) == 80 * MS


def test_the_senders_clock_gives_the_beginning_and_the_fastest_report_the_offset() -> None:
    clock = SenderClock()
    for number, delay in enumerate([40, 12, 90, 25, 31]):
        position = number * 5 * SECOND
        sent = NOON + position
        assert clock.arrived(sent, 100 * SECOND + position + delay * MS)
        clock.note(position, sent)
    assert clock.began == NOON
    assert clock.offset == 100 * SECOND + 12 * MS - NOON
    assert clock.drift == 0.0


def test_a_sender_whose_clock_is_set_is_believed_as_before() -> None:
    clock = SenderClock()
    assert clock.arrived(NOON, SECOND)
    assert not clock.arrived(NOON + 3600 * SECOND, 2 * SECOND)
    assert clock.offset == SECOND - NOON


def test_a_drifting_clock_is_measured_from_both_ends() -> None:
    clock = SenderClock()
    for number in range(100):
        position = number * 5 * SECOND
        clock.note(position, NOON + position + position // 10_000)
    assert clock.drift == pytest.approx(1e-4, rel=1e-3)
    leapt = SenderClock()
    for number in range(100):
        leapt.note(number * 5 * SECOND, NOON + number * 5 * SECOND + (number > 50) * SECOND)
    assert leapt.drift == 0.0  # no clock is so wrong: something was lost in the middle
    assert ntp_to_ns(ntp(NOON)) == NOON


def fed(codec: str, packets: list[Packet], every: int) -> tuple[Assembly, list[Block]]:
    assembly = Assembly(codec)
    blocks = [block for n, each in enumerate(packets) for block in assembly.take(each, 0, n * every, fresh=False)]
    return assembly, blocks + assembly.drain(0, everything=True)


def test_lost_sound_is_a_hole_on_the_timeline() -> None:
    packets = opus_packets(100)
    assembly, blocks = fed("opus", packets[:40] + packets[60:], 20 * MS)
    assert [block.at_ms for block in blocks] == [*range(0, 800, 20), *range(1200, 2000, 20)]
    assert assembly.lost == 20
    assert assembly.end == 2 * SECOND


def test_a_picture_comes_at_its_time_and_a_keyframe_is_asked_for_when_one_is_needed() -> None:
    packets = vp8_packets(vp8(30))
    assembly, blocks = fed("VP8", packets, MS)
    assert [block.at_ms for block in blocks] == [number * 40 for number in range(30)]
    assert [block.at_ms for block in blocks if block.keyframe] == [0, 1000]
    assert not assembly.wants_keyframe
    broken, _ = fed("VP8", packets[:50] + packets[51:55], MS)
    assert broken.wants_keyframe
    assert not Assembly("VP8").wants_keyframe  # nothing came: whoever taps has asked already


def test_h264_goes_the_same_way() -> None:
    assembly, blocks = fed("H264", h264_packets(h264(30)), MS)
    assert [block.at_ms for block in blocks] == [number * 40 for number in range(30)]
    assert assembly.form is not None
    assert assembly.form[:2] == (160, 120)


def test_another_layer_goes_on_where_the_time_is() -> None:
    low, high = vp8_packets(vp8(10, 80, 60), seq=5), vp8_packets(vp8(5, 160, 120), seq=900, timestamp=77_777)
    assembly = Assembly("VP8")
    blocks = [block for each in low for block in assembly.take(each, 0, arrived(each, low), fresh=False)]
    for each in high:
        blocks += assembly.take(each, 1, 400 * MS + arrived(each, high), fresh=False)
    assert [block.at_ms for block in blocks] == [*range(0, 400, 40), *range(400, 600, 40)]
    assert [number for number, block in enumerate(blocks) if block.keyframe] == [0, 10]


def arrived(each: Packet, packets: list[Packet]) -> int:
    return ((each.timestamp - packets[0].timestamp) & 0xFFFFFFFF) * SECOND // 90_000


def test_an_unannounced_pause_is_noticed_by_the_senders_reports() -> None:
    assembly, packets = Assembly("opus"), opus_packets(100)
    began = packets[0].timestamp
    for number, each in enumerate(packets[:50]):
        assembly.take(each, 0, number * 20 * MS, fresh=False)
    assembly.report(0, ntp(NOON + SECOND), (began + 48_000) & 0xFFFFFFFF, SECOND)
    assembly.report(0, ntp(NOON + 6 * SECOND), (began + 48_000) & 0xFFFFFFFF, 6 * SECOND)  # its timestamps stood still
    blocks = assembly.take(packets[50], 0, 6 * SECOND, fresh=False)
    assert [block.at_ms for block in blocks] == [pytest.approx(6000, abs=1)]


def test_names_in_templates_become_harmless_parts_of_a_path() -> None:
    names = {
        "room_name": "../../etc",
        "publisher_identity": "王/芳\x00",
        "track_id": "TR_1",
        "time": "T",
        "room_id": "R",
    }
    found = paths.fill("a/{room_name}/{publisher_identity}", names, ".webm", several=False)
    assert found.count("/") == 2
    assert "/." not in found
    assert "\x00" not in found


@pytest.mark.parametrize(
    ("template", "several", "expected"),
    [
        ("{room_name}/{track_id}", False, "r/TR_1.webm"),
        ("{room_name}/film.mp4", False, "r/film.webm"),
        ("{room_name}/film.webm", False, "r/film.webm"),
        ("film.v2", False, "film.v2.webm"),
        ("film.mp4", True, "film-TR_1.webm"),
        ("{time}-{utc}-{nobody}", False, "2026-01-02T030405-20260102030405678-{nobody}.webm"),
        ("", False, "r-2026-01-02T030405-TR_1.webm"),
        ("day/", True, "day/r-2026-01-02T030405-TR_1.webm"),
    ],
)
def test_templates_are_filled_as_livekit_fills_them(template: str, several: bool, expected: str) -> None:
    names = {"room_name": "r", "track_id": "TR_1", **paths.moment(datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC))}
    assert paths.fill(template, names, ".webm", several=several) == expected


@pytest.mark.parametrize(
    "template", ["../x", "a/../../x", "/etc/x", "a//x", "./x", "a/\x00x", "a/" * 20 + "x", "x" * 300, "a/./x"]
)
def test_a_path_that_leads_elsewhere_is_refused(template: str) -> None:
    with pytest.raises(ValueError):
        paths.fill(template, {}, ".webm", several=False)


def test_the_recordings_folder_may_be_named_in_full() -> None:
    assert paths.below("/srv/rec", "/srv/rec/a/b") == "a/b"
    assert paths.below("/srv/rec", "/srv/recx/b") == "/srv/recx/b"
    assert paths.below("/srv/rec", "a/b") == "a/b"
