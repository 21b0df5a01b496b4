"""The loop that takes datagrams does what Python does with each, in the same order, and nothing else.

Everything here also runs with the sanitizers for addresses and undefined behaviour, in a process of its own.
"""

import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fan_out import compiled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from receive import (
    AUDIO,
    LIBRARY,
    REPAIR,
    ROOT,
    STREAMS,
    VIDEO,
    Both,
    Single,
    begun,
    datagram,
    expected,
    extension,
    packet,
    sanitized,
)

from signaling import downtrack
from signaling.downtrack import DownTrack
from signaling.loops import library
from signaling.transport import ice_lite
from signaling.transport.dtls import Certificate
from signaling.transport.inbox import SMALLEST_TABLE, Table
from signaling.transport.outbox import socket_name
from signaling.uptrack import UpLayer

WATCHED = [
    str(Path(__file__).with_name(f"test_signaling_{name}.py")) for name in ("receive", "consent", "control", "watch")
]
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g")
thorough = settings(
    max_examples=60 if sanitized else 150, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
pytest_plugins = ["loops_fixtures"]
ffi = library.ffi


@pytest.fixture
def make(loops: Any, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Both]]:
    made: list[Both] = []
    monkeypatch.setattr(downtrack, "starts_keyframe", lambda *_: True)  # the payloads are any bytes

    def another() -> Both:
        while made:
            for world in made.pop().worlds:
                world.close()
        made.append(Both(loops, certificate))
        return made[0]

    yield another
    for world in made[0].worlds:
        world.close()


@thorough
@given(st.integers(0, 2**32), st.lists(st.integers(1, 20), min_size=4, max_size=20), st.booleans())
def test_whatever_comes_is_the_same_in_c_and_in_python(
    make: Callable[[], Both], seed: int, batches: list[int], known: bool
) -> None:
    chance, both = random.Random(seed), make()
    if known:
        begun(both)
    for size in batches:
        both.arrive(*[(chance.choice([0, 0, 0, 0, 1]), datagram(chance, both)) for _ in range(size)])
        if chance.random() < 0.1:
            for world in both.worlds:
                world.publisher.incoming.remove(world.tracks[chance.randrange(1)])


def test_the_usual_packets_are_opened_in_c_and_only_they(make: Callable[[], Both]) -> None:
    both = make()
    begun(both)
    port: Any = both.worlds[0].port
    sorted_in_python = port._received
    assert sorted_in_python == 1 + len(STREAMS)
    both.arrive(*[(0, both.protected(packet(5, 65_531 + step, "7", "", AUDIO, b"sound"))) for step in range(70)])
    both.arrive()
    assert port._received == sorted_in_python
    assert both.worlds[0].tracks[0].layers[0].packets == 71
    assert len(both.worlds[0].publisher.incoming.arrivals.noted()) == 74
    assert len(both.worlds[0].got[100]) == 71


def test_what_comes_in_order_is_counted_and_given_on_without_python(make: Callable[[], Both], monkeypatch: Any) -> None:
    both = make()
    begun(both)
    taken, passed, delivered = UpLayer.take, UpLayer.forward, DownTrack.deliver
    ours = [layer for track in both.worlds[0].tracks for layer in track.layers]

    def take(layer: UpLayer, *more: Any) -> None:
        assert layer not in ours, "Python took it"
        taken(layer, *more)

    def deliver(down: DownTrack, layer: UpLayer, *more: Any) -> None:
        assert layer not in ours, "Python gave it on"
        delivered(down, layer, *more)

    monkeypatch.setattr(UpLayer, "take", take)
    monkeypatch.setattr(DownTrack, "deliver", deliver)
    for burst in range(4):
        if burst == 2:  # the crowd was gathered with the last one
            monkeypatch.setattr(
                UpLayer, "forward", lambda layer: pytest.fail("Python") if layer in ours else passed(layer)
            )
        numbers = [65_531 + 20 * burst + step for step in range(20)]
        both.arrive(*[(0, both.protected(packet(5, number, "7", "", AUDIO, b"sound"))) for number in numbers])
        both.arrive(*[(0, both.protected(packet(8, number, "9", "q", VIDEO, b"picture"))) for number in numbers])
    assert [len(both.worlds[0].got[ssrc]) for ssrc in (100, 101)] == [81, 81]


