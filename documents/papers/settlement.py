"""The paper that ends a quarrel: the agreement. (pure)"""

import datetime as dt
from dataclasses import dataclass

from documents.papers.base import Imprint, SignatureField, empty
from documents.papers.people import PersonParticulars, party_faults


@dataclass(frozen=True)
class ClauseText:
    """One clause as it will be printed: `number` counts from one, `heading` may be empty."""

    number: int
    heading: str
    text: str


@dataclass(frozen=True, kw_only=True)
class AgreementDocument:
    """人民调解协议书 (people's mediation agreement): 人民调解法 29; one copy a party and one kept."""

    number: str
    committee: str
    parties: tuple[PersonParticulars, ...]
    mediator: str
    facts: str
    clauses: tuple[ClauseText, ...]
    date: dt.date
    verify_url: str
    version: int
    title: str = "人民调解协议书"
    recorder: str | None = None
    responsibility: str = ""
    performance: str = ""
    copies: int = 3
    development: bool = False

    def faults(self) -> list[str]:
        found = empty([("标题", self.title), ("编号", self.number), ("人民调解委员会名称", self.committee)])
        found += party_faults(self.parties, "当事人")
        found += empty([("调解员姓名", self.mediator), ("主要事实", self.facts), ("协议内容", self.clauses)])
        for place, clause in enumerate(self.clauses, 1):
            found += empty([(f"第{place}条的内容", clause.text)])
            if clause.number != place:
                found.append(f"条款编号不连续：第{place}条写成了{clause.number}")
        if self.copies < len(self.parties) + 1:
            found.append("份数不够：当事人和人民调解委员会各持一份")
        return found + empty([("查验地址", self.verify_url), ("版本号", self.version > 0)])

    def imprint(self) -> Imprint:
        return Imprint(self.title, f"{self.number}　第{self.version}版", self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        """Who signs where: every party, the mediator, at the end the committee's seal (人民调解法 29)."""
        people = [
            SignatureField(name=f"party-{place}", role="person", label=f"{party.role}{party.name}签名")
            for place, party in enumerate(self.parties, 1)
        ]
        mediator = SignatureField(name="mediator", role="mediator", label=f"调解员{self.mediator}签名")
        return (*people, mediator, SignatureField(name="seal", role="seal", label=f"{self.committee}印章"))
