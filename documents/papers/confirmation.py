"""What the parties file with the court: joint application, pledge, letter of authority, address for delivery. (pure)"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField, late
from documents.papers.people import ID_KINDS, Party, PersonParticulars, to_sign

_AGREED = Said("协议日期", "the day of the agreement")


@dataclass(frozen=True, kw_only=True)
class ConfirmationPledge:
    """司法确认承诺书 as the second part of an application: 法发〔2009〕45号 article 22."""

    pledged_on: dt.date


@dataclass(frozen=True, kw_only=True)
class ApplicationDocument(Fielded):
    """司法确认申请书 (joint application for judicial confirmation): CPL 205, INT 353-354; both are applicants."""

    court: Annotated[str, Said("法院名称", "the court")]
    applicants: Annotated[tuple[Party, ...], Said("申请人", "the applicants", at_least=2, measure="人")]
    organisation: Annotated[str, Said("调解组织名称", "the name of the organisation")]
    agreement_number: Annotated[str, Said("调解协议编号", "the number of the agreement")]
    agreement_date: dt.date
    facts: Annotated[str, Said("事实与理由", "facts and reasons", checks.amounts_agree)]
    date: Annotated[dt.date, Said("申请日期", "the day of the application")]
    verify_url: Annotated[str, Said("查验地址", "the address to verify")]
    attachments: tuple[str, ...] = ("人民调解协议书", "调解组织主持调解的证明", "申请人身份证明")
    pledge: ConfirmationPledge | None = None
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.date < self.agreement_date:
            yield "date", late(_AGREED, Said("申请日期", "the day of the application"))
        if not self.attachments:
            yield "attachments", Said("附件", "the attachments").missing()

    def imprint(self) -> Imprint:
        return Imprint("司法确认申请书", self.agreement_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return tuple(
            SignatureField(name=f"party-{place}", role="person", label=f"申请人{person.name}签名")
            for place, person in enumerate(self.applicants, 1)
        )


@dataclass(frozen=True, kw_only=True)
class PledgeDocument(Fielded):
    """司法确认承诺书 as a paper of its own, signed by all applicants: 法发〔2009〕45号 article 22."""

    court: Annotated[str, Said("法院名称", "the court")]
    applicants: Annotated[tuple[Party, ...], Said("承诺人", "the applicants", at_least=2, measure="人")]
    organisation: Annotated[str, Said("调解组织名称", "the name of the organisation")]
    agreement_number: Annotated[str, Said("调解协议编号", "the number of the agreement")]
    date: Annotated[dt.date, Said("承诺日期", "the day of the pledge")]
    verify_url: str = ""
    development: bool = False

    def imprint(self) -> Imprint:
        return Imprint("司法确认承诺书", self.agreement_number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return to_sign(self.applicants)


@dataclass(frozen=True, kw_only=True)
class Agent(Fielded):
    """Who acts for a party (CPL 61): `standing` is 律师, 基层法律工作者, 近亲属 and the like."""

    name: Annotated[str, Said("姓名", "the name")]
    sex: Annotated[str, Said("性别", "the sex", checks.one_of("男", "女"))] = ""
    standing: Annotated[str, Said("身份", "the standing")]
    work_place: Annotated[str, Said("工作单位", "the place of work")] = ""
    id_number: Annotated[str, Said("公民身份号码", "the ID number", checks.resident_number)] = ""
    contact: Annotated[str, Said("联系电话", "the telephone", checks.telephone)]


GENERAL_POWERS = ("代为申请司法确认，提交、接收有关材料", "代为陈述事实，接受人民法院询问", "代为签收法律文书")


@dataclass(frozen=True, kw_only=True)
class PowerOfAttorney(Fielded):
    """授权委托书: one principal, one or two agents, every power by name (CPL 62, INT 89: 全权代理 alone gives none)."""

    principal: Annotated[Party, Said("委托人", "the principal")]
    agents: Annotated[tuple[Agent, ...], Said("受托人", "the agent")]
    matter: Annotated[str, Said("委托事项", "the matter")]
    general: Annotated[tuple[str, ...], Said("一般授权事项", "the general power")] = GENERAL_POWERS
    special: Annotated[tuple[str, ...], Said("特别授权事项", "the special power")] = ()
    valid_until: Annotated[dt.date | None, Said("委托期限", "the end of the authority")] = None
    date: Annotated[dt.date, Said("委托日期", "the day of the authority")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if len(self.agents) > 2:
            said = Said("受托人", "the agents")
            yield "agents", said.wrong(Fault("最多两人（民事诉讼法第六十一条）", "are more than two (CPL 61)"))
        vague = [one for one in (*self.general, *self.special) if "全权" in one or "一切" in one]
        if vague or not (self.general or self.special):
            said = Said("授权事项", "the powers")
            words = "应当逐项写明，不能只写全权代理", "must be listed one by one"
            yield "special", said.wrong(Fault(*words))
        if self.valid_until and self.valid_until < self.date:
            yield "valid_until", late(Said("委托日期", "the day of the authority"), Said("委托期限", "its end"))

    def imprint(self) -> Imprint:
        return Imprint("授权委托书", self.principal.name, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return to_sign((self.principal,))


@dataclass(frozen=True, kw_only=True)
class DeliveryAddress(Fielded):
    """送达地址确认书: where a court's papers reach somebody (ODM 17, ODL 29-31, CPL 90)."""

    court: Annotated[str, Said("法院或调解组织名称", "the court or organisation")]
    case_number: Annotated[str, Said("案号或编号", "the docket number")]
    cause: Annotated[str, Said("案由", "the cause")]
    receiver: Annotated[PersonParticulars, Said("受送达人", "the receiver")]
    id_kind: Annotated[str, Said("证件类型", "the kind of ID", checks.one_of(*ID_KINDS))] = "居民身份证"
    relation: Annotated[str, Said("与当事人的关系", "the relation to the party")] = "本人"
    address: Annotated[str, Said("送达地址", "the address")]
    phone: Annotated[str, Said("手机号码", "the mobile number", checks.mobile)]
    postcode: Annotated[str, Said("邮政编码", "the postcode", checks.postcode)]
    electronic: bool
    electronic_phone: Annotated[str, Said("接收短信的手机号码", "the number for messages", checks.mobile)] = ""
    email: Annotated[str, Said("电子邮箱", "the e-mail", checks.email)] = ""
    fax: Annotated[str, Said("传真号码", "the fax", checks.telephone)] = ""
    wechat: Annotated[str, Said("微信号", "the WeChat name")] = ""
    date: Annotated[dt.date, Said("确认日期", "the day of confirmation")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.electronic and not (self.electronic_phone or self.email or self.fax or self.wechat):
            said = Said("电子送达的号码或地址（短信、邮箱、传真或微信至少一项）", "an address for electronic delivery")
            yield "wechat", said.missing()

    def imprint(self) -> Imprint:
        return Imprint("送达地址确认书", f"{self.case_number}　{self.receiver.name}", self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return to_sign((self.receiver,))
