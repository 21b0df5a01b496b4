"""The loop that gives a burst to many subscribers makes, byte for byte, what Python makes for each, and nothing else.

All of this also runs with sanitizers in a process of its own (test_signaling_fan_out_watched).
"""

import os
import random
import socket
from math import inf
from typing import Any

import pytest
from fan_out import RING, UNTOUCHED, Loop, Model, compiled, cutting
from fan_out_scene import PROFILES, Link, Scene, Sub
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from signaling.loops.library import ffi, kernel
from signaling.rewriter import SPAN_KEPT, SPAN_STRETCH, picture_of
from signaling.rtp import Packet, mid_extension
from signaling.transport.outbox import Outbox, socket_name

LIBRARY = "FAN_OUT_LIBRARY"  # in the environment: one that was compiled with sanitizers, for this process
sanitized = bool(os.environ.get(LIBRARY))
thorough = settings(  # nothing is made smaller when it fails: most of a scene comes of seeds
    max_examples=40 if sanitized else 150,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.fixture(scope="session")
def loops(tmp_path_factory: pytest.TempPathFactory) -> Any:
    place = os.environ.get(LIBRARY) or compiled(tmp_path_factory.mktemp("loops") / "loops.so")
    return ffi.dlopen(str(place))


# what comes: sequence numbers near each other, up to WIDE apart; a subscription began up to MOST_BEHIND before

WIDE, MOST_BEHIND, MOST_ON = 0x2800, 0x4700, 0x800
SIZES = st.sampled_from([0, 1, 2, 3, 4, 40, 300, 640, 1000, 1200, 1300]) | st.integers(0, 1400)
LARGE = st.sampled_from([2012, 2016, 2024, 2027, 2028, 2029, 2035, 2036, 2037, 2048, 2049, 2300, 66_000])


def seqs(chance: random.Random, start: int, count: int, order: str) -> list[int]:
    if order == "wide":
        return [start + chance.choice([-WIDE, WIDE, chance.randint(-WIDE, WIDE), step]) for step in range(count)]
    found = [start + step for step in range(count)]
    if order == "mixed":
        chance.shuffle(found)
    if order == "repeated":
        found = [chance.choice(found) for _ in found]
    return found


def packet(chance: random.Random, seq: int, size: int, codec: str) -> Packet:
    padding, red = chance.random() < 0.2, None
    payload = chance.randbytes(size)
    if codec == "VP8" and size > 3 and chance.random() < 0.8:  # with numbers, often about to wrap
        payload = bytes([0x80 | payload[0], payload[1], chance.choice([0x7F, 0xFF, payload[2]])]) + payload[3:]
    if chance.random() < {"red": 0.7, "VP8": 0.2}.get(codec, 0):
        before = chance.randbytes(chance.choice([1, 5, 90, 640]))
        red = before + payload if chance.random() < 0.5 else before
    found = Packet(seq & 0xFFFF, chance.randrange(2**32), chance.random() < 0.3, padding, payload, red)
    return found._replace(picture=picture_of(codec, found))


@st.composite
def bursts(draw: Any, start: int) -> list[tuple[float, list[Packet]]]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        chance = random.Random(draw(st.integers(0, 2**32)))
        count = draw(st.sampled_from([1, 2, 3, 7, 62, 64]) | st.integers(1, 64))
        sizes = draw(st.lists(st.one_of(SIZES, SIZES, LARGE), min_size=1, max_size=3))
        sizes = chance.choices(sizes, [8, 2, 1][: len(sizes)], k=count)
        codec, order = draw(st.sampled_from(["VP8", "red", "H264"])), draw(st.sampled_from(ORDERS))
        packets = [packet(chance, *each, codec) for each in zip(seqs(chance, start, count, order), sizes, strict=True)]
        found.append((100.0 + number, packets))
        start += draw(st.integers(0, MOST_ON))
    return found


ORDERS = ["straight", "straight", "mixed", "repeated", "wide"]
BEHIND = st.sampled_from([-30, -1, 0, 1, 30, SPAN_STRETCH - 30, SPAN_STRETCH - 1, SPAN_STRETCH, MOST_BEHIND])
NUMBERS = st.sampled_from([0, RING - 20, 65_500, 65_535]) | st.integers(0, 65_535)
UNTIL = st.sampled_from([inf, inf, 100.0, 100.5, 101.0, -inf])


def links(profiles: list[str]) -> st.SearchStrategy[Link]:
    def made(profile: str, tag: int, failing: int, **others: Any) -> Link:
        if profile != "tag":
            return Link(profile, PROFILES[profile][1], **others)
        return Link(profile, tag, failing=failing, **others)

    return st.builds(
        made, st.sampled_from(profiles), st.sampled_from([0, 4, 10, 16, 144]), st.sampled_from([0, 0, 1, 2, 5]),
        repeats=st.booleans(), extension=st.sampled_from([0, 1, 3, 14]), numbered_until=UNTIL,
        remembers=st.sampled_from([True, True, True, False]), next=NUMBERS, octets=st.sampled_from([0, 2**32 - 5]),
    )  # fmt: skip


def subs(count: int) -> st.SearchStrategy[Sub]:
    return st.builds(
        Sub, st.integers(0, count - 1), BEHIND | st.integers(-0x1000, MOST_BEHIND), NUMBERS,
        st.sampled_from([0, 2**32 - 1]) | st.integers(0, 2**32 - 1), st.integers(-0x7FFF, 0xFFFF),
        st.integers(-255, 510), st.booleans(), st.integers(0, 127), st.sampled_from([-1, -1, 63, 127]),
        st.sampled_from([1, 2**32 - 1]) | st.integers(1, 2**32 - 1), st.binary(min_size=16, max_size=28),
        st.sampled_from([b"", b"", mid_extension(4, "7"), mid_extension(1, "12")]) | st.binary(max_size=17),
    )  # fmt: skip


@st.composite
def scenes(draw: Any, profiles: list[str]) -> Scene:
    found, start = draw(st.lists(links(profiles), min_size=1, max_size=3)), draw(NUMBERS)
    return Scene(
        found, draw(st.lists(subs(len(found)), min_size=1, max_size=5)), draw(bursts(start)), start,
        draw(st.sampled_from([0, 1, 2000, 300_000])), draw(st.sampled_from([0, 1, 40, 400])),
        draw(st.sampled_from([0, 1, 3000, 1 << 20])), draw(st.booleans()), draw(st.integers(0, 2**32)),
    )  # fmt: skip


tagged, protected = scenes(["tag"]), scenes([name for name in PROFILES if name != "tag"])


def compared(library: Any, scene: Scene) -> Loop:
    """Give a scene to both, and compare what goes out and what is remembered."""
    model, (size, most) = Model(scene), scene.room()
    loop = Loop(library, scene, exact=sanitized, size=size, most=most)
    expected = []
    try:
        for now, packets in scene.bursts:
            ours = [model.deliver(number, packets, now) for number in range(len(scene.subs))]
            expected += [message for messages in ours for message in messages]
            used = loop.waiting.used
            for start, following in loop.given(packets, now):
                for messages in ours[start:following]:
                    assert used <= scene.early, "who comes after so much waits for the kernel"
                    used += sum(len(message[1]) for message in messages)
                assert loop.waiting.used == used
                if following < len(scene.subs):
                    assert no_room(loop, scene, packets, scene.subs[following])
                used = 0
        loop.empty()
        assert loop.sent == expected
        remembered(loop, model)
    finally:
        loop.free()
    return loop


def no_room(loop: Loop, scene: Scene, packets: list[Packet], sub: Sub) -> bool:
    waiting = loop.waiting
    full = waiting.used + scene.worst(packets, sub) > waiting.size or waiting.count + len(packets) > waiting.most
    return bool(full or waiting.used > waiting.early)


def remembered(loop: Loop, model: Model) -> None:
    for number, (down, sub) in enumerate(zip(loop.downs, model.scene.subs, strict=True)):
        assert [down.packets, down.octets] == model.counts[number]
        assert down.first == model.span(number).first
        assert (down.seq, down.timestamp, down.ssrc, down.redundant) == (
            sub.seq,
            sub.timestamp,
            sub.ssrc,
            sub.redundant,
        )
    for number, (line, link) in enumerate(zip(loop.lines, model.scene.links, strict=True)):
        assert (line.next, line.octets) == (model.next[number], model.octets[number])
        assert (line.numbered_until, line.extension) == (link.numbered_until, link.extension)
        if link.remembers:
            assert ffi.unpack(line.times, RING) == model.times[number]
            assert ffi.unpack(line.sizes, RING) == model.sizes[number]


@thorough
@given(scene=tagged)
def test_every_subscriber_gets_what_python_would_make(loops: Any, scene: Scene) -> None:
    """And who cannot be protected is left out and nobody else, and so much fits as is said to fit."""
    compared(loops, scene)


@thorough
@given(scene=protected)
def test_libsrtp_protects_the_same(loops: Any, scene: Scene) -> None:
    compared(loops, scene)


@thorough
@given(scene=tagged, chance=st.randoms(use_true_random=False))
def test_who_finds_no_room_gets_nothing_and_everything_stays_as_it_was(
    loops: Any, scene: Scene, chance: random.Random
) -> None:
    (now, packets), (_, most) = scene.bursts[0], scene.room()
    size = scene.worst(packets, scene.subs[0])
    short = chance.choice(["size", "most", "early"])
    most = chance.randrange(len(packets)) if short == "most" else most
    size = chance.choice([size - 1, chance.randrange(size)]) if short == "size" else size + 9
    scene.early = 3 if short == "early" else scene.early
    loop = Loop(loops, scene, exact=sanitized, size=size, most=most)
    loop.waiting.used = 4 if short == "early" else 0
    before = state(loop)
    assert next(loop.given(packets, now)) == (0, 0)
    assert state(loop) == before
    assert bytes(ffi.buffer(loop.memory, size)) == bytes([UNTOUCHED]) * size
    loop.free()


def state(loop: Loop) -> list[bytes]:
    return [bytes(ffi.buffer(each)) for each in (loop.waiting, *loop.lines, *loop.downs)]


# examples of what chance finds only now and then


def plain(count: int, size: int = 700, start: int = 0, step: int = 1) -> list[Packet]:
    return [Packet((start + each * step) & 0xFFFF, each, False, False, bytes(size)) for each in range(count)]


@pytest.mark.parametrize(
    ("count", "size", "messages"), [(60, 100, 1), (61, 100, 2), (64, 100, 2), (33, 1200 - 12, 1), (34, 1200 - 12, 2)]
)
def test_a_message_has_neither_too_many_packets_nor_too_many_bytes(
    loops: Any, count: int, size: int, messages: int
) -> None:
    loop = compared(loops, Scene([Link()], [Sub()], [(100.0, plain(count, size))], extra=200_000, extra_messages=9))
    assert len(loop.sent) == messages


@pytest.mark.parametrize("start", [0, 0x3FF0, 0x7FF0, 0xFFF0])
def test_the_first_packet_follows_the_newest_for_as_long_as_a_subscription_lasts(loops: Any, start: int) -> None:
    bursts = [(100.0 + turn, plain(2, 10, start + turn * 0x900, 0x100)) for turn in range(200)]
    scene = Scene([Link()], [Sub(), Sub(behind=40)], bursts, start, extra=90_000, extra_messages=600)
    loop = compared(loops, scene)
    assert [down.packets for down in loop.downs] == [400, 400]
    assert all((start + 199 * 0x900 - down.first) & 0xFFFF < SPAN_STRETCH for down in loop.downs)
    assert SPAN_KEPT < SPAN_STRETCH


def test_the_largest_packet_fits_and_one_byte_more_does_not(loops: Any) -> None:
    for link, header in ((Link(tag=16), 12), (Link(tag=16, extension=5), 20)):
        packets = [plain(1, 2048 - header + more)[0] for more in (0, 1)]
        loop = compared(loops, Scene([link], [Sub()], [(100.0, packets)]))
        assert [len(message[1]) for message in loop.sent] == [2064]
        assert [down.packets for down in loop.downs] == [2]


def test_an_empty_burst_is_nothing(loops: Any) -> None:
    loop = Loop(loops, Scene([Link()], [Sub()], []), exact=sanitized, size=0, most=0)
    assert list(loop.given([], 100.0)) == [(0, 1)]
    assert not loop.waiting.count and not loop.waiting.used and not loop.downs[0].packets
    loop.free()


@pytest.mark.parametrize("segment", [13, 255, 256, 2064])
def test_the_kernel_is_asked_to_cut_as_the_outbox_asks_it(segment: int) -> None:
    outbox = Outbox()  # owns what it points to
    pointer, size = outbox._control(segment)
    assert bytes(ffi.buffer(ffi.cast("char *", pointer), size)) == cutting(segment)


def test_the_kernel_takes_the_messages_and_cuts_them(loops: Any) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as far, socket.socket(type=socket.SOCK_DGRAM) as near:
        far.bind(("127.0.0.1", 0))
        name = socket_name(far.getsockname())
        sub = Sub(name=bytes(ffi.buffer(name.memory, name.length)))
        packets = [*plain(5, 300), *plain(1, 20, start=5)]
        scene = Scene([Link(tag=4)], [sub], [(100.0, packets)])
        loop = Loop(loops, scene, exact=sanitized, size=9000, most=9)
        assert list(loop.given(packets, 100.0)) == [(0, 1)]
        assert kernel.sendmmsg(near.fileno(), loop.waiting.messages, loop.waiting.count, 0) == loop.waiting.count == 1
        assert [len(far.recv(4096, socket.MSG_DONTWAIT)) for _ in packets] == [316] * 5 + [36]
        loop.free()
