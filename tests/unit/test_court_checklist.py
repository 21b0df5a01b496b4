"""What the judge's list says: what was compared, what warns, what only a person can answer."""

import datetime as dt
from dataclasses import replace

import pytest

from server.agreements.lint import lint
from server.court.checklist import Asked, Packet, checklist
from server.court.inquiries import together
from server.meetings.models import Attendance

MONEY = "刘志强于2027年1月10日前一次性付给张桂兰8,600元（大写：捌仟陆佰元整）。"
FINE = Packet(genuine=True, seat_in_district=True, day=3, in_time=True, findings=(), asked="together")
NINE = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)


def answers(packet: Packet) -> list[str]:
    return [one.answer for one in checklist(packet)]


def test_the_machine_never_answers_what_is_the_judges_to_answer() -> None:
    assert answers(FINE) == ["ok"] * 6 + ["todo"]
    assert "由您判断" in checklist(FINE)[-1].words


@pytest.mark.parametrize(
    ("change", "place"), [({"genuine": False}, 0), ({"seat_in_district": False}, 1), ({"in_time": False}, 2)]
)
def test_each_comparison_that_fails_warns_in_its_own_line(change: dict[str, bool], place: int) -> None:
    packet = replace(FINE, **change)  # type: ignore[arg-type]
    assert [at for at, answer in enumerate(answers(packet)) if answer == "warn"] == [place]


@pytest.mark.parametrize(
    ("clause", "place"),
    [
        ("海晏路房屋归张桂兰所有。", 3),
        ("双方自愿解除婚姻关系。", 3),
        ("孩子由张桂兰担任监护人。", 3),
        ("刘志强尽快把钱还清。", 4),
        ("刘志强付给张桂兰8,600元（大写：玖仟元整），2027年1月10日前付清。", 4),
    ],
)
def test_what_the_law_bars_or_cannot_enforce_is_named_with_its_article(clause: str, place: int) -> None:
    findings = tuple(lint("漏水", [clause], ["张桂兰", "刘志强"]))
    line = checklist(replace(FINE, findings=findings))[place]
    assert line.answer == "warn"
    assert "解释" in line.basis


def test_a_clear_payment_warns_of_nothing() -> None:
    findings = tuple(lint("漏水", [MONEY], ["张桂兰", "刘志强"]))
    assert "warn" not in answers(replace(FINE, findings=findings))


@pytest.mark.parametrize(("asked", "answer"), [("together", "ok"), ("elsewhere", "ok"), ("not yet", "todo")])
def test_hearing_both_stays_open_until_it_was_done(asked: Asked, answer: str) -> None:
    assert answers(replace(FINE, asked=asked))[5] == answer


def row(identity: str, begin: int, end: int | None) -> Attendance:
    left = None if end is None else NINE + dt.timedelta(minutes=end)
    joined = NINE + dt.timedelta(minutes=begin)
    return Attendance(
        meeting_id="m", room="r", identity=identity, sid=f"{identity}{begin}", joined_at=joined, left_at=left
    )


@pytest.mark.parametrize(
    ("rows", "met"),
    [
        ([("a", 0, 5), ("b", 4, 9)], True),
        ([("a", 0, 5), ("b", 5, 9)], False),  # one left as the other came
        ([("a", 0, 2), ("b", 3, 4), ("a", 3, None)], True),  # came back
        ([("a", 0, None)], False),
        ([("a", 0, 5), ("judge", 0, 9)], False),
        ([], False),
    ],
)
def test_together_means_at_one_moment(rows: list[tuple[str, int, int | None]], met: bool) -> None:
    seen = [row(*one) for one in rows]
    assert together(seen, ["a", "b"], NINE + dt.timedelta(minutes=20)) is met
