"""Amounts of money in figures and in capitals (大写), and whether the two agree. Pure."""

import re
from decimal import ROUND_HALF_UP, Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
FIGURES = re.compile(r"(?<![\d.])(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?\s*元")
TOTAL = re.compile("(共|共计|合计|总共|总计)[^。；，\\d]{0,8}$")
PART = re.compile("第[一二三四五六七八九十0-9]{1,3}[次期笔]|首期|首付|首笔|尾款|余款|剩余|余下")
CAPITALS = re.compile(f"[{DIGITS}拾佰仟万亿]+元(?:[{DIGITS}]角)?(?:零?[{DIGITS}]分)?[整正]?")


def capitals(amount: Decimal) -> str:
    """Write an amount in capitals: 8600 -> 捌仟陆佰元整 (支付结算办法 annex)."""
    cents = int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))
    whole, rest = divmod(cents, 100)
    text = (_whole(whole) or "零") + "元"
    jiao, fen = divmod(rest, 10)
    if not rest:
        return text + "整"
    text += f"{DIGITS[jiao]}角" if jiao else "零" if whole else ""
    return text + (f"{DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if text and (group < 1000 and group > 0 and not text.endswith("零")):
            text += "零"
        if group:
            text += _group(group) + GROUPS[index]
    return text


def _group(group: int) -> str:
    text, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + PLACES[place]
            gap = False
        else:
            gap = True
    return text


def figures_in(text: str) -> list[Decimal]:
    """Return the amounts written in figures with 元."""
    return [Decimal(whole.replace(",", "") + cents) for whole, cents in FIGURES.findall(text)]


def disagreements(text: str) -> list[str]:
    """Return the capitals in the text that belong to none of its figures."""
    known = {capitals(amount).rstrip("整") for amount in figures_in(text)}
    return [found for found in CAPITALS.findall(text) if found.rstrip("整正") not in known]


def instalments(text: str) -> list[Decimal] | None:
    """Return a total ("共…元") followed by what each instalment is said to be, if the text pays in several."""
    spans = list(FIGURES.finditer(text))
    amounts = figures_in(text)
    total = next((index for index, hit in enumerate(spans) if TOTAL.search(text[: hit.start()])), None)
    if total is None:
        return None
    parts = [
        amounts[index]
        for index in range(total + 1, len(spans))
        if PART.search(text[spans[index - 1].end() : spans[index].start()])
    ]
    return [amounts[total], *parts] if len(parts) > 1 else None
