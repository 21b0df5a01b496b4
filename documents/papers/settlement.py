"""The papers of a quarrel that is settled: written agreement, oral agreement, follow-up visit. (pure)"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField
from documents.papers.people import Party, sealed_by, to_sign


@dataclass(frozen=True)
class ClauseText:
    """One clause as it will be printed: `number` counts from one, `heading` may be empty."""

    number: int
    heading: str
    text: str


@dataclass(frozen=True, kw_only=True)
class AgreementDocument(Fielded):
    """人民调解协议书 (people's mediation agreement): 人民调解法 29; one copy a party and one kept."""

    title: Annotated[str, Said("标题", "the title")] = "人民调解协议书"
    number: Annotated[str, Said("编号", "the number")]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    parties: Annotated[tuple[Party, ...], Said("当事人", "the parties", at_least=2, measure="人")]
    mediator: Annotated[str, Said("调解员姓名", "the mediator's name")]
    recorder: str | None = None
    facts: Annotated[str, Said("主要事实", "the main facts", checks.amounts_agree)]
    responsibility: Annotated[str, Said("当事人的责任", "the responsibilities", checks.amounts_agree)] = ""
    clauses: Annotated[tuple[ClauseText, ...], Said("协议内容", "the terms")]
    performance: Annotated[str, Said("履行方式", "the way of performance", checks.amounts_agree)] = ""
    breach: Annotated[str, Said("违约责任", "what follows a breach", checks.amounts_agree)] = ""
    copies: int = 3
    date: dt.date
    verify_url: Annotated[str, Said("查验地址", "the address to verify")]
    version: Annotated[int, Said("版本号", "the version", checks.positive)]
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        for place, clause in enumerate(self.clauses, 1):
            said = Said(f"第{place}条的内容", f"the text of clause {place}")
            if not clause.text.strip():
                yield "clauses", said.missing()
            elif reason := checks.amounts_agree(clause.text):
                yield "clauses", said.wrong(reason)
            if clause.number != place:
                numbered = f"clause {place} is numbered {clause.number}"
                yield "clauses", Fault(f"条款编号不连续：第{place}条写成了{clause.number}", numbered)
        if len(self.parties) >= 2 and self.copies < len(self.parties) + 1:
            en = "too few copies: one for each party and one for the committee"
            yield "copies", Fault("份数不够：当事人和人民调解委员会各持一份", en)

    def imprint(self) -> Imprint:
        return Imprint(self.title, f"{self.number}　第{self.version}版", self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        """Who signs where: every party, the mediator, at the end the committee's seal (人民调解法 29)."""
        mediator = SignatureField(name="mediator", role="mediator", label=f"调解员{self.mediator}签名")
        return (*to_sign(self.parties), mediator, sealed_by(self.committee))


@dataclass(frozen=True, kw_only=True)
class OralAgreement(Fielded):
    """口头协议登记表: an agreement without a document, effective the day it is reached (人民调解法 28, 30)."""

    number: Annotated[str, Said("编号", "the number")]
    parties: Annotated[tuple[Party, ...], Said("当事人", "the parties", at_least=2, measure="人")]
    facts: Annotated[str, Said("纠纷事实及争议事项", "the facts and issues", checks.amounts_agree)]
    content: Annotated[str, Said("协议内容", "the terms", checks.amounts_agree)]
    performance: Annotated[str, Said("履行方式和时限", "the way and time of performance", checks.amounts_agree)]
    mediator: Annotated[str, Said("人民调解员", "the mediator")]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    date: Annotated[dt.date, Said("协议达成日期", "the day of the agreement")]
    verify_url: str = ""
    development: bool = False

    def imprint(self) -> Imprint:
        return Imprint("人民调解口头协议登记表", self.number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        mediator = SignatureField(name="mediator", role="mediator", label=f"调解员{self.mediator}签名")
        return (mediator, sealed_by(self.committee))


Performance = Literal["已全部履行", "部分履行", "尚未到期", "未履行"]


@dataclass(frozen=True, kw_only=True)
class FollowUpRecord(Fielded):
    """人民调解回访记录: is the agreement performed, are people content, is there anything new (人民调解法 31)."""

    number: Annotated[str, Said("协议编号", "the number of the agreement")]
    parties: Annotated[tuple[Party, ...], Said("当事人", "the parties", at_least=2, measure="人")]
    matter: Annotated[str, Said("回访事由", "the matter")]
    visited_at: Annotated[dt.datetime, Said("回访时间", "the time of the visit", checks.zoned)]
    method: Annotated[str, Said("回访方式", "the way of the visit")]
    performance: Annotated[Performance, Said("履行情况", "the performance")]
    performance_detail: Annotated[str, Said("履行情况说明", "the performance in words", checks.amounts_agree)] = ""
    satisfaction: Annotated[int, Said("满意度", "the satisfaction")]
    new_signs: Annotated[str, Said("有无新的纠纷苗头", "signs of a new quarrel")]
    lawsuits: Annotated[str, Said("有无因此诉讼", "suits about it")]
    wrong_mediation: Annotated[str, Said("有无错调", "wrong mediation")]
    measures: Annotated[str, Said("采取的措施", "the measures taken")]
    visitor: Annotated[str, Said("回访人", "the visitor")]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if not 1 <= self.satisfaction <= 5:
            said = Said("满意度", "the satisfaction")
            yield "satisfaction", said.wrong(Fault("应当是1至5", "must be 1 to 5"))

    def imprint(self) -> Imprint:
        return Imprint("人民调解回访记录", self.number, self.visited_at.date())

    def fields(self) -> tuple[SignatureField, ...]:
        visitor = SignatureField(name="mediator", role="mediator", label=f"回访人{self.visitor}签名")
        return (*to_sign(self.parties), visitor)
