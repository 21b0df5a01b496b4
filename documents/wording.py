"""Chinese official wording: numerals, dates and times. (pure)"""

import datetime as dt
from collections.abc import Sequence

BEIJING = dt.timezone(dt.timedelta(hours=8), "北京时间")
DIGITS = "〇一二三四五六七八九"
COUNTING = "零一二三四五六七八九"


def numeral(number: int) -> str:
    """1 → 一, 10 → 十, 23 → 二十三, 105 → 一百零五: the numbering of clauses, up to 999."""
    if not 0 < number < 1000:
        raise ValueError(f"no numeral for {number}")
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{COUNTING[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else COUNTING[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (COUNTING[ones] if ones else "")


def date(day: dt.date) -> str:
    """2026年3月1日, as GB/T 9704-2012 7.3.5.4 dates a paper."""
    return f"{day.year}年{day.month}月{day.day}日"


def court_date(day: dt.date) -> str:
    """二〇二六年三月一日, as courts date a ruling."""
    return f"{''.join(DIGITS[int(digit)] for digit in str(day.year))}年{numeral(day.month)}月{numeral(day.day)}日"


def moment(when: dt.datetime) -> str:
    """2026年3月1日 09:05:07, in Beijing time whatever the zone of `when`."""
    local = when.astimezone(BEIJING)
    return f"{date(local)} {local:%H:%M:%S}"


def fingerprint(digest: str) -> str:
    """Groups of four hex digits, so that two people can compare them aloud."""
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def joined(names: Sequence[str]) -> str:
    """甲、乙与丙: a list of names as law texts join them."""
    return names[0] if len(names) == 1 else f"{'、'.join(names[:-1])}与{names[-1]}"
