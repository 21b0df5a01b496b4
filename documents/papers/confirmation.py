"""What the parties file with the court: the joint application and the pledge. (pure)"""

import datetime as dt
from dataclasses import dataclass

from documents.papers.base import Imprint, SignatureField, empty
from documents.papers.people import PersonParticulars, party_faults


@dataclass(frozen=True, kw_only=True)
class ConfirmationPledge:
    """司法确认承诺书 (pledge of the applicants): 法发〔2009〕45号 article 22; `pledged_on` as given by each of them."""

    pledged_on: dt.date


@dataclass(frozen=True, kw_only=True)
class ApplicationDocument:
    """司法确认申请书 (joint application for judicial confirmation): CPL 205, INT 353-354; both are applicants."""

    court: str
    applicants: tuple[PersonParticulars, ...]
    organisation: str
    agreement_number: str
    agreement_date: dt.date
    facts: str
    date: dt.date
    verify_url: str
    attachments: tuple[str, ...] = ("人民调解协议书", "调解组织主持调解的证明", "申请人身份证明")
    pledge: ConfirmationPledge | None = None
    development: bool = False

    def faults(self) -> list[str]:
        found = empty([("法院名称", self.court)]) + party_faults(self.applicants, "申请人")
        found += empty([("调解组织名称", self.organisation), ("调解协议编号", self.agreement_number)])
        found += empty([("事实与理由", self.facts), ("附件", self.attachments), ("查验地址", self.verify_url)])
        return found + (["申请日期早于协议日期"] if self.date < self.agreement_date else [])

    def imprint(self) -> Imprint:
        return Imprint("司法确认申请书", self.agreement_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return tuple(
            SignatureField(name=f"party-{place}", role="person", label=f"申请人{person.name}签名")
            for place, person in enumerate(self.applicants, 1)
        )
