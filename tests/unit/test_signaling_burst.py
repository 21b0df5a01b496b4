"""How the packets of a turn lie in memory, and which of them make one message."""

from typing import Any

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from signaling.burst import (
    LARGEST_PACKET,
    MOST_LAYOUTS,
    NUMBER_AT,
    Burst,
    Dress,
    Layout,
)
from signaling.rewriter import Span, picture_of
from signaling.rtp import MID, TRANSPORT_CC, Packet, before, mid_extension
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


def dress(*, extension: int = 0, tag: int = 16, redundant: int = -1, mid: bytes = b"") -> Dress:
    return Dress(extension, tag, kind=96, redundant=redundant, ssrc=0xABCD, mid=mid)


def span(**added: int) -> Span:
    made = Span(None, 0)
    for name, number in added.items():
        setattr(made, name, number)
    made.rewrites = "picture" in added or "tl0" in added
    return made


def read(layout: Layout) -> list[Any]:
    """What stands in memory, as another library reads it."""
    return [RtpPacket.parse(layout.image[at : at + size]) for at, size in layout.places]


@pytest.mark.parametrize("extension", [0, 3])
@given(first=st.integers(0, 0xFFFF), seq=st.integers(0, 0xFFFF), timestamp=st.integers(0, 0xFFFFFFFF))
def test_packets_stand_with_their_headers_before_room_for_their_tags(
    extension: int, first: int, seq: int, timestamp: int
) -> None:
    payloads = (b"first", b"second, longer")
    burst = Burst([packet(first + step, payload) for step, payload in enumerate(payloads)])
    layout = burst.layout(dress(extension=extension), span(seq=seq, timestamp=timestamp))
    for original, found in zip(burst.packets, read(layout), strict=True):
        assert found.payload == original.payload
        assert (found.ssrc, found.payload_type) == (0xABCD, 96)
        assert found.sequence_number == (original.seq + seq) & 0xFFFF
        assert found.timestamp == (original.timestamp + timestamp) & 0xFFFFFFFF
        assert bool(found.marker) == original.marker
    header = 20 if extension else 12
    assert layout.sizes == [header + 5, header + 14]
    assert len(layout.image) == sum(layout.sizes) + 32


@pytest.mark.parametrize(("mid", "size"), [("", 20), ("7", 24), ("127", 24), ("sixteen-bytes-16", 36)])
@pytest.mark.parametrize("number", [5, 0])
def test_a_number_and_a_name_fit_where_they_are_said_to_stand(number: int, mid: str, size: int) -> None:
    layout = Burst([packet(1, b"payload")]).layout(dress(extension=number, mid=mid_extension(3, mid)), span())
    memory = bytearray(layout.image[:-16])
    if number:
        memory[NUMBER_AT : NUMBER_AT + 2] = (0x1234).to_bytes(2)
        assert len(memory) == size + 7
    known, names = HeaderExtensionsMap(), [RTCRtpHeaderExtensionParameters(id=3, uri=MID)]
    numbers = RTCRtpHeaderExtensionParameters(id=5, uri=TRANSPORT_CC)
    known.configure(RTCRtpParameters(headerExtensions=[numbers, *names]))
    found = RtpPacket.parse(bytes(memory), known)
    assert found.extensions.transport_sequence_number == (0x1234 if number else None)
    assert found.extensions.mid == (mid or None)
    assert found.payload == b"payload"


def test_a_name_without_room_in_a_short_extension_is_not_told() -> None:
    assert mid_extension(14, "0") == b"\xe00"
    assert [mid_extension(*each) for each in ((0, "0"), (15, "0"), (3, ""), (3, "x" * 17))] == [b""] * 4


def test_subscribers_alike_share_what_was_laid_out_and_others_get_their_own() -> None:
    burst = Burst([packet(1)])
    layout = burst.layout(dress(), span())
    assert burst.layout(dress(), span()) is layout
    for other in (span(seq=1), span(timestamp=1), span(picture=1), span(tl0=1)):
        assert burst.layout(dress(), other) is not layout
    assert burst.layout(dress(tag=10), span()) is not layout


def test_of_many_unlike_subscribers_only_a_few_layouts_are_kept() -> None:
    burst = Burst([packet(1)])
    for number in range(1000):
        assert read(burst.layout(dress(), span(seq=number)))[0].sequence_number == 1 + number
    assert len(burst._layouts) <= MOST_LAYOUTS


def test_redundancy_goes_to_who_takes_it_only() -> None:
    burst = Burst([packet(1, b"primary", b"redundant and primary"), packet(2, b"alone")])
    plain, redundant = (burst.layout(dress(redundant=kind), span()) for kind in (-1, 63))
    assert [(each.payload_type, each.payload) for each in read(plain)] == [(96, b"primary"), (96, b"alone")]
    assert [(each.payload_type, each.payload) for each in read(redundant)] == [
        (63, b"redundant and primary"),
        (96, b"alone"),
    ]


def test_padding_alone_is_no_redundancy_for_who_takes_none() -> None:
    """A probe of a publisher with redundancy is its own primary: the very same bytes."""
    probe = bytes(3) + b"\x04"
    burst = Burst([Packet(1, 960, False, True, probe, probe)])
    for redundant, kind in ((-1, 96), (63, 63)):
        image = burst.layout(dress(redundant=redundant), span()).image
        assert (image[0] & 0x20, image[1], image[12:16]) == (0x20, kind, probe)


def test_a_packet_that_would_be_too_large_is_left_out() -> None:
    fits = LARGEST_PACKET - 20
    layout = Burst([packet(1, bytes(fits + 1)), packet(2, bytes(fits))]).layout(dress(extension=1), span())
    assert layout.image[2:4] == b"\x00\x02"
    assert layout.places == [(0, LARGEST_PACKET)]
    assert layout.runs == ((0, LARGEST_PACKET + 16, LARGEST_PACKET + 16),)


def test_picture_numbers_are_written_anew_for_who_saw_another_layer_before() -> None:
    payload = b"\x90\xe0\x05\x10\x07picture"  # PictureID 5 of 7 bits, TL0PICIDX 16
    one = packet(1, payload)
    burst = Burst([packet(0), one._replace(picture=picture_of("VP8", one))])
    _, same = read(burst.layout(dress(), span()))
    _, other = read(burst.layout(dress(), span(picture=3, tl0=0xF1)))
    assert same.payload == payload
    assert other.payload == b"\x90\xe0\x08\x01\x07picture"
