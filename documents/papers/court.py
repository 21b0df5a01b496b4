"""What the court writes to the applicants before it rules. (pure)"""

import datetime as dt
from dataclasses import dataclass

from documents.papers.base import Imprint, SignatureField, empty


@dataclass(frozen=True, kw_only=True)
class AcceptanceNotice:
    """受理通知书 (notice that the court has docketed the application): INT 356; both shall attend the review."""

    court: str
    case_number: str
    applicants: tuple[str, ...]
    accepted_on: dt.date
    cause: str
    judge: str
    clerk: str
    contact: str
    date: dt.date
    verify_url: str
    development: bool = False

    def faults(self) -> list[str]:
        found = empty([("法院名称", self.court), ("案号", self.case_number), ("案由", self.cause)])
        found += [] if len(self.applicants) >= 2 else ["申请人不足两人"]
        people = [("审判员姓名", self.judge), ("书记员姓名", self.clerk), ("联系方式", self.contact)]
        return found + empty([*people, ("查验地址", self.verify_url)])

    def imprint(self) -> Imprint:
        return Imprint("受理通知书", self.case_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return (SignatureField(name="seal", role="seal", label=f"{self.court}印章"),)
