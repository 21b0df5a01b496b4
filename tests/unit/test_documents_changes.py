"""Changes judged once for all signatures: never milder than pyHanko's comparison of everything with everything."""

import gc
import io
import weakref
from collections.abc import Callable

import pytest
from documents_attacks import BETWEEN, UPDATES, certified, loop_pages, replace_content, updated
from documents_play import play
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, StandardDiffPolicy
from pyhanko.sign.diff_analysis.policy_api import DiffResult, ModificationLevel
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from documents.changes import OnceForAll, Terms

Change = Callable[..., object]
WORST = ModificationLevel.OTHER


def levels(pdf: bytes, *, once: bool) -> list[ModificationLevel]:
    """How far the file was changed after each of its signatures, by our policy or by pyHanko's own."""
    reader = PdfFileReader(io.BytesIO(pdf))
    policy = OnceForAll(DEFAULT_DIFF_POLICY) if once else DEFAULT_DIFF_POLICY
    return [level_of(signature, policy) for signature in reader.embedded_signatures]


def level_of(signature: EmbeddedPdfSignature, policy: object) -> ModificationLevel:
    signature.compute_integrity_info(policy)
    found = signature.diff_result
    return found.modification_level if isinstance(found, DiffResult) else WORST


@pytest.mark.parametrize("step", ["frozen", "party-2", "party-1", "mediator", "seal", "archive"])
def test_of_a_genuine_file_both_say_the_same_of_every_signature(step: str) -> None:
    pdf = play().steps[step]
    assert levels(pdf, once=True) == levels(pdf, once=False)
    assert WORST not in levels(pdf, once=True)


def test_of_a_renewed_archive_both_say_the_same() -> None:
    pdf = play().ceremony.archived(play().whole)
    assert levels(pdf, once=True) == levels(pdf, once=False)


@pytest.mark.parametrize("change", UPDATES, ids=lambda change: change.__name__)
def test_whatever_pyhanko_refuses_after_several_signatures_is_refused_of_each(change: Change) -> None:
    attacked = updated(play().steps["mediator"], change)
    ours, stock = levels(attacked, once=True), levels(attacked, once=False)
    assert [mine >= theirs for mine, theirs in zip(ours, stock, strict=True)] == [True] * len(stock)


SIGNABLE = [change for change in UPDATES if change is not loop_pages]


@pytest.mark.parametrize("change", SIGNABLE[::3], ids=lambda change: change.__name__)
def test_who_signs_over_a_change_does_not_make_it_good_for_who_signed_before(change: Change) -> None:
    ceremony = play().ceremony
    attacked = ceremony.signed(updated(play().steps["party-2"], change), "party-1", play().keys["party-1"])
    ours, stock = levels(attacked, once=True), levels(attacked, once=False)
    assert [mine >= theirs for mine, theirs in zip(ours, stock, strict=True)] == [True] * len(stock)
    assert (ours[-1], stock[-1]) == (ModificationLevel.NONE, ModificationLevel.NONE)


def test_a_change_that_is_taken_back_is_seen() -> None:
    there = updated(play().steps["mediator"], replace_content)
    before = PdfFileReader(io.BytesIO(play().steps["mediator"]))
    page = before.root["/Pages"]["/Kids"][0]
    old = page.raw_get("/Contents")

    def take_back(writer: object) -> None:
        writer.root["/Pages"]["/Kids"][0]["/Contents"] = old  # type: ignore[attr-defined]
        writer.update_container(writer.root["/Pages"]["/Kids"][0])  # type: ignore[attr-defined]

    assert set(levels(updated(there, take_back), once=True)) == {WORST}


def test_each_revision_is_compared_once_and_once_more_for_what_the_seal_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []
    apply = StandardDiffPolicy.apply

    def counting(
        self: StandardDiffPolicy, old: HistoricalResolver, new: HistoricalResolver, *how: object
    ) -> DiffResult:
        compared.append((old.revision, new.revision))
        return apply(self, old, new, *how)  # type: ignore[arg-type]

    monkeypatch.setattr(StandardDiffPolicy, "apply", counting)
    levels(play().whole, once=True)
    assert sorted(compared) == [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (5, 6), (5, 7), (5, 7)]


def test_what_passed_a_certification_passes_an_approval_and_not_the_other_way_round() -> None:
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, ["party-1"])
    certification, approval = Terms.of(MDPPerm.FILL_FORMS, None), Terms.of(None, None)
    assert certification.cover(approval)
    assert not approval.cover(certification)
    assert Terms.of(None, lock).cover(approval)
    assert not approval.cover(Terms.of(None, lock))
    assert not Terms.of(None, FieldMDPSpec(FieldMDPAction.ALL)).cover(Terms.of(None, lock))


@pytest.mark.parametrize("name", BETWEEN)
def test_bytes_between_two_signatures_are_judged_alike(name: str) -> None:
    attacked = play().ceremony.signed(play().steps["party-2"] + BETWEEN[name], "party-1", play().keys["party-1"])
    ours, stock = levels(attacked, once=True), levels(attacked, once=False)
    assert [mine >= theirs for mine, theirs in zip(ours, stock, strict=True)] == [True] * len(stock)


def test_a_file_with_one_signature_is_judged_as_ever() -> None:
    assert levels(certified(), once=True) == levels(certified(), once=False)


@pytest.mark.parametrize("change", [None, replace_content])
def test_nothing_of_a_judged_file_is_kept(change: Change | None) -> None:
    policy, pdf = OnceForAll(DEFAULT_DIFF_POLICY), play().steps["mediator"]
    reader = PdfFileReader(io.BytesIO(updated(pdf, change) if change else pdf))
    for signature in reader.embedded_signatures:
        level_of(signature, policy)
    gone = weakref.ref(reader)
    del reader, signature
    gc.collect()
    assert gone() is None
