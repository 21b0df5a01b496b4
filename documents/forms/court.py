"""The papers of judicial confirmation (司法确认): application, notice of acceptance, ruling, receipt of service.

Wording after the SPC's specimen 民事裁定书（司法确认调解协议用）.
Court name 二号, paper's name 一号 宋体, the rest 三号.
"""

import datetime as dt

from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, PageBreak, Spacer
from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Signer, Spots, Style, closing_block, form_row, signature_rows
from documents.fonts import FontStack
from documents.forms.settlement import section
from documents.papers.confirmation import ApplicationDocument
from documents.papers.court import AcceptanceNotice
from documents.papers.delivery import ElectronicReceipt
from documents.papers.people import particulars
from documents.papers.ruling import RulingDocument

COURT = Style(use="strong", size=22, leading=34, indent=0, align="center")
PAPER = Style(use="title", size=26, leading=44, indent=0, align="center", after=6)
NUMBER = Style(indent=0, align="right", after=10)
BODY = Style()
RIGHT = Style(indent=0, align="right")
REMEDY = "当事人可以通过调解方式变更原调解协议或者达成新的调解协议，也可以向人民法院提起诉讼。"  # CPL 206, second half
PLEDGES = (
    "一、本人提出司法确认申请出于真实、自愿，调解协议是双方自愿达成，没有恶意串通、规避法律的情形。",
    "二、如因调解协议内容损害国家利益、社会公共利益或者他人合法权益，本人愿意承担相应的民事责任和其他法律责任。",
)


def _head(court: str, paper: str, number: str, fonts: FontStack) -> list[Flowable]:
    return [Paragraph(court, fonts, COURT), Paragraph(paper, fonts, PAPER), Paragraph(number, fonts, NUMBER)]


def ruling_story(paper: RulingDocument, fonts: FontStack, spots: Spots) -> list[Flowable]:
    """民事裁定书 after CPL 206: confirms the agreement, or rejects the application with an item of INT 358."""
    story = _head(paper.court, "民事裁定书", paper.case_number, fonts)
    texts = [particulars(person) for person in paper.applicants]
    both = "、".join(person.name for person in paper.applicants)
    texts.append(
        f"申请人{both}申请司法确认调解协议一案，本院于{wording.date(paper.accepted_on)}立案受理后，"
        "依法由审判员一人独任进行审查。现已审查终结。"
    )
    texts.append(
        f"申请人{both}因{paper.cause or '民间'}纠纷，于{wording.date(paper.agreement_date)}经{paper.organisation}"
        f"主持调解，达成{paper.agreement_number}人民调解协议，内容如下："
    )
    texts += [f"{wording.numeral(place)}、{text}" for place, text in enumerate(paper.clauses, 1)]
    texts += _confirmation(paper) if paper.outcome == "confirm" else _rejection(paper)
    bodies = [Paragraph(line, fonts, BODY) for text in texts for line in text.splitlines() if line.strip()]
    return [*story, *bodies[:-1], KeepTogether([bodies[-1], *_ruling_end(paper, fonts, spots)])]


def _mediated(paper: RulingDocument) -> str:
    who = wording.joined([f"申请人{person.name}" for person in paper.applicants])
    return f"{who}于{wording.date(paper.agreement_date)}经{paper.organisation}主持调解达成的调解协议"


def _confirmation(paper: RulingDocument) -> list[str]:
    return [
        "本院经审查认为，申请人达成的调解协议，符合司法确认调解协议的法定条件。",
        "依照《中华人民共和国民事诉讼法》第二百零六条规定，裁定如下：",
        f"{_mediated(paper)}有效。",
        "当事人应当按照调解协议的约定自觉履行义务。一方当事人拒绝履行或者未全部履行的，对方当事人可以向人民法院申请执行。",
    ]


def _rejection(paper: RulingDocument) -> list[str]:
    ground = (paper.ground or "").strip().rstrip("。；")
    return [
        f"本院经审查认为，申请人的申请存在“{ground}”的情形，不符合司法确认调解协议的法定条件。",
        (
            "依照《中华人民共和国民事诉讼法》第二百零六条、《最高人民法院关于适用〈中华人民共和国民事诉讼法〉的解释》"
            "第三百五十八条规定，裁定如下："
        ),
        f"驳回{wording.joined([f'申请人{person.name}' for person in paper.applicants])}的申请。",
        REMEDY,
    ]


def _ruling_end(paper: RulingDocument, fonts: FontStack, spots: Spots) -> list[Flowable]:
    """Judge, date under the seal, clerk; kept with the last sentence, for no seal may stand on a page of its own."""
    judge = signature_rows([Signer("judge", "审判员（签名）", paper.judge)], fonts, spots)
    lines = (paper.court, wording.court_date(paper.date))
    closing = closing_block(fonts, spots, lines, paper.verify_url)
    clerk = Paragraph(f"书记员　{paper.clerk}", fonts, RIGHT)
    return [Spacer(1, 4 * mm), *judge, closing, clerk]


