"""Numbers made continuous across layer changes, and what may begin a picture."""

import pytest

from signaling.layers import HIGH, LOW, MEDIUM, OFF, Dimensions, Ladder, choose, quality_of_rid, wanted
from signaling.rewriter import Rewriter, picture_of, starts_keyframe, vp8_descriptor
from signaling.rtp import Packet
from signaling.shelf import Ring


def vp8(picture: int, tl0: int, *, key: bool = False, long: bool = True, start: bool = True) -> bytes:
    number = bytes([0x80 | picture >> 8, picture & 255]) if long else bytes([picture & 0x7F])
    return bytes([0x90 if start else 0x80, 0xC0]) + number + bytes([tl0, 0x10 if key else 0x11, 1, 2, 3])


def packet(seq: int, timestamp: int = 0, payload: bytes = b"x") -> Packet:
    return Packet(seq & 0xFFFF, timestamp & 0xFFFFFFFF, False, False, payload)


def sent(rewriter: Rewriter, source: Packet, now: float) -> Packet:
    """Return a packet as the subscriber gets it."""
    span = rewriter.span
    assert span is not None
    rewriter.follow(source, now)
    payload = span.rewritten(source._replace(picture=picture_of("VP8", source))).payload
    timestamp = rewriter.timestamp(source.timestamp)
    return Packet(span.number(source), timestamp, source.marker, source.padding, payload)


def number(rewriter: Rewriter, source: Packet) -> int:
    return sent(rewriter, source, 0.0).seq


def test_a_track_without_changes_goes_through_untouched() -> None:
    rewriter = Rewriter("VP8")
    rewriter.begin(packet(65_534), 0.0)
    for step in range(5):
        source = packet(65_534 + step, step * 3000, vp8(step, step))
        assert sent(rewriter, source, step / 30) == source


def test_a_stretch_lasts_longer_than_its_sequence_numbers() -> None:
    rewriter = Rewriter("")
    rewriter.begin(packet(60_000), 0.0)
    for step in range(200_000):
        assert number(rewriter, packet(60_000 + step)) == (60_000 + step) & 0xFFFF
    late = packet(60_000 + step - 100)
    assert number(rewriter, late) == late.seq
    assert rewriter.origin(late.seq) == (rewriter.span, late.seq)


def test_after_a_change_of_layer_all_numbers_go_on() -> None:
    rewriter = Rewriter("VP8")
    rewriter.begin(packet(100, 1000, vp8(7, 3, key=True)), 0.0)
    for step in range(3):
        sent(rewriter, packet(100 + step, 1000 + step * 3000, vp8(7 + step, 3 + step)), step / 30)
    first = packet(5000, 777, vp8(300, 90, key=True))
    rewriter.begin(first, 3 / 30)
    got = sent(rewriter, first, 3 / 30)
    assert got.seq == 103
    assert abs(got.timestamp - (7000 + 3000)) <= 1
    found = vp8_descriptor(got.payload, len(got.payload))
    assert found is not None
    assert found.keyframe
    assert got.payload[2:5] == bytes([0x80, 10, 6])
    following = sent(rewriter, packet(5001, 3777, vp8(301, 91)), 4 / 30)
    assert (following.seq, following.timestamp - got.timestamp) == (104, 3000)
    assert following.payload[2:5] == bytes([0x80, 11, 7])


def test_short_picture_numbers_wrap_at_seven_bits() -> None:
    rewriter = Rewriter("VP8")
    rewriter.begin(packet(1), 0.0)
    sent(rewriter, packet(1, 0, vp8(127, 255, long=False)), 0.0)
    first = packet(9, 0, vp8(5, 5, key=True, long=False))
    rewriter.begin(first, 0.1)
    assert sent(rewriter, first, 0.1).payload[2:4] == bytes([0, 0])


def test_an_old_packet_does_not_move_the_end() -> None:
    rewriter = Rewriter("")
    rewriter.begin(packet(5), 0.0)
    number(rewriter, packet(10, 10))
    number(rewriter, packet(9, 9))
    rewriter.begin(packet(500, 500), 0.0)
    assert number(rewriter, packet(500, 500)) == 11
    rewriter.follow(packet(503), 0.0)
    rewriter.follow(packet(502), 0.0)
    rewriter.begin(packet(7), 0.0)
    assert number(rewriter, packet(7)) == 15


def test_a_packet_from_before_the_change_gets_no_number_that_another_has() -> None:
    rewriter = Rewriter("")
    rewriter.begin(packet(100), 0.0, "low")
    assert [number(rewriter, packet(seq)) for seq in (100, 101, 99)] == [100, 101, -1]
    rewriter.begin(packet(500), 0.0, "high")
    assert [number(rewriter, packet(seq)) for seq in (500, 502, 499, 501)] == [102, 104, -1, 103]


