"""What a line carries is found out, on lines that a model makes: slow, lossy, jittery, longer than before."""

import itertools
import random as chance
from dataclasses import dataclass, field
from math import inf

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signaling import rtcp
from signaling.allocation import HEADROOM, PAUSED, Wish, allocate
from signaling.bandwidth import Departures, Line
from signaling.downlink import Downlink

SOUND = 60_000


@dataclass
class Wire:
    """A line: a rate with a queue that drops what waits too long, a delay, jitter that keeps the order, losses."""

    rate: float = inf
    queue: float = 0.3
    delay: float = 0.02
    jitter: float = 0.0
    loss: float = 0.0
    seed: int = 1
    free_at: float = 0.0
    last: float = 0.0
    random: chance.Random = field(default_factory=lambda: chance.Random(1))

    def carry(self, size: int, now: float) -> float | None:
        start = max(now, self.free_at)
        if start - now > self.queue or self.random.random() < self.loss:
            return None
        self.free_at = start + size * 8 / self.rate
        self.last = max(self.last, self.free_at + self.delay + self.random.random() * self.jitter)
        return self.last


class Sender:
    """Sends sound and what the line is thought to carry of a picture, and padding when the line asks for it."""

    def __init__(self, wire: Wire, picture: float) -> None:
        self.wire, self.picture = wire, picture
        self.departures, self.downlink = Departures(), Downlink()
        self.line = self.downlink.line
        self.numbered = self.all = 0
        self.sent: list[tuple[int, float | None]] = []
        self.now = 0.0
        self.sounds: list[bool] = []
        self.clock = 0.0

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds / 0.02)):
            self.now += 0.02
            self.downlink.sample(self.now)
            self.one(150, sound=True)
            shown = self.line.limit - SOUND >= self.picture
            budget = self.picture * 0.02 / 8 if shown else 0.0
            budget = max(budget, self.line.probing * 0.02 / 8 - 150)
            while budget > 0:
                self.one(min(1200, int(budget) + 1))
                budget -= 1200
            if int(self.now / 0.02) % 5 == 0:
                self.report()

    def one(self, size: int, *, sound: bool = False) -> None:
        arrived = self.wire.carry(size, self.now)
        self.all += 1
        if self.now < self.downlink.numbered_until:
            number = self.departures.note([size], self.now)
            self.sent.append((number, None if arrived is None else arrived + 1000.0))
            self.numbered += 1
        if sound:
            self.sounds.append(arrived is not None)

    def report(self) -> None:
        """As receivers do: what has arrived by now, and what is missing before it."""
        last = max((place for place, (_, at) in enumerate(self.sent) if at and at - 1000 <= self.now), default=-1)
        if last >= 0:
            feedback = self.departures.settle(self.sent[0][0], [at for _, at in self.sent[: last + 1]], self.now)
            self.sent = self.sent[last + 1 :]
            if feedback:
                self.line.take(feedback, self.now)
        total = self.picture + SOUND
        if self.line.limit < total:
            self.line.want(total * HEADROOM, self.now, padding=True)
        elif self.line.limit < inf:
            self.line.content(self.now)


@pytest.mark.parametrize(
    "wire", [Wire(), Wire(loss=0.2), Wire(jitter=0.2), Wire(loss=0.1, jitter=0.2), Wire(rate=3_000_000)]
)
def test_losses_and_jitter_and_room_enough_slow_nobody_down(wire: Wire) -> None:
    sender = Sender(wire, 1_500_000)
    sender.run(30)
    assert sender.line.limit == inf


@pytest.mark.parametrize(
    ("jitter", "loss", "paused"), [(0.2, 0.0, 0.0), (0.4, 0.0, 8.0), (0.2, 0.1, 8.0), (0.3, 0.05, 8.0)]
)
def test_jitter_that_begins_in_a_call_pauses_no_picture_for_long(jitter: float, loss: float, paused: float) -> None:
    sender = Sender(Wire(), 1_500_000)
    sender.run(10)
    sender.wire.jitter, sender.wire.loss = jitter, loss
    shown = 0.0
    for _ in range(600):
        sender.run(0.1)
        shown += 0.1 * (sender.line.limit >= sender.picture + SOUND)
    assert shown >= 59.9 - paused
    assert sender.line.limit == inf


