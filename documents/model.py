"""What each paper of a case says, as frozen values: the forms the law and the practice want, field by field.

Sources: 人民调解法 (People's Mediation Law) article 29; 民事诉讼法 (Civil Procedure Law, CPL) 205-206;
民诉法解释 (the SPC's interpretation of it, INT) 351-358. A paper names all that is missing
at once, so that one round of typing mends it.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

DEVELOPMENT_LINE = "演示环境：证书由开发用机构签发，没有法律效力。"

Role = Literal["person", "mediator", "seal", "judge"]


class FieldFault(ValueError):
    """A paper cannot be made: `faults` names everything that is missing or wrong, in Chinese, in layout order."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("；".join(self.faults))


class Paper(Protocol):
    """Anything that can be printed: it knows its own faults and whether it is only a demonstration."""

    @property
    def development(self) -> bool: ...
    def faults(self) -> list[str]: ...


def checked(paper: Paper) -> None:
    """Raise FieldFault with every fault of the paper, or return."""
    faults = paper.faults()
    if faults:
        raise FieldFault(faults)


def _empty(pairs: Iterable[tuple[str, object]]) -> list[str]:
    return [f"缺少{name}" for name, value in pairs if not (value.strip() if isinstance(value, str) else value)]


@dataclass(frozen=True)
class SignatureField:
    """A place to sign: `name` is the PDF field ("party-1", "mediator", "seal", "judge"), `label` is for readers."""

    name: str
    role: Role
    label: str


@dataclass(frozen=True, kw_only=True)
class PersonParticulars:
    """A party with the seven particulars of the official forms; `role` is 申请人, 被申请人 and the like."""

    name: str
    role: str
    sex: str = ""
    nationality: str = ""
    age: int | None = None
    occupation: str = ""
    contact: str = ""
    id_number: str = ""
    address: str = ""

    def faults(self, which: str) -> list[str]:
        found = _empty([(f"{which}的姓名", self.name), (f"{which}的身份（申请人或被申请人）", self.role)])
        if self.age is not None and not 0 <= self.age <= 130:
            found.append(f"{which}的年龄不对：{self.age}")
        return found


@dataclass(frozen=True)
class ClauseText:
    """One clause as it will be printed: `number` counts from one, `heading` may be empty."""

    number: int
    heading: str
    text: str


def _party_faults(people: Sequence[PersonParticulars], noun: str) -> list[str]:
    found = [] if len(people) >= 2 else [f"{noun}不足两人"]
    for place, person in enumerate(people, 1):
        found += person.faults(f"第{place}个{noun}")
    return found


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
        found = _empty([("标题", self.title), ("编号", self.number), ("人民调解委员会名称", self.committee)])
        found += _party_faults(self.parties, "当事人")
        found += _empty([("调解员姓名", self.mediator), ("主要事实", self.facts), ("协议内容", self.clauses)])
        for place, clause in enumerate(self.clauses, 1):
            found += _empty([(f"第{place}条的内容", clause.text)])
            if clause.number != place:
                found.append(f"条款编号不连续：第{place}条写成了{clause.number}")
        if self.copies < len(self.parties) + 1:
            found.append("份数不够：当事人和人民调解委员会各持一份")
        return found + _empty([("查验地址", self.verify_url), ("版本号", self.version > 0)])

    def fields(self) -> tuple[SignatureField, ...]:
        """Who signs where: every party, the mediator, at the end the committee's seal (人民调解法 29)."""
        people = [
            SignatureField(name=f"party-{place}", role="person", label=f"{party.role}{party.name}签名")
            for place, party in enumerate(self.parties, 1)
        ]
        mediator = SignatureField(name="mediator", role="mediator", label=f"调解员{self.mediator}签名")
        return (*people, mediator, SignatureField(name="seal", role="seal", label=f"{self.committee}印章"))


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
        found = _empty([("法院名称", self.court), ("案号", self.case_number)])
        found += _party_faults(self.applicants, "申请人")
        found += _empty([("调解协议编号", self.agreement_number), ("调解组织名称", self.organisation)])
        found += _empty([("调解协议内容", self.clauses), ("审判员姓名", self.judge), ("书记员姓名", self.clerk)])
        found += _empty((f"调解协议第{place}项", text) for place, text in enumerate(self.clauses, 1))
        if self.outcome == "reject" and not (self.ground or "").strip():
            found.append("缺少驳回的理由（民诉法解释第三百五十八条的一项）")
        if self.date < self.accepted_on:
            found.append("裁定日期早于受理日期")
        return found + _empty([("查验地址", self.verify_url)])

    def fields(self) -> tuple[SignatureField, ...]:
        """The judge signs, then the court's seal closes the paper."""
        judge = SignatureField(name="judge", role="judge", label=f"审判员{self.judge}签名")
        return (judge, SignatureField(name="seal", role="seal", label=f"{self.court}印章"))


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
        found = _empty([("法院名称", self.court)]) + _party_faults(self.applicants, "申请人")
        found += _empty([("调解组织名称", self.organisation), ("调解协议编号", self.agreement_number)])
        found += _empty([("事实与理由", self.facts), ("附件", self.attachments), ("查验地址", self.verify_url)])
        return found + (["申请日期早于协议日期"] if self.date < self.agreement_date else [])

    def fields(self) -> tuple[SignatureField, ...]:
        return tuple(
            SignatureField(name=f"party-{place}", role="person", label=f"申请人{person.name}签名")
            for place, person in enumerate(self.applicants, 1)
        )


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
        found = _empty([("调解组织名称", self.organisation), ("调解员", self.mediators)])
        found += [] if len(self.parties) >= 2 else ["当事人不足两人"]
        found += _empty([("调解协议编号", self.agreement_number), ("查验地址", self.verify_url)])
        if len(self.agreement_sha256) != 64 or set(self.agreement_sha256) - set("0123456789abcdef"):
            found.append("协议文件的指纹不对")
        return found + (["调解结束早于开始"] if self.concluded_on < self.started_on else [])

    def fields(self) -> tuple[SignatureField, ...]:
        return (SignatureField(name="seal", role="seal", label=f"{self.organisation}印章"),)


@dataclass(frozen=True, kw_only=True)
class DeliveryReceipt:
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
        found = _empty([*named, ("送达文书", self.paper), ("送达方式", self.channel), ("查验地址", self.verify_url)])
        times = [moment for moment in (self.sent_at, self.arrived_at, self.opened_at) if moment is not None]
        if any(moment.tzinfo is None for moment in times):
            return [*found, "时间没有时区"]
        return found + ([] if times == sorted(times) else ["送达时间先后不对"])


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
        found = _empty([("法院名称", self.court), ("案号", self.case_number), ("案由", self.cause)])
        found += [] if len(self.applicants) >= 2 else ["申请人不足两人"]
        people = [("审判员姓名", self.judge), ("书记员姓名", self.clerk), ("联系方式", self.contact)]
        return found + _empty([*people, ("查验地址", self.verify_url)])

    def fields(self) -> tuple[SignatureField, ...]:
        return (SignatureField(name="seal", role="seal", label=f"{self.court}印章"),)
