"""DTLS without a task: records are acted on where they come in, what is lost is repeated, what fails ends alone."""

import asyncio
from collections import deque
from collections.abc import Callable

import pytest
from aiortc.rtcdtlstransport import State

from signaling.sdp import Fingerprint
from signaling.transport import association, dtls
from signaling.transport.dtls import RECORDS_PER_TURN, RELIABLE, Certificate, Handshake
from signaling.transport.link import at_once

CERTIFICATE = Certificate()


class Wire:
    """Two ends, and between them what was sent and has not arrived; `carry` lets it arrive."""

    def __init__(self) -> None:
        self.to_ours: deque[bytes] = deque()
        self.to_theirs: deque[bytes] = deque()
        self.ours = Handshake(CERTIFICATE, self.to_theirs.append)
        self.theirs = Handshake(Certificate(), self.to_ours.append)

    def start(self, fingerprint: Fingerprint | None = None) -> None:
        self.ours.start(fingerprint or self.theirs._certificate.fingerprint, passive=True, offers_channels=True)
        self.theirs.start(CERTIFICATE.fingerprint, passive=False, offers_channels=False)

    def carry(self) -> None:
        while self.to_ours or self.to_theirs:
            while self.to_ours:
                self.ours.receive(self.to_ours.popleft())
            while self.to_theirs:
                self.theirs.receive(self.to_theirs.popleft())

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.carry()
                await asyncio.sleep(0)


async def test_a_handshake_ends_within_the_calls_that_bring_its_records() -> None:
    wire = Wire()
    connected: list[str] = []
    wire.ours.when_connected = lambda: connected.append("ours")
    wire.theirs.when_connected = lambda: connected.append("theirs")
    wire.start()
    wire.carry()  # the loop has not run since
    assert sorted(connected) == ["ours", "theirs"]
    await wire.until(lambda: wire.ours.is_open(RELIABLE) and wire.theirs.is_open(RELIABLE))
    await wire.ours.close()
    await wire.theirs.close()


async def test_who_has_another_certificate_than_announced_is_not_let_in() -> None:
    wire = Wire()
    wire.start(Certificate().fingerprint)
    wire.carry()
    assert wire.ours._dtls.state == "failed"
    assert wire.ours.outbound is None


async def test_what_was_lost_of_a_handshake_is_sent_again() -> None:
    wire = Wire()
    wire.start()
    assert wire.to_ours
    wire.to_ours.clear()
    link = wire.theirs._dtls
    assert link._again is not None
    while not wire.to_ours:  # OpenSSL's first patience is a second
        await asyncio.sleep(0)
    await wire.until(lambda: wire.ours.outbound is not None and wire.theirs.outbound is not None)


async def test_records_that_came_before_the_handshake_was_begun_are_not_lost() -> None:
    wire = Wire()
    wire.theirs.start(CERTIFICATE.fingerprint, passive=False, offers_channels=False)
    wire.ours.receive(wire.to_ours.popleft())
    wire.ours.start(wire.theirs._certificate.fingerprint, passive=True, offers_channels=False)
    await wire.until(lambda: wire.ours.outbound is not None)


async def test_of_many_records_at_once_the_rest_waits_for_the_next_turn_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dtls.time, "monotonic", lambda: 5.0)  # all at one moment
    wire = Wire()
    taken: list[bytes] = []
    wire.start()
    wire.ours._dtls.take = taken.append
    sent = [bytes([number]) for number in range(3 * RECORDS_PER_TURN)]
    for record in sent:
        wire.ours.receive(record)
    assert taken == sent[:RECORDS_PER_TURN]
    await asyncio.sleep(0)
    assert taken == sent[: 2 * RECORDS_PER_TURN]
    await asyncio.sleep(0)
    assert taken == sent


async def test_what_comes_while_a_record_is_acted_on_is_acted_on_after_it() -> None:
    wire = Wire()
    wire.start()
    taken: list[bytes] = []

    def take(record: bytes) -> None:
        if record == b"first":
            wire.ours.receive(b"second")
        taken.append(record)

    wire.ours._dtls.take = take
    wire.ours.receive(b"first")
    assert taken == [b"first"]
    await asyncio.sleep(0)
    assert taken == [b"first", b"second"]


async def test_a_failure_ends_the_association_and_reaches_nobody_else() -> None:
    wire = Wire()
    wire.start()
    await wire.until(lambda: wire.ours.is_open(RELIABLE) and wire.theirs.is_open(RELIABLE))

    def fail(_label: str, _message: bytes) -> None:
        raise KeyboardError

    class KeyboardError(Exception):
        """Something that no packet should lead to."""

    wire.ours.when_message = fail
    assert wire.theirs.send(RELIABLE, b"x")
    await wire.until(lambda: wire.ours._dtls.state == "closed")
    assert not wire.ours.send(RELIABLE, b"x")


async def test_sctp_is_begun_by_one_side_and_by_ours_if_the_peer_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(association, "PATIENCE", 0.0)
    wire = Wire()
    wire.start()
    wire.theirs._sctp._begins = False
    began: list[str] = []
    wire.ours._sctp._begin = lambda begin=wire.ours._sctp._begin: (began.append("ours"), begin())
    await wire.until(lambda: wire.ours.is_open(RELIABLE))
    assert began == ["ours"]


async def test_the_peers_greeting_stops_ours() -> None:
    wire = Wire()
    wire.start()
    wire.carry()
    assert wire.ours._sctp._association_state == wire.ours._sctp.State.ESTABLISHED
    assert wire.ours._sctp._t1_handle is None


async def test_after_half_a_minute_a_handshake_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    wire = Wire()
    wire.start()
    wire.ours._late()
    wire.carry()
    assert wire.ours.outbound is None
    assert wire.ours._dtls._state is State.FAILED
    assert [record.message for record in caplog.records] == ["dtls.timeout"]


def test_what_waits_for_something_is_not_run_at_once() -> None:
    async def waits() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError):
        at_once(waits())


async def test_two_records_in_one_datagram_are_both_read() -> None:
    wire = Wire()
    wire.start()
    await wire.until(lambda: wire.ours.is_open(RELIABLE) and wire.theirs.is_open(RELIABLE))
    for _ in range(10):  # acknowledgements, the last of them from tasks of aiortc
        wire.carry()
        await asyncio.sleep(0)
    got: list[bytes] = []
    wire.ours.when_message = lambda _label, message: got.append(message)
    for message in (b"one", b"two"):
        assert wire.theirs.send(RELIABLE, message)
        await asyncio.sleep(0)  # aiortc sends in a task
    assert len(wire.to_ours) == 2
    wire.ours._dtls.take(wire.to_ours.popleft() + wire.to_ours.popleft())
    assert got == [b"one", b"two"]


async def test_a_record_that_is_none_is_lost_and_nothing_else() -> None:
    wire = Wire()
    wire.start()
    await wire.until(lambda: wire.ours.is_open(RELIABLE) and wire.theirs.is_open(RELIABLE))
    got: list[bytes] = []
    wire.ours.when_message = lambda _label, message: got.append(message)
    wire.ours.receive(b"\x17" + bytes(200))
    assert wire.theirs.send(RELIABLE, b"after")
    await wire.until(lambda: got == [b"after"])
