"""The forms of a settled quarrel: the agreement, the register of an oral one, the follow-up visit."""

from reportlab.platypus import KeepTogether, Spacer
from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press
from documents.fonts import FontStack
from documents.forms.ends import Signer
from documents.forms.pieces import BODY, HEADING, bodies, ending, form_titled, section, signers, titled
from documents.forms.table import Cell, RuledTable, head, signed_and_sealed, to_sign
from documents.papers.people import particulars
from documents.papers.settlement import AgreementDocument, FollowUpRecord, OralAgreement

EFFECT = (
    "本协议自各方当事人、人民调解员签名并加盖人民调解委员会印章之日起生效，具有法律约束力。"
    "双方当事人认为有必要的，可以自本协议生效之日起三十日内共同向人民法院申请司法确认。"
)


def agreement_story(paper: AgreementDocument, press: Press) -> list[Flowable]:
    """人民调解协议书 in the order of the official form: parties, facts, responsibilities, terms, performance, end."""
    fonts = press.fonts
    story = titled(paper.title, paper.number, fonts)
    story += [Paragraph(particulars(party), fonts, BODY) for party in paper.parties]
    story.append(Spacer(1, 8))
    story += section("纠纷主要事实、争议事项", paper.facts, fonts)
    story += section("当事人的责任", paper.responsibility, fonts)
    story += _terms(paper, fonts)
    story += section("履行协议的方式、地点、期限", paper.performance, fonts)
    story += section("违约责任", paper.breach, fonts)
    copies = f"本协议一式{wording.numeral(paper.copies)}份，当事人、人民调解委员会各持一份。"
    people = [*signers(paper.parties), Signer("mediator", "人民调解员（签名）", paper.mediator)]
    if paper.recorder:
        people.append(Signer("recorder", "记录人（签名）", paper.recorder))
    lines = (paper.committee, wording.date(paper.date))
    return story + ending(bodies([EFFECT, copies], fonts), people, lines, press, verify_url=paper.verify_url)


def _terms(paper: AgreementDocument, fonts: FontStack) -> list[Flowable]:
    texts = []
    for clause in paper.clauses:
        heading = f"{clause.heading.rstrip('。')}。" if clause.heading.strip() else ""
        first, *more = [line.strip() for line in clause.text.splitlines() if line.strip()]
        texts += [f"{wording.numeral(clause.number)}、{heading}{first}", *more]
    made = bodies(texts, fonts)
    opening = Paragraph("经调解，双方当事人自愿达成如下协议：", fonts, HEADING)
    return [KeepTogether([opening, made[0]]), *made[1:]]


def oral_story(paper: OralAgreement, press: Press) -> list[Flowable]:
    """人民调解口头协议登记表: what was agreed by word of mouth, as the mediator records it (人民调解法 28)."""
    rows = [
        *[[head(one.role), Cell(particulars(one).split("：", 1)[1], 10)] for one in paper.parties],
        [head("纠纷事实及争议事项"), Cell(paper.facts, 10)],
        [head("协议内容"), Cell(paper.content, 10)],
        [head("履行方式和时限"), Cell(paper.performance, 10)],
        [head("达成日期"), Cell(f"{wording.date(paper.date)}（口头协议自当事人达成之日起生效）", 10)],
        signed_and_sealed(
            Signer("mediator", "人民调解员签名", paper.mediator), paper.committee, wording.date(paper.date)
        ),
    ]
    return [*form_titled("人民调解口头协议登记表", paper.number, press, paper.verify_url), RuledTable(rows, press)]


def follow_up_story(paper: FollowUpRecord, press: Press) -> list[Flowable]:
    """人民调解回访记录, a ruled table, signed by the visitor and those visited."""
    local = paper.visited_at.astimezone(wording.BEIJING)
    time = f"{wording.date(local)}{local.hour}时{local.minute}分"
    done = "　".join(
        f"{'■' if one == paper.performance else '□'}{one}" for one in ("已全部履行", "部分履行", "尚未到期", "未履行")
    )
    content = "　".join(f"{'■' if mark == paper.satisfaction else '□'}{mark}分" for mark in range(1, 6))
    rows = [
        [head("调解委员会"), Cell(paper.committee, 10)],
        [head("当事人"), Cell("、".join(one.name for one in paper.parties), 10)],
        [head("协议编号"), Cell(paper.number, 10)],
        [head("回访事由"), Cell(paper.matter, 10)],
        [head("回访时间"), Cell(time, 4), head("回访方式"), Cell(paper.method, 4)],
        [head("履行情况"), Cell(f"{done}\n{paper.performance_detail}", 10)],
        [head("满意度"), Cell(f"{content}（5分为非常满意）", 10)],
        [head("新的纠纷苗头"), Cell(paper.new_signs, 10)],
        [head("有无诉讼"), Cell(paper.lawsuits, 4), head("有无错调"), Cell(paper.wrong_mediation, 4)],
        [head("采取的措施"), Cell(paper.measures, 10)],
        *to_sign(signers(paper.parties, "签名")),
        *to_sign([Signer("mediator", "回访人签名", paper.visitor)]),
    ]
    return [*form_titled("人民调解回访记录", paper.number, press, paper.verify_url), RuledTable(rows, press)]
