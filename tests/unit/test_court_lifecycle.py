"""The court's table, and a walk over both tables side by side."""

from server.accounts.permissions import Role
from server.cases.lifecycle import LIFECYCLE
from server.cases.lifecycle import Facts as CaseFacts
from server.cases.lifecycle import State as CaseState
from server.court.lifecycle import CASE_FOLLOWS, CONFIRMATION, STATE_WORDS, State, Trigger

ENDS = {State.NOT_ACCEPTED, State.WITHDRAWN, State.CONFIRMED_SERVED, State.REJECTED_SERVED}


def test_every_state_is_reached_and_every_trigger_used() -> None:
    assert {row.target for row in CONFIRMATION.rows} | {State.PARTIAL} == set(State)
    assert {row.trigger for row in CONFIRMATION.rows} == set(Trigger)


def test_every_path_ends() -> None:
    assert {row.source for row in CONFIRMATION.rows} == set(State) - ENDS


def test_every_state_has_words() -> None:
    assert set(STATE_WORDS) == set(State)


def test_whatever_the_court_does_the_case_can_follow() -> None:
    walked: set[tuple[State, CaseState]] = set()
    open_pairs = [(State.PARTIAL, CaseState.EFFECTIVE)]
    while open_pairs:
        court, case = open_pairs.pop()
        if (court, case) in walked:
            continue
        walked.add((court, case))
        for row in CONFIRMATION.rows:
            if row.source is court:
                trigger = CASE_FOLLOWS.get(row.target)
                follows = LIFECYCLE.step(case, trigger, [Role.SYSTEM], CaseFacts()) if trigger else case
                open_pairs.append((row.target, follows))
    assert {court for court, _case in walked} == set(State)
    assert {case for court, case in walked if court in ENDS} == {CaseState.EFFECTIVE, CaseState.CONFIRMED}


def test_nobody_but_the_judge_rules() -> None:
    for row in CONFIRMATION.rows:
        if row.trigger in (Trigger.CONFIRM, Trigger.REJECT, Trigger.HEAR):
            assert row.by == {Role.JUDGE}
