"""How the packets of a turn lie in memory, and which of them make one message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.burst import LARGEST_PACKET, NUMBERED_HEADER, PLAIN_HEADER, Burst
from signaling.rewriter import picture_of
from signaling.rtp import Packet, before
from signaling.transport.runs import LARGEST_MESSAGE, MOST_SEGMENTS, one_by_one, runs_of, without

sizes = st.lists(st.sampled_from([40, 40, 900, 1200, 1200, 2064]) | st.integers(1, 2208), max_size=80)


@given(sizes)
def test_every_packet_is_in_one_message_and_can_be_cut_out_again(sizes: list[int]) -> None:
    runs = runs_of(sizes)
    found = one_by_one(runs)
    assert [end - start for start, end, _ in found] == sizes
    assert [start for start, _, _ in found] == [sum(sizes[:place]) for place in range(len(sizes))]
    for start, end, segment in runs:
        assert (end - start + segment - 1) // segment <= MOST_SEGMENTS
        assert end - start <= LARGEST_MESSAGE + 2208


@pytest.mark.parametrize(
    ("sizes", "messages"),
    [((), 0), ((5,), 1), ((9, 9, 9), 1), ((9, 9, 4), 1), ((9, 4, 9), 2), ((9, 4, 4), 2), ((4, 9), 2), ((9,) * 61, 2)],
)
def test_equal_packets_are_one_message_of_which_the_last_may_be_shorter(sizes: tuple[int, ...], messages: int) -> None:
    assert len(runs_of(sizes)) == messages


@given(sizes, st.sets(st.integers(0, 79)))
def test_what_could_not_be_protected_is_left_out(sizes: list[int], failed: set[int]) -> None:
    places = [sum(sizes[:place]) for place in range(len(sizes))]
    gone = [place for number, place in enumerate(places) if number in failed]
    kept = without(runs_of(sizes), gone)
    assert [start for start, _, _ in kept] == [place for place in places if place not in gone]


def packet(seq: int, payload: bytes = b"x", red: bytes | None = None) -> Packet:
    return Packet(seq & 0xFFFF, seq * 90, bool(seq & 1), False, payload, red)


@given(st.lists(st.integers(-60, 60), min_size=1, max_size=64), st.integers(0, 0xFFFF))
def test_the_oldest_and_the_newest_are_found_across_the_wrap(steps: list[int], start: int) -> None:
    burst = Burst([packet(start + step) for step in steps])
    assert burst.oldest.seq == (start + min(steps)) & 0xFFFF
    assert burst.newest.seq == (start + max(steps)) & 0xFFFF


def test_older_and_newer_are_half_of_all_numbers_each() -> None:
    assert before(65_535, 0)
    assert not before(0, 65_535)
    assert not before(7, 7)
    assert before(0, 0x7FFF)
    assert not before(0, 0x8000)


@pytest.mark.parametrize("header", [PLAIN_HEADER, NUMBERED_HEADER])
def test_payloads_stand_behind_room_for_their_headers_and_before_room_for_their_tags(header: int) -> None:
    burst = Burst([packet(1, b"first"), packet(2, b"second, longer")])
    layout = burst.layout(header, 16, redundant=False)
    for (at, *_, size), payload in zip(layout.heads, (b"first", b"second, longer"), strict=True):
        assert layout.image[at + header : at + size] == payload
        assert size == header + len(payload)
    assert layout.sizes == [header + 5, header + 14]
    assert len(layout.image) == sum(layout.sizes) + 32
    assert [(flags >> 4 & 1, marker) for _, flags, marker, *_ in layout.heads] == [
        (header == NUMBERED_HEADER, 0x80),
        (header == NUMBERED_HEADER, 0),
    ]
    assert burst.layout(header, 16, redundant=False) is layout


def test_redundancy_goes_to_who_takes_it_only() -> None:
    burst = Burst([packet(1, b"primary", b"redundant and primary"), packet(2, b"alone")])
    plain, redundant = (burst.layout(PLAIN_HEADER, 10, redundant=each) for each in (False, True))
    assert [head[3] for head in redundant.heads] == [True, False]
    assert [head[3] for head in plain.heads] == [False, False]
    assert b"redundant and primary" in redundant.image
    assert b"redundant" not in plain.image


def test_padding_alone_is_no_redundancy_for_who_takes_none() -> None:
    """A probe of a publisher with redundancy is its own primary: the very same bytes."""
    probe = bytes(3) + b"\x04"
    packets = [Packet(1, 960, False, True, probe, probe)]
    assert [head[3] for head in Burst(packets).layout(12, 10, redundant=False).heads] == [False]
    assert [head[3] for head in Burst(packets).layout(12, 10, redundant=True).heads] == [True]


def test_a_packet_that_would_be_too_large_is_left_out() -> None:
    fits = LARGEST_PACKET - NUMBERED_HEADER
    layout = Burst([packet(1, bytes(fits + 1)), packet(2, bytes(fits))]).layout(NUMBERED_HEADER, 16, redundant=False)
    assert [head[4] for head in layout.heads] == [2]
    assert layout.runs == ((0, LARGEST_PACKET + 16, LARGEST_PACKET + 16),)


def test_where_picture_numbers_stand_is_known_once_for_all() -> None:
    payload = b"\x90\x80\x05\x11picture"
    one = packet(1, payload)
    layout = Burst([packet(0), one._replace(picture=picture_of("VP8", one))]).layout(PLAIN_HEADER, 16, redundant=False)
    ((at, found),) = layout.pictures
    assert layout.image[at : at + len(payload)] == payload
    assert found.picture.picture_at == 2
