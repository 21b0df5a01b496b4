"""Updates written by hand: nothing before moves, both kinds of table, and DER that others read."""

import hashlib
import io

import pikepdf
import pytest
from asn1crypto import core
from documents_play import play
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError

from documents import der
from documents.increment import Increment, filled
from documents.papers.base import FieldFault
from documents.reading import hexadecimal, opened
from documents.validation import Verdict, verify
from documents.verdicts import Verdicts


def blank(mode: pikepdf.ObjectStreamMode, **how) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=mode, **how)
    return out.getvalue()


@pytest.mark.parametrize("mode", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_three_updates_one_upon_the_other_are_read_by_two_readers(mode: pikepdf.ObjectStreamMode) -> None:
    content = base = blank(mode)
    for turn in range(3):
        update = Increment(content)
        update.pdf.Root[f"/Note{turn}"] = update.add(update.pdf.make_stream(b"kept %d" % turn))
        update.change(update.pdf.Root)
        content = update.write()
    assert content.startswith(base)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert [pdf.Root[f"/Note{turn}"].read_bytes() for turn in range(3)] == [b"kept 0", b"kept 1", b"kept 2"]
        assert not pdf.check_pdf_syntax()
    assert opened(content).xrefs.total_revisions == 4


def test_the_digest_covers_all_but_the_gap() -> None:
    update = Increment(blank(pikepdf.ObjectStreamMode.disable))
    placed = update.write_signature(update.add(pikepdf.Dictionary(Type=pikepdf.Name.Sig)), 64)
    whole = filled(placed.content, placed.start, placed.end, b"\xab" * 10)
    assert whole[placed.start : placed.end] == b"<" + b"ab" * 10 + b"0" * 44 + b">"
    start, before, after, length = placed.byte_range
    assert hashlib.sha256(whole[start:before] + whole[after : after + length]).digest() == placed.digest
    with pytest.raises(ValueError, match="does not fit"):
        filled(placed.content, placed.start, placed.end, bytes(33))


def test_what_is_encrypted_or_no_pdf_is_refused() -> None:
    locked = blank(pikepdf.ObjectStreamMode.disable, encryption=pikepdf.Encryption(owner="o", user=""))
    with pytest.raises(FieldFault, match="加了密"):
        Increment(locked)
    with pytest.raises(pikepdf.PdfError):
        Increment(b"%PDF-1.7 nothing")


@given(st.binary(max_size=400), st.integers(0, 2**160))
@settings(max_examples=60)
def test_der_by_hand_is_what_a_general_encoder_writes(content: bytes, number: int) -> None:
    assert der.integer(number) == core.Integer(number).dump()
    assert der.octets(content) == core.OctetString(content).dump()
    whole = der.sequence(der.integer(number), der.set_of(der.octets(content), der.NULL))
    assert der.canonical_length(whole + b"more") == len(whole)


@pytest.mark.parametrize("name", ["1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "2.25.4071839265518220517.4"])
def test_object_identifiers_are_written_as_others_read_them(name: str) -> None:
    assert core.ObjectIdentifier.load(der.oid(name)).dotted == name


@pytest.mark.parametrize(
    "loose",
    [
        b"0\x80\x00\x00", b"0\x81\x02\x05\x00", b"\x02\x02\x00\x01", b"\x02\x00", b"\x01\x01\x01", b"\x05\x01\x00",
        b"1\x04\x04\x00\x02\x00", b"1\x06\x02\x01\x02\x02\x01\x01", b"0\x05\x05\x00", b"\x04\x82\x00\x81", b"", b"0", b"\x1f\x01\x00",
    ],
)  # fmt: skip
def test_what_der_forbids_is_not_canonical(loose: bytes) -> None:
    assert der.canonical_length(loose) is None


@given(st.text("0123456789abcdefABCDEF \n\t\r", max_size=300), st.sampled_from([b"", b" /Next", b">>"]))
@settings(max_examples=80)
def test_hexadecimal_strings_are_read_as_the_standard_says(digits: str, rest: bytes) -> None:
    stream = io.BytesIO(b"<" + digits.encode() + b">" + rest)
    plain = "".join(digits.split())
    assert bytes(generic.pdf_string(bytes.fromhex(plain + "0" * (len(plain) % 2))).original_bytes) == bytes(
        hexadecimal(stream).original_bytes
    )
    assert stream.read() == rest


@pytest.mark.parametrize("broken", [b"<12", b"<1g>", b"<", b"<12%note\n34>"])
def test_a_broken_hexadecimal_string_is_an_error(broken: bytes) -> None:
    with pytest.raises(PdfError):
        hexadecimal(io.BytesIO(broken))


def test_a_kept_verdict_is_for_these_bytes_these_roots_and_this_hour() -> None:
    asked: list[int] = []

    def judge(*arguments, **words):
        asked.append(1)
        return verify(*arguments, **words)

    verdicts, now = Verdicts(judge, most=2), play().clock.now()
    first = verdicts.verify(play().whole, play().roots, now=now)
    assert first.verdict is Verdict.VALID
    assert verdicts.verify(play().whole, play().roots, now=now) is first
    assert len(asked) == 1
    assert verdicts.verify(play().whole + b"x", play().roots, now=now).verdict is Verdict.INVALID
    assert verdicts.verify(play().whole, [], now=now).verdict is not Verdict.VALID
    assert len(asked) == 3
    verdicts.verify(play().whole, play().roots, now=now)
    assert len(asked) == 4, "the oldest is forgotten"
