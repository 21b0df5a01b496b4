"""Packets to frames, for each codec: whole streams, streams with holes, and what is no stream."""

from collections.abc import Collection

import pytest
from recording_play import h264, h264_packets, nal_units, opus_packets, vp8, vp8_packets

from signaling.recording.frames import Depacketizer, Frame, Malformed
from signaling.recording.h264 import H264Frames, picture_size
from signaling.recording.opus import OpusFrames, length
from signaling.recording.vp8 import Vp8Frames, read_descriptor
from signaling.rtp import Packet


def frames_of(depacketizer: Depacketizer, packets: list[Packet], missing: Collection[int] = ()) -> list[Frame]:
    found, hole = [], False
    for number, packet in enumerate(packets):
        if number in missing:
            hole = True
            continue
        if hole:
            depacketizer.lost()
            hole = False
        frame = depacketizer.push(packet)
        if frame is not None:
            found.append(frame)
    return found


def indices(packets: list[Packet], frame: int) -> list[int]:
    """Return the places of a frame's packets."""
    timestamp = sorted({each.timestamp for each in packets}, key=lambda each: (each + 2**31) & 0xFFFFFFFF)[frame]
    return [number for number, each in enumerate(packets) if each.timestamp == timestamp]


def test_vp8_frames_come_out_as_they_went_in() -> None:
    frames = vp8(30)
    found = frames_of(Vp8Frames(), vp8_packets(frames))
    assert [each.payload for each in found] == list(frames)
    assert [number for number, each in enumerate(found) if each.form is not None] == [0, 25]
    assert found[0].form is not None
    assert found[0].form[:2] == (160, 120)


def test_a_hole_in_a_vp8_frame_costs_all_until_the_next_keyframe() -> None:
    frames, reader = vp8(30), Vp8Frames()
    packets = vp8_packets(frames)
    hole = indices(packets, 10)[-1]
    found = frames_of(reader, packets[:200], {hole})
    assert [each.payload for each in found][:10] == list(frames[:10])
    assert frames[10] not in [each.payload for each in found]
    assert [each.payload for each in frames_of(Vp8Frames(), packets, {hole})] == [*frames[:10], *frames[25:]]


def test_a_whole_vp8_frame_that_is_missing_is_noticed_by_the_picture_number() -> None:
    frames = vp8(30)
    packets = vp8_packets(frames)
    found = frames_of(Vp8Frames(), packets, set(indices(packets, 12)))
    assert [each.payload for each in found] == [*frames[:12], *frames[25:]]


def test_a_lost_packet_of_padding_costs_no_vp8_frame() -> None:
    frames = vp8(6)
    packets = vp8_packets(frames)
    at = indices(packets, 3)[0]
    padding = Packet(0, packets[at].timestamp, False, True, bytes([0] * 9 + [10]))
    with_padding = [*packets[:at], padding, *packets[at:]]
    assert [each.payload for each in frames_of(Vp8Frames(), with_padding, {at})] == list(frames)
    assert [each.payload for each in frames_of(Vp8Frames(), with_padding)] == list(frames)


def test_a_vp8_recording_begins_with_a_keyframe() -> None:
    frames, reader = vp8(30), Vp8Frames()
    packets = vp8_packets(frames)
    assert reader.wants_keyframe
    found = frames_of(reader, packets[indices(packets, 2)[0] + 1 :])
    assert [each.payload for each in found] == list(frames[25:])
    assert not reader.wants_keyframe


def test_a_vp8_frame_without_an_end_is_dropped() -> None:
    frames = vp8(30)
    packets = vp8_packets(frames)
    last = indices(packets, 4)[-1]
    packets[last] = packets[last]._replace(marker=False)
    assert [each.payload for each in frames_of(Vp8Frames(), packets)] == [*frames[:4], *frames[25:]]


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\x90\x80", b"\x90\x80\x80", b"\x90\xf0\x01\x02\x03", b"\x10"])
def test_a_vp8_descriptor_that_is_cut_off_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        read_descriptor(payload)


