"""The ruling (裁定书) on judicial confirmation, in its five kinds. (pure)"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField, late
from documents.papers.people import Party, sealed_by

Outcome = Literal["confirm", "reject", "not-admitted", "withdrawal-allowed", "deemed-withdrawn"]
GROUNDS = {
    "reject": Said("驳回的理由（民诉法解释第三百五十八条的一项）", "the ground (an item of INT 358)"),
    "not-admitted": Said("不予受理的理由（民诉法解释第三百五十五条的一项）", "the ground (an item of INT 355)"),
    "deemed-withdrawn": Said("按撤回申请处理的理由（民诉法解释第三百五十七条）", "the ground (INT 357)"),
}
_ACCEPTED = Said("受理日期", "the day of acceptance")


@dataclass(frozen=True, kw_only=True)
class RulingDocument(Fielded):
    """民事裁定书 (civil ruling) on judicial confirmation (司法确认): CPL 206.

    `ground` is an item of INT 358 (reject) or 355 (not-admitted), or what was not done in time (deemed-withdrawn);
    `accepted_on` is the day of docketing, for not-admitted the day the application came.
    """

    court: Annotated[str, Said("法院名称", "the court")]
    case_number: Annotated[str, Said("案号", "the docket number")]
    applicants: Annotated[tuple[Party, ...], Said("申请人", "the applicants", at_least=2, measure="人")]
    cause: str = ""
    accepted_on: dt.date
    agreement_number: Annotated[str, Said("调解协议编号", "the number of the agreement")]
    agreement_date: dt.date
    organisation: Annotated[str, Said("调解组织名称", "the name of the organisation")]
    clauses: Annotated[tuple[str, ...], Said("调解协议内容", "the term")]
    outcome: Outcome
    ground: str | None = None
    withdrawn_on: dt.date | None = None
    judge: Annotated[str, Said("审判员姓名", "the judge's name")]
    clerk: Annotated[str, Said("书记员姓名", "the clerk's name")]
    date: Annotated[dt.date, Said("裁定日期", "the day of the ruling")]
    verify_url: Annotated[str, Said("查验地址", "the address to verify")]
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.outcome in GROUNDS and not (self.ground or "").strip():
            yield "ground", GROUNDS[self.outcome].missing()
        if self.outcome == "withdrawal-allowed" and self.withdrawn_on is None:
            yield "withdrawn_on", Said("撤回申请的日期", "the day of withdrawal").missing()
        if self.withdrawn_on and not self.accepted_on <= self.withdrawn_on <= self.date:
            said = Said("撤回申请的日期", "the day of withdrawal")
            yield "withdrawn_on", said.wrong(Fault("应当在受理与裁定之间", "must lie between acceptance and ruling"))
        if self.date < self.accepted_on:
            yield "date", late(_ACCEPTED, Said("裁定日期", "the day of the ruling"))

    def imprint(self) -> Imprint:
        return Imprint("民事裁定书", self.case_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        """The judge signs, then the court's seal closes the paper."""
        judge = SignatureField(name="judge", role="judge", label=f"审判员{self.judge}签名")
        return (judge, sealed_by(self.court))
