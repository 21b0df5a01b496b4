"""What a committee writes when it has done: the proof that it mediated. (pure)"""

import datetime as dt
from dataclasses import dataclass

from documents.papers.base import Imprint, SignatureField, empty


@dataclass(frozen=True, kw_only=True)
class MediationProof:
    """调解组织主持调解的证明 (proof that the organisation conducted the mediation): INT 354."""

    organisation: str
    registration: str
    mediators: tuple[str, ...]
    parties: tuple[str, ...]
    started_on: dt.date
    concluded_on: dt.date
    agreement_number: str
    agreement_sha256: str
    date: dt.date
    verify_url: str
    cause: str = ""
    development: bool = False

    def faults(self) -> list[str]:
        found = empty([("调解组织名称", self.organisation), ("调解员", self.mediators)])
        found += [] if len(self.parties) >= 2 else ["当事人不足两人"]
        found += empty([("调解协议编号", self.agreement_number), ("查验地址", self.verify_url)])
        if len(self.agreement_sha256) != 64 or set(self.agreement_sha256) - set("0123456789abcdef"):
            found.append("协议文件的指纹不对")
        return found + (["调解结束早于开始"] if self.concluded_on < self.started_on else [])

    def imprint(self) -> Imprint:
        return Imprint("主持调解证明", self.agreement_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return (SignatureField(name="seal", role="seal", label=f"{self.organisation}印章"),)
