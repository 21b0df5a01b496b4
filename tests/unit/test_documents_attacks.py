"""Every published attack on signed PDFs ends in "not valid", at whatever step of the signing it is tried."""

import io

import pytest
from documents_attacks import (
    ACTIVE,
    BETWEEN,
    FORGERIES,
    SKELETONS,
    STRAY,
    UPDATES,
    WRAPPINGS,
    certified,
    change_metadata,
    override_font,
    replace_content,
    sneaky_field,
    swap_appearance,
    swap_pages,
    updated,
    with_text_field,
)
from documents_play import play
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader

from documents import activity, soundness
from documents.report import Report, Verdict
from documents.validation import verify

OPEN_FILE, CLOSED_FILE = "party-2", "archive"  # one that waits for signatures, and one that is finished


def judged(pdf: bytes) -> Report:
    return verify(pdf, play().roots, now=play().clock.now())


def codes(report: Report) -> set[str]:
    return {one.code for one in report.reasons}


def test_what_the_attacks_begin_from_is_genuine() -> None:
    assert judged(play().steps[OPEN_FILE]).verdict is Verdict.INCOMPLETE
    assert judged(certified()).verdict is Verdict.INCOMPLETE
    assert judged(play().steps[CLOSED_FILE]).verdict is Verdict.VALID


@pytest.mark.parametrize("change", UPDATES, ids=lambda change: change.__name__)
def test_no_update_after_a_signature_is_believed(change) -> None:
    attacked = updated(play().steps[OPEN_FILE], change)
    assert attacked.startswith(play().steps[OPEN_FILE])
    assert judged(attacked).verdict is Verdict.INVALID


STAMPED = (replace_content, swap_pages, override_font, change_metadata, sneaky_field, swap_appearance)


@pytest.mark.parametrize("change", STAMPED, ids=lambda change: change.__name__)
def test_nor_when_the_attacker_has_it_time_stamped(change) -> None:
    """Time stamps can be had by anybody: an attacker adds the evidence and the stamp that the file lacks."""
    report = judged(play().ceremony.archived(updated(play().steps[OPEN_FILE], change)))
    assert report.verdict is Verdict.INVALID
    assert codes(report) & {"altered_after", "altered", "active", "renamed"}


@pytest.mark.parametrize("change", UPDATES[::4], ids=lambda change: change.__name__)
def test_nor_in_a_finished_file(change) -> None:
    report = judged(updated(play().whole, change))
    assert report.verdict is Verdict.INVALID
    assert codes(report) & {"appended", "broken"}


@pytest.mark.parametrize("name", FORGERIES)
def test_no_universal_forgery_is_believed(name: str) -> None:
    assert judged(FORGERIES[name](play().steps[OPEN_FILE])).verdict is Verdict.INVALID


@pytest.mark.parametrize("name", WRAPPINGS)
def test_no_wrapped_signature_is_believed(name: str) -> None:
    attacked = WRAPPINGS[name](play().steps[OPEN_FILE])
    assert attacked != play().steps[OPEN_FILE]
    assert judged(attacked).verdict is Verdict.INVALID


@pytest.mark.parametrize("step", [OPEN_FILE, CLOSED_FILE])
@pytest.mark.parametrize("name", SKELETONS)
def test_no_trick_with_the_files_skeleton_is_believed(name: str, step: str) -> None:
    assert judged(SKELETONS[name](play().steps[step])).verdict is Verdict.INVALID


@pytest.mark.parametrize("name", BETWEEN)
def test_nothing_can_be_slipped_between_two_signatures(name: str) -> None:
    """The next signer signs over it in good faith, so that every signature is intact."""
    ceremony = play().ceremony
    attacked = ceremony.signed(play().steps[OPEN_FILE] + BETWEEN[name], "party-1", play().keys["party-1"])
    report = judged(attacked)
    assert report.verdict is Verdict.INVALID
    assert "unaccounted" in codes(report)
    assert all(one.intact for one in report.signers)


@pytest.mark.parametrize("change", ACTIVE, ids=lambda change: change.__name__)
def test_a_certified_text_that_acts_by_itself_is_not_valid(change) -> None:
    report = judged(certified(change))
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {"active", "missing", "no_archive"}
    assert all(one.intact for one in report.signers)


def fill_in(writer) -> None:
    field = next(one for one in writer.root["/AcroForm"]["/Fields"] if one.get_object()["/T"] == "amount")
    field.get_object()[pdf_name("/V")] = generic.pdf_string("86000")
    writer.update_container(field.get_object())


def test_an_amount_in_a_field_that_certification_lets_anybody_fill_in_is_not_valid() -> None:
    signed = certified(with_text_field)
    for pdf in (signed, updated(signed, fill_in)):
        report = judged(pdf)
        assert report.verdict is Verdict.INVALID
        assert "fillable" in codes(report)


def test_a_certification_that_allows_notes_is_too_lax(monkeypatch) -> None:
    monkeypatch.setattr("documents.signing.FILLING_AND_SIGNING", 3)  # notes too (ISO 32000-1 table 254)
    assert "lax" in codes(judged(certified()))


SHADOWS = {
    "hide": lambda pdf: updated(pdf, UPDATES[0]),
    "replace": lambda pdf: updated(pdf, fill_in),
    "hide_and_replace": SKELETONS["repoint_to_old_bytes"],
}


@pytest.mark.parametrize("name", SHADOWS)
def test_no_shadow_that_was_laid_before_certification_is_thrown_afterwards(name: str) -> None:
    report = judged(SHADOWS[name](certified(with_text_field if name == "replace" else None)))
    assert report.verdict is Verdict.INVALID


def test_objects_that_lie_unlisted_in_the_certified_text_are_found() -> None:
    """Hide-and-replace begins here: a second text lies in the signed bytes, where no table lists it."""

    assert "unaccounted" in codes(judged(certified(late=lambda pdf: updated(pdf + STRAY, replace_content))))


def read(pdf: bytes) -> tuple[PdfFileReader, list]:
    reader = PdfFileReader(io.BytesIO(pdf))
    return reader, list(reader.embedded_signatures)


def test_an_honest_file_has_a_place_for_every_byte_at_every_step() -> None:
    for pdf in play().steps.values():
        reader, signatures = read(pdf)
        assert soundness.faults(reader, pdf, signatures) == []
        assert activity.faults(reader, signatures[0]) == []


@pytest.mark.parametrize("name", ["spaces_between_the_digits", "payload_after_the_token"])
def test_a_gap_that_holds_more_than_its_signature_is_told_by_name(name: str) -> None:
    pdf = WRAPPINGS[name](play().steps[OPEN_FILE])
    reader, signatures = read(pdf)
    assert soundness.faults(reader, pdf, signatures) == [("wrapped", "party-2")]