@pytest.mark.parametrize(
    ("payload", "starts", "picture", "offset"),
    [
        (b"\x10\x00", True, None, 1),
        (b"\x00\x00", False, None, 1),
        (b"\x11\x00", False, None, 1),  # another partition begins
        (b"\x90\x80\x05\x00", True, 5, 3),
        (b"\x90\x80\x81\x05\x00", True, 261, 4),
        (b"\x90\xe0\x81\x05\x07\x20\x00", True, 261, 6),
        (b"\x90\x20\x20\x00", True, None, 3),
    ],
)
def test_a_vp8_descriptor_is_read_by_rfc_7741(payload: bytes, starts: bool, picture: int | None, offset: int) -> None:
    part = read_descriptor(payload)
    assert (part.starts, part.picture, part.offset) == (starts, picture, offset)


def test_a_keyframe_without_its_start_code_is_malformed_and_a_new_one_is_wanted() -> None:
    reader = Vp8Frames()
    with pytest.raises(Malformed):
        reader.push(Packet(1, 1, True, False, b"\x10\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07"))
    assert reader.wants_keyframe


def test_h264_units_come_out_with_their_lengths_before_them() -> None:
    units = h264(30)
    found = frames_of(H264Frames(), h264_packets(units))
    assert len(found) == 30
    for frame, unit in zip(found, units, strict=True):
        expected = b"".join(len(nal).to_bytes(4) + nal for nal in nal_units(unit))
        assert frame.payload == expected
    form = found[0].form
    assert form is not None
    assert form[:2] == (160, 120)
    assert form.private[0] == 1
    assert form.private[1:4] == nal_units(units[0])[0][1:4]


def test_a_hole_in_h264_costs_all_until_the_next_keyframe() -> None:
    units = h264(30)
    packets = h264_packets(units)
    for hole in (indices(packets, 8)[-1], indices(packets, 8)[0]):
        found = frames_of(H264Frames(), packets, {hole})
        assert len(found) == 8 + 5
        assert found[8].form is not None


def test_h264_waits_for_its_parameter_sets() -> None:
    units = h264(30)
    packets = h264_packets(units)
    found = frames_of(H264Frames(), packets[1:])  # the first packet holds them
    assert len(found) == 5
    assert found[0].form is not None


@pytest.mark.parametrize("size", [(64, 48), (176, 144), (638, 358), (1280, 720)])
def test_the_picture_size_is_read_from_the_parameter_set(size: tuple[int, int]) -> None:
    assert picture_size(nal_units(h264(1, *size)[0])[0]) == size


@pytest.mark.parametrize(
    "payload", [b"\x18\x00", b"\x18\x00\x09\x01", b"\x18\x00\x00", b"\x7c\x85", b"\x1f\x01\x02", b"\x19\x01"]
)
def test_an_h264_packet_that_holds_less_than_it_says_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        H264Frames().push(Packet(1, 1, True, False, payload))


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"\x00x", 480), (b"\x08x", 960), (b"\x18x", 2880), (b"\x19x", 5760), (b"\x60x", 480), (b"\x68x", 960),
        (b"\x80x", 120), (b"\x88x", 240), (b"\xf8\xff\xfe", 960), (b"\xfb\x03", 2880), (b"\x83\x30", 5760),
    ],
)  # fmt: skip
def test_the_length_of_an_opus_packet_is_in_its_first_byte(packet: bytes, samples: int) -> None:
    assert length(packet) == samples


@pytest.mark.parametrize("packet", [b"", b"\x03", b"\x03\x00", b"\x1b\x03", b"\x1b\x3f"])
def test_an_opus_packet_that_lasts_nothing_or_too_long_is_malformed(packet: bytes) -> None:
    with pytest.raises(Malformed):
        length(packet)


def test_opus_packets_stand_alone() -> None:
    packets, reader = opus_packets(10), OpusFrames()
    found = frames_of(reader, packets, {3, 4})
    assert [each.timestamp for each in found] == [p.timestamp for n, p in enumerate(packets) if n not in (3, 4)]
    assert not reader.wants_keyframe
