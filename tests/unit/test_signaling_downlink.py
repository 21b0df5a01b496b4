"""What a subscriber gets over a line that is numbered, lossy or narrow: read with its own keys, as it would."""

from collections.abc import Iterator
from math import inf

import pytest
from downlink import AUDIO, FRAME, KEYFRAME, REPAIR, VIDEO, Subscriber, keys
from pylibsrtp import Policy

from signaling import rtcp, sdp
from signaling.bandwidth import Feedback
from signaling.layers import HIGH, LOW
from signaling.offering import Offering
from signaling.rtp import TRANSPORT_CC
from signaling.sdp import Candidate, Fingerprint, Transport
from signaling.slots import Slot


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    there = Subscriber()
    yield there
    there.far.close()
    there.near.close()


def test_all_packets_of_a_line_are_numbered_together(subscriber: Subscriber) -> None:
    subscriber.start()
    before = subscriber.connection.downlink.departures.line.next
    for _ in range(3):
        subscriber.everything()
    found = subscriber.got()
    assert sorted(each.number for each in found if each.number is not None) == list(range(before, before + 6))
    assert {each.ssrc for each in found} == {VIDEO, AUDIO}
    assert [each.payload for each in found if each.ssrc == AUDIO] == [b"sound"] * 3


def test_packets_that_leave_together_have_a_number_each(subscriber: Subscriber) -> None:
    subscriber.start()
    before = subscriber.connection.downlink.departures.line.next
    layer = next(each for each in subscriber.video.up.layers if each.rid == "f")
    layer.track.postpone = subscriber.port.outbox.postpone
    for _ in range(5):
        subscriber.publish("f", FRAME)
    found = subscriber.got()
    assert [each.number for each in found] == list(range(before, before + 5))
    assert [(each.seq - found[0].seq) & 0xFFFF for each in found] == list(range(5))


def test_a_quiet_line_gets_numbers_for_a_moment_of_each_second_and_all_of_them_after_a_nack(
    subscriber: Subscriber,
) -> None:
    subscriber.start()
    line = subscriber.connection.downlink.line
    line.take(Feedback(1000, 5, 0, 1.0, subscriber.now), subscriber.now)
    subscriber.pass_time(6.0)
    subscriber.everything()
    assert all(each.number is not None for each in subscriber.got())
    subscriber.pass_time(0.5)
    subscriber.everything()
    unnumbered = subscriber.got()
    assert len(unnumbered) == 2
    assert all(each.number is None for each in unnumbered)
    subscriber.video.resend([unnumbered[0].seq], subscriber.now)
    subscriber.got()
    subscriber.pass_time(0.05)
    subscriber.everything()
    assert all(each.number is not None for each in subscriber.got())


def test_a_long_meeting_loses_nothing_when_the_sequence_numbers_begin_again(subscriber: Subscriber) -> None:
    subscriber.start()
    for _ in range(700):
        for _ in range(100):
            subscriber.publish("", b"sound")
            subscriber.now += 0.02
        assert len(subscriber.got()) == 100


def test_however_long_it_went_by_itself_a_picture_goes_on_with_the_next_number(subscriber: Subscriber) -> None:
    subscriber.start()
    for _ in range(25):
        subscriber.seq["f"] += 0x1000  # much is lost: the numbers go round
        subscriber.publish("f", FRAME)
    last = subscriber.got()[-1]
    subscriber.video.interrupt()
    subscriber.publish("f", FRAME)
    assert subscriber.got() == []
    subscriber.publish("f", KEYFRAME)
    assert [each.seq for each in subscriber.got()] == [(last.seq + 1) & 0xFFFF]


def test_an_identifier_too_high_for_a_short_extension_numbers_nothing(subscriber: Subscriber) -> None:
    subscriber.connection.downlink.extension = 15
    subscriber.start()
    subscriber.everything()
    assert [each.number for each in subscriber.got()] == [None, None]


def test_a_sequence_number_that_comes_again_may_be_lost_again(subscriber: Subscriber) -> None:
    subscriber.start()
    subscriber.everything()
    lost = next(each for each in subscriber.got() if each.ssrc == VIDEO)
    for step in range(10):
        subscriber.video.resend([lost.seq], subscriber.now + step)
    assert subscriber.video.resend([lost.seq], subscriber.now + 400) == 1


def test_a_lost_packet_is_sent_again_as_a_retransmission_and_not_twice_at_once(subscriber: Subscriber) -> None:
    subscriber.start()
    subscriber.everything()
    lost = next(each for each in subscriber.got() if each.ssrc == VIDEO)
    assert subscriber.video.resend([lost.seq, lost.seq], subscriber.now) == 1
    again = subscriber.got()[0]
    assert (again.ssrc, again.payload_type, again.timestamp) == (REPAIR, 97, lost.timestamp)
    assert again.payload == lost.seq.to_bytes(2) + lost.payload
    assert [subscriber.video.resend([lost.seq], subscriber.now + step) for step in range(1, 9)] == [1] * 5 + [0] * 3


