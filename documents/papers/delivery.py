"""Proof that a paper arrived: receipts of delivery. (pure)"""

import datetime as dt
from dataclasses import dataclass

from documents.papers.base import Imprint, empty
from documents.wording import BEIJING


@dataclass(frozen=True, kw_only=True)
class ElectronicReceipt:
    """送达回证 for electronic service (电子送达凭证): CPL 87-90; times are UTC, printed as Beijing time."""

    court: str
    case_number: str
    cause: str
    recipient: str
    paper: str
    channel: str
    sent_at: dt.datetime
    verify_url: str
    arrived_at: dt.datetime | None = None
    opened_at: dt.datetime | None = None
    development: bool = False

    def faults(self) -> list[str]:
        named = [
            ("法院名称", self.court),
            ("案号", self.case_number),
            ("案由", self.cause),
            ("受送达人", self.recipient),
        ]
        found = empty([*named, ("送达文书", self.paper), ("送达方式", self.channel), ("查验地址", self.verify_url)])
        times = [moment for moment in (self.sent_at, self.arrived_at, self.opened_at) if moment is not None]
        if any(moment.tzinfo is None for moment in times):
            return [*found, "时间没有时区"]
        return found + ([] if times == sorted(times) else ["送达时间先后不对"])

    def imprint(self) -> Imprint:
        day = self.sent_at.astimezone(BEIJING).date()
        return Imprint("送达回证", f"{self.case_number}　{self.recipient}", day)
