"""The dossier of a case (卷宗): cover, inside list, what must lie in it and in which order, closing statement. (pure)

Order and obligations after the filing rules of people's mediation: must-have papers that are missing are all named.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, late

Outcome = Literal["written", "oral", "failed"]
Retention = Literal["10年", "30年", "永久"]

# What lies in a dossier, in its order: key, name, and with which outcomes it must not be missing.
ALWAYS: tuple[Outcome, ...] = ("written", "oral", "failed")
SECTIONS: tuple[tuple[str, str, tuple[Outcome, ...]], ...] = (
    ("application", "人民调解申请书或者受理登记表", ALWAYS),
    ("rights", "人民调解权利义务告知书", ALWAYS),
    ("identity", "当事人身份证明", ALWAYS),
    ("authority", "授权委托书", ()),
    ("inquiry", "调查记录", ()),
    ("evidence", "证据材料", ()),
    ("record", "调解记录", ALWAYS),
    ("agreement", "人民调解协议书", ("written",)),
    ("oral", "口头协议登记表", ("oral",)),
    ("termination", "终止调解告知书", ()),
    ("receipts", "履行凭证", ()),
    ("follow-up", "回访记录", ()),
    ("confirmation", "司法确认材料", ()),
)
ORDER = {key: place for place, (key, _, _) in enumerate(SECTIONS)}


@dataclass(frozen=True, kw_only=True)
class DossierCover(Fielded):
    """卷宗封面, and what its closing statement (卷宗情况说明) says of the volume."""

    title: Annotated[str, Said("卷名", "the name of the volume")]
    number: Annotated[str, Said("卷号", "the number of the volume")]
    mediators: Annotated[tuple[str, ...], Said("人民调解员", "the mediator")]
    mediated_from: Annotated[dt.date, Said("调解开始日期", "the first day of mediation")]
    mediated_to: Annotated[dt.date, Said("调解结束日期", "the last day of mediation")]
    filed_by: Annotated[str, Said("立卷人", "who filed it")]
    filed_on: Annotated[dt.date, Said("立卷日期", "the day of filing")]
    retention: Annotated[Retention, Said("保管期限", "the time of keeping")]
    remarks: Annotated[str, Said("备注", "remarks")] = ""
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    outcome: Outcome
    statement: Annotated[str, Said("卷宗情况说明", "the statement on the volume", checks.amounts_agree)] = ""
    checked_by: Annotated[str, Said("检查人", "who checked it")] = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        begun, ended = Said("调解开始日期", "the first day"), Said("调解结束日期", "the last day")
        if self.mediated_to < self.mediated_from:
            yield "mediated_to", late(begun, ended)
        if self.filed_on < self.mediated_to:
            yield "filed_on", late(ended, Said("立卷日期", "the day of filing"))

    def imprint(self) -> Imprint:
        return Imprint("人民调解卷宗", self.number, self.filed_on)


@dataclass(frozen=True)
class Entry:
    """One line of the inside list: what it is, and from which page of the dossier it runs."""

    title: str
    page: int
    pages: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class InsideList(Fielded):
    """卷内目录: number, name, page, remark."""

    cover: DossierCover
    entries: tuple[Entry, ...]

    @property
    def development(self) -> bool:
        return self.cover.development

    def imprint(self) -> Imprint:
        return Imprint("卷内目录", self.cover.number, self.cover.filed_on)


@dataclass(frozen=True, kw_only=True)
class ClosingStatement(Fielded):
    """卷宗情况说明 (备考表): how many papers and pages, what is lacking and why, who filed and who checked."""

    cover: DossierCover
    papers: int
    pages: int
    attached: int

    @property
    def development(self) -> bool:
        return self.cover.development

    def imprint(self) -> Imprint:
        return Imprint("卷宗情况说明", self.cover.number, self.cover.filed_on)


@dataclass(frozen=True, kw_only=True)
class BackCover(Fielded):
    """封底."""

    cover: DossierCover

    @property
    def development(self) -> bool:
        return self.cover.development

    def imprint(self) -> Imprint:
        return Imprint("封底", self.cover.number, self.cover.filed_on)


def lacking(sections: Sequence[str], outcome: Outcome) -> list[Fault]:
    """Every must-have paper that is not there, and every section that is unknown."""
    found = [Fault(f"卷宗里没有这一类：{one}", f"no such section: {one}") for one in sections if one not in ORDER]
    for key, name, wanted in SECTIONS:
        if outcome in wanted and key not in sections:
            found.append(Fault(f"卷宗缺少{name}", f"the dossier lacks: {key}"))
    return found
