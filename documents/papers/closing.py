"""What a committee writes when it does not go on, and the proof that it mediated. (pure)"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField, late
from documents.papers.people import sealed_by

# ODM 25 and PML 26: why a mediation ends without an agreement.
TERMINATION_REASONS = {
    "refused": "一方当事人明确拒绝调解",
    "unreachable": "在调解期限内无法与一方当事人取得联系",
    "gap": "双方当事人意见分歧较大，难以达成调解协议",
    "expired": "调解期限届满，当事人未同意延长",
    "unsigned": "当事人拒绝在调解协议上签名",
    "false": "发现虚假调解嫌疑",
    "other": "其他致使调解无法进行的情形",
}
# MOJ75 22 and PML 3: what a committee must not take.
REFUSAL_REASONS = {
    "accepted": "纠纷已经由人民法院、公安机关或者其他行政机关受理或者解决",
    "reserved": "法律、法规规定只能由专门机关管辖处理",
    "barred": "法律、法规禁止采用民间调解方式解决",
    "refused": "一方当事人明确拒绝人民调解",
    "not-civil": "申请事项不属于民间纠纷",
    "elsewhere": "不属于本人民调解委员会的调解范围",
}
Termination = Literal["refused", "unreachable", "gap", "expired", "unsigned", "false", "other"]
Refusal = Literal["accepted", "reserved", "barred", "refused", "not-civil", "elsewhere"]


@dataclass(frozen=True, kw_only=True)
class TerminationNotice(Fielded):
    """人民调解终止告知书: mediation has ended, and these other ways are open (人民调解法 26)."""

    number: Annotated[str, Said("编号", "the number")]
    parties: Annotated[tuple[str, ...], Said("当事人", "the parties", at_least=2, measure="人")]
    dispute: Annotated[str, Said("纠纷", "the quarrel")]
    accepted_on: Annotated[dt.date, Said("受理日期", "the day of acceptance")]
    reason: Annotated[Termination, Said("终止原因", "the reason")]
    reason_detail: Annotated[str, Said("原因说明", "the reason in words")] = ""
    routes: Annotated[tuple[str, ...], Said("其他救济途径", "the other way")]
    contact: Annotated[str, Said("咨询电话", "the telephone", checks.telephone)] = ""
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    date: Annotated[dt.date, Said("终止日期", "the day of ending")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.reason == "other" and not self.reason_detail.strip():
            yield "reason_detail", Said("原因说明", "the reason in words").missing()
        if self.date < self.accepted_on:
            yield "date", late(Said("受理日期", "the day of acceptance"), Said("终止日期", "the day of ending"))

    def imprint(self) -> Imprint:
        return Imprint("人民调解终止告知书", self.number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return (sealed_by(self.committee),)


@dataclass(frozen=True, kw_only=True)
class RefusalNotice(Fielded):
    """人民调解不予受理告知书: why the committee does not take the quarrel, and where to go (MOJ75 22, PML 26)."""

    number: Annotated[str, Said("编号", "the number")]
    applicants: Annotated[tuple[str, ...], Said("申请人", "the applicant")]
    respondents: Annotated[tuple[str, ...], Said("被申请人", "the respondent")]
    dispute: Annotated[str, Said("纠纷", "the quarrel")]
    applied_on: Annotated[dt.date, Said("申请日期", "the day of the application")]
    reason: Annotated[Refusal, Said("不予受理原因", "the reason")]
    reason_detail: Annotated[str, Said("原因说明", "the reason in words")] = ""
    routes: Annotated[tuple[str, ...], Said("其他救济途径", "the other way")]
    contact: Annotated[str, Said("咨询电话", "the telephone", checks.telephone)] = ""
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    date: Annotated[dt.date, Said("告知日期", "the day of the notice")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.date < self.applied_on:
            yield (
                "date",
                late(Said("申请日期", "the day of the application"), Said("告知日期", "the day of notice")),
            )

    def imprint(self) -> Imprint:
        return Imprint("人民调解不予受理告知书", self.number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return (sealed_by(self.committee),)


@dataclass(frozen=True, kw_only=True)
class MediationProof(Fielded):
    """调解组织主持调解的证明 (proof that the organisation conducted the mediation): INT 354.

    In English it is the attestation that article 4 of the Singapore Convention asks for.
    """

    organisation: Annotated[str, Said("调解组织名称", "the name of the organisation")]
    registration: str = ""
    mediators: Annotated[tuple[str, ...], Said("调解员", "the mediator")]
    parties: Annotated[tuple[str, ...], Said("当事人", "the parties", at_least=2, measure="人")]
    cause: str = ""
    started_on: dt.date
    concluded_on: dt.date
    agreement_number: Annotated[str, Said("调解协议编号", "the number of the agreement")]
    verify_url: Annotated[str, Said("查验地址", "the address to verify")]
    agreement_sha256: Annotated[str, Said("协议文件的指纹", "the fingerprint of the agreement", checks.digest)]
    date: dt.date
    language: Literal["zh", "en"] = "zh"
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.concluded_on < self.started_on:
            yield "date", late(Said("调解开始", "the beginning"), Said("调解结束", "the end"))

    def imprint(self) -> Imprint:
        if self.language == "en":
            return Imprint("Certificate of Mediation", self.agreement_number, self.date, "en")
        return Imprint("主持调解证明", self.agreement_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return (sealed_by(self.organisation),)
