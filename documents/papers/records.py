"""What is written down while people speak: the record of an inquiry and the record of a mediation (调解笔录). (pure)"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField, late
from documents.papers.people import Party, PersonParticulars, sealed_by, to_sign
from documents.wording import BEIJING

Result = Literal["成功", "不成", "继续调解"]
_BEGUN, _ENDED = Said("开始时间", "the beginning"), Said("结束时间", "the end")


@dataclass(frozen=True)
class Spoken(Fielded):
    """One question with its answer, or one statement: `speaker` is 问, 答 or a person."""

    speaker: Annotated[str, Said("说话人", "the speaker")]
    words: Annotated[str, Said("内容", "the words", checks.amounts_agree)]


def _in_order(began: dt.datetime, ended: dt.datetime) -> Iterator[tuple[str, Fault]]:
    if began.tzinfo and ended.tzinfo and ended < began:
        yield "ended_at", late(_BEGUN, _ENDED)


@dataclass(frozen=True, kw_only=True)
class InquiryRecord(Fielded):
    """人民调解调查笔录: questions and answers; the person asked signs every page."""

    number: Annotated[str, Said("编号", "the number")]
    began_at: Annotated[dt.datetime, Said("开始时间", "the beginning", checks.zoned)]
    ended_at: Annotated[dt.datetime, Said("结束时间", "the end", checks.zoned)]
    place: Annotated[str, Said("地点", "the place")]
    participants: Annotated[tuple[str, ...], Said("参加人", "those present")]
    asked: Annotated[PersonParticulars, Said("被调查人", "the person asked")]
    relation: Annotated[str, Said("被调查人与当事人的关系", "the relation to the parties")]
    cause: Annotated[str, Said("调查事由", "the cause")]
    spoken: Annotated[tuple[Spoken, ...], Said("问答", "questions and answers")]
    investigator: Annotated[str, Said("调查人", "the investigator")]
    recorder: Annotated[str, Said("记录人", "the recorder")]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        yield from _in_order(self.began_at, self.ended_at)

    def imprint(self) -> Imprint:
        return Imprint("人民调解调查笔录", f"{self.number}　{self.asked.name}", _day(self.ended_at))

    def fields(self) -> tuple[SignatureField, ...]:
        investigator = SignatureField(name="mediator", role="mediator", label=f"调查人{self.investigator}签名")
        recorder = SignatureField(name="recorder", role="mediator", label=f"记录人{self.recorder}签名")
        return (*to_sign((self.asked,)), investigator, recorder)


@dataclass(frozen=True, kw_only=True)
class MediationRecord(Fielded):
    """人民调解记录（笔录）: from the notice of rights to the result; signed by all, sealed by the committee."""

    number: Annotated[str, Said("编号", "the number")]
    began_at: Annotated[dt.datetime, Said("开始时间", "the beginning", checks.zoned)]
    ended_at: Annotated[dt.datetime, Said("结束时间", "the end", checks.zoned)]
    place: Annotated[str, Said("调解地点和方式", "the place or way")]
    matter: Annotated[str, Said("调解事由", "the matter")]
    parties: Annotated[tuple[Party, ...], Said("到场当事人", "the parties present", at_least=2, measure="人")]
    invited: Annotated[tuple[str, ...], Said("邀请参加人", "those invited")] = ()
    rights_told: Annotated[str, Said("权利义务告知情况", "the notice of rights")]
    statements: Annotated[tuple[Spoken, ...], Said("当事人陈述", "the statement")]
    issues: Annotated[str, Said("争议焦点", "the issues")]
    verified: Annotated[str, Said("查明的事实", "the facts verified", checks.amounts_agree)]
    undisputed: Annotated[str, Said("双方无争议的事实", "the undisputed facts", checks.amounts_agree)] = ""
    law_explained: Annotated[str, Said("法律法规政策释明", "the law explained")]
    proposals: Annotated[str, Said("调解方案", "the proposals", checks.amounts_agree)] = ""
    result: Annotated[Result, Said("调解结果", "the result")]
    result_detail: Annotated[str, Said("结果说明", "the result in words", checks.amounts_agree)] = ""
    routes: Annotated[str, Said("其他救济途径", "the other ways")] = ""
    mediator: Annotated[str, Said("人民调解员", "the mediator")]
    recorder: Annotated[str, Said("记录人", "the recorder")]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    verify_url: str = ""
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        yield from _in_order(self.began_at, self.ended_at)
        own = {self.mediator, self.recorder, *(one.name for one in self.parties)}
        for name in self.invited:
            if name in own:  # the form excludes the parties, mediator and recorder
                said = Said("邀请参加人", "those invited")
                yield (
                    "invited",
                    said.wrong(Fault(f"不应包括当事人、调解员和记录人：{name}", f"must not list {name}")),
                )
        if self.result == "不成" and not self.routes.strip():
            yield "routes", Said("其他救济途径", "the other ways").missing()

    def imprint(self) -> Imprint:
        return Imprint("人民调解记录", self.number, _day(self.ended_at))

    def fields(self) -> tuple[SignatureField, ...]:
        invited = [
            SignatureField(name=f"invited-{place}", role="person", label=f"参加人{name}签名")
            for place, name in enumerate(self.invited, 1)
        ]
        mediator = SignatureField(name="mediator", role="mediator", label=f"调解员{self.mediator}签名")
        recorder = SignatureField(name="recorder", role="mediator", label=f"记录人{self.recorder}签名")
        return (*to_sign(self.parties), *invited, mediator, recorder, sealed_by(self.committee))


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(BEIJING).date() if moment.tzinfo else moment.date()
