"""Findings about a draft before it is frozen: what must be mended and what is worth a look (domain 3.3). Pure."""

import re
from dataclasses import dataclass, field

from server.agreements.amounts import CAPITALS, disagreements, figures_in
from server.agreements.templates import BLANK
from server.errors import _

VAGUE = re.compile("尽快|适当|酌情|及时付|抓紧|有条件时")
BARRED = re.compile("解除婚姻|离婚|解除收养|收养关系|亲子关系")
TITLE = re.compile("(房屋|住房|房产|宅基地|商标|专利)[^。；]{0,12}归[^。；]{1,12}(所有|享有)")
CRIME = re.compile("不再?追究[^。；]{0,8}刑事")
COURT = re.compile("由法院(直接)?(判决|决定)")
DATE = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")


@dataclass(frozen=True)
class Finding:
    """One finding: where, what in plain words, which article; `must` blocks the freezing."""

    code: str
    where: str
    says: str
    basis: str
    must: bool
    values: dict[str, str] = field(default_factory=dict)


def lint(facts: str, clauses: list[str], parties: list[str]) -> list[Finding]:
    """Return every finding of a draft."""
    found = []
    if not facts.strip():
        found.append(Finding("facts_empty", _("纠纷事实"), _("还没写是怎么回事。"), "人民调解法29", must=True))
    if not clauses:
        found.append(Finding("clauses_empty", _("协议内容"), _("一条也没有。"), "人民调解法29", must=True))
    whole = "\n".join(clauses)
    absent = [name for name in parties if clauses and name not in whole and "双方" not in whole]
    article = "人民调解法29"
    says = _("没有提到{name}。")
    found += [
        Finding("party_absent", _("协议内容"), says, article, must=False, values={"name": name}) for name in absent
    ]
    for number, text in enumerate(clauses, 1):
        found += _clause(f"第{number}条", text)
    return found


def _clause(where: str, text: str) -> list[Finding]:
    rules = (
        (not text.strip(), "empty", _("这一条是空的。"), "人民调解法29", True),
        (BLANK in text, "blank", _("还有空没填。"), "民诉法解释461", True),
        (
            VAGUE.search(text),
            "vague",
            _("“尽快、适当”这样的话法院没法执行，请写清楚哪天、多少。"),
            "民诉法解释358(5)、461",
            True,
        ),
        (BARRED.search(text), "status", _("身份关系的事不能用调解协议定，也不能申请确认。"), "民诉法解释355(3)", True),
        (
            TITLE.search(text),
            "title",
            _("“归谁所有”是确权，法院不确认；可以写成协助办过户。"),
            "民诉法解释355(5)",
            True,
        ),
        (CRIME.search(text), "crime", _("刑事责任不能在这里约定。"), "民法典153", True),
        (COURT.search(text), "court", _("“不履行由法院判决”这样的约定不能写。"), "民事调解规定8-9", True),
        (disagreements(text), "amount", _("大写和数字对不上。"), "民诉法解释461", True),
        (figures_in(text) and not CAPITALS.search(text), "capitals", _("钱数最好再写一遍大写。"), "票据习惯", False),
        (
            figures_in(text) and "付" in text and not DATE.search(text),
            "date",
            _("哪天之前付，还没写。"),
            "民诉法解释461",
            False,
        ),
    )
    return [Finding(code, where, says, basis, must=must) for hit, code, says, basis, must in rules if hit]
