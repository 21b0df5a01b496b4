"""The receiver's arithmetic of one stream, and who is heard."""

from signaling.reception import Reception
from signaling.speakers import Loudness

CLOCK = 90_000


def fed(*seqs: int) -> Reception:
    reception = Reception(CLOCK)
    for step, seq in enumerate(seqs):
        reception.take(seq & 0xFFFF, step * 3000, step / 30)
    return reception


def test_a_duplicate_is_not_taken_and_a_late_packet_once() -> None:
    reception = fed(10, 11, 14)
    assert not reception.take(14, 0, 1.0)
    assert reception.take(12, 0, 1.0)
    assert not reception.take(12, 0, 1.0)
    assert not reception.take(5, 0, 1.0)


def test_what_is_missing_is_asked_for_again_and_then_given_up() -> None:
    reception = fed(65_534, 2)
    assert reception.due(0.1) == [65_535, 0, 1]
    assert reception.due(0.15) == []
    assert reception.take(0, 0, 0.16)
    assert reception.due(0.2) == [65_535, 1]
    assert reception.due(1.2) == []
    assert reception.due(1.3) == []


def test_a_jump_in_the_numbers_asks_for_nothing() -> None:
    assert fed(1, 5000).due(1.0) == []


def test_memory_of_missing_packets_is_bounded() -> None:
    assert len(fed(*range(0, 60_000, 150)).due(13.4)) <= 600


def test_a_report_tells_loss_since_the_last_one_and_in_all() -> None:
    reception = fed(*range(10), *range(15, 20))
    block = reception.report(7, 1.0)
    assert (block.ssrc, block.lost, block.fraction_lost) == (7, 5, 64)
    assert block.highest == 0x10000 + 19
    for seq in range(20, 30):
        reception.take(seq, seq * 3000, seq / 30)
    block = reception.report(7, 2.0)
    assert (block.lost, block.fraction_lost) == (5, 0)


def test_even_arrival_has_no_jitter_and_uneven_has() -> None:
    even, uneven = fed(*range(50)), Reception(CLOCK)
    for step in range(50):
        uneven.take(step, step * 3000, step / 30 + (0.02 if step % 2 else 0.0))
    assert even.report(1, 2.0).jitter <= 1
    assert uneven.report(1, 2.0).jitter > 1000


def test_the_senders_clock_comes_back_with_the_delay() -> None:
    reception = fed(1)
    reception.sender_reported(0x1111_2222_3333_4444, 1.0)
    block = reception.report(1, 1.5)
    assert (block.last_report, block.delay) == (0x2222_3333, 0x8000)


def test_who_speaks_is_loud_for_some_time() -> None:
    loudness = Loudness()
    for _ in range(15):
        loudness.note(20)
    level = loudness.take()
    assert 0 < level <= 1
    assert loudness.take() == 0.0
    for step in range(15):
        loudness.note(20 if step < 3 else 90)
    assert loudness.take() == 0.0
    for _ in range(3):
        loudness.note(5)
    assert loudness.take() == 0.0
