"""How much one client may ask for."""

import pytest

from signaling.config import Limits
from signaling.connection import Connection
from signaling.rate import MEDIA_PER_TICK, MOST_FLOODED_TICKS, Flow, Rate
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort


def test_a_burst_is_taken_and_what_comes_after_waits_for_time_to_pass() -> None:
    rate = Rate(per_second=10, burst=5)
    assert [rate.take(1, 100.0) for _ in range(6)] == [True] * 5 + [False]
    assert not rate.take(1, 100.05)
    assert rate.take(1, 100.15)


def test_a_refusal_takes_nothing_away() -> None:
    rate = Rate(per_second=0, burst=5)
    assert not rate.take(6, 1.0)
    assert rate.take(5, 1.0)


def test_messages_and_their_bytes_are_limited_both() -> None:
    flow = Flow(Rate(0, 3), Rate(0, 100))
    assert [flow.take(size, 1.0) for size in (60, 60, 40)] == [True, False, True]
    assert not flow.take(0, 1.0)


@pytest.mark.parametrize(("text", "fits"), [("调" * 3, True), ("调" * 3 + "x", False)])
def test_sizes_are_bytes_and_not_characters(text: str, fits: bool) -> None:
    limits = Limits(max_metadata_size=9, max_attributes_size=9)
    assert limits.metadata_fits(text) == limits.attributes_fit({text[:2]: text[2:]}) == fits
    assert Limits(max_metadata_size=0).metadata_fits(text)


async def test_who_sends_too_many_packets_without_a_pause_floods() -> None:
    port = MediaPort(("127.0.0.1",), 0)
    connection = Connection(port, Certificate(), offers=False)

    def ticks(number: int, packets: int) -> None:
        for each in range(number):
            for _ in range(packets):
                connection.receive_media(0)
            connection.tick(each, float(each))

    ticks(MOST_FLOODED_TICKS + 1, MEDIA_PER_TICK)
    assert not connection.floods  # exactly as many as it may
    ticks(MOST_FLOODED_TICKS, MEDIA_PER_TICK + 1)
    ticks(1, 0)
    ticks(MOST_FLOODED_TICKS, MEDIA_PER_TICK + 1)
    assert not connection.floods  # there was a pause
    ticks(1, MEDIA_PER_TICK + 1)
    assert connection.floods
    await connection.close()
    port.close()