def test_who_is_muted_is_heard_by_nobody_whatever_comes(make: Callable[[], Both]) -> None:
    both = make()
    begun(both)
    for muted in (True, False):
        for world in both.worlds:
            world.tracks[0].mute(muted=muted)
        numbers = range(65_531, 65_541) if muted else range(65_541, 65_551)
        sound = [(0, both.protected(packet(5, number, "7", "", AUDIO, b"sound"))) for number in numbers]
        for world in both.worlds:  # what comes after a pause goes by the clock: only how much it is can be compared
            world.arrive(*sound)
        assert [len(world.got[100]) for world in both.worlds] == [1 if muted else 11] * 2
        assert [world.tracks[0].layers[0].packets for world in both.worlds] == [11 if muted else 21] * 2


def test_an_address_is_bound_for_what_comes_behind_its_check_in_the_same_turn(make: Callable[[], Both]) -> None:
    both = make()
    begun(both)
    packets = [both.protected(packet(6, 65_531 + step, "8", "q", VIDEO, b"\x10")) for step in range(3)]
    both.arrive((1, packets[0]), (1, None), (1, packets[1]), (0, packets[2]))
    assert both.worlds[0].tracks[1].layers[0].packets == 3
    for world in both.worlds:
        world.port.forget(world.publisher)
    both.arrive((1, packets[0]), (0, packets[0]))
    assert both.worlds[0].port.unknown == 3


def test_what_waits_of_a_stream_is_given_on_although_its_sources_are_told_anew_in_the_same_turn(
    make: Callable[[], Both],
) -> None:
    both = make()
    begun(both)
    usual = both.protected(packet(8, 65_531, "9", "q", VIDEO, b"picture"))
    again = both.protected(packet(58, 9, "9", "q", REPAIR, struct.pack(">H", 65_530) + b"again"))
    both.arrive((0, usual), (0, again))
    assert [len(world.got[101]) for world in both.worlds] == [2, 2]


def test_a_flood_is_dropped_unread_until_the_next_tick(make: Callable[[], Both], monkeypatch: Any) -> None:
    monkeypatch.setattr("signaling.connection.MEDIA_PER_TICK", 4)
    both = make()
    begun(both)
    for number in range(3):
        for world in both.worlds:
            world.publisher.tick(number, 1.0)
        packets = [both.protected(packet(5, 9 * number + step, "7", "", AUDIO, b"x")) for step in range(9)]
        both.arrive(*[(0, each) for each in packets])
    assert both.worlds[0].tracks[0].layers[0].packets == 13
    assert [world.publisher._flooded for world in both.worlds] == [2, 2]


def test_more_addresses_than_are_kept_push_the_oldest_out(make: Callable[[], Both], monkeypatch: Any) -> None:
    monkeypatch.setattr(ice_lite, "MOST_ADDRESSES", 1)
    both = make()
    begun(both)
    first, second = (both.protected(packet(5, 65_531 + step, "7", "", AUDIO, b"x")) for step in range(2))
    both.arrive((1, None), (0, first), (1, second))
    assert both.worlds[0].port.unknown == 1


def test_an_address_in_use_is_not_pushed_out_although_its_checks_are_answered_in_c(
    make: Callable[[], Both], monkeypatch: Any
) -> None:
    monkeypatch.setattr(ice_lite, "MOST_ADDRESSES", 2)
    both = make()
    begun(both)  # the path leads to the first end
    third = [world.end() for world in both.worlds]
    for world, end in zip(both.worlds, third, strict=True):
        world.ends.append(end)
    both.arrive((1, None))
    both.arrive((2, None))
    sound = [both.protected(packet(5, 65_531 + step, "7", "", AUDIO, b"x")) for step in range(3)]
    both.arrive(*[(end, each) for end, each in enumerate(sound)])
    assert [world.port.unknown for world in both.worlds] == [1, 1]
    assert [world.tracks[0].layers[0].packets for world in both.worlds] == [3, 3]


