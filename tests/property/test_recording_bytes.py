"""Recording against naive models, and against bytes that nobody meant."""

import contextlib
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st
from recording_play import vp8, vp8_packets

from signaling.recording import matroska, messages, opus, paths
from signaling.recording import vp8 as vp8_reader
from signaling.recording.assembly import Assembly
from signaling.recording.frames import Block, Cue, Format, Malformed
from signaling.recording.h264 import H264Frames, picture_size
from signaling.recording.messages import Decoder, PacketMessage
from signaling.recording.opus import OpusFrames
from signaling.recording.reorder import Arrived, Lost, Reorder
from signaling.recording.track_file import pieces
from signaling.recording.vp8 import Vp8Frames
from signaling.rtp import Packet

MS = 1_000_000
payloads = st.binary(max_size=80) | st.builds(lambda head, rest: head + rest, st.sampled_from(
    [b"\x10", b"\x90\x80\x81", b"\x90\xe0", b"\x7c\x85", b"\x7c\x45", b"\x18\x00\x04", b"\x67\x42\xe0\x1f", b"\x68", b"\x65"]
), st.binary(max_size=60))  # fmt: skip
packets = st.builds(
    Packet, st.integers(0, 65_535), st.integers(0, 2**32 - 1) | st.just(7), st.booleans(), st.booleans(), payloads,
    red=st.none(), picture=st.none(),
)  # fmt: skip


@given(st.lists(packets, max_size=30))
def test_no_bytes_make_a_depacketizer_raise_anything_but_its_own_error(stream: list[Packet]) -> None:
    for reader in (OpusFrames(), Vp8Frames(), H264Frames()):
        for packet in stream:
            with contextlib.suppress(Malformed):
                reader.push(packet)


@given(payloads)
def test_no_bytes_make_a_header_reader_raise_anything_but_its_own_error(payload: bytes) -> None:
    for read in (opus.length, vp8_reader.read_descriptor, picture_size):
        with contextlib.suppress(Malformed):
            read(payload)


@given(
    st.sampled_from(["opus", "VP8", "H264"]),
    st.lists(st.tuples(packets, st.integers(0, 2), st.integers(0, 2**40), st.booleans()), max_size=40),
)
def test_no_packets_make_a_recording_fail_or_go_back_in_time(
    codec: str, stream: list[tuple[Packet, int, int, bool]]
) -> None:
    assembly, blocks = Assembly(codec), []
    for packet, layer, arrived, fresh in stream:
        blocks += assembly.take(packet, layer, arrived, fresh=fresh)
        assembly.report(layer, arrived << 20, packet.timestamp, arrived)
    blocks += assembly.drain(0, everything=True)
    times = [block.at_ms for block in blocks]
    assert times == sorted(times)
    assert not blocks or (times[0] == 0 and blocks[0].keyframe)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_no_bytes_make_the_recorders_input_raise_anything_but_a_value_error(stream: bytes, size: int) -> None:
    decoder = Decoder()
    with contextlib.suppress(ValueError):
        for at in range(0, len(stream), size):
            list(decoder.feed(stream[at : at + size]))


@given(st.integers(0, 65_535), st.integers(1, 120), st.sets(st.integers(0, 119)), st.randoms(use_true_random=False))
def test_order_is_restored_and_every_loss_is_counted_as_a_naive_model_counts(
    first: int, count: int, lost: set[int], random: object
) -> None:
    there = [number for number in range(count) if number == 0 or number not in lost]
    late = [there[0], *sorted(there[1:], key=lambda number: number + random.uniform(0, 20))]  # type: ignore[attr-defined]
    reorder, found = Reorder(), []
    for number in late:
        reorder.put(Packet((first + number) & 0xFFFF, number, False, False, b""), 0)
        found += list(reorder.take(0))
    found += list(reorder.take(0, everything=True))
    assert [each.packet.timestamp for each in found if isinstance(each, Arrived)] == there
    assert sum(each.packets for each in found if isinstance(each, Lost)) == there[-1] + 1 - len(there)


