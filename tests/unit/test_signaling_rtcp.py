"""RTCP: made here, read here, and read by aiortc as an independent witness."""

import struct

import pytest
from aiortc import rtp as witness

from signaling import rtcp


def parts(compound: bytes) -> list[rtcp.Part]:
    return list(rtcp.split(compound))


def test_a_receiver_report_is_read_by_another_program() -> None:
    block = rtcp.Block(ssrc=5, fraction_lost=51, lost=7, highest=70_000, jitter=9, last_report=3, delay=4)
    (packet,) = witness.RtcpPacket.parse(rtcp.make_receiver_report([block]))
    (seen,) = packet.reports
    assert (seen.ssrc, seen.fraction_lost, seen.packets_lost) == (5, 51, 7)
    assert (seen.highest_sequence, seen.jitter, seen.lsr, seen.dlsr) == (70_000, 9, 3, 4)
    assert rtcp.blocks(parts(rtcp.make_receiver_report([block]))[0]) == [block]


def test_more_than_31_blocks_do_not_overflow_the_count() -> None:
    many = [rtcp.Block(number, 0, 0, 0, 0, 0, 0) for number in range(40)]
    (part,) = parts(rtcp.make_receiver_report(many))
    assert len(rtcp.blocks(part)) == 31


def test_a_sender_report_with_its_description_is_read_by_another_program() -> None:
    compound = rtcp.make_sender_report(8, (1 << 40) + 5, 90_000, 3, 400) + rtcp.make_source_description(8, "PA_x")
    report, description = witness.RtcpPacket.parse(compound)
    info = report.sender_info
    assert (report.ssrc, info.ntp_timestamp, info.rtp_timestamp) == (8, (1 << 40) + 5, 90_000)
    assert (info.packet_count, info.octet_count) == (3, 400)
    assert description.chunks[0].items == [(1, b"PA_x")]
    assert rtcp.sender_report(parts(compound)[0]) == (8, (1 << 40) + 5, 90_000)
    assert rtcp.sender_report(parts(compound)[1]) is None


@pytest.mark.parametrize("lost", [[1], [1, 2, 17, 18], [65535, 0], [5, 5, 5], list(range(100, 160, 3))])
def test_a_nack_names_each_lost_packet_once(lost: list[int]) -> None:
    made = rtcp.make_nack(9, lost)
    media, seen = rtcp.nacked(parts(made)[0]) or (0, [])
    assert media == 9
    assert sorted(seen) == sorted(set(lost))
    (packet,) = witness.RtcpPacket.parse(made)
    assert sorted(packet.lost) == sorted(set(lost))


def test_keyframe_requests_of_both_kinds_are_understood() -> None:
    assert rtcp.keyframes_wanted(parts(rtcp.make_pli(77))[0]) == [77]
    fir = struct.pack(">BBHIIIBBBB", 0x84, 206, 4, 1, 0, 78, 3, 0, 0, 0)
    assert rtcp.keyframes_wanted(parts(fir)[0]) == [78]
    assert rtcp.keyframes_wanted(parts(rtcp.make_nack(1, [2]))[0]) == []


def test_an_estimated_bitrate_is_understood() -> None:
    body = witness.pack_remb_fci(2_500_000, [5])
    packet = bytes(witness.RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=body))
    assert abs((rtcp.estimated_bitrate(parts(packet)[0]) or 0) - 2_500_000) < 20
    assert rtcp.estimated_bitrate(parts(rtcp.make_pli(1))[0]) is None


def test_a_compound_is_read_up_to_where_it_breaks() -> None:
    whole = rtcp.make_pli(1)
    assert len(parts(whole + whole[:-1])) == 1
    assert parts(b"") == []
    assert parts(b"\x00" * 8) == []


def arrivals(packet: bytes) -> tuple[int, dict[int, int]]:
    """Read transport-wide feedback as the draft says: count, and arrival in ticks of 250 µs by sequence number."""
    base, status = struct.unpack_from(">HH", packet, 12)
    reference = int.from_bytes(packet[16:19])
    at, symbols = 20, list[int]()
    while len(symbols) < status:
        (chunk,) = struct.unpack_from(">H", packet, at)
        at += 2
        if chunk & 0x8000:
            assert chunk & 0x4000
            symbols += [(chunk >> shift) & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> 13] * (chunk & 0x1FFF)
    ticks, seen = reference * 256, {}
    for number, symbol in enumerate(symbols[:status]):
        if symbol:
            ticks += packet[at] if symbol == 1 else struct.unpack_from(">h", packet, at)[0]
            at += symbol
            seen[base + number] = ticks
    return packet[19], seen


def test_transport_feedback_tells_arrivals_and_gaps() -> None:
    times = [(10, 1_000_000), (11, 1_005_000), (13, 1_004_000), (30, 1_200_000), (31, 1_200_250)]
    (packet,) = rtcp.make_transport_cc(5, 7, times)
    assert len(packet) % 4 == 0
    count, seen = arrivals(packet)
    assert count == 7
    assert seen == {seq: at // 250 for seq, at in times}


def test_transport_feedback_is_split_when_a_peer_jumps_in_its_numbers() -> None:
    packets = rtcp.make_transport_cc(5, 0, [(1, 0), (30_000, 100), (30_001, 200)])
    assert [arrivals(packet)[0] for packet in packets] == [0, 1]
    assert all(len(packet) < 1200 for packet in packets)
    assert all(len(p) < 1400 for p in rtcp.make_transport_cc(5, 0, [(seq, seq * 20_000) for seq in range(3000)]))


def test_a_duplicate_keeps_its_first_arrival() -> None:
    (packet,) = rtcp.make_transport_cc(5, 0, [(1, 64_000), (1, 128_000)])
    assert arrivals(packet)[1] == {1: 256}
