"""Packets may overtake the answer that tells where they belong: they name their section until the client knows it."""

import time
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import Any

import pytest
from downlink import MID, Subscriber

from signaling import rtcp
from signaling.connection import ANSWER_READ, Connection
from signaling.downtrack import DownTrack
from signaling.loops import library
from signaling.pulse import REPORT_EVERY
from signaling.rtp import mid_extension
from signaling.slots import Slot
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort

pytest_plugins = ["loops_fixtures"]
OFFERS = Path(__file__).resolve().parents[1] / "data/sdp"


@pytest.fixture(params=[True, False], ids=["loops in C", "Python alone"])
def subscriber(request: pytest.FixtureRequest, loops: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Subscriber]:
    monkeypatch.setattr(library, "library", loops if request.param else None)
    there = Subscriber()
    for down in (there.video, there.audio):
        down.slot.mid_extension = mid_extension(MID, down.slot.mid)
    there.start()
    yield there
    there.far.close()
    there.port.close()


def names(there: Subscriber) -> dict[int, str]:
    """What the packets of each kind say now, by SSRC."""
    there.everything()
    return {each.ssrc: each.mid for each in there.got()}


def reported(there: Subscriber, *downs: DownTrack) -> None:
    blocks = [rtcp.Block(each.slot.ssrc, 0, 0, 5, 0, 0, 0) for each in downs]
    there.connection.take_control(rtcp.make_receiver_report(blocks), there.now)


@pytest.mark.parametrize("numbered", [True, False])
def test_a_section_is_named_until_the_client_reports_on_what_it_carries(subscriber: Subscriber, numbered: bool) -> None:
    subscriber.connection.downlink.numbered_until = 1e9 if numbered else 0.0
    video, audio = subscriber.video.slot.ssrc, subscriber.audio.slot.ssrc
    for _ in range(3):
        assert names(subscriber) == {video: "video", audio: "audio"}
    reported(subscriber, subscriber.audio)
    assert names(subscriber) == {video: "video", audio: ""}
    reported(subscriber, subscriber.video)
    assert names(subscriber) == {video: "", audio: ""}
    subscriber.connection._activate()
    assert names(subscriber) == {video: "", audio: ""}


def nacked(there: Subscriber) -> bytes:
    return rtcp.make_nack(there.video.slot.ssrc, [3])


def keyframe_asked(there: Subscriber) -> bytes:
    return rtcp.make_pli(there.video.slot.ssrc)


@pytest.mark.parametrize("asked", [nacked, keyframe_asked])
def test_who_asks_for_more_of_it_knows_it_too(subscriber: Subscriber, asked: Callable[[Subscriber], bytes]) -> None:
    subscriber.connection.take_control(asked(subscriber), subscriber.now)
    found = names(subscriber)
    assert found[subscriber.video.slot.ssrc] == "" and found[subscriber.audio.slot.ssrc] == "audio"


def test_what_is_sent_again_and_padding_name_it_always(subscriber: Subscriber) -> None:
    """Firefox takes no other SSRC of a section once packets have named one."""
    for _ in range(2):
        subscriber.video.pad(1, subscriber.now)
        [padding] = [each for each in subscriber.got() if each.ssrc == subscriber.video.slot.repair_ssrc]
        assert padding.mid == "video"
        reported(subscriber, subscriber.video)


def test_reports_are_awaited_as_long_as_a_section_is_named(subscriber: Subscriber) -> None:
    sender = subscriber.connection.sender
    if sender is None:
        return  # every report is Python's
    waits = sender.memory
    waits.awaited = False
    reported(subscriber, subscriber.audio)
    subscriber.connection.tick(REPORT_EVERY, subscriber.now)
    assert waits.awaited == 1
    waits.awaited = False
    reported(subscriber, subscriber.video)
    subscriber.connection.tick(2 * REPORT_EVERY, subscriber.now)
    assert waits.awaited == 0


def placed_late(there: Subscriber, kind: str) -> None:
    """A track gets its section from an answer that the client may not have read yet."""
    connection, down = there.connection, there.video if kind == "video" else there.audio
    connection.unsubscribe(down)
    there.got()
    again = there.track(kind, down.up.codec, ("q", "f") if kind == "video" else (), down.slot.ssrc + 10)
    again.slot.begins_at = connection._begins_at = time.monotonic() + ANSWER_READ
    if kind == "video":
        there.video = again
    else:
        there.audio = again


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_what_gets_its_section_on_a_line_that_is_up_is_sent_when_the_answer_was_read(
    subscriber: Subscriber, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = subscriber.connection
    placed_late(subscriber, kind)
    late = (subscriber.video if kind == "video" else subscriber.audio).slot.ssrc
    began = connection._begins_at - ANSWER_READ
    for passed, flows in ((0.0, False), (ANSWER_READ - 0.01, False), (ANSWER_READ, True)):
        monkeypatch.setattr(time, "monotonic", lambda passed=passed: began + passed)
        connection._consent.memory.heard_at = subscriber.now = began + passed
        subscriber.everything()
        connection.tick(1, began + passed)
        assert connection.pace.hurried
        subscriber.everything(key=True)
        assert {each.ssrc == late for each in subscriber.got()} == ({True, False} if flows else {False})
    assert connection._begins_at == -inf


@pytest.mark.parametrize("connected", [True, False])
def test_only_on_a_line_that_is_up_is_an_answer_waited_for(monkeypatch: pytest.MonkeyPatch, connected: bool) -> None:
    port = MediaPort(("127.0.0.1",), 0)
    connection = Connection(port, Certificate(), offers=False)
    monkeypatch.setattr(connection.handshake, "start", lambda *_, **__: None)
    connection.connected = connected
    both = [Slot(f"TR_{number}", "PA_x", "video", "VP8", number) for number in (1, 2)]
    connection.slots.extend(both)
    before = time.monotonic()
    connection.answer((OFFERS / "chromium.sdp").read_text())
    assert all(each.mid for each in both) and both[0].begins_at == -inf
    held = before + ANSWER_READ <= both[1].begins_at <= time.monotonic() + ANSWER_READ
    assert held if connected else both[1].begins_at == -inf
    port.close()