@given(st.sets(st.integers(0, 59), max_size=12))
def test_whatever_is_lost_only_whole_frames_that_can_be_decoded_are_recorded(lost: set[int]) -> None:
    frames = vp8(30)
    stream = vp8_packets(frames, mtu=700)
    assembly, blocks = Assembly("VP8"), []
    for number, packet in enumerate(stream):
        if number not in lost:
            blocks += assembly.take(packet, 0, number * MS, fresh=False)
    blocks += assembly.drain(0, everything=True)
    assert [block.payload for block in blocks] == _decodable(frames, stream, lost)


def _decodable(frames: tuple[bytes, ...], stream: list[Packet], lost: set[int]) -> list[bytes]:
    """What a naive recorder keeps: from a whole keyframe on, until the first frame with a hole."""
    timestamps = list(dict.fromkeys(packet.timestamp for packet in stream))
    whole = [
        not any(number in lost for number, packet in enumerate(stream) if packet.timestamp == timestamp)
        for timestamp in timestamps
    ]
    kept, going = [], False
    for frame, complete in zip(frames, whole, strict=True):
        going = complete and (going or not frame[0] & 1)
        if going:
            kept.append(frame)
    return kept


@given(
    st.text(max_size=60),
    st.dictionaries(st.sampled_from(["room_name", "track_id", "time"]), st.text(max_size=120)),
    st.booleans(),
)
def test_no_template_and_no_name_lead_out_of_the_folder(template: str, names: dict[str, str], several: bool) -> None:
    with contextlib.suppress(ValueError):
        path = PurePosixPath(paths.fill(template, names, ".webm", several=several))
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert path.suffix == ".webm"


def parsed(content: bytes, at: int = 0) -> list[tuple[int, bytes]]:
    """Read EBML elements the naive way (RFC 8794)."""
    found = []
    while at < len(content):
        width = 9 - content[at].bit_length()
        name, at = int.from_bytes(content[at : at + width]), at + width
        width = 9 - content[at].bit_length()
        size, at = int.from_bytes(content[at : at + width]) & ((1 << 7 * width) - 1), at + width
        found.append((name, content[at : at + size]))
        at += size
    return found


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.booleans(), st.binary(max_size=300)), min_size=1, max_size=40),
    st.booleans(),
)
def test_what_is_written_as_clusters_is_read_back(steps: list[tuple[int, bool, bytes]], video: bool) -> None:
    blocks, now = [], 0
    for step, keyframe, payload in steps:
        now += step
        blocks.append(Block(now, keyframe, payload))
    found = []
    for group in pieces(blocks, video=video):
        ((name, body),) = parsed(matroska.cluster(group))
        assert name == matroska.CLUSTER
        (_, began), *rest = parsed(body)
        for _, block in rest:
            assert block[0] == 0x81
            relative = int.from_bytes(block[1:3], signed=True)
            found.append(Block(int.from_bytes(began) + relative, bool(block[3] & 0x80), block[4:]))
    assert found == blocks


@given(st.integers(0, 2**40), st.integers(400, 2**50), st.integers(0, 2**30))
def test_what_is_filled_in_at_the_end_fits_its_room(duration: int, size: int, cues_at: int) -> None:
    head = matroska.head("VP8", Format(640, 480, b""), 1_790_000_000_000_000_000)
    content = bytearray(head.content)
    for at, piece in matroska.ending(head, duration, min(cues_at + len(content), size), size):
        content[at : at + len(piece)] = piece
    assert len(content) == len(head.content)
    names = [name for name, _ in parsed(bytes(content[head.segment_at :]))]
    assert names == [matroska.SEEK_HEAD, matroska.VOID, matroska.ABOUT, matroska.TRACKS]
    assert parsed(matroska.cues([Cue(5, head.segment_at + 700)], head.segment_at))[0][0] == matroska.CUES


@given(st.lists(packets, max_size=5))
def test_messages_survive_the_pipe(stream: list[Packet]) -> None:
    sent = [PacketMessage(number, 1, True, number, each) for number, each in enumerate(stream)]
    assert list(Decoder().feed(b"".join(messages.packet(each) for each in sent))) == sent