def test_what_a_subscriber_asks_for_again_is_found_at_its_source() -> None:
    rewriter = Rewriter("")
    assert rewriter.origin(3) is None
    rewriter.begin(packet(65_530), 0.0, "low")
    rewriter.follow(packet(65_535), 0.0)
    rewriter.begin(packet(9), 0.0, "high")
    found = [rewriter.origin(seq) for seq in (65_534, 65_535, 0, 3)]
    assert [(each[0].source, each[1]) for each in found if each] == [
        ("low", 65_534),
        ("low", 65_535),
        ("high", 9),
        ("high", 12),
    ]


@pytest.mark.parametrize("size", range(5))
def test_a_descriptor_that_is_not_whole_is_none(size: int) -> None:
    assert vp8_descriptor(vp8(300, 1)[:size], size) is None


@pytest.mark.parametrize(
    ("codec", "payload", "expected"),
    [
        ("VP8", vp8(1, 1, key=True), True),
        ("VP8", vp8(1, 1), False),
        ("VP8", vp8(1, 1, key=True, start=False), False),
        ("VP8", b"\x10\x00", True),
        ("VP8", b"\x10", False),
        ("VP8", b"", False),
        ("H264", b"\x67\x42", True),
        ("H264", b"\x65\x88", True),
        ("H264", b"\x61\x88", False),
        ("H264", b"\x78\x00\x02\x67\x42", True),
        ("H264", b"\x78\x00\x02\x61\x42", False),
        ("H264", b"\x7c\x85\x00", True),
        ("H264", b"\x7c\x45\x00", False),
        ("H264", b"\x67", False),
        ("opus", b"", True),
    ],
)
def test_only_some_packets_may_begin_a_picture(codec: str, payload: bytes, expected: bool) -> None:
    assert starts_keyframe(codec, packet(1, 0, payload)) is expected


def test_padding_alone_begins_no_picture() -> None:
    assert not starts_keyframe("VP8", Packet(1, 0, False, True, bytes(9) + b"\x0a"))


def test_the_cache_keeps_the_newest_of_each_place() -> None:
    cache = Ring(8)
    for seq in (65_533, 65_534, 65_535, 0, 1):
        cache.put(packet(seq))
    assert [cache.get(seq) is not None for seq in (65_533, 0, 1, 2)] == [True, True, True, False]
    cache.put(packet(5))
    assert cache.get(65_533) is None
    with pytest.raises(ValueError):
        Ring(10)


def test_the_best_layer_that_is_there_asked_for_and_carried() -> None:
    assert choose([LOW, MEDIUM, HIGH], HIGH) == HIGH
    assert choose([LOW, MEDIUM, HIGH], MEDIUM) == MEDIUM
    assert choose([LOW, HIGH], MEDIUM) == LOW
    assert choose([HIGH], LOW) == HIGH
    assert choose([LOW, MEDIUM, HIGH], HIGH, ceiling=LOW) == LOW
    assert choose([LOW], OFF) is None
    assert choose([], HIGH) is None


def test_a_size_counts_more_than_the_quality_beside_it() -> None:
    announced = [Dimensions(LOW, 320, 180), Dimensions(MEDIUM, 640, 360), Dimensions(HIGH, 1280, 720)]
    assert wanted(LOW, 640, 360, announced) == MEDIUM
    assert wanted(LOW, 200, 100, announced) == LOW
    assert wanted(LOW, 4000, 3000, announced) == HIGH
    assert wanted(MEDIUM, 0, 0, announced) == MEDIUM
    assert wanted(MEDIUM, 100, 100, []) == MEDIUM


def test_a_lossy_line_steps_down_at_once_and_up_slowly() -> None:
    ladder = Ladder()
    assert ladder.report(0.2)
    assert ladder.ceiling == MEDIUM
    assert ladder.report(0.5)
    assert not ladder.report(0.5)
    assert ladder.ceiling == LOW
    assert [ladder.report(0.0) for _ in range(5)] == [False] * 4 + [True]
    ladder.report(0.05)
    assert ladder.ceiling == MEDIUM


@pytest.mark.parametrize(
    ("rid", "place", "quality"), [("q", 0, LOW), ("h", 0, MEDIUM), ("f", 0, HIGH), ("x", 1, 1), ("x", 5, 2)]
)
def test_a_rid_has_a_quality(rid: str, place: int, quality: int) -> None:
    assert quality_of_rid(rid, place) == quality
