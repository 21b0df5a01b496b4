"""A ceremony as a value: what is offered when, who may sign now, and what a stale one is told."""

import datetime as dt

import pytest
from documents_play import DAY, play

from documents import phases
from documents.phases import Archived, Complete, Gathering, Sealed, begun, from_json, to_json
from documents.signing import SignatureRefused
from documents.validation import Verdict, verify

ALL = ("party-1", "party-2", "mediator")


def refused(code: str, step, *arguments) -> None:
    with pytest.raises(SignatureRefused) as caught:
        step(*arguments)
    assert caught.value.code == code


@pytest.fixture
def phase() -> Gathering:
    return begun(play().steps["frozen"])


@pytest.fixture
def now() -> dt.datetime:
    return play().clock.now()


def test_a_certified_file_says_itself_who_must_sign(phase: Gathering) -> None:
    assert phase.waiting == phases.missing(phase) == ALL
    refused("not_certified", begun, play().steps["party-2"])


def test_while_one_signs_another_waits_and_may_follow_when_the_lease_is_over(
    phase: Gathering, now: dt.datetime
) -> None:
    leased = phase.take("party-1", "zhang", now)
    refused("busy", leased.take, "party-2", "liu", now)
    assert leased.take("party-1", "zhang", now) == leased
    assert leased.give_back("liu") == leased
    assert leased.give_back("zhang").take("party-2", "liu", now).lease
    assert leased.take("party-2", "liu", now + phases.LEASE).lease


def test_nobody_signs_out_of_turn(phase: Gathering, now: dt.datetime) -> None:
    refused("people_first", phase.take, "mediator", "wang", now)
    refused("not_a_field", phase.take, "party-9", "x", now)
    refused("not_a_field", phase.take, "seal", "x", now)
    key, look = play().keys["party-1"], play().ceremony.look("张桂兰", "00")
    refused("not_leased", phase.prepare, play().steps["frozen"], (key.certificate_pem, key.chain_pems), look, now)
    late = phase.take("party-1", "zhang", now - phases.LEASE)
    refused("not_leased", late.prepare, play().steps["frozen"], (key.certificate_pem, key.chain_pems), look, now)


def test_a_whole_ceremony_survives_being_kept_as_text_between_all_its_steps(phase: Gathering, now: dt.datetime) -> None:
    ceremony, pdf = play().ceremony, play().steps["frozen"]
    stale, current = phase, phase
    for place in ("party-2", "party-1", "mediator"):
        assert isinstance(current, Gathering)
        moved, made = ceremony.joined(current, pdf, place, play().keys[place])
        kept = from_json(to_json(moved))
        assert kept == moved
        current, pdf = kept, made
    assert isinstance(current, Complete)
    assert [one.field for one in current.signed] == ["party-2", "party-1", "mediator"]
    key = ceremony.authority.issue_organisation_key(play().paper.committee, now)
    look = ceremony.look(key.name, "00", seal=True)
    sealed, pdf = current.seal(pdf, key, look, ceremony.timestamper, now)
    assert from_json(to_json(sealed)) == sealed
    assert isinstance(sealed, Sealed)
    archived, pdf = sealed.archive(pdf, ceremony.timestamper, ceremony.authority.evidence(now))
    assert isinstance(from_json(to_json(archived)), Archived)
    assert verify(pdf, play().roots, now=now + DAY).verdict is Verdict.VALID
    again, renewed = archived.renew(pdf, ceremony.timestamper, ceremony.authority.evidence(now))
    assert verify(renewed, play().roots, now=now + DAY).verdict is Verdict.VALID
    assert again.revision != archived.revision
    refused("stale", stale._check, pdf)


def test_of_two_who_prepared_on_one_revision_the_second_is_told_it_is_stale(phase: Gathering, now: dt.datetime) -> None:
    ceremony, pdf = play().ceremony, play().steps["frozen"]
    second = ceremony.prepared(pdf, "party-1", play().keys["party-1"])
    moved, _ = ceremony.joined(phase, pdf, "party-2", play().keys["party-2"])
    assert isinstance(moved, Gathering)
    value = play().keys["party-1"].sign(second.signed_attributes)
    refused("stale", moved.embed, second, "张桂兰", value, ceremony.timestamper, now)


@pytest.mark.parametrize("text", ["{}", "[]", '{"phase": "unknown"}', '{"phase": "sealed", "signed": []}', "nothing"])
def test_what_is_no_ceremony_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(text)


def test_a_phase_offers_nothing_but_what_comes_next() -> None:
    steps = {"take", "prepare", "embed", "seal", "archive", "renew"}
    offered = {kind: steps & set(dir(kind)) for kind in (Gathering, Complete, Sealed, Archived)}
    assert offered == {
        Gathering: {"take", "prepare", "embed"},
        Complete: {"seal"},
        Sealed: {"archive"},
        Archived: {"renew"},
    }
