"""The forms of what was said: record of an inquiry, record of a mediation (调解笔录)."""

import datetime as dt
from collections.abc import Sequence

from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press
from documents.forms.ends import Signer
from documents.forms.pieces import BODY, bodies, ending, labelled, section, signers, titled
from documents.papers.people import particulars
from documents.papers.records import InquiryRecord, MediationRecord, Spoken

READ = "以上记录我看过（已向我宣读），与我所说的一致。"


def _span(began: dt.datetime, ended: dt.datetime) -> str:
    begin, end = began.astimezone(wording.BEIJING), ended.astimezone(wording.BEIJING)
    first = f"{wording.date(begin)}{begin.hour}时{begin.minute}分"
    last = "" if begin.date() == end.date() else wording.date(end)
    return f"{first}至{last}{end.hour}时{end.minute}分"


def _said(spoken: Sequence[Spoken]) -> list[str]:
    return [f"{one.speaker}：{one.words}" for one in spoken]


def inquiry_story(paper: InquiryRecord, press: Press) -> list[Flowable]:
    """人民调解调查笔录: head, person asked, questions and answers, the sentence that it was read."""
    fonts = press.fonts
    story = titled("人民调解调查笔录", paper.number, fonts)
    head = [
        ("时间", _span(paper.began_at, paper.ended_at)),
        ("地点", paper.place),
        ("参加人", "、".join(paper.participants)),
        ("被调查人", particulars(paper.asked).split("：", 1)[1].rstrip("。")),
        ("与当事人的关系", paper.relation),
        ("调查事由", paper.cause),
        ("调查人", paper.investigator),
        ("记录人", paper.recorder),
    ]
    for label, text in head:
        story += labelled(label, text, fonts)
    story += section("调查内容", _said(paper.spoken), fonts)
    people = [
        Signer("party-1", "被调查人（签名，逐页）", paper.asked.name),
        Signer("mediator", "调查人（签名）", paper.investigator),
        Signer("recorder", "记录人（签名）", paper.recorder),
    ]
    lines = (wording.date(paper.imprint().on),)
    read = [Paragraph(READ, fonts, BODY)]
    return story + ending(read, people, lines, press, verify_url=paper.verify_url, seal=False)


def mediation_story(paper: MediationRecord, press: Press) -> list[Flowable]:
    """人民调解记录: head, notice of rights, statements, issues, facts, law, proposals, result, other ways."""
    fonts = press.fonts
    story = titled("人民调解记录", paper.number, fonts)
    story += labelled("时间", _span(paper.began_at, paper.ended_at), fonts)
    story += labelled("地点和方式", paper.place, fonts)
    story += labelled("调解事由", paper.matter, fonts)
    story += bodies([particulars(one) for one in paper.parties], fonts)
    story += labelled("邀请参加人", "、".join(paper.invited) or "无", fonts)
    story += labelled("人民调解员", f"{paper.mediator}　　记录人：{paper.recorder}", fonts)
    sections = [
        ("权利义务告知", paper.rights_told),
        ("当事人陈述", _said(paper.statements)),
        ("争议焦点", paper.issues),
        ("查明的事实", paper.verified),
        ("双方无争议的事实", paper.undisputed),
        ("释明的法律、法规和政策", paper.law_explained),
        ("调解方案", paper.proposals),
        ("调解结果", _result(paper)),
        ("告知的其他救济途径", paper.routes),
    ]
    place = 0
    for heading, texts in sections:
        if texts:
            place += 1
            story += section(f"{wording.numeral(place)}、{heading}", texts, fonts)
    people = [*signers(paper.parties)]
    people += [Signer(f"invited-{at}", "参加人（签名）", name) for at, name in enumerate(paper.invited, 1)]
    people += [
        Signer("mediator", "人民调解员（签名）", paper.mediator),
        Signer("recorder", "记录人（签名）", paper.recorder),
    ]
    lines = (paper.committee, wording.date(paper.imprint().on))
    return story + ending([Paragraph(READ, fonts, BODY)], people, lines, press, verify_url=paper.verify_url)


def _result(paper: MediationRecord) -> list[str]:
    ticked = "　".join(f"{'■' if one == paper.result else '□'}{one}" for one in ("成功", "不成", "继续调解"))
    return [ticked, paper.result_detail]
