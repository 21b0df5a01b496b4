"""Opus with redundancy: offered, answered, taken apart for those who do not know it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling import red, sdp
from signaling.negotiation import Answering, Pending
from signaling.offering import RED, Offering
from signaling.slots import Slot

OFFERS = Path(__file__).resolve().parents[1] / "data/sdp"
CANDIDATE = sdp.Candidate("192.0.2.1", 1)
TRANSPORT = sdp.Transport("ufrag", "a password of some length", sdp.Fingerprint("sha-256", "AB"), (CANDIDATE,))


def packed(blocks: list[bytes], primary: bytes) -> bytes:
    """RFC 2198 3, written from the RFC: a header of four bytes for each older block, one for the primary."""
    headers = b"".join(
        (1 << 31 | 111 << 24 | (960 * age) << 10 | len(block)).to_bytes(4, "big")
        for age, block in zip(range(len(blocks), 0, -1), blocks, strict=True)
    )
    return headers + bytes([111]) + b"".join(blocks) + primary


@given(st.lists(st.binary(max_size=1023), max_size=4), st.binary(min_size=1, max_size=300))
def test_the_primary_part_is_found_behind_any_number_of_older_ones(blocks: list[bytes], primary: bytes) -> None:
    assert red.primary(packed(blocks, primary)) == primary


@given(st.binary(min_size=1, max_size=300), st.integers(1, 255))
def test_padding_stays_where_it_is_and_padding_alone_has_no_blocks(primary: bytes, size: int) -> None:
    padding = bytes(size - 1) + bytes([size])
    assert red.primary(packed([b"older"], primary) + padding, padding=True) == primary + padding
    assert red.primary(padding, padding=True) == padding


@given(st.binary(max_size=40))
def test_any_bytes_give_a_part_of_themselves_or_nothing(payload: bytes) -> None:
    found = red.primary(payload)
    assert found is None or (found and payload.endswith(found))


def test_a_block_longer_than_the_packet_is_no_packet() -> None:
    whole = packed([b"old" * 10], b"new")
    assert all(red.primary(whole[:cut]) is None for cut in range(len(whole) - len(b"new") + 1))


def offer(name: str) -> sdp.Description:
    return sdp.parse((OFFERS / f"{name}.sdp").read_text())


def of_kind(text: str, kind: str, direction: str) -> sdp.Section:
    return next(each for each in sdp.parse(text).sections if (each.kind, each.direction) == (kind, direction))


@pytest.mark.parametrize("wanted", [True, False])
def test_who_publishes_with_redundancy_is_answered_with_it_first(wanted: bool) -> None:
    state, given = Answering(1), offer("chromium")
    state.pending.append(Pending("TR_A", "audio", ("a",), red=wanted, dtx=True))
    answer = state.answer(given, TRANSPORT)
    offered = next(each for each in given.sections if each.kind == "audio" and each.sends)
    section = of_kind(answer.text, "audio", "recvonly")
    opus, redundant = offered.payload_type("opus"), offered.payload_type("red")
    assert redundant is not None
    assert section.formats == ([str(redundant)] if wanted else []) + [str(opus)]
    assert answer.published[0].red_type == (redundant if wanted else None)
    assert "usedtx=1" in section.parameters[opus or 0]


def test_a_subscriber_takes_redundancy_if_its_browser_knows_it() -> None:
    for browser, knows in (("chromium", True), ("firefox", False)):
        state, given = Answering(1), offer(browser)
        slot = Slot("TR_X", "PA_other", "audio", "opus", 7, red=True)
        state.slots.all.append(slot)
        for section in given.sections:
            section.direction = "recvonly" if section.kind == "audio" else section.direction
        state.answer(given, TRANSPORT)
        assert slot.mid
        assert (slot.red_type is not None) == knows


def test_what_we_offer_with_redundancy_is_sent_so_only_after_a_yes() -> None:
    for formats in ([str(RED), "111"], ["111"]):
        state = Offering(1)
        slot = Slot("TR_X", "PA_other", "audio", "opus", 7, red=True)
        state.slots.all.append(slot)
        offered = state.offer(TRANSPORT)
        assert offered is not None
        answer = sdp.parse(offered.text.replace("a=sendonly", "a=recvonly"))
        assert answer.sections[1].formats == [str(RED), "111"]
        answer.sections[1].formats = formats
        state.answered(answer)
        assert slot.red_type == (RED if str(RED) in formats else None)
