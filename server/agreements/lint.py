"""Findings about a draft before it is frozen: what must be mended and what is worth a look (domain 3.3, 8). Pure."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from documents.papers.amounts import CAPITALS, FIGURES, PART, capitals, disagreements, figures_in, instalments
from server.agreements.templates import BLANK
from server.errors import _

DATE = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
RULES: tuple[tuple[re.Pattern[str], str, str, str, bool], ...] = (
    # what it finds, code, plain words, article, must it be mended
    (re.compile(BLANK), "blank", _("还有空没填。"), "民诉法解释461", True),
    (
        re.compile("尽快|适当|酌情|及时付|抓紧|有条件时"),
        "vague",
        _("“尽快、适当”这样的话法院没法执行，请写清楚哪天、多少。"),
        "民诉法解释358(5)、461",
        True,
    ),
    (
        re.compile("解除婚姻|离婚|解除收养|收养关系|亲子关系"),
        "status",
        _("身份关系的事不能用调解协议定，也不能申请确认。"),
        "民诉法解释355(3)",
        True,
    ),
    (
        re.compile("(由|为|是|担任|变更|指定)[^。；]{0,8}监护人|监护人(由|为|是|变更|改)"),
        "guardian",
        _("谁当监护人不能用调解协议定，要走另外的程序。"),
        "民诉法解释355(4)",
        True,
    ),
    (
        re.compile("(房屋|住房|房产|宅基地|商标|专利)[^。；]{0,12}归[^。；]{1,12}(所有|享有)"),
        "title",
        _("“归谁所有”是确权，法院不确认；可以写成协助办过户。"),
        "民诉法解释355(5)",
        True,
    ),
    (
        re.compile("继承|遗产|遗嘱"),
        "paper",
        _("继承的事不能只用手机签，要签纸的。请到调委会当面签。"),
        "电子签名法3",
        True,
    ),
    (re.compile("不再?追究[^。；]{0,8}刑事"), "crime", _("刑事责任不能在这里约定。"), "民法典153", True),
    (
        re.compile("由法院(直接)?(判决|决定)"),
        "court",
        _("“不履行由法院判决”这样的约定不能写。"),
        "民事调解规定8-9",
        True,
    ),
    (re.compile("赌(博|债|资)"), "gambling", _("赌博欠的钱，法律不保护，不能写进协议。"), "民诉法解释358(1)", True),
    (
        re.compile("抚养(?!费)(?!.*意愿)"),
        "child",
        _("孩子满八岁的，写上问过孩子自己的意愿。"),
        "民法典1084",
        False,
    ),
)


@dataclass(frozen=True)
class Repair:
    """A mended text for the clause, offered as one click."""

    label: str
    text: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One finding: where, what in plain words, which article; `must` blocks the freezing. `clause` counts from 1."""

    code: str
    where: str
    says: str
    basis: str
    must: bool
    values: dict[str, str] = field(default_factory=dict)
    clause: int = 0
    repair: Repair | None = None


def lint(facts: str, clauses: list[str], parties: list[str]) -> list[Finding]:
    """Return every finding of a draft."""
    found = []
    article = "人民调解法29"
    if not facts.strip():
        found.append(Finding("facts_empty", _("纠纷事实"), _("还没写是怎么回事。"), article, must=True))
    if not clauses:
        found.append(Finding("clauses_empty", _("协议内容"), _("一条也没有。"), article, must=True))
    for number, text in enumerate(clauses, 1):
        found += _clause(number, text)
    whole = "\n".join(clauses)
    says = _("没有提到{name}。")
    absent = [name for name in parties if clauses and name not in whole and "双方" not in whole]
    found += [
        Finding("party_absent", _("协议内容"), says, article, must=False, values={"name": name}) for name in absent
    ]
    return found


def _clause(number: int, text: str) -> list[Finding]:
    where = _("第 {number} 条")
    if not text.strip():
        return [Finding("empty", where, _("这一条是空的。"), "人民调解法29", must=True, clause=number)]
    found = [
        Finding(code, where, says, basis, must=must, clause=number)
        for pattern, code, says, basis, must in RULES
        if pattern.search(text)
    ]
    return found + _money(number, where, text)


def _money(number: int, where: str, text: str) -> list[Finding]:
    """What a court needs to enforce a payment: one sum, in agreement with itself, and a day."""
    found = []
    basis = "民诉法解释461"
    figures = figures_in(text)
    parts = instalments(text)
    if parts is not None and sum(parts[1:]) != parts[0]:
        says = _("几期加起来是 {sum} 元，和总数 {total} 元对不上。")
        values = {"sum": f"{sum(parts[1:]):,}", "total": f"{parts[0]:,}"}
        repair = _last_part(text, parts)
        found.append(Finding("sum", where, says, basis, must=True, values=values, clause=number, repair=repair))
    if wrong := disagreements(text):
        repair = _capitals(text, wrong[0], figures[0]) if len(figures) == len(wrong) == 1 else None
        found.append(Finding("amount", where, _("大写和数字对不上。"), basis, must=True, clause=number, repair=repair))
    if figures and not CAPITALS.search(text):
        repair = _with_capitals(text) if len(figures) == 1 else None
        says = _("钱数最好再写一遍大写。")
        found.append(Finding("capitals", where, says, "票据习惯", must=False, clause=number, repair=repair))
    if figures and "付" in text and not DATE.search(text):
        found.append(Finding("date", where, _("哪天之前付，还没写。"), basis, must=False, clause=number))
    return found


def _capitals(text: str, wrong: str, amount: Decimal) -> Repair:
    right = capitals(amount)
    return Repair(_("大写改成“{right}”"), text.replace(wrong, right), {"right": right})


def _with_capitals(text: str) -> Repair | None:
    hit = FIGURES.search(text)
    if hit is None:
        return None
    right = capitals(figures_in(text)[0])
    return Repair(_("补上大写“{right}”"), f"{text[: hit.end()]}（大写：{right}）{text[hit.end() :]}", {"right": right})


def _last_part(text: str, parts: list[Decimal]) -> Repair | None:
    """Let the last instalment be what is missing, as long as something is."""
    right = parts[0] - sum(parts[1:-1])
    if right <= 0:
        return None
    last = [hit for hit in FIGURES.finditer(text) if PART.search(text[: hit.start()])][-1]
    mended = f"{text[: last.start()]}{right:,}元{text[last.end() :]}"
    return Repair(_("最后一期改成 {right} 元"), mended, {"right": f"{right:,}"})