def test_a_line_that_becomes_slow_after_its_jitter_is_gone_is_found_out() -> None:
    sender = Sender(Wire(), 1_500_000)
    sender.run(10)
    sender.wire.jitter = 0.4
    sender.run(30)
    assert sender.line.unrest
    sender.wire.jitter = 0.0
    sender.run(20)
    assert not sender.line.unrest
    sender.wire.rate = 300_000
    sender.run(3)
    assert sender.line.limit < 330_000


def test_a_slow_line_is_found_out_before_sound_suffers_long() -> None:
    sender = Sender(Wire(rate=300_000), 1_500_000)
    sender.run(3)
    assert 30_000 <= sender.line.limit <= 330_000
    sender.sounds = []
    sender.run(60)
    assert sender.line.limit < 600_000
    assert sender.sounds.count(False) / len(sender.sounds) < 0.01


def test_of_a_quiet_line_a_tenth_is_numbered() -> None:
    sender = Sender(Wire(jitter=0.02), 1_000_000)
    sender.run(10)
    sender.numbered = sender.all = 0
    sender.run(20)
    assert 0.05 < sender.numbered / sender.all < 0.15


@pytest.mark.parametrize("rate", [300_000.0, 700_000.0])
def test_a_quiet_line_that_becomes_slow_is_found_out_before_sound_suffers_long(rate: float) -> None:
    sender = Sender(Wire(), 1_000_000)
    sender.run(20)
    assert sender.downlink.numbered_until < inf
    sender.wire.rate = rate
    sender.sounds.clear()
    sender.run(3)
    assert 0.4 * rate < sender.line.limit < 1.1 * rate
    sender.run(10)
    assert sum(not heard for heard in sender.sounds) < 60


def test_a_loss_on_a_quiet_line_ends_the_samples_until_it_is_quiet_again() -> None:
    sender = Sender(Wire(), 1_000_000)
    sender.run(20)
    sender.wire.loss = 0.3
    sender.run(3)
    assert sender.downlink.numbered_until == inf
    assert sender.line.limit == inf
    sender.wire.loss = 0.0
    sender.run(8)
    assert sender.downlink.numbered_until < inf


def test_a_line_that_gets_better_is_used_again() -> None:
    sender = Sender(Wire(rate=300_000), 1_500_000)
    sender.run(10)
    assert sender.line.limit < 600_000
    sender.wire.rate = 5_000_000
    sender.run(25)
    assert sender.line.limit >= 1_500_000 + SOUND
    sender.run(15)
    assert sender.line.limit == inf


def test_a_longer_way_is_no_queue() -> None:
    sender = Sender(Wire(), 1_500_000)
    sender.run(5)
    sender.wire.delay = 0.3
    sender.run(30)
    assert sender.line.limit >= 1_500_000 + SOUND


def test_a_line_that_polices_is_found_out_although_no_queue_stands() -> None:
    sender = Sender(Wire(rate=300_000, queue=0.004), 1_500_000)
    sender.run(5)
    assert sender.line.limit < 600_000


def test_the_receivers_own_estimate_counts_when_there_is_no_feedback() -> None:
    line = Line()
    line.told(250_000)
    assert line.limit == 250_000
    line.want(2_000_000, 100.0, padding=True)
    assert not line.probing
    sender = Sender(Wire(), 500_000)
    sender.run(1)
    sender.line.told(1000)
    assert sender.line.limit == inf


def test_without_padding_the_media_tries_and_waits_longer_each_time() -> None:
    line = Sender(Wire(rate=300_000), 1_500_000)
    line.run(3)
    tries = []
    for step in range(2000):
        before = line.line.limit
        line.line.want(900_000, 100 + step * 0.1, padding=False)
        if line.line.limit > before:
            tries.append(step * 0.1)
            line.line.limit = before
    assert len(tries) >= 4
    waits = [after - before for before, after in itertools.pairwise(tries)]
    assert waits == sorted(waits)
    assert max(waits) <= 61


