"""Proof that a paper arrived: the receipt on paper (送达回证) and that of electronic delivery (电子送达凭证). (pure)"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField
from documents.wording import BEIJING

Method = Literal["直接送达", "留置送达", "委托送达", "邮寄送达", "转交送达", "公告送达"]


@dataclass(frozen=True)
class Delivered(Fielded):
    """One paper handed over, and how many copies of it."""

    paper: Annotated[str, Said("送达文书", "the paper")]
    copies: Annotated[int, Said("份数", "the number of copies", checks.positive)] = 1


@dataclass(frozen=True, kw_only=True)
class DeliveryReceipt(Fielded):
    """送达回证 (CPL 87-89): who got which papers, where, when; or why not, and who saw it."""

    court: Annotated[str, Said("法院名称", "the court")]
    case_number: Annotated[str, Said("案号", "the docket number")]
    cause: Annotated[str, Said("案由", "the cause")]
    recipient: Annotated[str, Said("受送达人", "the recipient")]
    papers: Annotated[tuple[Delivered, ...], Said("送达文书", "the paper")]
    place: Annotated[str, Said("送达地点", "the place")]
    method: Annotated[Method, Said("送达方式", "the way of delivery")]
    received_on: Annotated[dt.date | None, Said("收到日期", "the day of receipt")] = None
    proxy: Annotated[str, Said("代收人", "the proxy")] = ""
    proxy_relation: Annotated[str, Said("代收人与受送达人的关系", "the proxy's relation to the recipient")] = ""
    refusal: Annotated[str, Said("拒收事由", "why it was refused")] = ""
    witnesses: Annotated[tuple[str, ...], Said("见证人", "the witness")] = ()
    server: Annotated[str, Said("送达人", "who delivered")]
    remarks: Annotated[str, Said("备注", "remarks")] = ""
    issued_on: Annotated[dt.date, Said("填发日期", "the day of issue")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.proxy and not self.proxy_relation.strip():
            yield "proxy_relation", Said("代收人与受送达人的关系", "the proxy's relation").missing()
        if self.method == "留置送达":  # CPL 89: reason and witnesses, or photographs
            if not self.refusal.strip():
                yield "refusal", Said("拒收事由", "why it was refused").missing()
            if not self.witnesses and not self.remarks.strip():
                yield "witnesses", Said("见证人（或备注中写明的拍照、录像）", "the witness").missing()
        if self.received_on and self.received_on < self.issued_on:
            fault = Fault("早于填发日期", "lies before the day of issue")
            yield "received_on", Said("收到日期", "the day of receipt").wrong(fault)

    def imprint(self) -> Imprint:
        return Imprint("送达回证", f"{self.case_number}　{self.recipient}", self.issued_on)

    def fields(self) -> tuple[SignatureField, ...]:
        who = self.proxy or self.recipient
        return (
            SignatureField(name="party-1", role="person", label=f"收件人{who}签名"),
            *(
                SignatureField(name=f"witness-{place}", role="person", label=f"见证人{name}签名")
                for place, name in enumerate(self.witnesses, 1)
            ),
            SignatureField(name="server", role="person", label=f"送达人{self.server}签名"),
        )


@dataclass(frozen=True, kw_only=True)
class ElectronicReceipt(Fielded):
    """送达回证 for electronic delivery (电子送达凭证): CPL 87-90; times are UTC, printed as Beijing time."""

    court: Annotated[str, Said("法院名称", "the court")]
    case_number: Annotated[str, Said("案号", "the docket number")]
    cause: Annotated[str, Said("案由", "the cause")]
    recipient: Annotated[str, Said("受送达人", "the recipient")]
    paper: Annotated[str, Said("送达文书", "the paper")]
    channel: Annotated[str, Said("送达方式", "the way of delivery")]
    sent_at: dt.datetime
    arrived_at: dt.datetime | None = None
    opened_at: dt.datetime | None = None
    verify_url: Annotated[str, Said("查验地址", "the address to verify")]
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        times = [moment for moment in (self.sent_at, self.arrived_at, self.opened_at) if moment is not None]
        if any(moment.tzinfo is None for moment in times):
            yield "opened_at", Fault("时间没有时区", "a time has no time zone")
        elif times != sorted(times):
            yield "opened_at", Fault("送达时间先后不对", "the times of delivery are out of order")

    def imprint(self) -> Imprint:
        day = self.sent_at.astimezone(BEIJING).date()
        return Imprint("送达回证", f"{self.case_number}　{self.recipient}", day)
