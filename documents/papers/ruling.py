"""The ruling (裁定书) on judicial confirmation. (pure)"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from documents.papers.base import Imprint, SignatureField, empty
from documents.papers.people import PersonParticulars, party_faults


@dataclass(frozen=True, kw_only=True)
class RulingDocument:
    """民事裁定书 (civil ruling) on judicial confirmation (司法确认): CPL 206; `ground` is an item of INT 358."""

    court: str
    case_number: str
    applicants: tuple[PersonParticulars, ...]
    accepted_on: dt.date
    agreement_number: str
    agreement_date: dt.date
    organisation: str
    clauses: tuple[str, ...]
    outcome: Literal["confirm", "reject"]
    judge: str
    clerk: str
    date: dt.date
    verify_url: str
    ground: str | None = None
    cause: str = ""
    development: bool = False

    def faults(self) -> list[str]:
        found = empty([("法院名称", self.court), ("案号", self.case_number)])
        found += party_faults(self.applicants, "申请人")
        found += empty([("调解协议编号", self.agreement_number), ("调解组织名称", self.organisation)])
        found += empty([("调解协议内容", self.clauses), ("审判员姓名", self.judge), ("书记员姓名", self.clerk)])
        found += empty((f"调解协议第{place}项", text) for place, text in enumerate(self.clauses, 1))
        if self.outcome == "reject" and not (self.ground or "").strip():
            found.append("缺少驳回的理由（民诉法解释第三百五十八条的一项）")
        if self.date < self.accepted_on:
            found.append("裁定日期早于受理日期")
        return found + empty([("查验地址", self.verify_url)])

    def imprint(self) -> Imprint:
        return Imprint("民事裁定书", self.case_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        """The judge signs, then the court's seal closes the paper."""
        judge = SignatureField(name="judge", role="judge", label=f"审判员{self.judge}签名")
        return (judge, SignatureField(name="seal", role="seal", label=f"{self.court}印章"))
