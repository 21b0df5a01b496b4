"""Whatever bytes come, the codecs answer or raise ValueError, and nothing else."""

import base64
import contextlib
import itertools
import zlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from signaling import rtcp, rtp, sdp, stun, wire
from signaling.incoming import Arrivals
from signaling.negotiation import Answering, Pending
from signaling.offering import Offering
from signaling.reception import Reception
from signaling.rewriter import Rewriter, starts_keyframe, vp8_descriptor
from signaling.rtp import Packet
from signaling.slots import Slot

OFFERS = [path.read_text() for path in (Path(__file__).resolve().parents[1] / "data/sdp").glob("*.sdp")]
TRANSPORT = sdp.Transport("u", "p" * 22, sdp.Fingerprint("sha-256", "AA"), (sdp.Candidate("127.0.0.1", 1),))
packets = st.binary(max_size=200)


@given(packets)
def test_stun_from_arbitrary_bytes(datagram: bytes) -> None:
    with contextlib.suppress(ValueError):
        stun.read_request(datagram)


@given(st.data())
def test_stun_from_a_damaged_check(draw: st.DataObject) -> None:
    whole = bytearray(stun.request("ours:theirs", "password", b"x" * 12))
    for _ in range(draw.draw(st.integers(1, 4))):
        whole[draw.draw(st.integers(0, len(whole) - 1))] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        check = stun.read_request(bytes(whole))
        stun.success(check, ("127.0.0.1", 5), "password")


@given(packets)
def test_rtcp_from_arbitrary_bytes(compound: bytes) -> None:
    for part in rtcp.split(compound):
        rtcp.sender_report(part)
        rtcp.blocks(part)
        rtcp.nacked(part)
        rtcp.keyframes_wanted(part)
        rtcp.estimated_bitrate(part)


