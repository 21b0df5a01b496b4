"""How often there is something to do: connections that are calm are looked after once a second, clocks now and then."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from math import inf
from types import SimpleNamespace
from typing import cast

import pytest
from downlink import Subscriber, keys
from livekit.protocol import models
from pylibsrtp import Policy

from signaling import rtcp
from signaling.bandwidth import SETTLED, Feedback
from signaling.config import Config
from signaling.connection import Connection
from signaling.downtrack import CLOCK_PAUSE, MOST_CLOCKS
from signaling.negotiation import Published
from signaling.node import READ_EVERY, REFRESH_EVERY, Node
from signaling.pulse import ARRIVALS_EVERY, REPORT_EVERY, TICK_SECONDS, Pulse
from signaling.rate import MEDIA_PER_TICK
from signaling.room import Room
from signaling.rtp import Packet
from signaling.transport.srtp import INBOUND, MOST_SOURCES, Unprotector
from signaling.uptrack import UpTrack


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    there = Subscriber()
    there.start()
    yield there
    there.far.close()
    there.port.close()


def calm(there: Subscriber) -> None:
    """Reports come, and nothing is known against the line."""
    line = there.connection.downlink.line
    for _ in range(4):
        line.take(Feedback(1000, 10, 0, 0.01, there.now), there.now)
        there.now += SETTLED / 3
    there.connection.tick(1, there.now)


def report(there: Subscriber, fraction: int) -> bytes:
    return rtcp.make_receiver_report([rtcp.Block(there.video.slot.ssrc, fraction, 1, 5, 0, 0, 0)])


def test_a_calm_subscriber_needs_one_tick_a_second_until_something_is_lost(subscriber: Subscriber) -> None:
    connection = subscriber.connection
    connection.tick(1, subscriber.now)
    assert not connection.pace.hurried  # nothing is known about the line: all is numbered, and its reports are read
    assert connection.downlink.numbered_until == inf
    calm(subscriber)
    subscriber.connection.tick(REPORT_EVERY, subscriber.now)
    assert not connection.pace.hurried and connection.downlink.numbered_until < inf
    assert [connection.wants(number) for number in range(2 * REPORT_EVERY)].count(True) == 2
    connection.take_control(report(subscriber, 0), subscriber.now)
    assert not connection.pace.hurried
    connection.take_control(report(subscriber, 30), subscriber.now)
    assert connection.pace.hurried
    connection.tick(1, subscriber.now)
    assert connection.downlink.numbered_until == inf
    connection.tick(3, subscriber.now)
    assert not connection.pace.hurried


def test_a_limited_line_is_looked_after_in_every_tick(subscriber: Subscriber) -> None:
    connection = subscriber.connection
    connection.downlink.line.told(200_000)
    connection.take_control(report(subscriber, 0), subscriber.now)
    assert connection.pace.hurried
    connection.tick(3, subscriber.now)
    assert connection.pace.hurried


def test_a_calm_line_is_sampled_with_one_tick_a_second(subscriber: Subscriber) -> None:
    calm(subscriber)
    downlink, sampled = subscriber.connection.downlink, 0
    for second in range(10):
        subscriber.now += 1.001
        subscriber.connection.tick(second * REPORT_EVERY, subscriber.now)
        sampled += downlink.numbered_until > subscriber.now
    assert sampled == 10


def publishing(there: Subscriber) -> UpTrack:
    """A camera of the subscriber's own: three packets came, and nothing is missing."""
    track = UpTrack(models.TrackInfo(sid="TR_x", type=models.TrackType.VIDEO), (), "PA_x")
    track.place(Published("TR_x", "1", "VP8", 96, 97, (), 1234, 1235))
    calm(there)
    there.connection.publish(track)
    for seq in range(3):
        came(there, track, seq)
    return track


def came(there: Subscriber, track: UpTrack, seq: int) -> None:
    there.connection.incoming.deliver(track.layers[0], Packet(seq, 0, False, False, b"x", None, None), 96, there.now)


