"""The life of a case: the table itself, and that what is offered is what works."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.accounts.permissions import Role
from server.cases.lifecycle import CLOSED, LIFECYCLE, Facts, State, Trigger
from server.cases.progress import STATE_WORDS, progress, way
from server.errors import PlatformError


def reachable(start: set[State]) -> set[State]:
    seen = set(start)
    while True:
        more = {row.target for row in LIFECYCLE.rows if row.source in seen} - seen
        if not more:
            return seen
        seen |= more


def test_every_state_is_reached_from_a_report_or_an_application() -> None:
    assert reachable({State.LEAD}) | reachable({State.INTAKE}) == set(State)


@pytest.mark.parametrize("state", list(State))
def test_every_state_leads_to_an_end(state: State) -> None:
    assert reachable({state}) & CLOSED


def test_no_end_leads_anywhere() -> None:
    assert [row for row in LIFECYCLE.rows if row.source in CLOSED] == []


def test_every_trigger_is_used() -> None:
    assert {row.trigger for row in LIFECYCLE.rows} == set(Trigger)


def test_only_the_system_makes_an_agreement_effective_or_follows_the_court() -> None:
    for row in LIFECYCLE.rows:
        if row.trigger in (Trigger.COMPLETE_SIGNING, Trigger.APPLY, Trigger.CONFIRM, Trigger.DISMISS):
            assert row.by == {Role.SYSTEM}


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_words_for_both_and_three_sentences(state: State) -> None:
    assert all(STATE_WORDS[state])
    for audience in ("party", "staff"):
        said = progress(state, audience, "c1", meeting="/meetings/m1")
        assert said.now
        assert said.next
        assert said.who


facts = st.builds(
    Facts,
    applicants=st.integers(0, 2),
    respondents=st.integers(0, 2),
    reachable_parties=st.integers(0, 4),
    conflict_clear=st.booleans(),
    clauses=st.integers(0, 2),
    findings=st.integers(0, 1),
    signatures_missing=st.integers(0, 1),
    sealed=st.booleans(),
    reason=st.sampled_from(["", " ", "理由"]),
)


@given(st.sampled_from(State), st.sampled_from(Trigger), st.sets(st.sampled_from(Role), max_size=2), facts)
def test_what_is_offered_is_what_works(state: State, trigger: Trigger, roles: set[Role], known: Facts) -> None:
    offered = dict(LIFECYCLE.offered(state, roles, known))
    try:
        LIFECYCLE.step(state, trigger, roles, known)
        works = True
    except PlatformError:
        works = False
    assert works == (trigger in offered and offered[trigger] is None)


def test_a_case_is_at_one_step_of_its_way_and_has_done_those_before() -> None:
    for state in State:
        standings = [stage.standing for stage in way(state)]
        if state is State.CONFIRMED:
            assert standings == ["done"] * 8
        elif standings:
            assert standings.count("now") == 1
            assert standings == ["done"] * standings.index("now") + ["now"] + [""] * (7 - standings.index("now"))


def test_a_case_that_left_the_way_shows_none() -> None:
    left = {State.RESOLVED_ON_SPOT, State.NOT_ACCEPTED, State.REFUSED_BY_PARTY, State.FAILED, State.WITHDRAWN}
    assert {state for state in State if not way(state)} == left