@given(
    st.lists(st.tuples(st.integers(40, 1400), st.booleans()), min_size=1, max_size=300),
    st.integers(0, 0xFFFF),
    st.integers(1, 64),
)
@example(packets=[(100, True)] * 100, skipped=0xFFFF, together=64)
def test_departures_against_a_naive_model(packets: list[tuple[int, bool]], skipped: int, together: int) -> None:
    departures = Departures()
    departures.line.next = skipped
    arrivals, octets = [], 0
    for start in range(0, len(packets), together):
        sizes = [size for size, _ in packets[start : start + together]]
        assert departures.note(sizes, start * 0.001) == (skipped + start) & 0xFFFF
    for place, (size, arrives) in enumerate(packets):
        sent = place // together * together * 0.001
        arrivals.append(sent + 5.0 + 0.002 * (place % 3) if arrives else None)
        octets += size if arrives else 0
    found = departures.settle(skipped, arrivals, 1.0)
    assert found is not None
    assert (found.octets, found.arrived) == (octets, sum(arrives for _, arrives in packets))
    assert found.lost == len(packets) - found.arrived
    if packets[0][1]:
        assert found.least_delay == pytest.approx(5.0)


@given(st.integers(0, 0xFFFF), st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=50))
def test_a_report_of_what_was_never_sent_counts_nothing(base: int, arrivals: list[float | None]) -> None:
    assert Departures().settle(base, arrivals, 5.0) is None


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 400_000)), min_size=1, max_size=120))
def test_what_we_report_is_what_we_read(steps: list[tuple[int, int]]) -> None:
    seq, at, arrivals = 0x10000, 64_000_000, []
    for gap, passed in steps:
        seq, at = seq + gap, at + passed
        arrivals.append((seq, at))
    read: dict[int, float] = {}
    for packet in rtcp.make_transport_cc(5, 0, arrivals):
        base, times = rtcp.arrivals(next(rtcp.split(packet)))  # type: ignore[misc]
        read |= {(base + place) & 0xFFFF: time for place, time in enumerate(times) if time is not None}
    assert set(read) == {each & 0xFFFF for each, _ in arrivals}
    for each, time in arrivals:
        assert abs(read[each & 0xFFFF] - time / 1e6) < 0.001


@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_arrivals_or_not(body: bytes) -> None:
    found = rtcp.arrivals(rtcp.Part(rtcp.TRANSPORT_FEEDBACK, rtcp.TRANSPORT_CC, body))
    assert found is None or len(found[1]) <= rtcp.MOST_REPORTED


FACE = Wish(((0, 100_000), (1, 400_000), (2, 1_500_000)))
SCREEN = Wish(((2, 800_000),), screen=True)


@pytest.mark.parametrize(
    ("budget", "wishes", "found"),
    [
        (inf, [FACE, SCREEN], [2, 2]),
        (1_800_000, [FACE, FACE], [1, 1]),
        (850_000, [FACE, SCREEN], [PAUSED, 2]),
        (600_000, [FACE, SCREEN], [1, PAUSED]),
        (250_000, [FACE, FACE, FACE], [0, 0, PAUSED]),
        (50_000, [FACE], [PAUSED]),
        (0, [], []),
        (10, [Wish(())], [PAUSED]),
    ],
)
def test_every_picture_a_little_then_more_screens_first(budget: float, wishes: list[Wish], found: list[int]) -> None:
    assert allocate(budget, wishes)[0] == found


def test_what_is_shown_stays_when_it_grows_a_little() -> None:
    assert allocate(95_000, [FACE])[0] == [PAUSED]
    assert allocate(95_000, [FACE._replace(held=0)])[0] == [0]


@given(
    st.floats(0, 1e7),
    st.lists(
        st.tuples(st.lists(st.floats(1_000, 3e6), max_size=3), st.booleans()).map(
            lambda drawn: Wish(tuple(enumerate(sorted(drawn[0]))), drawn[1])
        ),
        max_size=6,
    ),
)
def test_never_more_than_the_line_carries_and_nothing_left_that_fits(budget: float, wishes: list[Wish]) -> None:
    found, goal = allocate(budget, wishes)
    spent = sum(dict(wish.layers)[quality] for wish, quality in zip(wishes, found, strict=True) if quality != PAUSED)
    assert spent <= budget * 1.000001
    short = [wish for wish, quality in zip(wishes, found, strict=True) if quality + 1 < len(wish.layers)]
    assert bool(goal) == bool(short)
    assert not goal or goal > budget