def test_who_publishes_is_told_of_arrivals_and_of_what_is_missing_at_once(subscriber: Subscriber) -> None:
    connection, hastened = subscriber.connection, list[int]()
    track = publishing(subscriber)
    assert connection.pace.hurried
    connection.tick(2, subscriber.now)
    assert not connection.pace.hurried
    assert [connection.wants(number) for number in range(6)] == [True, False, True, False, True, False]
    connection.pace.when_hurried = lambda: hastened.append(1)
    came(subscriber, track, 3)
    assert hastened == []
    came(subscriber, track, 5)
    assert hastened == [1]
    connection.tick(3, subscriber.now)
    assert connection.pace.hurried  # until it came, or was given up
    came(subscriber, track, 4)
    connection.tick(4, subscriber.now)
    assert not connection.pace.hurried


def test_missing_sound_is_not_asked_for_again_and_hurries_nobody(subscriber: Subscriber) -> None:
    track = publishing(subscriber)
    subscriber.connection.tick(2, subscriber.now)
    track.kind = "audio"
    subscriber.connection.pace.when_hurried = lambda: pytest.fail("sound hurries")
    came(subscriber, track, 5)
    subscriber.connection.tick(3, subscriber.now)
    assert not subscriber.connection.pace.hurried


def test_who_floods_is_looked_after_in_every_tick_too(subscriber: Subscriber) -> None:
    calm(subscriber)
    for _ in range(MEDIA_PER_TICK + 1):
        subscriber.connection.receive_media(0)
    subscriber.connection.tick(2, subscriber.now)
    assert subscriber.connection.pace.hurried