def application_story(paper: ApplicationDocument, fonts: FontStack, spots: Spots) -> list[Flowable]:
    """司法确认申请书: both parties are applicants (CPL 205); the pledge, where given, is its second part."""
    story: list[Flowable] = [Paragraph("司法确认申请书", fonts, PAPER)]
    story += [Paragraph(particulars(person), fonts, BODY) for person in paper.applicants]
    request = (
        f"依法确认申请人于{wording.date(paper.agreement_date)}经{paper.organisation}主持调解达成的"
        f"{paper.agreement_number}调解协议有效。"
    )
    story += section("请求事项", request, fonts) + section("事实与理由", paper.facts, fonts)
    voluntary = (
        "申请人出于解决纠纷的目的自愿达成协议，没有恶意串通、规避法律的行为；"
        "如果因为该协议内容而给他人造成损害的，愿意承担相应的民事责任和其他法律责任。"
    )
    attached = [f"{place}．{name}" for place, name in enumerate(paper.attachments, 1)]
    story += [Paragraph(voluntary, fonts, BODY), Paragraph("此致", fonts, BODY)]
    story.append(Paragraph(paper.court, fonts, Style(indent=0, after=6)))
    listed = [Paragraph(f"{'附：' if place == 0 else '　　'}{one}", fonts, BODY) for place, one in enumerate(attached)]
    signers = [Signer(f"party-{place}", "申请人", person.name) for place, person in enumerate(paper.applicants, 1)]
    rows = signature_rows(signers, fonts, spots)
    closing = closing_block(fonts, spots, (wording.date(paper.date),), paper.verify_url, None)
    story.append(KeepTogether([*listed, Spacer(1, 4 * mm), *rows, closing]))
    return story + (_pledge(paper, fonts) if paper.pledge else [])


def _pledge(paper: ApplicationDocument, fonts: FontStack) -> list[Flowable]:
    assert paper.pledge is not None
    opening = f"{paper.court}：本人就{paper.agreement_number}调解协议向你院申请司法确认，现承诺如下："
    story: list[Flowable] = [PageBreak(), Paragraph("司法确认承诺书", fonts, PAPER), Paragraph(opening, fonts, BODY)]
    story += [Paragraph(text, fonts, BODY) for text in PLEDGES]
    names = "、".join(person.name for person in paper.applicants)
    end = [f"承诺人：{names}", wording.date(paper.pledge.pledged_on)]
    return [*story, Spacer(1, 10 * mm), *[Paragraph(line, fonts, RIGHT) for line in end]]


def acceptance_story(paper: AcceptanceNotice, fonts: FontStack, spots: Spots) -> list[Flowable]:
    """受理通知书: the application is docketed; both parties shall attend the review together (INT 356)."""
    story = _head(paper.court, "受理通知书", paper.case_number, fonts)
    story.append(Paragraph(f"{'、'.join(paper.applicants)}：", fonts, Style(indent=0)))
    texts = (
        (
            f"你们共同提交的{paper.cause}纠纷司法确认申请书及材料收悉。经审查，申请符合法定受理条件，"
            f"本院已于{wording.date(paper.accepted_on)}立案。现将有关事项通知如下："
        ),
        f"一、本案由审判员{paper.judge}独任审查，书记员为{paper.clerk}。",
        "二、本院审查时将通知双方当事人共同到场核实情况；双方同意的，可以在线到场。需要补充陈述或者证明材料的，应当及时补充。",
        (
            "三、本院作出裁定前，双方可以撤回申请。无正当理由未在期限内补充陈述、补充证明材料或者拒不接受询问的，"
            "本院可以按撤回申请处理。"
        ),
        f"四、申请司法确认不收取费用。联系方式：{paper.contact}。",
    )
    bodies = [Paragraph(text, fonts, BODY) for text in texts]
    closing = closing_block(fonts, spots, (paper.court, wording.date(paper.date)), paper.verify_url)
    return [*story, *bodies[:-1], KeepTogether([bodies[-1], Spacer(1, 8 * mm), closing])]


def receipt_story(paper: ElectronicReceipt, fonts: FontStack, spots: Spots) -> list[Flowable]:
    """电子送达凭证, the 送达回证 of CPL 87-90: electronic service is done when the paper arrives in the system."""
    story = _head(paper.court, "送达回证", f"{paper.case_number}　电子送达", fonts)

    def told(when: dt.datetime | None, otherwise: str) -> str:
        return wording.moment(when) if when else otherwise

    rows = (
        ("案号", paper.case_number),
        ("案由", paper.cause),
        ("受送达人", paper.recipient),
        ("送达文书", paper.paper),
        ("送达方式", paper.channel),
        ("发送时间", told(paper.sent_at, "")),
        ("到达时间", told(paper.arrived_at, "尚未到达")),
        ("打开时间", told(paper.opened_at, "尚未打开")),
        (
            "说明",
            "以上时间为北京时间，由系统记录。送达信息到达受送达人特定系统的日期为送达日期（民事诉讼法第九十条）。",
        ),
    )
    story += [form_row(label, text, fonts) for label, text in rows]
    last = paper.opened_at or paper.arrived_at or paper.sent_at
    day = wording.date(last.astimezone(wording.BEIJING))
    closing = closing_block(fonts, spots, (paper.court, day), paper.verify_url)
    return [*story, KeepTogether([Spacer(1, 8 * mm), closing])]
