"""What the court writes to the applicants: notice of acceptance, notice to correct."""

from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press
from documents.forms.pieces import PLAIN, bodies, counted, ending, headed
from documents.papers.court import AcceptanceNotice, CorrectionNotice


def acceptance_story(paper: AcceptanceNotice, press: Press) -> list[Flowable]:
    """受理通知书: the application is docketed; both parties shall attend the review together (INT 356)."""
    fonts = press.fonts
    story = headed(paper.court, "受理通知书", paper.case_number, fonts)
    story.append(Paragraph(f"{'、'.join(paper.applicants)}：", fonts, PLAIN))
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
    lines = (paper.court, wording.date(paper.date))
    return story + ending(bodies(texts, fonts), [], lines, press, verify_url=paper.verify_url)


def correction_story(paper: CorrectionNotice, press: Press) -> list[Flowable]:
    """补正通知书: every defect at once (ODL 9), the day until which, and what follows (INT 354, 357)."""
    fonts = press.fonts
    story = headed(paper.court, "补正通知书", paper.case_number, fonts)
    story.append(Paragraph(f"{'、'.join(paper.applicants)}：", fonts, PLAIN))
    texts = [
        (
            f"你们共同提交的{paper.cause}纠纷司法确认申请材料，本院于{wording.date(paper.received_on)}收到。经审查，"
            "尚有下列事项需要补正："
        ),
        *counted(paper.defects),
        f"请于{wording.date(paper.deadline)}前一次补正完毕。补正的时间不计入受理期限。",
        (
            "无正当理由未在上述期限内补充陈述、补充证明材料的，依照《最高人民法院关于适用〈中华人民共和国民事诉讼法〉的解释》"
            "第三百五十七条的规定，可以按撤回申请处理。"
        ),
        f"联系人：{paper.clerk}，联系方式：{paper.contact}。",
        "特此通知。",
    ]
    lines = (paper.court, wording.date(paper.date))
    return story + ending(bodies(texts, fonts), [], lines, press, verify_url=paper.verify_url)