async def test_only_who_hurries_or_reports_is_looked_after(
    subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, ticked, node = subscriber.connection, list[int](), ours()
    node.connections.add(connection)
    monkeypatch.setattr(Connection, "tick", lambda _self, number, _now: ticked.append(number))
    connection.pace.hurried = False
    for number in range(REPORT_EVERY):
        await node._tick_connections(number, 1.0)
    assert ticked == [0]
    connection.connected = False
    connection._connected()  # from now on there is something to do
    for number in range(1, REPORT_EVERY):
        await node._tick_connections(number, 1.0)
    assert ticked == list(range(REPORT_EVERY))
    node.connections.clear()
    await node.close()


async def test_reports_that_wait_are_read_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    node, read = ours(), asyncio.Event()
    monkeypatch.setattr(node.media, "read_reports", read.set)
    running = asyncio.create_task(node.run())
    await asyncio.wait_for(read.wait(), 30)
    assert node.pulse.number >= READ_EVERY
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await node.close()


async def test_every_room_is_looked_after_as_often_as_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    node, done = ours(), Counter[str]()
    member = SimpleNamespace(refresh_token=lambda: done.update(["refreshed"]))
    room = SimpleNamespace(holding={1: 2}, members={"anna": member}, tracks=lambda: iter(["track"]))
    room.tell_news = lambda: done.update(["news"])
    node.rooms["room"] = cast(Room, room)
    for name in ("tell_speakers", "tell_quality", "keep_room"):
        monkeypatch.setattr(f"signaling.node.{name}", lambda *_a, name=name: done.update([name]))
    monkeypatch.setattr("signaling.node.messages.ease", lambda *_a: done.update(["eased"]))
    monkeypatch.setattr("signaling.node.subscribing.tell_demand", lambda *_a: done.update(["demand"]))
    for number in range(2, REFRESH_EVERY + 1, 2):
        node.pulse.number, node.pulse._before = number, number - 2
        node._tick_room(cast(Room, room), 1.0)
    assert done == {
        "refreshed": 1, "eased": 3000, "news": 1500, "tell_speakers": 750, "demand": 750, "tell_quality": 60,
        "keep_room": 300,
    }  # fmt: skip
    node.rooms.clear()
    await node.close()


@pytest.mark.parametrize(("hurried", "holds"), [(False, False), (True, False), (False, True)])
async def test_no_tick_is_left_out_while_somebody_hurries_or_waits(
    subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch, hurried: bool, holds: bool
) -> None:
    node, asked = ours(), asyncio.get_running_loop().create_future()
    subscriber.connection.pace.hurried = hurried
    node.connections.add(subscriber.connection)
    node.rooms["room"] = cast(Room, SimpleNamespace(holding={1: 2} if holds else {}))

    async def wait(*, brisk: bool) -> int:
        asked.set_result(brisk)
        return await asyncio.Future[int]()

    monkeypatch.setattr(node.pulse, "wait", wait)
    running = asyncio.create_task(node.run())
    assert await asyncio.wait_for(asked, 30) == (hurried or holds)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    node.connections.clear()
    node.rooms.clear()
    await node.close()


async def test_calm_ticks_come_half_as_often_with_even_numbers_unless_somebody_hurries() -> None:
    pulse, loop = Pulse(), asyncio.get_running_loop()
    began = loop.time()
    assert [await pulse.wait(brisk=True), await pulse.wait(brisk=False), await pulse.wait(brisk=False)] == [1, 2, 4]
    assert loop.time() - began >= 4 * TICK_SECONDS - 0.01
    began = loop.time()
    loop.call_later(TICK_SECONDS / 5, pulse.hasten)
    assert await pulse.wait(brisk=False) == 5
    loop.call_later(TICK_SECONDS / 5, pulse.hasten)
    assert await pulse.wait(brisk=True) == 6  # hastened for nothing
    loop.call_later(TICK_SECONDS * 1.5, pulse.hasten)
    assert await pulse.wait(brisk=False) == 8  # too late to come sooner
    pulse.hasten()  # nobody waits


async def test_what_is_due_every_so_many_ticks_is_not_slept_through() -> None:
    pulse, passed = Pulse(), list[int]()
    while pulse.number < 10:
        await pulse.wait(brisk=pulse.number == 4)
        passed += [pulse.number] if pulse.passed(5) else []
    assert passed == [5, 10]
    pulse = Pulse()
    await pulse.wait(brisk=False)
    await pulse.wait(brisk=False)
    assert (pulse.number, pulse.passed(3), pulse.passed(4), pulse.passed(5)) == (4, True, True, False)


def ours() -> Node:
    return Node(Config(keys={"key": "a secret that is long enough to be one"}, udp_port=0, node_ips=("127.0.0.1",)))


def test_a_new_subscription_is_looked_after_at_once(subscriber: Subscriber) -> None:
    calm(subscriber)
    subscriber.connection.subscribe(subscriber.video)
    assert subscriber.connection.pace.hurried


def test_arrivals_are_told_every_tenth_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber = Subscriber()
    connection, told = subscriber.connection, list[int]()
    for number in range(20):
        connection.incoming.arrivals.note(number, subscriber.now)
        monkeypatch.setattr(Connection, "send_control", lambda _self, _packet, number=number: told.append(number))
        connection.tick(number, subscriber.now)
    assert ARRIVALS_EVERY == 2
    assert told == list(range(0, 20, 2))
    subscriber.far.close()
    subscriber.port.close()


def test_the_publishers_clock_is_told_at_first_each_time_and_then_now_and_then(
    subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bytes] = []
    monkeypatch.setattr(subscriber.connection, "send_control", told.append)
    layer, now = subscriber.video._layer, 100.0
    assert layer is not None
    for _ in range(MOST_CLOCKS):
        subscriber.video.sender_report(layer, 1 << 32, 90_000, now)
        now += 0.1
    assert len(told) == MOST_CLOCKS
    while now < 100.0 + 0.1 * MOST_CLOCKS + 3 * CLOCK_PAUSE:
        subscriber.video.sender_report(layer, 1 << 32, 90_000, now)
        now += 0.5
    assert len(told) == MOST_CLOCKS + 3
    subscriber.video._clocks = 0  # as after a change of layer
    subscriber.video.sender_report(layer, 1 << 32, 90_000, now)
    assert len(told) == MOST_CLOCKS + 4


def test_a_change_of_layer_begins_to_tell_the_clock_anew(subscriber: Subscriber) -> None:
    layer = subscriber.video._layer
    assert layer is not None
    for _ in range(MOST_CLOCKS + 2):
        subscriber.video.sender_report(layer, 1 << 32, 90_000, 100.0)
    assert subscriber.video._clocks >= MOST_CLOCKS
    subscriber.video.interrupt()
    subscriber.everything(key=True)
    subscriber.got()
    assert subscriber.video._clocks == 0


def test_the_reports_of_a_stranger_do_not_fill_memory(subscriber: Subscriber) -> None:
    opener, theirs = Unprotector(keys(Policy.SSRC_ANY_INBOUND)), keys(Policy.SSRC_ANY_OUTBOUND)
    opened = 0
    for ssrc in range(MOST_SOURCES + 20):
        protected = theirs.protect_rtcp(b"\x80\xc9\0\x01" + ssrc.to_bytes(4))
        INBOUND.view[: len(protected)] = protected
        opened += opener.control(len(protected)) is not None
    assert opened == MOST_SOURCES
