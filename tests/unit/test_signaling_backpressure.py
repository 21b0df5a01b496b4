"""Reliable data of any size: the sender waits for who reads, what waits is bounded, and nobody is sent away for it."""

import hashlib
import random
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.protocol import models
from unit.test_signaling_limits import comes_true, joined, serving

from signaling import backpressure
from signaling.backpressure import AT_ONCE, BEHIND_BYTES, FORWARDED, PATIENCE_SECONDS, SLOWEST, Hold, Reading
from signaling.transport.association import MOST_PIECES, MOST_STREAMS, WINDOW, Association
from signaling.transport.dtls import RELIABLE, Handshake

FIRST, LAST = 2, 1  # RFC 9260 3.3.1


class Reader:
    def __init__(self, *, behind: bool = False) -> None:
        self.is_behind = behind

    def behind(self, _now: float) -> bool:
        return self.is_behind


def test_what_was_read_may_be_sent_again_at_once() -> None:
    hold = Hold()
    hold.add(1000, [Reader(), Reader()])
    hold.add(500, [])
    assert hold.freed(1.0) == 1500
    assert hold.empty


def test_a_sender_waits_for_the_slowest_it_wrote_to_and_for_nobody_else() -> None:
    hold, slow = Hold(), Reader(behind=True)
    hold.add(1000, [Reader(), slow])
    assert hold.freed(1.0) == 0
    assert not hold.empty
    slow.is_behind = False
    assert hold.freed(1.1) == 1000
    slow.is_behind = True
    hold.add(10, [Reader()])
    assert hold.freed(1.2) == 10


def test_the_more_a_message_is_for_the_longer_its_sender_waits() -> None:
    hold, everybody = Hold(), [Reader() for _ in range(10)]
    freed = 0
    for number in range(40):  # a megabyte each, for ten
        hold.add(1 << 20, list(everybody))
        freed += hold.freed(100.0 + number / 10)
    assert freed * 10 <= AT_ONCE + FORWARDED * 4
    assert freed * 10 > AT_ONCE


def test_a_message_dearer_than_all_that_may_go_at_once_passes_too() -> None:
    hold = Hold()
    hold.add(1 << 20, [Reader() for _ in range(100)])
    assert hold.freed(1.0) == 1 << 20


def test_who_hardly_reads_is_not_waited_for_until_it_has_read() -> None:
    reading, waiting = Reading(), BEHIND_BYTES + 1
    reading.given = 10 * waiting
    assert reading.behind(waiting, 10.0)
    assert reading.behind(waiting, 10.0 + PATIENCE_SECONDS - 0.1)
    assert not reading.behind(waiting, 10.0 + PATIENCE_SECONDS)
    assert not reading.behind(0, 20.0)
    assert reading.behind(waiting, 21.0)  # it had read all: it is waited for again


def test_who_reads_slowly_but_reads_is_waited_for() -> None:
    reading, waiting, now = Reading(), BEHIND_BYTES * 4, 10.0
    reading.given = waiting
    for _ in range(20):
        now += PATIENCE_SECONDS
        assert reading.behind(waiting, now)
        reading.given += int(SLOWEST * PATIENCE_SECONDS) + 1  # as much as it took


def chunk(tsn: int, content: bytes = b"x", *, flags: int = FIRST | LAST, stream: int = 1) -> Any:
    return SimpleNamespace(tsn=tsn, user_data=content, flags=flags, stream_id=stream, stream_seq=0, protocol=53)


def association() -> Association:
    there = Association(SimpleNamespace(state="connected", _role="server"), 5000)
    there._last_received_tsn = 0
    return there


async def test_pieces_that_never_become_a_message_are_kept_up_to_a_number() -> None:
    there = association()
    for tsn in range(1, 4 * MOST_PIECES):
        await there._receive_data_chunk(chunk(tsn, flags=FIRST if tsn == 1 else 0))
    assert there.pieces == 2 * MOST_PIECES
    assert there._last_received_tsn == there.pieces  # what is not kept is not acknowledged either


async def test_pieces_with_a_hole_before_them_are_kept_up_to_the_window() -> None:
    there, size = association(), 60_000
    for tsn in range(2, 200):
        await there._receive_data_chunk(chunk(tsn, bytes(size), flags=0))
    assert there.pieces == WINDOW // size
    assert there._sack_needed
    await there._receive_data_chunk(chunk(1, bytes(size), flags=FIRST))  # what fills the hole has room
    assert there._last_received_tsn == there.pieces


async def test_only_so_many_streams_are_opened() -> None:
    there = association()
    for number in range(1000):
        await there._receive_data_chunk(chunk(1 + number, flags=FIRST, stream=number))
    assert len(there._inbound_streams) == MOST_STREAMS


async def test_who_ignores_that_others_have_not_read_is_not_listened_to() -> None:
    there = association()
    there.hold(2 * WINDOW)
    await there._receive_data_chunk(chunk(1))
    assert there._last_received_tsn == 0
    there.release(2 * WINDOW)
    await there._receive_data_chunk(chunk(1, flags=FIRST))
    assert there._last_received_tsn == 1


async def test_a_file_faster_than_its_receiver_waits_at_its_sender_and_arrives_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backpressure, "PATIENCE_SECONDS", 1000.0)  # a crowded machine is no receiver that never reads
    pieces = [random.Random(number).randbytes(15_000) for number in range(500)]  # 7.5 MB, as clients cut a file
    came: list[bytes] = []
    async with (
        serving() as (node, url, http),
        joined(http, url, "reads") as reads,
        joined(http, url, "writes") as writes,
    ):
        assert await comes_true(lambda: reads.handshake.is_open(RELIABLE) and writes.handshake.is_open(RELIABLE))
        towards = node.rooms["room"].members["reads"].subscriber.handshake
        reads.handshake.when_message = lambda _label, message: came.append(
            models.DataPacket.FromString(message).user.payload
        )
        reads.deafen()
        for piece in pieces:
            packet = models.DataPacket(user=models.UserPacket(payload=piece))
            assert writes.handshake.send(RELIABLE, packet.SerializeToString())
        assert await comes_true(lambda: _waiting(towards) > BEHIND_BYTES, 60)
        stands: list[int] = []
        assert await comes_true(lambda: _stands_still(stands, _waiting(writes.handshake)), 60)
        assert _waiting(towards) <= BEHIND_BYTES + 2 * WINDOW
        assert _waiting(writes.handshake) > 2 << 20  # most of it never left
        reads.hear()
        assert await comes_true(lambda: len(came) == len(pieces), 120)
        assert hashlib.sha256(b"".join(came)).digest() == hashlib.sha256(b"".join(pieces)).digest()
        assert await comes_true(lambda: not node.rooms["room"].holding)
        assert writes.leave is reads.leave is None


def _waiting(handshake: Handshake) -> int:
    return int(handshake._channels[RELIABLE].bufferedAmount)


def _stands_still(seen: list[int], amount: int) -> bool:
    """The same amount for a hundred looks."""
    seen.append(amount)
    return len(seen) > 100 and len(set(seen[-100:])) == 1