@given(st.integers(200, 206), st.integers(0, 31), packets)
def test_rtcp_from_a_plausible_header(kind: int, count: int, body: bytes) -> None:
    body += bytes(-len(body) % 4)
    compound = bytes([0x80 | count, kind]) + (len(body) // 4).to_bytes(2) + body
    test_rtcp_from_arbitrary_bytes.hypothesis.inner_test(compound)


@given(packets)
def test_rtp_headers_from_arbitrary_bytes(datagram: bytes) -> None:
    view = memoryview(datagram)
    offset = rtp.payload_offset(view, len(datagram))
    assert -1 <= offset <= len(datagram)
    if offset >= 0:
        for _identifier, at, length in rtp.extensions(view, offset):
            assert rtp.HEADER <= at <= at + length <= offset
        rtp.texts(view, offset)


@given(st.sampled_from([0xBEDE, 0x1000, 0x1001, 7]), st.binary(max_size=64))
def test_header_extensions_from_arbitrary_bytes(profile: int, body: bytes) -> None:
    body += bytes(-len(body) % 4)
    datagram = b"\x90" + bytes(11) + profile.to_bytes(2) + (len(body) // 4).to_bytes(2) + body
    test_rtp_headers_from_arbitrary_bytes.hypothesis.inner_test(datagram)


@given(st.text())
def test_descriptions_from_arbitrary_text(text: str) -> None:
    with contextlib.suppress(ValueError):
        Answering(1).answer(sdp.parse(text), TRANSPORT)


@given(st.sampled_from(OFFERS), st.data())
def test_descriptions_from_damaged_offers(offer: str, draw: st.DataObject) -> None:
    lines = offer.splitlines()
    for _ in range(draw.draw(st.integers(1, 5))):
        at = draw.draw(st.integers(0, len(lines) - 1))
        lines[at] = draw.draw(
            st.sampled_from(
                ["", lines[at][: len(lines[at]) // 2], lines[at] * 2, "a=ssrc:x", "a=rid:", "m=video 9 U 0"]
            )
        )
    state = Answering(1)
    state.pending += [Pending("TR_A", "audio", ()), Pending("TR_V", "video", ())]
    state.slots.all += [Slot("TR_X", "PA_X", "video", "VP8", 5), Slot("TR_Y", "PA_X", "audio", "opus", 6)]
    with contextlib.suppress(ValueError):
        description = sdp.parse("\n".join(lines))
        answer = state.answer(description, TRANSPORT)
        assert answer.text.count("\r\nm=") == len(description.sections)
    with contextlib.suppress(ValueError):
        offering = Offering(1)
        offering.offer(TRANSPORT)
        offering.answered(sdp.parse("\n".join(lines)))


@given(st.binary(max_size=400))
def test_signal_messages_from_arbitrary_bytes(message: bytes) -> None:
    for read in (wire.read_request, wire.read_packet):
        with contextlib.suppress(ValueError):
            read(message)


@given(
    st.one_of(st.text(max_size=200), st.binary(max_size=300).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
)
def test_join_requests_from_arbitrary_text(text: str) -> None:
    with contextlib.suppress(ValueError):
        wire.read_join(text)


def test_a_join_request_that_unpacks_to_very_much_is_refused() -> None:
    pack = zlib.compressobj(wbits=31)
    bomb = pack.compress(bytes(50_000_000)) + pack.flush()
    wrapped = wire.rtc.WrappedJoinRequest(join_request=bomb, compression=wire.rtc.WrappedJoinRequest.Compression.GZIP)
    with contextlib.suppress(ValueError):
        wire.read_join(base64.urlsafe_b64encode(wrapped.SerializeToString()).decode())
        raise AssertionError("it was read")


@given(packets, st.booleans(), st.sampled_from(["VP8", "H264", "opus", ""]))
def test_payloads_from_arbitrary_bytes(payload: bytes, padding: bool, codec: str) -> None:
    packet = Packet(5, 6, True, padding, payload)
    starts_keyframe(codec, packet)
    found = vp8_descriptor(payload, rtp.media_size(payload, padding=padding))
    rewriter = Rewriter(codec)
    first = Packet(1, 2, False, False, b"\x10\x00\x00")
    rewriter.begin(first, 0.0)
    rewriter.follow(first, 0.0)
    rewriter.begin(packet, 0.1)
    assert rewriter.span.number(packet) == 2
    assert len(rewriter.span.rewritten(packet._replace(picture=found)).payload) == len(payload)


@given(st.lists(st.integers(0, 0xFFFF), max_size=300))
def test_feedback_on_any_order_of_packets_stays_small(seqs: list[int]) -> None:
    arrivals, reception = Arrivals(), Reception(90_000)
    for step, seq in enumerate(seqs):
        arrivals.note(seq, step / 1000)
        reception.take(seq, step * 90, step / 1000)
    for packet in arrivals.take(5):
        assert len(packet) < 2000
        assert len(packet) % 4 == 0
    asked = reception.due(1.0)
    assert len(rtcp.make_nack(5, asked)) < 2000
    if reception.began:
        reception.report(5, 1.0)


@st.composite
def extended(draw: st.DrawFn) -> bytes:
    """An RTP packet whose header extensions are whole, of either kind, or cut off, or no extensions at all."""
    profile = draw(st.sampled_from([rtp.ONE_BYTE, rtp.TWO_BYTE, rtp.TWO_BYTE | 3, 0xABAC]))
    body = b""
    for identifier, value in draw(st.lists(st.tuples(st.integers(0, 15), st.binary(max_size=16)), max_size=6)):
        one = bytes([identifier << 4 | max(0, len(value) - 1)])
        body += (one if profile == rtp.ONE_BYTE else bytes([identifier, len(value)])) + value
        body += bytes(draw(st.integers(0, 2)))
    body += bytes(-len(body) % 4)
    head = bytes([draw(st.sampled_from([0x80, 0x90, 0x91, 0x9F]))]) + bytes(11 + draw(st.integers(0, 4)) * 4)
    return head + profile.to_bytes(2) + (len(body) // 4).to_bytes(2) + body + draw(st.binary(max_size=20))


@given(extended() | packets, st.integers(-1, 15), st.integers(-1, 15))
def test_extensions_are_found_in_one_go_where_looking_through_all_finds_them(
    packet: bytes, number: int, level: int
) -> None:
    view = memoryview(packet)
    end = rtp.payload_offset(view, len(packet))
    if end < 0 or number == level:
        return
    found = list(rtp.extensions(view, end))
    numbers = [at for identifier, at, length in found if identifier == number and length == 2]
    levels = [at for identifier, at, length in found if identifier == level]
    assert rtp.places(view, end, number, level) == ((numbers or [0])[-1], (levels or [0])[-1])


@given(st.integers(0, 0xFFFF), st.lists(st.integers(-300, 300), min_size=1, max_size=400))
def test_arrivals_are_told_in_full_numbers_over_every_turn_of_the_sixteen_bits(start: int, steps: list[int]) -> None:
    arrivals, told, true = Arrivals(), set(), [start + 0x10000]
    for step in steps:
        true.append(max(true) + step)
    for place, number in enumerate(true):
        arrivals.note(number & 0xFFFF, place / 10)
        if place % 7 == 0 or place == len(true) - 1:
            for packet in arrivals.take(5):
                base, times = rtcp.arrivals(next(iter(rtcp.split(packet)))) or (0, [])
                told |= {(base + at) & 0xFFFF for at, time in enumerate(times) if time is not None}
            assert arrivals._newest == max(true[: place + 1])
    assert told == {number & 0xFFFF for number in true}


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(1, 3)), min_size=1, max_size=60))
def test_the_rewriter_against_a_naive_model(steps: list[tuple[str, int]]) -> None:
    """Whatever the order of layers and their gaps: numbers go up by the gaps, time never goes back, each is found again.

    PictureIDs of 15 bits and TL0PICIDX go up by one a packet within a layer and go on over every change.
    """
    source = {"a": [65_500, 5, 32_760, 250], "b": [100, 4_294_960_000, 3, 3], "c": [40_000, 77, 9_000, 77]}
    rewriter, current, expected, last = Rewriter("VP8"), "", None, 0
    pictures, tl0, found = [], [], {}
    for number, (layer, step) in enumerate(steps):
        gap = step if layer == current else 1
        numbers = source[layer]
        numbers[0] = (numbers[0] + step) & 0xFFFF
        numbers[1] = (numbers[1] + 3000 * step) & 0xFFFFFFFF
        numbers[2], numbers[3] = (numbers[2] + 1) & 0x7FFF, (numbers[3] + 1) & 0xFF
        payload = bytes([0x90, 0xC0, 0x80 | numbers[2] >> 8, numbers[2] & 255, numbers[3], 0x10])
        packet = Packet(numbers[0], numbers[1], False, False, payload)
        if layer != current:
            rewriter.begin(packet, number / 30, layer)
        rewriter.follow(packet, number / 30)
        seq, timestamp = rewriter.span.number(packet), rewriter.timestamp(numbers[1])
        if expected is not None:
            assert seq == (expected + gap) & 0xFFFF
            assert 0 < (timestamp - last) & 0xFFFFFFFF < 0x80000000
        current, expected, last = layer, seq, timestamp
        written = rewriter.span.rewritten(packet._replace(picture=vp8_descriptor(payload, len(payload)))).payload
        pictures.append((written[2] & 0x7F) << 8 | written[3])
        tl0.append(written[4])
        found[seq] = (layer, numbers[0], rewriter.span)
    assert all((after - before) & 0x7FFF == 1 for before, after in itertools.pairwise(pictures))
    assert all((after - before) & 0xFF == 1 for before, after in itertools.pairwise(tl0))
    for seq, (layer, number, span) in found.items():
        if span in rewriter._spans:
            assert rewriter.origin(seq) == (span, number)
            assert span.source == layer
