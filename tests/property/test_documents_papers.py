"""What must hold for any text and any damage: nothing is lost in setting, no flipped bit is believed."""

import contextlib
import datetime as dt
import random
from itertools import pairwise

import pytest
from documents_hostile import mutated
from documents_play import play
from hypothesis import example, given, settings
from hypothesis import strategies as st

from documents import wording
from documents.inspection import Unreadable, inspect
from documents.keys import der_from_raw, raw_from_der
from documents.linebreak import NO_END, NO_START, break_lines, faults, units
from documents.marks import StrokesRefused, checked_strokes
from documents.signing import Prepared
from documents.validation import Verdict, verify

CHINESE = "双方自愿达成如下协议人民调解委员会，。、；：？！（）《》“”……——"
TEXTS = st.text(st.one_of(st.sampled_from(CHINESE), st.sampled_from("0123456789年月日元abc.,-%/ ")), max_size=200)
FEW = settings(max_examples=24)


def advance(character: str) -> float:
    return 8.0 if character.isascii() else 16.0


@given(TEXTS, st.integers(10, 40), st.integers(0, 2))
@example("000———————《”", 10, 0)  # its last mark is squeezed in
@example("双方自愿达成如下协议 ", 10, 0)  # its last space is left out
def test_a_paragraph_keeps_its_text_and_its_margins(text: str, characters: int, indent: int) -> None:
    lines = break_lines(text, advance, 16, characters * 16.0, indent * 16.0)
    assert "".join(line.text for line in lines).replace(" ", "") == text.replace(" ", "")
    assert all(line.natural <= line.available + 16 * len(line.text) for line in lines)
    assert lines[-1].last
    assert not any(line.last for line in lines[:-1])


@given(st.text(st.sampled_from("双方自愿，。、；：）》”元"), min_size=1, max_size=200), st.integers(10, 40))
def test_no_line_begins_with_a_mark_that_closes_unless_the_text_is_nothing_else(text: str, characters: int) -> None:
    runs = max((len(piece) for piece in units(text)), default=0)
    if runs < 10:
        assert list(faults(break_lines(text, advance, 16, characters * 16.0))) == []


@given(TEXTS)
def test_pieces_are_the_text_and_break_only_where_one_may(text: str) -> None:
    pieces = units(text)
    assert "".join(pieces) == text
    for before, after in pairwise(pieces):
        assert after[0] not in NO_START
        assert before[-1] not in NO_END


@given(st.integers(1, 999))
def test_every_numeral_is_another_and_short(number: int) -> None:
    text = wording.numeral(number)
    assert 1 <= len(text) <= 5
    assert text != wording.numeral(number % 999 + 1)


@given(st.datetimes(timezones=st.just(dt.UTC)).filter(lambda moment: 1990 < moment.year < 2100))
def test_beijing_is_eight_hours_ahead(moment: dt.datetime) -> None:
    assert wording.moment(moment) == wording.moment(moment.astimezone(wording.BEIJING))
    assert f"{moment + dt.timedelta(hours=8):%H:%M:%S}" in wording.moment(moment)


@given(st.integers(1, 2**256 - 1), st.integers(1, 2**256 - 1))
def test_every_pair_goes_to_der_and_back(r: int, s: int) -> None:
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert raw_from_der(der_from_raw(raw)) == raw


NUMBERS = st.one_of(st.floats(), st.integers(), st.none(), st.text(max_size=3))


@given(st.lists(st.lists(st.lists(NUMBERS, max_size=3), max_size=5), max_size=5))
def test_strokes_are_kept_or_refused_never_anything_else(strokes: list[list[list[object]]]) -> None:
    try:
        kept = checked_strokes(strokes)  # type: ignore[arg-type]
    except StrokesRefused:
        return
    assert all(0 <= value <= 1 for stroke in kept for point in stroke for value in point)


@FEW
@given(st.data())
def test_no_flipped_bit_leaves_the_file_valid(data: st.DataObject) -> None:
    pdf = bytearray(play().whole)
    place = data.draw(st.integers(0, len(pdf) - 1))
    pdf[place] ^= 1 << data.draw(st.integers(0, 7))
    assert verify(bytes(pdf), play().roots, now=play().clock.now()).verdict is not Verdict.VALID


def _last_gap() -> tuple[int, int]:
    """Where the last time stamp lies: the one stretch that no signature covers."""
    begin = play().whole.rindex(b"/Contents <") + len(b"/Contents ")
    return begin, play().whole.index(b">", begin) + 1


@FEW
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
@example(0.0, 5)
@example(0.002, 5)
@example(0.9, 0)
def test_not_even_where_no_signature_covers_it(share: float, bit: int) -> None:
    begin, end = _last_gap()
    pdf = bytearray(play().whole)
    pdf[begin + int(share * (end - begin))] ^= 1 << bit
    assert verify(bytes(pdf), play().roots, now=play().clock.now()).verdict is not Verdict.VALID


@FEW
@given(st.integers(0, 400_000), st.integers(1, 5_000))
def test_no_piece_can_be_left_out(place: int, length: int) -> None:
    begin = place % (len(play().whole) - 1)
    pdf = play().whole[:begin] + play().whole[begin + length :]
    assert verify(pdf, play().roots, now=play().clock.now()).verdict is not Verdict.VALID


@FEW
@given(st.binary(min_size=1, max_size=300))
def test_nothing_can_be_appended(tail: bytes) -> None:
    assert verify(play().whole + tail, play().roots, now=play().clock.now()).verdict is not Verdict.VALID


@settings(max_examples=60)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_get_a_verdict(content: bytes, like: bool) -> None:
    report = verify((b"%PDF-1.7\n" if like else b"") + content, play().roots, now=play().clock.now())
    assert report.verdict in (Verdict.INVALID, Verdict.UNKNOWN)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_no_file_damaged_by_chance_is_believed_or_breaks_the_reader(seed: int) -> None:
    """A few of what benchmarks/fuzz_pdf_reader.py tries for minutes."""
    seeds = list(play().steps.values())
    pdf = mutated(random.Random(seed), seeds)
    report = verify(pdf, play().roots, now=play().clock.now())
    if not any(one.startswith(pdf) for one in seeds):
        assert report.verdict in (Verdict.INVALID, Verdict.UNKNOWN)
    with contextlib.suppress(Unreadable):
        inspect(pdf)


@pytest.fixture(scope="module")
def waiting() -> Prepared:
    return play().ceremony.prepared(play().steps["frozen"], "party-1", play().keys["party-1"])


@settings(max_examples=40)
@given(signature=st.binary(min_size=64, max_size=64))
def test_no_guessed_signature_is_embedded(waiting: Prepared, signature: bytes) -> None:
    from documents.signing import SignatureRefused, embed

    with pytest.raises(SignatureRefused):
        embed(waiting, signature, play().ceremony.timestamper)
