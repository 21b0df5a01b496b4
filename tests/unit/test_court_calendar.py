"""Legal periods: the counting facts of the domain brief (section 8), with the holidays of 2026."""

import datetime as dt

import pytest

from server.court.calendar import (
    application_deadline,
    beijing_day,
    is_day_off,
    last_day,
    notice_known,
    working_days_after,
)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("effective", "last"),
    [
        ("2026-03-01", "2026-03-31"),  # facts 1, 2: day of effect not counted
        ("2026-01-16", "2026-02-24"),  # 4: Spring Festival
        ("2026-01-29", "2026-02-28"),  # 6: a make-up working Saturday is no day off
        ("2026-01-30", "2026-03-02"),  # 7: Sunday
        ("2026-09-10", "2026-10-10"),  # 9: make-up Saturday
        ("2026-04-01", "2026-05-06"),  # 10: Labour Day
        ("2026-08-26", "2026-09-28"),  # 12: Mid-Autumn
    ],
)
def test_the_thirty_days_end_as_the_law_counts_them(effective: str, last: str) -> None:
    assert last_day(day(effective), 30) == day(last)


def test_a_signature_late_in_the_evening_of_utc_is_the_next_day_in_beijing() -> None:
    moment = dt.datetime(2026, 3, 1, 16, 30, tzinfo=dt.UTC)  # fact 14
    assert beijing_day(moment) == day("2026-03-02")
    assert application_deadline(moment) == day("2026-04-01")


def test_the_courts_own_periods_count_from_docketing() -> None:
    assert last_day(day("2026-03-10"), 15) == day("2026-03-25")  # fact 22
    assert last_day(day("2026-03-10"), 30) == day("2026-04-09")


def test_the_objection_period_rolls_over_a_holiday() -> None:
    assert last_day(day("2026-03-10"), 15) == day("2026-03-25")  # fact 23
    assert last_day(day("2026-03-20"), 15) == day("2026-04-07")  # fact 25: Qingming


def test_three_working_days_skip_holidays() -> None:
    assert working_days_after(day("2026-04-03"), 3) == day("2026-04-09")  # fact 33


def test_a_year_without_a_notice_counts_weekends_and_fixed_days_and_says_so() -> None:
    assert not notice_known(2031)
    assert is_day_off(day("2031-05-01"))
    assert is_day_off(day("2031-03-01"))  # a Saturday
    assert not is_day_off(day("2031-03-03"))


def test_no_period_ends_on_a_day_off() -> None:
    start = day("2026-01-01")
    for offset in range(300):
        assert not is_day_off(last_day(start + dt.timedelta(days=offset), 30))
