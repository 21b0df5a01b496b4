"""The permission table: how far each role reaches."""

import pytest

from server.accounts.permissions import PERMISSIONS, SYSTEM, Action, Actor, Post, Reach, Role, Whose, may

CASE = Whose(
    case_id="c1",
    reporter_id="grid1",
    mediator_id="med1",
    committee_id="com1",
    court_id="court1",
    path="/city/d1/s1/",
    party_ids=frozenset({"p1", "p2"}),
)


def staff(role: Role, who: str, place: str = "com1", path: str = "/city/d1/s1/com1/") -> Actor:
    return Actor(kind="staff", id=who, name=who, posts=(Post(role, place, path),))


def party(who: str, case_id: str = "c1") -> Actor:
    return Actor(kind="party", id=who, name=who, case_id=case_id)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_row(role: Role) -> None:
    assert role in PERMISSIONS


def test_a_party_sees_the_own_case_and_no_other() -> None:
    assert may(party("p1"), Action.SEE_CASE, CASE)
    assert not may(party("p3"), Action.SEE_CASE, CASE)
    assert not may(party("p1", case_id="c2"), Action.SEE_CASE, CASE)


def test_only_the_assigned_mediator_drafts() -> None:
    assert may(staff(Role.MEDIATOR, "med1"), Action.DRAFT, CASE)
    assert not may(staff(Role.MEDIATOR, "med2"), Action.DRAFT, CASE)


def test_an_asked_mediator_may_look_and_answer_but_not_mediate() -> None:
    asked = Whose(case_id="c1", asked_mediator_id="med2")
    assert may(staff(Role.MEDIATOR, "med2"), Action.ANSWER_CONFLICT, asked)
    assert not may(staff(Role.MEDIATOR, "med2"), Action.MEDIATE, asked)


def test_a_committee_handles_its_own_intake_only() -> None:
    assert may(staff(Role.COMMITTEE, "a"), Action.HANDLE_INTAKE, CASE)
    assert not may(staff(Role.COMMITTEE, "a", place="com2"), Action.HANDLE_INTAKE, CASE)


def test_the_court_sees_nothing_before_it_was_applied_to() -> None:
    before = Whose(case_id="c1", committee_id="com1")
    assert not may(staff(Role.CLERK, "s", place="court1"), Action.SEE_CONFIRMATION, before)
    assert may(staff(Role.CLERK, "s", place="court1"), Action.SEE_CONFIRMATION, CASE)


def test_a_judge_does_not_see_the_case_file_of_the_mediation() -> None:
    judge = staff(Role.JUDGE, "g", place="court1")
    assert not may(judge, Action.SEE_CASE, CASE)
    assert may(judge, Action.RULE, CASE)


def test_a_grid_worker_sees_the_outcome_of_own_reports_not_the_agreement() -> None:
    assert may(staff(Role.GRID, "grid1"), Action.SEE_OUTCOME, CASE)
    assert not may(staff(Role.GRID, "grid2"), Action.SEE_OUTCOME, CASE)
    assert not may(staff(Role.GRID, "grid1"), Action.SEE_AGREEMENT, CASE)


def test_a_supervisor_reaches_the_own_area_by_the_tree() -> None:
    assert may(staff(Role.SUPERVISOR, "z", place="d1", path="/city/d1/"), Action.SEE_AUDIT, CASE)
    assert not may(staff(Role.SUPERVISOR, "z", place="d2", path="/city/d2/"), Action.SEE_AUDIT, CASE)


def test_nobody_signs_or_rules_for_somebody_else() -> None:
    assert not may(SYSTEM, Action.SIGN, CASE)
    assert not may(SYSTEM, Action.RULE, CASE)
    assert [role for role, row in PERMISSIONS.items() if row.get(Action.RULE)] == [Role.JUDGE]


def test_an_administrator_reads_no_case() -> None:
    admin = staff(Role.ADMIN, "x", place="city", path="/city/")
    about_cases = [action for action, reach in PERMISSIONS[Role.ADMIN].items() if reach is not Reach.EVERY]
    assert about_cases == []
    assert not any(may(admin, action, CASE) for action in Action if action is not Action.ADMINISTER)