def names(table: Table) -> list[bytes]:
    places = [table._places[each] for each in range(table._size)]
    return sorted(bytes(ffi.buffer(each.name, each.size)) for each in places if each.size)


@thorough
@given(st.integers(0, 2**32), st.integers(20, 200))
def test_a_table_of_names_holds_what_was_bound_and_finds_it(
    make: Callable[[], Both], seed: int, different: int
) -> None:
    chance, world = random.Random(seed), make().worlds[0]
    table, sender = world.port._tables[world.sock], world.publisher.sender
    bound: set[bytes] = set()
    for _ in range(300):
        number, kept = chance.randrange(different), chance.random() < 0.6
        address = (f"2001:db8::{number}", 5, 0, 0) if number % 2 else ("10.0.0.1", number)
        name = socket_name(address)
        raw = bytes(ffi.buffer(name.memory, name.length))
        table.bind(raw, sender if kept else None)
        bound = bound | {raw} if kept else bound - {raw}
    assert names(table) == sorted(bound)
    for raw in bound:  # each is found where it stands, not entered a second time
        assert table._bind_name(table.memory, raw, len(raw), sender.memory)
    assert table.memory.count == len(bound) <= table._size // 2
    assert table._size >= SMALLEST_TABLE


# one packet in memory of just its size, so that the sanitizers see each byte too far


@thorough
@given(st.integers(0, 2**32))
def test_a_header_is_read_as_python_reads_it_and_no_further(loops: Any, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(150):
        first = chance.choice([128, 144, 144, 144, 144, 160, 145, 147, 159, 191, 176])
        second = chance.choice([0, 111, 191, 192, 223, 224, 255])
        head = struct.pack(
            ">BBHII", first, second, chance.randrange(65536), chance.randrange(2**32), chance.choice([5, 5, 5, 6])
        )
        whole = head + bytes(4 * (first & 15)) * chance.choice([1, 1, 0]) + extension(chance)
        whole += chance.randbytes(chance.choice([0, 1, 5, 9, 10, 11, 40]))
        whole = whole[: chance.choice([len(whole)] * 5 + [chance.randrange(1, len(whole) + 1)])]
        if len(whole) < 2 or not whole[0]:
            continue
        tag, identifiers = (
            chance.choice([10, 10, 10, 16, 1, 0, 40, 99]),
            chance.choice([(2, 5), (5, 2), (-1, -1), (0, 15), (2, -1)]),
        )
        assert Single(loops, whole, tag, identifiers).judged() == expected(whole, tag, identifiers), whole.hex()


@thorough
@given(st.binary(min_size=1, max_size=60), st.booleans())
def test_a_check_is_left_to_python_only_if_its_first_bytes_are_right(loops: Any, some: bytes, right: bool) -> None:
    whole = struct.pack(">HHI", 1, max(0, len(some) - 12), 0x2112A442) + some if right else some
    if whole[0] < 4:
        maybe = len(whole) >= 28 and whole[:8] == struct.pack(">HHI", 1, len(whole) - 20, 0x2112A442)
        single = Single(loops, whole, 10, (2, 5))
        assert loops.open_next(single.inbox, single.table) == maybe
        assert single.inbox.unknown == (not maybe)


# the same again, watched


@pytest.mark.skipif(sanitized, reason="runs this very file")
def test_sanitizers_see_nothing(tmp_path: Path) -> None:
    named = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    watcher = Path(named.stdout.strip())
    assert watcher.is_absolute(), "this C compiler has no address sanitizer (libasan): the loops cannot be tested"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {
        LIBRARY: str(compiled(tmp_path / "loops.so", *SANITIZERS)), "LD_PRELOAD": str(watcher),
        "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc", "SIGNALING_INTERPRETED": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", "-q", "--noconftest", "-p", "no:cacheprovider", *WATCHED],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-6000:]
    assert " passed" in done.stdout
