"""How a quarrel comes to a committee: application, registration, notice of rights, consent to video. (pure)

Fields and their order after the dossier forms of 人民调解; rights and duties after 人民调解法 (PML) 23-24, 31-33.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField
from documents.papers.people import Party, PersonParticulars, sealed_by, to_sign

Source = Literal["申请", "主动", "移交", "委派", "委托"]


@dataclass(frozen=True, kw_only=True)
class MediationApplication(Fielded):
    """人民调解申请书: who asks for mediation with whom, what happened, what is asked."""

    applicant: Annotated[Party, Said("申请人", "the applicant")]
    respondent: Annotated[Party, Said("被申请人", "the respondent")]
    facts: Annotated[str, Said("纠纷简要情况", "the brief facts", checks.amounts_agree)]
    requests: Annotated[tuple[str, ...], Said("申请事项", "the request", checks.amounts_agree)]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    date: Annotated[dt.date, Said("申请日期", "the day of the application")]
    number: Annotated[str, Said("编号", "the number")] = ""
    verify_url: str = ""
    development: bool = False

    def imprint(self) -> Imprint:
        return Imprint("人民调解申请书", self.number or self.applicant.name, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return to_sign((self.applicant,))


@dataclass(frozen=True, kw_only=True)
class RegistrationForm(Fielded):
    """人民调解受理登记表: the committee takes up the quarrel, with the parties' consent."""

    number: Annotated[str, Said("编号", "the number")]
    date: Annotated[dt.date, Said("登记日期", "the day of registration")]
    parties: Annotated[tuple[Party, ...], Said("当事人", "the parties", at_least=2, measure="人")]
    category: Annotated[str, Said("纠纷类型", "the kind of quarrel")]
    source: Annotated[Source, Said("案件来源", "the source")]
    source_detail: Annotated[str, Said("移送单位", "the body that referred it")] = ""
    facts: Annotated[str, Said("纠纷简要情况", "the brief facts", checks.amounts_agree)]
    remarks: Annotated[str, Said("备注", "remarks")] = ""
    registrar: Annotated[str, Said("登记人", "the registrar")]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.source in ("移交", "委派", "委托") and not self.source_detail.strip():
            yield "source_detail", Said("移送单位", "the body that referred it").missing()

    def imprint(self) -> Imprint:
        return Imprint("人民调解受理登记表", self.number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        registrar = SignatureField(name="mediator", role="mediator", label=f"登记人{self.registrar}签名")
        return (*to_sign(self.parties), registrar, sealed_by(self.committee))


@dataclass(frozen=True, kw_only=True)
class RightsNotice(Fielded):
    """人民调解权利义务告知书: nature, principles, rights, duties, effect, confirmation, routes, online rules."""

    number: Annotated[str, Said("编号", "the number")]
    parties: Annotated[tuple[Party, ...], Said("当事人", "the parties", at_least=2, measure="人")]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    contact: Annotated[str, Said("委员会电话", "the committee's telephone", checks.telephone)] = ""
    online: bool = True
    date: Annotated[dt.date, Said("告知日期", "the day of the notice")]
    verify_url: str = ""
    development: bool = False

    def imprint(self) -> Imprint:
        return Imprint("人民调解权利义务告知书", self.number, self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return to_sign(self.parties)


STAGES = ("视频调解", "电子签名", "电子送达", "调解过程录音录像", "单独沟通（背对背调解）", "非同步调解")
PRIVACY = ("身份核验所需的证件信息", "人脸识别核验（可改用其他方式）", "向人民法院提供本案材料用于司法确认")


@dataclass(frozen=True)
class Answer:
    """One separate consent (ODL 4, PIPL 29): to what, and yes or no."""

    matter: str
    agreed: bool


@dataclass(frozen=True, kw_only=True)
class OnlineConsent(Fielded):
    """在线调解同意书: one person's consent, stage by stage, and the promises that stand in for a court's discipline."""

    number: Annotated[str, Said("编号", "the number")]
    person: Annotated[PersonParticulars, Said("同意人", "the person")]
    others: Annotated[tuple[str, ...], Said("对方当事人", "the other party")]
    stages: Annotated[tuple[Answer, ...], Said("各环节的意见", "the answer for each stage")]
    identity_method: Annotated[str, Said("身份核验方式", "the way of checking identity")]
    device: Annotated[str, Said("使用的设备", "the device")]
    signature_method: Annotated[str, Said("电子签名方式", "the way of signing")]
    delivery_address: Annotated[str, Said("电子送达地址", "the address for electronic delivery")]
    privacy: Annotated[tuple[Answer, ...], Said("个人信息单独同意", "the separate consents on personal matters")]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    date: Annotated[dt.date, Said("同意日期", "the day of consent")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        for name, asked, given in (("stages", STAGES, self.stages), ("privacy", PRIVACY, self.privacy)):
            answered = {one.matter for one in given}
            for matter in asked if given else ():
                if matter not in answered:
                    said = Said(f"对“{matter}”的意见", f"the answer on {matter}")
                    yield name, said.missing()

    def imprint(self) -> Imprint:
        return Imprint("在线调解同意书（承诺书）", f"{self.number}　{self.person.name}", self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        return to_sign((self.person,))
