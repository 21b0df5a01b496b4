"""What the court writes to the applicants before it rules: notice of acceptance, notice to correct. (pure)"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField, late
from documents.papers.people import sealed_by


@dataclass(frozen=True, kw_only=True)
class AcceptanceNotice(Fielded):
    """受理通知书 (notice that the court has docketed the application): INT 356; both shall attend the review."""

    court: Annotated[str, Said("法院名称", "the court")]
    case_number: Annotated[str, Said("案号", "the docket number")]
    applicants: Annotated[tuple[str, ...], Said("申请人", "the applicants", at_least=2, measure="人")]
    accepted_on: dt.date
    cause: Annotated[str, Said("案由", "the cause")]
    judge: Annotated[str, Said("审判员姓名", "the judge's name")]
    clerk: Annotated[str, Said("书记员姓名", "the clerk's name")]
    contact: Annotated[str, Said("联系方式", "the telephone")]
    date: dt.date
    verify_url: Annotated[str, Said("查验地址", "the address to verify")]
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.date < self.accepted_on:
            yield "date", late(Said("立案日期", "the day of docketing"), Said("通知日期", "the day of the notice"))

    def imprint(self) -> Imprint:
        return Imprint("受理通知书", self.case_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return (sealed_by(self.court),)


@dataclass(frozen=True, kw_only=True)
class CorrectionNotice(Fielded):
    """补正通知书: every defect at once, a time limit, and what follows when it passes (ODL 9, INT 357)."""

    court: Annotated[str, Said("法院名称", "the court")]
    case_number: Annotated[str, Said("案号或收件编号", "the docket or receipt number")]
    applicants: Annotated[tuple[str, ...], Said("申请人", "the applicants", at_least=2, measure="人")]
    received_on: Annotated[dt.date, Said("收件日期", "the day of receipt")]
    cause: Annotated[str, Said("案由", "the cause")]
    defects: Annotated[tuple[str, ...], Said("需要补正的事项", "the defect")]
    deadline: Annotated[dt.date, Said("补正期限", "the time limit")]
    clerk: Annotated[str, Said("联系人", "the clerk's name")]
    contact: Annotated[str, Said("联系方式", "the telephone", checks.telephone)]
    date: Annotated[dt.date, Said("通知日期", "the day of the notice")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        day = Said("通知日期", "the day of the notice")
        if self.deadline <= self.date:
            yield (
                "deadline",
                Said("补正期限", "the time limit").wrong(Fault("应当晚于通知日期", "must come later")),
            )
        if self.date < self.received_on:
            yield "date", late(Said("收件日期", "the day of receipt"), day)

    def imprint(self) -> Imprint:
        return Imprint("补正通知书", self.case_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return (sealed_by(self.court),)
