"""Connectivity checks as a peer sees them: what is answered, and what is asked back."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from signaling import stun
from signaling.connection import Connection
from signaling.consent import SILENT
from signaling.sdp import Candidate, Fingerprint, Transport
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort
from signaling.transport.srtp import RECEIVING

THEIRS = Transport("them", "their-password", Fingerprint("sha-256", "AB"), (Candidate("127.0.0.1", 5),))


class Client:
    """One address of a client's, before a connection that offers to it."""

    def __init__(self) -> None:
        self.port = MediaPort(("127.0.0.1",), 0)
        self.near = next(iter(self.port._at))
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)
        self.connection = Connection(self.port, Certificate(), offers=True)
        self.connection.handshake.start = lambda *_args, **_kinds: None  # type: ignore[method-assign]

    def answer(self) -> None:
        offer = self.connection.offer()
        assert offer is not None
        ours = self.connection.transport()
        text = offer.text.replace(ours.ufrag, THEIRS.ufrag).replace(ours.pwd, THEIRS.pwd)
        self.connection.answered(text.replace("a=setup:actpass", "a=setup:active"))

    def move(self) -> None:
        """Send from another address from now on, as after a NAT has forgotten the old one."""
        self.sock.close()
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)

    @property
    def reached(self) -> bool:
        """Media goes to the address that the client has now."""
        path: Any = self.connection.path
        return bool(path.address == self.sock.getsockname())

    def check(self, *, nominated: bool) -> list[bytes]:
        """Send a check; return the datagrams that come: the answer first."""
        ours = self.connection.transport()
        asked = stun.request(f"{ours.ufrag}:{THEIRS.ufrag}", ours.pwd, b"t" * 12, nominated=nominated)
        RECEIVING[: len(asked)] = asked
        self.port.sort(self.near, len(asked), self.sock.getsockname())
        return self.got()

    def got(self) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(self.sock.recv(2048))
            except BlockingIOError:
                return found

    def close(self) -> None:
        self.sock.close()
        self.near.close()


@pytest.fixture
def client() -> Iterator[Client]:
    there = Client()
    yield there
    there.close()


def kinds(datagrams: list[bytes]) -> list[int]:
    return [int.from_bytes(each[:2]) for each in datagrams]


def test_a_path_that_is_not_nominated_yet_is_checked_from_here_too(client: Client) -> None:
    client.answer()
    found = client.check(nominated=False)
    assert kinds(found) == [stun.BINDING_SUCCESS, stun.BINDING_REQUEST]
    asked = stun.read_request(found[1])
    assert (asked.local_ufrag, asked.remote_ufrag) == (THEIRS.ufrag, client.connection.transport().ufrag)
    assert asked.authentic(THEIRS.pwd)
    assert not asked.nominated
    attributes = {kind for kind, _, _ in stun._attributes(found[1])}
    assert {stun.PRIORITY, stun.ICE_CONTROLLED} <= attributes


def test_a_check_that_was_faster_than_the_answer_is_asked_back_then(client: Client) -> None:
    assert kinds(client.check(nominated=False)) == [stun.BINDING_SUCCESS]
    client.answer()
    (asked,) = client.got()
    assert stun.read_request(asked).authentic(THEIRS.pwd)


def test_once_nominated_nothing_is_asked_back_until_the_credentials_change(client: Client) -> None:
    client.answer()
    assert kinds(client.check(nominated=True)) == [stun.BINDING_SUCCESS]
    assert kinds(client.check(nominated=False)) == [stun.BINDING_SUCCESS]
    client.connection.renew_credentials()
    assert kinds(client.check(nominated=False)) == [stun.BINDING_SUCCESS, stun.BINDING_REQUEST]


@pytest.mark.parametrize("passed", [0.5, 2.0])
def test_a_client_that_nominates_once_is_followed_to_a_new_address_when_the_old_one_is_silent(
    client: Client, monkeypatch: pytest.MonkeyPatch, passed: float
) -> None:
    now = 1000.0
    monkeypatch.setattr("signaling.connection.time.monotonic", lambda: now)
    client.answer()
    client.check(nominated=True)
    client.check(nominated=False)
    client.move()
    now += passed
    client.check(nominated=False)
    assert client.reached == (passed > SILENT)


def test_a_client_that_nominates_with_every_check_is_not_followed_to_where_it_does_not(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("signaling.connection.time.monotonic", lambda: now)
    client.answer()
    client.check(nominated=True)
    client.move()
    now += 20
    client.check(nominated=False)
    assert not client.reached
    client.check(nominated=True)
    assert client.reached


def test_before_a_nomination_no_second_path_is_taken(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("signaling.connection.time.monotonic", lambda: now)
    client.answer()
    client.check(nominated=False)
    client.move()
    now += 5
    client.check(nominated=False)
    assert not client.reached


def test_an_answer_to_our_check_changes_nothing(client: Client) -> None:
    client.answer()
    asked = stun.read_request(client.check(nominated=False)[1])
    answer = stun.success(asked, client.near.getsockname(), THEIRS.pwd)
    RECEIVING[: len(answer)] = answer
    client.port.sort(client.near, len(answer), client.sock.getsockname())
    assert client.got() == []


def test_a_strangers_check_is_neither_answered_nor_asked_back(client: Client) -> None:
    client.answer()
    ours = client.connection.transport()
    asked = stun.request(f"{ours.ufrag}:x", "a guess", b"t" * 12, nominated=False)
    RECEIVING[: len(asked)] = asked
    client.port.sort(client.near, len(asked), client.sock.getsockname())
    assert client.got() == []
