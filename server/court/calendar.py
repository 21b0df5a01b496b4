"""Legal periods in Beijing dates: the day of the event is not counted, a last day off rolls to the next working day.

民事诉讼法 (CPL) 85, 民法典 201-203; days off are weekends and public holidays (法定休假日), make-up days are not.
Holidays come from the State Council's yearly notices as `chinese_calendar` carries them; for a year whose notice is not
out yet, weekends and the fixed statutory days stand in, and `notice_known` says so. Pure.
"""

import datetime as dt

import chinese_calendar

BEIJING = dt.timezone(dt.timedelta(hours=8))
APPLICATION_DAYS = 30  # CPL 205
ACCEPTANCE_DAYS = 3  # JC11 4
TARGET_DAYS = 15  # JC11 5
LIMIT_DAYS = 30  # CPL 187
OBJECTION_DAYS = 15  # INT 372
FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})  # 全国年节及纪念日放假办法, solar dates


def beijing_day(moment: dt.datetime) -> dt.date:
    """Return the Beijing date of a moment."""
    return moment.astimezone(BEIJING).date()


def notice_known(year: int) -> bool:
    """Say whether the holiday notice of a year is known here."""
    try:
        chinese_calendar.is_workday(dt.date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def is_day_off(day: dt.date) -> bool:
    """Say whether a day is a weekend or public holiday on which no period ends."""
    if notice_known(day.year):
        return not chinese_calendar.is_workday(day)
    return day.weekday() >= 5 or (day.month, day.day) in FIXED


def last_day(event: dt.date, days: int) -> dt.date:
    """Return the last day of a period of days that an event begins."""
    day = event + dt.timedelta(days=days)
    while is_day_off(day):
        day += dt.timedelta(days=1)
    return day


def application_deadline(effective_at: dt.datetime) -> dt.date:
    """Until when both may apply jointly (CPL 205)."""
    return last_day(beijing_day(effective_at), APPLICATION_DAYS)


def working_days_after(event: dt.date, days: int) -> dt.date:
    """Return the n-th working day after an event (ODM 10, 12)."""
    day = event
    while days:
        day += dt.timedelta(days=1)
        days -= not is_day_off(day)
    return day
