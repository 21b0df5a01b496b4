"""The drafting checker, on the test facts of the domain brief (section 8)."""

import pytest

from server.agreements.lint import lint

PARTIES = ["张桂兰", "刘志强"]


def codes(clause: str) -> set[str]:
    return {one.code for one in lint("漏水", [clause], PARTIES) if one.must}


@pytest.mark.parametrize(
    ("clause", "code"),
    [
        ("刘志强尽快付清欠款。", "vague"),
        ("双方同意解除婚姻关系。", "status"),
        ("双方解除收养关系。", "status"),
        ("海晏路9号的房屋归张桂兰所有。", "title"),
        ("某某商标归刘志强享有。", "title"),
        ("张桂兰不再追究刘志强的刑事责任。", "crime"),
        ("不履行的，由法院直接判决。", "court"),
        ("刘志强付＿＿元。", "blank"),
        ("刘志强付8,600元（大写：捌仟伍佰元整）。", "amount"),
        ("   ", "empty"),
    ],
)
def test_what_a_court_would_not_confirm_must_be_mended(clause: str, code: str) -> None:
    assert code in codes(clause)


@pytest.mark.parametrize(
    "clause",
    [
        "刘志强于2026年4月1日前付给张桂兰8,600元（大写：捌仟陆佰元整）。",
        "刘志强协助张桂兰于2026年6月30日前办理过户。",
        "张桂兰、刘志强每月5日前各付父亲赡养费800元。",
    ],
)
def test_what_is_definite_passes(clause: str) -> None:
    assert codes(clause) == set()


def test_an_empty_draft_is_told_what_is_missing() -> None:
    assert {one.code for one in lint("", [], PARTIES)} == {"facts_empty", "clauses_empty"}


def test_a_party_who_is_not_mentioned_is_only_a_hint() -> None:
    found = lint("漏水", ["刘志强于2026年4月1日前道歉。"], PARTIES)
    assert [(one.code, one.must) for one in found] == [("party_absent", False)]