def test_a_client_without_retransmissions_gets_the_same_packet_again(subscriber: Subscriber) -> None:
    subscriber.start()
    subscriber.video.slot.repair_type = None
    subscriber.everything()
    lost = next(each for each in subscriber.got() if each.ssrc == VIDEO)
    subscriber.keys = keys(Policy.SSRC_ANY_INBOUND)  # a receiver that missed it
    assert subscriber.video.resend([lost.seq], subscriber.now) == 1
    again = subscriber.got()[0]
    assert (again.ssrc, again.seq, again.payload) == (VIDEO, lost.seq, lost.payload)


def test_a_full_line_is_not_filled_with_what_it_lost(subscriber: Subscriber) -> None:
    subscriber.start()
    numbers = []
    for _ in range(60):
        subscriber.everything()
        numbers += [each.seq for each in subscriber.got() if each.ssrc == VIDEO]
    subscriber.connection.downlink.line.limit = 200_000.0
    assert 1 <= subscriber.video.resend(numbers, subscriber.now) <= 8


def test_a_narrow_line_gets_the_lower_layer_and_not_another_packet_of_the_higher(subscriber: Subscriber) -> None:
    subscriber.start()
    line = subscriber.connection.downlink.line
    assert subscriber.video._layer.quality == HIGH
    line.limit, line.news = 300_000.0, True
    subscriber.pass_time(0.05)
    subscriber.everything()
    assert {each.ssrc for each in subscriber.got()} == {AUDIO}
    subscriber.everything(key=True)
    assert {each.ssrc for each in subscriber.got()} == {AUDIO, VIDEO}
    assert subscriber.video._layer.quality == LOW
    assert subscriber.paused == []


def test_the_picture_pauses_before_the_sound_and_comes_back_with_a_keyframe(subscriber: Subscriber) -> None:
    subscriber.start()
    line = subscriber.connection.downlink.line
    line.limit, line.news = 100_000.0, True
    subscriber.pass_time(0.05)
    subscriber.everything(key=True)
    assert {each.ssrc for each in subscriber.got()} == {AUDIO}
    assert subscriber.paused == [True]
    line.limit, line.news = 3_000_000.0, True
    subscriber.pass_time(0.05)
    assert subscriber.paused == [True, False]
    subscriber.everything()
    assert {each.ssrc for each in subscriber.got()} == {AUDIO}
    subscriber.everything(key=True)
    found = [each for each in subscriber.got() if each.ssrc == VIDEO]
    assert [each.payload[4:] for each in found] == [KEYFRAME[4:]]


def test_more_is_tried_with_padding_that_the_client_throws_away(subscriber: Subscriber) -> None:
    subscriber.start()
    line = subscriber.connection.downlink.line
    line.limit, line.news, line.heard_at = 300_000.0, True, subscriber.now
    subscriber.now += 5.0
    subscriber.everything()
    subscriber.pass_time(0.0)
    assert line.probing > 0
    subscriber.got()
    subscriber.pass_time(0.05)
    found = subscriber.got()
    assert found
    assert all(each.ssrc == REPAIR and each.padding and each.payload[-1] == len(each.payload) for each in found)
    assert sum(len(each.payload) + 36 for each in found) * 8 >= line.probing * 0.05


def test_the_clients_reports_reach_the_line(subscriber: Subscriber) -> None:
    subscriber.start()
    downlink = subscriber.connection.downlink
    for step in range(10):
        base = downlink.departures.line.next
        subscriber.now += 0.1
        subscriber.everything()
        numbers = [(base + place, int((subscriber.now + 5 + step * 0.1) * 1e6)) for place in range(2)]
        for compound in rtcp.make_transport_cc(VIDEO, step, numbers):
            downlink.take(next(rtcp.split(compound)), subscriber.now)
    assert downlink.line.full
    assert downlink.line.limit < inf


TRANSPORT = Transport("u", "p", Fingerprint("sha-256", "AB"), (Candidate("127.0.0.1", 5),))


@pytest.mark.parametrize("knows", [True, False])
def test_what_we_offer_for_the_line_is_used_only_after_a_yes(knows: bool) -> None:
    offering = Offering(1)
    slot = Slot("TR_v", "PA_x", "video", "VP8", 11, repair_ssrc=12)
    offering.slots.all.append(slot)
    offer = offering.offer(TRANSPORT)
    assert offer is not None
    assert "a=ssrc-group:FID 11 12" in offer.text
    section = sdp.parse(offer.text).sections[1]
    assert section.extensions[TRANSPORT_CC]
    assert section.repair_type(slot.payload_type) == 97
    answer = offer.text
    if not knows:
        kept = [line for line in answer.split("\r\n") if "extmap" not in line and ":97" not in line]
        answer = "\r\n".join(kept).replace(" 96 97", " 96")
    offering.answered(sdp.parse(answer))
    assert (slot.repair_type, bool(offering.transport_cc)) == ((97, True) if knows else (None, False))
