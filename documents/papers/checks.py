"""What single fields must be: numbers of persons and organisations, telephones, amounts, fingerprints. (pure)

A check gives the end of a sentence that begins with the field's name, or None.
Masked numbers (210202195403****26) pass, for court papers print them so.
"""

import datetime as dt
import re
from collections.abc import Callable

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from documents.papers.amounts import disagreements
from documents.papers.base import Fault

MASKED_ID = re.compile(r"\d{3,14}\*{2,}\d{0,5}[0-9X]")
MOBILE = re.compile(r"1[3-9]\d{9}|1[3-9]\d\*{4}\d{4}")
TELEPHONE = re.compile(
    r"(?:\+\d{1,3}[ -]?\d{6,14}|0\d{2,3}-?\d{7,8}|[48]00-?\d{3}-?\d{4}|1\d{4}|\d{7,8})(?:(?:转|-)\d{1,6})?"
)
DIGEST = re.compile("[0-9a-f]{64}")
CASE_NUMBER = re.compile(r"（20\d\d）[\u4e00-\u9fff]{1,2}\d{0,4}[\u4e00-\u9fff]{1,6}\d{0,6}[\u4e00-\u9fff]?号")
POSTCODE = re.compile(r"\d{6}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MOST_TEXT = 400_000  # characters of one field: more than 300 pages


def resident_number(value: str) -> Fault | None:
    """居民身份证号码: 18 digits with the check digit of GB 11643, a real place and a real day of birth."""
    if MASKED_ID.fullmatch(value) and len(value) == 18:
        return None
    if len(value) != 18 or value != value.strip():
        return Fault(f"不是18位的公民身份号码：{value}", f"has not the 18 digits of a resident number: {value}")
    try:
        ric.validate(value)
    except ValidationError:
        return Fault(
            f"的校验位、地区码或出生日期不对：{value}", f"has a wrong check digit, region or day of birth: {value}"
        )
    return None


def born_on(number: str) -> dt.date | None:
    """The day of birth in a whole resident number."""
    return None if resident_number(number) or "*" in number else ric.get_birth_date(number)


def sex_of(number: str) -> str | None:
    """男 or 女 by the seventeenth digit of a whole resident number."""
    if resident_number(number) or not number[16:17].isdigit():
        return None
    return "男" if int(number[16]) % 2 else "女"


def credit_code(value: str) -> Fault | None:
    """统一社会信用代码 (GB 32100)."""
    try:
        uscc.validate(value)
    except ValidationError:
        return Fault(f"不是有效的统一社会信用代码：{value}", f"is no valid unified social credit code: {value}")
    return None


def mobile(value: str) -> Fault | None:
    return None if MOBILE.fullmatch(value) else Fault(f"不是手机号码：{value}", f"is no mobile number: {value}")


def telephone(value: str) -> Fault | None:
    if MOBILE.fullmatch(value) or TELEPHONE.fullmatch(value):
        return None
    return Fault(f"不是电话号码：{value}", f"is no telephone number: {value}")


def age(value: int) -> Fault | None:
    return None if 0 <= value <= 130 else Fault(f"不对：{value}", f"is impossible: {value}")


def amounts_agree(text: str) -> Fault | None:
    """Amounts in capitals (大写) must be those written in figures."""
    if len(text) > MOST_TEXT:
        return Fault(f"太长：{len(text)}字，最多{MOST_TEXT}字", f"is too long: {len(text)} characters of {MOST_TEXT}")
    wrong = disagreements(text)
    if not wrong:
        return None
    return Fault(
        f"里大写金额与小写不一致：{'、'.join(wrong)}", f"has amounts in capitals unlike the figures: {', '.join(wrong)}"
    )


def digest(value: str) -> Fault | None:
    return None if DIGEST.fullmatch(value) else Fault("不对", "is no SHA-256 in hexadecimal")


def positive(value: int) -> Fault | None:
    return None if value > 0 else Fault("应当大于零", "must be above zero")


def zoned(value: dt.datetime) -> Fault | None:
    return None if value.tzinfo else Fault("没有时区", "has no time zone")


def matching(pattern: re.Pattern[str], zh: str, en: str) -> Callable[[str], Fault | None]:
    """A check by a pattern, told in these words."""

    def check(value: str) -> Fault | None:
        return None if pattern.fullmatch(value) else Fault(f"{zh}：{value}", f"{en}: {value}")

    return check


case_number = matching(CASE_NUMBER, "不像案号，例如（2026）辽0204诉前调确12号", "does not look like a docket number")
postcode = matching(POSTCODE, "不是六位邮政编码", "is no postcode of six digits")
email = matching(EMAIL, "不是电子邮箱", "is no e-mail address")


def one_of(*allowed: str) -> Callable[[str], Fault | None]:
    """A check that only these words are used."""

    def check(value: str) -> Fault | None:
        if value in allowed:
            return None
        return Fault(f"只能是{'、'.join(allowed)}：{value}", f"must be one of {', '.join(allowed)}: {value}")

    return check
