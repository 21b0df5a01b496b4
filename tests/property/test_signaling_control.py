"""RTCP that C opens and lets wait says to Python what it would have said at once; what says nothing new is dropped.

Everything here also runs with the sanitizers (test_signaling_receive.py), without the harness.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from math import inf, nextafter
from typing import Any

import pytest
from control import (
    BAD,
    DESCRIPTION,
    HURRIES,
    NOW,
    PLI,
    SENDERS,
    WAITS,
    WAY,
    Joined,
    Waiting,
    any_control,
    departed,
    goes_well,
    report,
    settled,
    told,
    turn,
)  # fmt: skip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from receive import World, sanitized

from signaling import downtrack, rtcp
from signaling.bandwidth import Departures
from signaling.loops import library
from signaling.transport.dtls import Certificate
from signaling.transport.inbox import MOST_REPORTS

pytest_plugins = ["loops_fixtures"]
ffi = library.ffi
thorough = settings(
    max_examples=15 if sanitized else 40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.fixture
def make(loops: Any, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Joined]]:
    worlds: list[World] = []
    monkeypatch.setattr(downtrack, "starts_keyframe", lambda *_: True)
    monkeypatch.setattr("signaling.uptrack.KEYFRAME_PAUSE", 0.0)  # the worlds are not there at the same time
    monkeypatch.setattr("signaling.bandwidth.WINDOW", 1000.0)

    def another() -> Joined:
        while worlds:
            worlds.pop().close()
        both = Joined(loops, certificate)
        worlds.extend(both.worlds)
        return both

    yield another
    for world in worlds:
        world.close()


@thorough
@given(st.integers(0, 2**32))
def test_feedback_is_dropped_if_python_would_have_found_that_all_goes_well(loops: Any, seed: int) -> None:
    chance, dropped = random.Random(seed), 0
    for _ in range(100):
        departures = departed(chance)
        compound = told(chance, departures)
        feedback = settled(compound, departures)
        least = feedback.least_delay if feedback is not None else WAY
        longest = chance.choice([inf, least, least, nextafter(least, -inf), WAY + 0.05])
        waiting = Waiting(loops, departures)
        waiting.sender.longest_delay = longest
        well = goes_well(compound, departures, longest)
        assert waiting.passes(compound) != well, (compound.hex(), longest)
        dropped += well
        waiting.sender.calm = False
        assert waiting.passes(compound)
    assert 0 < dropped < 100


def test_every_fifth_feedback_is_passed_on_whatever_else_comes(loops: Any) -> None:
    departures = Departures()
    departures.note([100] * 20, NOW)
    waiting = Waiting(loops, departures)
    [well] = rtcp.make_transport_cc(5, 3, [(number, int((NOW + WAY) * 1e6)) for number in range(20)])
    [bad] = rtcp.make_transport_cc(5, 3, [(number, int((NOW + WAY) * 1e6)) for number in range(0, 20, 2)])
    for others in ([], [SENDERS], [PLI, report((1, 1))]):
        found = []
        for _ in range(15):
            found.append(waiting.passes(well))
            assert all(waiting.passes(each) for each in others)
        assert found == [False, False, False, False, True] * 3
    assert [waiting.passes(each) for each in (well, bad, well, well, well, well, well)] == [
        False, True, False, False, False, False, True
    ]  # fmt: skip


@thorough
@given(st.integers(0, 2**32))
def test_a_report_is_passed_on_unless_a_calm_line_lost_what_it_had_lost(loops: Any, seed: int) -> None:
    chance, waiting, last = random.Random(seed), Waiting(loops), (0, 0)
    for _ in range(60):
        blocks = [
            (chance.choice([0, 0, 0, 0, 1, 255]), chance.choice([0, 0, 1, 2, 0xFFFFFF]))
            for _ in range(chance.choice([1, 1, 2, 31]))
        ]
        news = chance.choice([b"", b"", b"", PLI])
        compound = report(*blocks) + chance.choice([b"", b"", DESCRIPTION, report()]) + news
        now = any(fraction for fraction, _ in blocks), sum(lost for _, lost in blocks)
        waiting.sender.calm, awaited = chance.choice([True, True, False]), chance.random() < 0.2
        waiting.sender.awaited = waiting.sender.awaited or awaited
        awaited = bool(waiting.sender.awaited)
        assert waiting.passes(compound) == (not waiting.sender.calm or awaited or bool(news) or now[0] or now != last)
        last = now if now[0] or not news else last
        assert waiting.sender.awaited == (awaited and bool(news) and not now[0])  # what came was a report alone


@thorough
@given(st.integers(0, 2**32))
def test_a_report_that_is_not_whole_is_read_no_further_than_it_goes(loops: Any, seed: int) -> None:
    chance, waiting = random.Random(seed), Waiting(loops)
    for _ in range(100):
        whole = report(*[(0, 0)] * chance.choice([1, 2, 20, 31]))
        cut = whole[: chance.randrange(8, len(whole))]
        assert waiting.passes(cut)
        assert waiting.passes(bytes([0x9F]) + whole[1:-24])
        behind = chance.choice([DESCRIPTION, report(), report((0, 0)), PLI])
        wrong = bytearray(whole + behind + cut[: chance.randrange(len(cut))])
        for _ in range(chance.randrange(4)):
            wrong[chance.choice([0, 1, 2, 3, len(whole) + chance.randrange(4)])] = chance.randrange(256)
        waiting.passes(bytes(wrong))


@pytest.mark.parametrize("calm", [True, False])
def test_reports_can_wait_and_feedback_of_a_calm_line_and_nothing_else(loops: Any, calm: bool) -> None:
    waiting = Waiting(loops)  # nothing left: feedback is not judged in C
    waiting.sender.calm = calm
    feedback = rtcp.make_transport_cc(5, 3, [(1, 1)])[0]
    wanted = dict.fromkeys(WAITS, False) | dict.fromkeys(HURRIES, True) | {"feedback": not calm}
    for name, compound in (WAITS | HURRIES | {"feedback": feedback}).items():
        assert waiting.passes(compound), name
        assert bool(waiting.inbox.urgent) == wanted[name], name


@thorough
@given(st.integers(0, 2**32), st.booleans())
def test_what_a_subscriber_says_is_the_same_in_both_worlds(
    make: Callable[[], Joined], seed: int, measures: bool
) -> None:
    chance, both = random.Random(seed), make()
    if measures:
        both.measured()
    in_python = both.worlds[0].port._received
    for _ in range(8):
        both.came(*[any_control(chance, both, measures) for _ in range(chance.randrange(1, 6))])
        both.said()
        assert both.lines[0].lost == both.lines[1].lost
    assert both.worlds[0].port._received == in_python


@pytest.mark.parametrize("bad", BAD)
def test_a_calm_line_stays_so_without_python_until_something_is_bad(make: Callable[[], Joined], bad: str) -> None:
    both = make()
    both.settle()
    [(number, reader)] = both.inbox.readers.items()
    read: list[bytes] = []

    def reads(compound: bytes, now: float) -> None:
        read.append(compound)
        reader(compound, now)

    both.inbox.readers[number] = reads
    both.came(report((0, 7), (0, 0)))
    for step in range(15):
        both.came(both.fed_back(step % 3, 0.03 * (step % 2)), report((0, 7), (0, 0)))
        assert both.said()[2] == (inf, True, True)
    assert len(read) == 1 + 3
    assert both.calm
    for line in both.lines:
        line._reports.clear()  # it is later now
    both.came(BAD[bad](both))
    assert both.said()[2] == (inf, False, True)
    assert not both.calm
    both.came(both.fed_back(0), report((0, 7), (0, 0)))
    assert len(read) == 4 + 3


def heard(both: Joined, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[int]]:
    """Let the losses that are reported be noted, in the order in which each world gets to know them."""
    found: tuple[list[int], list[int]] = [], []
    whose = {id(down): place for place, world in enumerate(both.worlds) for down in world.subscriber.downs.values()}
    monkeypatch.setattr(
        downtrack.DownTrack, "reported", lambda down, block, _now: found[whose[id(down)]].append(block.lost)
    )
    return found


@pytest.mark.parametrize(("count", "filling"), [(MOST_REPORTS + 30, 0), (150, 25)])
def test_what_finds_no_room_is_pythons_in_its_turn(
    make: Callable[[], Joined], monkeypatch: pytest.MonkeyPatch, count: int, filling: int
) -> None:
    both = make()
    found, fill = heard(both, monkeypatch), rtcp.make_source_description(1, 30 * "x") * filling
    datagrams = both.sealed(*[report((0, number)) + fill for number in range(count)])
    in_python = both.worlds[0].port._received
    for world in both.worlds:
        for at in range(0, count, 50):
            turn(world, *datagrams[at : at + 50])
    assert both.worlds[0].port._received > in_python
    both.worlds[0].port.read_reports()
    assert found == (list(range(count)), list(range(count)))


def test_reports_of_who_has_gone_meanwhile_go_nowhere(
    make: Callable[[], Joined], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = make()
    found, world = heard(both, monkeypatch), both.worlds[0]
    turn(world, *both.sealed(report((1, 1)), PLI, report((1, 2))))
    assert (both.inbox.memory.reports_count, both.inbox.memory.urgent) == (3, 1)
    asyncio.run(world.subscriber.close())
    world.port.read_reports()
    turn(world, *both.sealed(report((1, 3))))
    world.port.read_reports()
    assert found == ([], []) and not both.inbox.readers and not both.inbox.memory.urgent


def test_what_is_replayed_or_not_the_clients_is_dropped(
    make: Callable[[], Joined], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = make()
    found = heard(both, monkeypatch)
    [first, second] = both.sealed(report((1, 1)), report((1, 2)))
    wrong = both.others.protect_rtcp(report((1, 3)))
    broken = second[:-1] + bytes([second[-1] ^ 1])
    in_python = both.worlds[0].port._received
    for world in both.worlds:
        turn(world, first, first, wrong, broken, second[:21], second, first, second)
        world.port.read_reports()
    assert found == ([1, 2], [1, 2])
    assert both.worlds[0].port._received == in_python + 1  # of them, the one that is too short


def test_reports_of_at_most_eight_sources_are_opened_in_c(
    make: Callable[[], Joined], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = make()
    found, port = heard(both, monkeypatch), both.worlds[0].port
    for lost in range(3):
        in_python, sources = port._received, range(1, 12)  # of which the first is known
        both.came(*[part[:4] + bytes([0, 0, 0, each]) + part[8:] for each in sources for part in [report((0, lost))]])
        assert port._received - in_python == (10 if not lost else 3)
    assert sorted(found[0]) == sorted(found[1]) == [0] * 11 + [1] * 11 + [2] * 11
