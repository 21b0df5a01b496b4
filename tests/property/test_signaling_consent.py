"""Checks are answered in C as Python answers them, byte for byte, or are left to it with nothing changed.

`test_signaling_receive` lets all of this run with the sanitizers too.
"""

import random
import secrets
import struct
from collections.abc import Callable, Iterator
from math import inf
from typing import Any

import aioice.stun
import pytest
from checks import (
    CONTROLLING,
    FINGERPRINT,
    INTEGRITY,
    NAME,
    USE,
    WAYS,
    Part,
    Twins,
    Way,
    any_check,
    bound,
    drawn,
    fingerprint,
    flipped,
    integrity,
    plain,
    usual,
    written,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from receive import sanitized

from signaling import stun
from signaling.consent import MOST_CREDENTIALS, Credentials
from signaling.loops import library
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort
from signaling.transport.outbox import socket_name

UFRAG, PASSWORD, OURS = "0123abcd", "the password of this test", "0123abcd:x"
pytest_plugins = ["loops_fixtures"]
ffi = library.ffi
thorough = settings(
    max_examples=80 if sanitized else 250, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture
def make(loops: Any, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Twins]]:
    made: list[Twins] = []
    monkeypatch.setattr(secrets, "token_hex", lambda size: drawn.randbytes(size).hex())
    monkeypatch.setattr(secrets, "token_bytes", bytes)  # the transaction of a check back

    def closed() -> None:
        for each in made:
            for closing in (*each.sides, *each.ends):
                closing.close()
        made.clear()

    def another() -> Twins:
        closed()
        made.append(Twins(loops, certificate))
        return made[0]

    yield another
    closed()


@thorough
@given(st.integers(0, 2**32), st.integers(5, 25))
def test_whatever_check_comes_is_the_same_in_c_and_in_python(make: Callable[[], Twins], seed: int, events: int) -> None:
    chance, twins = random.Random(seed), make()
    for _ in range(events):
        twins.live(chance)


@pytest.mark.parametrize("way", [WAYS[0], WAYS[-1]], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("nominates", [True, False])
def test_a_check_along_the_path_is_answered_without_python_and_its_client_believes_the_answer(
    make: Callable[[], Twins], monkeypatch: pytest.MonkeyPatch, way: Way, nominates: bool
) -> None:
    twins, chance = make(), random.Random(0)
    side, (ufrag, password) = twins.sides[0], twins.credentials(0)
    twins.arrive(way, written(usual(f"{ufrag}:x", password), chance))
    monkeypatch.setattr(MediaPort, "_check", lambda *_: pytest.fail("Python was asked"))
    check = written(usual(f"{ufrag}:x", password, nominates=nominates), chance)
    seen = side.arrive(twins.ends, way, check)
    [(sock, datagram)] = seen["answers"][way[1]]
    answer = aioice.stun.parse_message(datagram)  # which looks at the fingerprint
    assert answer.check_message_integrity(password.encode())
    assert (answer.message_method, answer.message_class) == (aioice.stun.Method.BINDING, aioice.stun.Class.RESPONSE)
    assert (sock, answer.transaction_id) == (way[0], check[8:20])
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == twins.ends[way[1]].getsockname()[:2]
    assert list(answer.attributes) == ["XOR-MAPPED-ADDRESS", "MESSAGE-INTEGRITY", "FINGERPRINT"]
    assert seen["counts"] == (2, 0)
    assert seen["times"][:2] == ["now", "still" if nominates else "now"]


# one check in memory of just its size, so that the sanitizers see each byte too far


class Alone:
    """A consent with a path, and who stands at its other end."""

    def __init__(self, loops: Any) -> None:
        self.loops: Any = loops
        self.sock, self.end = bound("127.0.0.1"), bound("127.0.0.1")
        self.inbox, self.sender, self.consent = (ffi.new(f"struct {name} *") for name in ("inbox", "sender", "consent"))
        self.inbox.hmac, self.inbox.sha1, self.inbox.socket = library.hmac, library.sha1, self.sock.fileno()
        assert self.inbox.hmac, "this Python has no OpenSSL of its own to lend"
        self.inbox.now, self.sender.consent = 5.0, self.consent
        name = socket_name(self.end.getsockname())
        self.name = bytes(ffi.buffer(name.memory, name.length))
        consent = self.consent
        consent.socket, consent.way_size, consent.nominated = self.sock.fileno(), len(self.name), True
        consent.heard_at, consent.checked_at = 3.0, 4.0
        ffi.memmove(consent.way, self.name, len(self.name))
        self.ours, self.places = Credentials(UFRAG, PASSWORD), ffi.new("struct place[]", 2)
        self.ufrags = ffi.new("struct table *", (1, 2, 0, self.places))
        assert loops.bind_name(self.ufrags, UFRAG.encode(), len(UFRAG), self.ours.memory)
        consent.present, self.inbox.ufrags = self.ours.memory, self.ufrags

    def answered(self, whole: bytes) -> bytes:
        """Return the answer to a check; nothing, and nothing is changed, if it is Python's."""
        before = bytes(ffi.buffer(self.consent)), whole
        memory, name = ffi.new("unsigned char[]", len(whole)), ffi.new("unsigned char[]", len(self.name))
        ffi.buffer(memory)[:], ffi.buffer(name)[:] = whole, self.name
        done = self.loops.answered(self.inbox, self.sender, memory, len(whole), name, len(self.name))
        try:
            answer: bytes = self.end.recv(4096)
        except BlockingIOError:
            answer = b""
        assert done == bool(answer)
        assert done or before == (bytes(ffi.buffer(self.consent)), bytes(ffi.buffer(memory)))
        return answer

    def genuine(self, whole: bytes) -> bool:
        """Tell whether Python is asked about a check, which stays as it is."""
        memory = ffi.new("unsigned char[]", len(whole))
        ffi.buffer(memory)[:] = whole
        found = self.loops.is_genuine(self.inbox, memory, len(whole))
        assert bytes(ffi.buffer(memory)) == whole
        return bool(found)

    def close(self) -> None:
        self.sock.close()
        self.end.close()


@pytest.fixture
def alone(loops: Any) -> Iterator[Alone]:
    made = Alone(loops)
    yield made
    made.close()


@thorough
@given(st.integers(0, 2**32))
def test_a_check_is_read_as_python_reads_it_and_no_further(alone: Alone, seed: int) -> None:
    chance = random.Random(seed)
    names = [OURS] * 5 + [f"{UFRAG}y:x", UFRAG, "", f"{UFRAG[:-1]}:x", "12345678:x", f"{UFRAG}:ü"]
    for _ in range(50):
        whole = any_check(chance, [chance.choice(names), *names], PASSWORD)
        if len(whole) < 28 or whole[:8] != struct.pack(">HHI", 1, len(whole) - 20, stun.COOKIE):
            continue  # nobody asks about it
        alone.consent.heard_at, alone.consent.checked_at = 3.0, 4.0
        answer = alone.answered(whole)
        if answer:
            request = stun.read_request(whole)
            assert request.local_ufrag == UFRAG and request.authentic(PASSWORD)
            assert answer == stun.success(request, alone.end.getsockname(), PASSWORD)
            assert alone.consent.heard_at == 5 and alone.consent.checked_at == (inf if request.nominated else 5)


def accepted(whole: bytes) -> bool:
    """Tell whether Python takes a check for one of ours."""
    try:
        request = stun.read_request(whole)
    except ValueError:
        return False
    return request.local_ufrag == UFRAG and request.authentic(PASSWORD)


def signed_by_us(whole: bytes) -> bool:
    """Tell whether the first name is ours, and before the first integrity, which is made with our password."""
    at, name = 20, None
    while at + 4 <= len(whole):
        kind, size = struct.unpack_from(">HH", whole, at)
        value = whole[at + 4 : at + 4 + size]
        if kind == NAME and name is None:
            name = value.partition(b":")[0]
        if kind == INTEGRITY:
            return name == UFRAG.encode() and value == integrity(PASSWORD)[1](whole[:at])
        at += 4 + size + -size % 4
    return False


@thorough
@given(st.integers(0, 2**32))
def test_python_is_asked_about_every_check_of_ours_and_about_nothing_that_was_not_made_with_our_password(
    alone: Alone, seed: int
) -> None:
    chance, known = random.Random(seed), 0
    names = [OURS] * 5 + [f"{UFRAG}y:x", UFRAG, "", f"{UFRAG[:-1]}:x", "12345678:x", f"{UFRAG}:ü", f"{'y' * 40}:x"]
    for _ in range(50):
        password = chance.choice([PASSWORD] * 4 + ["a guess"])
        whole = any_check(chance, [chance.choice(names), *names], password)
        if len(whole) < 28 or whole[:8] != struct.pack(">HHI", 1, len(whole) - 20, stun.COOKIE):
            continue
        genuine, known = alone.genuine(whole), known + accepted(whole)
        assert genuine or not accepted(whole), whole.hex()
        assert not genuine or signed_by_us(whole), whole.hex()
    assert known


GUESSED = [plain(NAME, OURS.encode()), integrity("a guess"), fingerprint()]
STRANGE: dict[str, list[Part]] = {
    "a wrong password": GUESSED,
    "nobody's name": usual("87654321:x", PASSWORD),
    "no name": [integrity(PASSWORD), fingerprint()],
    "an empty name": usual("", PASSWORD),
    "a name behind the integrity": [integrity(PASSWORD), plain(NAME, OURS.encode()), fingerprint()],
    "another's name before ours": [plain(NAME, b"87654321:x"), *usual(OURS, PASSWORD)],
    "a longer name": usual(f"{'0' * 29}:x", PASSWORD),
    "no integrity": [plain(NAME, OURS.encode()), fingerprint()],
    "a short digest": [plain(NAME, OURS.encode()), integrity(PASSWORD, lambda made: made[:16]), fingerprint()],
    "an integrity after too many attributes": [plain(NAME, OURS.encode()), *[plain(USE)] * 23, integrity(PASSWORD)],
}


@pytest.mark.parametrize("parts", STRANGE.values(), ids=list(STRANGE))
def test_a_strangers_check_is_nobodys(alone: Alone, parts: list[Part]) -> None:
    whole = written(parts, random.Random(0))
    assert not alone.genuine(whole) and not accepted(whole)


def test_without_a_digest_python_looks_at_whatever_names_us(alone: Alone) -> None:
    alone.inbox.hmac = ffi.NULL
    assert alone.genuine(written(GUESSED, random.Random(0)))
    assert not alone.genuine(written(STRANGE["nobody's name"], random.Random(0)))
    alone.inbox.ufrags = ffi.NULL
    assert alone.genuine(written(STRANGE["nobody's name"], random.Random(0)))


def test_strangers_never_reach_python_and_who_was_given_a_ufrag_does_until_it_is_over(
    make: Callable[[], Twins], monkeypatch: pytest.MonkeyPatch
) -> None:
    twins, chance, reached = make(), random.Random(0), []
    side, sort = twins.sides[0], MediaPort.sort
    monkeypatch.setattr(MediaPort, "sort", lambda *given: (reached.append(1), sort(*given)))
    first = twins.credentials(0)

    def come(ufrag: str, password: str) -> tuple[int, int]:
        """Return how many checks Python saw, and how many answers there were."""
        reached.clear()
        seen = side.arrive(twins.ends, WAYS[0], written(usual(f"{ufrag}:x", password), chance))
        return len(reached), len([each for _, each in seen["answers"][0] if each[:2] == b"\x01\x01"])

    assert come("12345678", first[1]) == come(first[0], "a guess") == (0, 0)
    assert come(*first) == (1, 1)
    for _ in range(MOST_CREDENTIALS - 1):
        twins.renew(0)
        assert come(*first) == (1, 1)
        assert come(*twins.credentials(0)) == (0, 1)  # what the first has nominated needs no Python
    twins.renew(0)
    assert come(*first) == (0, 0)
    assert come(*twins.credentials(0)) == (1, 1)
    side.port.forget(side.peers[0])
    assert come(*twins.credentials(0)) == (0, 0)
    assert come(*twins.credentials(1)) == (1, 1)


NAMED, SIGNED = plain(NAME, OURS.encode()), integrity(PASSWORD)
SOME, SUMMED = plain(CONTROLLING, b"breaktie"), fingerprint()


def late_sum(before: bytes) -> bytes:
    """Eight bytes, of which the last four are the sum of all before them but four."""
    return bytes(4) + SUMMED[1](before + struct.pack(">HH", FINGERPRINT, 8))


PYTHONS: dict[str, list[Part]] = {
    "nothing": [SOME, SOME],
    "no name": [SOME, SIGNED, SUMMED],
    "no integrity": [NAMED, SOME, SUMMED],
    "no fingerprint": [NAMED, SIGNED],
    "two names": [NAMED, NAMED, SIGNED, SUMMED],
    "another's name first": [plain(NAME, b"12345678:x"), NAMED, SIGNED, SUMMED],
    "another's name last": [NAMED, plain(NAME, b"12345678:x"), SIGNED, SUMMED],
    "a name that is not signed": [SIGNED, NAMED, SUMMED],
    "a second name that is not signed": [NAMED, SIGNED, NAMED, SUMMED],
    "signed twice": [NAMED, SIGNED, SIGNED, SUMMED],
    "a fingerprint in between": [NAMED, SUMMED, SIGNED, SUMMED],
    "something behind the fingerprint": [NAMED, SIGNED, SUMMED, SOME],
    "a wrong fingerprint": [NAMED, SIGNED, fingerprint(lambda made: flipped(made, 3))],
    "a fingerprint by another name": [NAMED, SIGNED, (CONTROLLING, SUMMED[1])],
    "a right fingerprint that is too long": [NAMED, SIGNED, (FINGERPRINT, late_sum)],
    "a long fingerprint": [NAMED, SIGNED, fingerprint(lambda made: made + made)],
    "a guess": [NAMED, integrity("a guess"), SUMMED],
    "the first byte is guessed wrong": [NAMED, integrity(PASSWORD, lambda made: flipped(made, 0)), SUMMED],
    "the last byte is guessed wrong": [NAMED, integrity(PASSWORD, lambda made: flipped(made, 19)), SUMMED],
    "a short digest": [NAMED, integrity(PASSWORD, lambda made: made[:16]), SUMMED],
    "a long digest": [NAMED, integrity(PASSWORD, lambda made: made + bytes(4)), SUMMED],
    "another's name": [plain(NAME, b"12345678:x"), SIGNED, SUMMED],
    "a name that begins as ours": [plain(NAME, f"{UFRAG}y:x".encode()), SIGNED, SUMMED],
    "the beginning of our name": [plain(NAME, f"{UFRAG[:-1]}:x".encode()), SIGNED, SUMMED],
    "no colon": [plain(NAME, UFRAG.encode()), SIGNED, SUMMED],
    "letters that are not ASCII": [plain(NAME, f"{UFRAG}:ü".encode()), SIGNED, SUMMED],
    "bytes that are no letters": [plain(NAME, f"{UFRAG}:".encode() + b"\xff"), SIGNED, SUMMED],
    "too many attributes": [NAMED, *[plain(USE)] * 22, SIGNED, SUMMED],
    "too long": [NAMED, plain(0xC057, bytes(600)), SIGNED, SUMMED],
}


@pytest.mark.parametrize("parts", PYTHONS.values(), ids=list(PYTHONS))
def test_what_is_not_the_usual_check_is_left_to_python(alone: Alone, parts: list[Part]) -> None:
    assert not alone.answered(written(parts, random.Random(0)))
    assert alone.answered(written(usual(OURS, PASSWORD), random.Random(0)))


ANSWERED: dict[str, tuple[list[Part], bool]] = {
    "as browsers write it": (usual(OURS, PASSWORD), True),
    "as little as there must be": ([NAMED, SIGNED, SUMMED], False),
    "an odd name": ([plain(NAME, f"{UFRAG}:".encode()), plain(USE), SIGNED, SUMMED], True),
    "a nomination that is not signed": ([NAMED, SIGNED, plain(USE), SUMMED], False),
    "a nomination with a value": ([NAMED, plain(USE, b"123"), SIGNED, SUMMED], True),
    "as many attributes as there may be": ([NAMED, *[plain(USE)] * 21, SIGNED, SUMMED], True),
    "as long as it may be": ([NAMED, plain(0xC057, bytes(440)), SIGNED, SUMMED], False),
}


@pytest.mark.parametrize(("parts", "nominates"), ANSWERED.values(), ids=list(ANSWERED))
def test_the_usual_check_is_answered_however_it_is_written(alone: Alone, parts: list[Part], nominates: bool) -> None:
    whole = written(parts, random.Random(0))
    assert len(whole) <= 512 and stun.read_request(whole).nominated == nominates
    assert alone.answered(whole)
    assert (alone.consent.heard_at, alone.consent.checked_at) == (5, inf if nominates else 5)


def nobody_nominated(alone: Alone) -> None:
    alone.consent.nominated = False


def no_path(alone: Alone) -> None:
    alone.consent.way_size = 0


def another_address(alone: Alone) -> None:
    alone.consent.way[len(alone.name) - 1] += 1


def another_socket(alone: Alone) -> None:
    alone.consent.socket += 1


def no_digest(alone: Alone) -> None:
    alone.inbox.hmac = ffi.NULL


def no_consent(alone: Alone) -> None:
    alone.sender.consent = ffi.NULL


@pytest.mark.parametrize("change", [nobody_nominated, no_path, another_address, another_socket, no_digest, no_consent])
def test_a_check_that_is_not_along_the_nominated_path_is_left_to_python(
    alone: Alone, change: Callable[[Alone], None]
) -> None:
    usual_check = written(usual(OURS, PASSWORD), random.Random(0))
    assert alone.answered(usual_check)
    change(alone)
    assert not alone.answered(usual_check)
