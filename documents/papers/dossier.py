"""The dossier of a case (卷宗): cover, inside list, what must lie in it and in which order, closing statement. (pure)

Order and obligations after the filing rules of people's mediation: must-have papers that are missing are all named.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, late

Outcome = Literal["written", "oral", "failed"]
Retention = Literal["10年", "30年", "永久"]

ALWAYS: tuple[Outcome, ...] = ("written", "oral", "failed")


class Section(NamedTuple):
    """One kind of paper in a dossier; `wanted` says with which outcomes it must not be missing."""

    key: str
    zh: str
    en: str
    wanted: tuple[Outcome, ...] = ()


SECTIONS = (
    Section("application", "人民调解申请书或者受理登记表", "application for mediation, or registration", ALWAYS),
    Section("rights", "人民调解权利义务告知书", "notice of rights and duties", ALWAYS),
    Section("identity", "当事人身份证明", "proof of the parties' identity", ALWAYS),
    Section("authority", "授权委托书", "power of attorney"),
    Section("inquiry", "调查记录", "record of inquiry"),
    Section("evidence", "证据材料", "evidence"),
    Section("record", "调解记录", "record of mediation", ALWAYS),
    Section("agreement", "人民调解协议书", "written agreement", ("written",)),
    Section("oral", "口头协议登记表", "registration of the oral agreement", ("oral",)),
    Section("termination", "终止调解告知书", "notice of termination"),
    Section("receipts", "履行凭证", "receipts of performance"),
    Section("follow-up", "回访记录", "record of a follow-up visit"),
    Section("confirmation", "司法确认材料", "papers of judicial confirmation"),
)
ORDER = {one.key: place for place, one in enumerate(SECTIONS)}


@dataclass(frozen=True, kw_only=True)
class Absence(Fielded):
    """A paper that should lie in the dossier and does not, and why: told in the closing statement."""

    section: Annotated[str, Said("缺少的材料", "the section that is absent")]
    reason: Annotated[str, Said("缺少的原因", "why it is absent")]

    @property
    def name(self) -> str:
        return SECTIONS[ORDER[self.section]].zh


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
    absences: Annotated[tuple[Absence, ...], Said("缺少的材料", "what is absent")] = ()
    checked_by: Annotated[str, Said("检查人", "who checked it")] = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        begun, ended = Said("调解开始日期", "the first day"), Said("调解结束日期", "the last day")
        if self.mediated_to < self.mediated_from:
            yield "mediated_to", late(begun, ended)
        if self.filed_on < self.mediated_to:
            yield "filed_on", late(ended, Said("立卷日期", "the day of filing"))

    def imprint(self) -> Imprint:
        return Imprint("人民调解卷宗", self.number, self.filed_on, numbered=False)


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


@dataclass(frozen=True)
class Original:
    """A file that was bound in: its fingerprint, and its name among the attachments if it is one of them."""

    title: str
    sha256: str
    attached: str = ""


@dataclass(frozen=True, kw_only=True)
class StandIn(Fielded):
    """材料说明页, in the place of a paper that cannot be printed into an archive file; the original is attached."""

    cover: DossierCover
    title: str
    reason: str
    attached: str
    bytes: int
    sha256: str

    @property
    def development(self) -> bool:
        return self.cover.development

    def imprint(self) -> Imprint:
        return Imprint("材料说明页", self.cover.number, self.cover.filed_on)


@dataclass(frozen=True, kw_only=True)
class ClosingStatement(Fielded):
    """卷宗情况说明 (备考表): how much lies here, what lacks and why, every original's hash, who filed and checked."""

    cover: DossierCover
    pages: int
    originals: tuple[Original, ...]

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
        return Imprint("封底", self.cover.number, self.cover.filed_on, numbered=False)


def lacking(sections: Sequence[str], cover: DossierCover) -> list[Fault]:
    """Every must-have paper that is neither there nor explained, and every section that is unknown."""
    explained = {one.section for one in cover.absences}
    strange = [one for one in (*sections, *sorted(explained)) if one not in ORDER]
    found = [
        Fault(f"卷宗里没有这一类：{one}", f"a dossier has no such section: {one}") for one in dict.fromkeys(strange)
    ]
    there = explained.union(sections)
    found += [
        Fault(f"卷宗缺少{one.zh}", f"the dossier lacks the {one.en} ({one.key})")
        for one in SECTIONS
        if cover.outcome in one.wanted and one.key not in there
    ]
    return found
