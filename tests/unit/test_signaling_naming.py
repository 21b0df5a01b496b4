"""Packets may overtake the answer that tells where they belong: they name their section until the client knows it."""

from collections.abc import Callable, Iterator

import pytest
from downlink import MID, Subscriber

from signaling import rtcp
from signaling.connection import REPORT_EVERY
from signaling.downtrack import DownTrack
from signaling.rtp import mid_extension


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
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


def test_what_is_sent_again_and_padding_name_it_too(subscriber: Subscriber) -> None:
    subscriber.video.pad(1, subscriber.now)
    [padding] = [each for each in subscriber.got() if each.ssrc == subscriber.video.slot.repair_ssrc]
    assert padding.mid == "video"


def test_reports_are_awaited_as_long_as_a_section_is_named(subscriber: Subscriber) -> None:
    sender = subscriber.connection.sender
    if sender is None:
        pytest.skip("nothing was compiled: every report is Python's")
    waits = sender.memory
    waits.awaited = False
    reported(subscriber, subscriber.audio)
    subscriber.connection.tick(REPORT_EVERY, subscriber.now)
    assert waits.awaited == 1
    waits.awaited = False
    reported(subscriber, subscriber.video)
    subscriber.connection.tick(2 * REPORT_EVERY, subscriber.now)
    assert waits.awaited == 0
