"""Connectivity checks: ours against aioice's codec as an independent witness."""

import pytest
from aioice import stun as witness

from signaling import stun

TRANSACTION = b"twelve bytes"
PASSWORD = "the password"


def a_check(*, nominated: bool = True, password: str = PASSWORD) -> bytes:
    message = witness.Message(witness.Method.BINDING, witness.Class.REQUEST, transaction_id=TRANSACTION)
    message.attributes["USERNAME"] = "ours:theirs"
    message.attributes["PRIORITY"] = 5
    message.attributes["ICE-CONTROLLING"] = 1
    if nominated:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    message.add_fingerprint()
    return bytes(message)


@pytest.mark.parametrize("nominated", [True, False])
def test_another_programs_check_is_read_and_authenticated(nominated: bool) -> None:
    check = stun.read_request(a_check(nominated=nominated))
    assert (check.local_ufrag, check.remote_ufrag, check.nominated) == ("ours", "theirs", nominated)
    assert check.authentic(PASSWORD)
    assert not check.authentic("another password")


def test_of_two_names_the_first_counts() -> None:  # RFC 8489 14
    request = stun.request("first:theirs", PASSWORD, TRANSACTION)
    name = request[20 : 20 + 4 + len("first:theirs")]
    twice = request[:20] + name + name.replace(b"first", b"other") + request[20 + len(name) :]
    twice = twice[:2] + (len(twice) - 28).to_bytes(2) + twice[4:-8]  # without the fingerprint
    assert stun.read_request(twice).local_ufrag == "first"
    assert stun.local_ufrag(memoryview(twice), len(twice)) == "first"


def test_our_answer_is_read_by_another_program() -> None:
    check = stun.read_request(a_check())
    answer = witness.parse_message(stun.success(check, ("192.0.2.9", 4567), PASSWORD))
    assert answer.message_class == witness.Class.RESPONSE
    assert answer.transaction_id == TRANSACTION
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.9", 4567)
    assert answer.check_message_integrity(PASSWORD.encode())


def test_our_own_check_is_read_by_both() -> None:
    made = stun.request("ours:theirs", PASSWORD, TRANSACTION)
    assert stun.read_request(made).authentic(PASSWORD)
    assert witness.parse_message(made).check_message_integrity(PASSWORD.encode())


def test_a_controlled_agents_check_says_so() -> None:
    read = witness.parse_message(stun.request("theirs:ours", PASSWORD, TRANSACTION, nominated=False))
    assert read.attributes["ICE-CONTROLLED"] == stun.TIE_BREAKER
    assert read.attributes["PRIORITY"] == stun.HOST_PRIORITY
    assert "USE-CANDIDATE" not in read.attributes


def test_every_truncated_twin_is_refused() -> None:
    whole = a_check()
    for size in range(len(whole)):
        with pytest.raises(ValueError):
            stun.read_request(whole[:size])


def test_a_flipped_bit_is_refused_or_not_authentic() -> None:
    whole = a_check()
    fingerprint = len(whole) - 8
    for at in range(fingerprint):
        broken = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(ValueError):
            stun.read_request(broken)


def test_without_the_fingerprint_the_integrity_still_protects() -> None:
    whole = a_check()[:-8]
    whole = whole[:2] + (len(whole) - 20).to_bytes(2) + whole[4:]
    assert stun.read_request(whole).authentic(PASSWORD)
    name = whole.index(b"theirs")
    assert not stun.read_request(whole[:name] + b"thei_s" + whole[name + 6 :]).authentic(PASSWORD)


def test_what_follows_the_integrity_is_not_trusted() -> None:
    message = witness.Message(witness.Method.BINDING, witness.Class.REQUEST, transaction_id=TRANSACTION)
    message.attributes["USERNAME"] = "ours:theirs"
    message.add_message_integrity(PASSWORD.encode())
    message.attributes["USE-CANDIDATE"] = None
    message.add_fingerprint()
    check = stun.read_request(bytes(message))
    assert check.authentic(PASSWORD)
    assert not check.nominated


def test_an_answer_or_an_indication_is_no_request() -> None:
    for kind in (witness.Class.RESPONSE, witness.Class.INDICATION, witness.Class.ERROR):
        with pytest.raises(ValueError):
            stun.read_request(bytes(witness.Message(witness.Method.BINDING, kind)))
