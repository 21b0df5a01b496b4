"""Who may enter which room, and who can hear whom: safe by construction."""

from hypothesis import given
from hypothesis import strategies as st

from server.meetings.admission import Situation, Standing, audience, decide, grants

MEDIATOR = Standing("staff-m", "m", "王敏", "mediator", "joint")
ZHANG = Standing("party-z", "z", "张桂兰", "applicant", "joint")
LIU = Standing("party-l", "l", "刘志强", "respondent", "joint")
OPEN = Situation("open", "joint", "caucus-1", None)
CAUCUS = Situation("open", "joint", "caucus-1", "z")
ALL = (MEDIATOR, ZHANG, LIU)


def test_everybody_admitted_meets_in_the_joint_room() -> None:
    assert {decide(one, OPEN).room for one in ALL} == {"joint"}
    assert audience(ZHANG, ALL, OPEN) == ("王敏", "刘志强")


def test_in_a_caucus_the_other_side_gets_no_room_and_hears_nobody() -> None:
    assert decide(ZHANG, CAUCUS).room == decide(MEDIATOR, CAUCUS).room == "caucus-1"
    assert not decide(LIU, CAUCUS).open
    assert "单独谈" in decide(LIU, CAUCUS).why
    assert audience(ZHANG, ALL, CAUCUS) == ("王敏",)
    assert audience(LIU, ALL, CAUCUS) == ()


def test_who_waits_in_the_lobby_is_in_no_room() -> None:
    waiting = Standing("party-z", "z", "张桂兰", "applicant", "lobby")
    assert not decide(waiting, OPEN).open
    assert audience(MEDIATOR, (MEDIATOR, waiting), OPEN) == ()


def test_nobody_enters_before_the_mediator_opened_or_after_the_end() -> None:
    assert not decide(ZHANG, Situation("planned", "joint", "c", None)).open
    assert not decide(MEDIATOR, Situation("ended", "joint", "c", None)).open


def test_whoever_was_asked_to_leave_stays_out() -> None:
    assert not decide(Standing("party-l", "l", "刘志强", "respondent", "removed"), OPEN).open


def test_parties_cannot_send_hidden_messages_through_the_room() -> None:
    assert grants(ZHANG)["can_publish_data"] is False


people = st.builds(
    Standing,
    identity=st.uuids().map(str),
    person_id=st.sampled_from(["z", "l", "m", "x"]),
    name=st.text(min_size=1, max_size=4),
    role=st.sampled_from(["applicant", "respondent", "mediator"]),
    place=st.sampled_from(["lobby", "joint", "removed", "outside"]),
)
situations = st.builds(
    Situation,
    phase=st.sampled_from(["planned", "open", "ended"]),
    joint_room=st.just("joint"),
    caucus_room=st.just("caucus-1"),
    caucus_with=st.sampled_from([None, "z", "l"]),
)


@given(st.lists(people, max_size=6, unique_by=lambda one: one.identity), situations)
def test_only_the_mediator_and_the_chosen_party_ever_enter_a_caucus(everybody: list[Standing], now: Situation) -> None:
    inside = [one for one in everybody if decide(one, now).room == "caucus-1"]
    assert all(one.role == "mediator" or one.person_id == now.caucus_with for one in inside)


@given(st.lists(people, max_size=6, unique_by=lambda one: one.identity), situations)
def test_hearing_is_mutual(everybody: list[Standing], now: Situation) -> None:
    for one in everybody:
        for other in everybody:
            if one.identity != other.identity and decide(one, now).open and decide(other, now).open:
                together = decide(one, now).room == decide(other, now).room
                assert (other.name in audience(one, everybody, now)) >= together
