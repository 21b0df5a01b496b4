"""The ruling on judicial confirmation (民事裁定书) in its five kinds.

Wording after the SPC's specimen 民事裁定书（司法确认调解协议用）; CPL is 民事诉讼法, INT its interpretation.
"""

from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press
from documents.forms.ends import Signer
from documents.forms.pieces import PLAIN, RIGHT, bodies, ending, headed, numbered
from documents.papers.people import particulars
from documents.papers.ruling import RulingDocument

REMEDY = "当事人可以通过调解方式变更原调解协议或者达成新的调解协议，也可以向人民法院提起诉讼。"  # CPL 206, second half
CPL, INT = "《中华人民共和国民事诉讼法》", "《最高人民法院关于适用〈中华人民共和国民事诉讼法〉的解释》"


def ruling_story(paper: RulingDocument, press: Press) -> list[Flowable]:
    """Head, applicants, how the case came, the agreement, reasons, the ruling, judge and clerk."""
    fonts = press.fonts
    story = headed(paper.court, "民事裁定书", paper.case_number, fonts)
    texts = [particulars(person) for person in paper.applicants]
    texts += [_course(paper), *(_agreed(paper) if paper.outcome in ("confirm", "reject") else [])]
    texts += _DECISIONS[paper.outcome](paper)
    judge = [Signer("judge", "审判员（签名）", paper.judge)]
    lines = (paper.court, wording.court_date(paper.date))
    compared = Paragraph("本件与原本核对无异", fonts, PLAIN)
    clerk = Paragraph(f"书记员　{paper.clerk}", fonts, RIGHT)
    closing = ending(bodies(texts, fonts), judge, lines, press, verify_url=paper.verify_url)
    return [*story, *closing, compared, clerk]


def _both(paper: RulingDocument) -> str:
    return wording.joined([f"申请人{person.name}" for person in paper.applicants])


def _course(paper: RulingDocument) -> str:
    names = "、".join(person.name for person in paper.applicants)
    if paper.outcome == "not-admitted":
        return f"{wording.date(paper.accepted_on)}，本院收到申请人{names}申请司法确认调解协议的申请书。现已审查终结。"
    middle = "依法由审判员一人独任进行审查。"
    if paper.outcome == "withdrawal-allowed" and paper.withdrawn_on:
        middle += f"审查过程中，申请人于{wording.date(paper.withdrawn_on)}向本院提出撤回申请。"
    accepted = f"本院于{wording.date(paper.accepted_on)}立案受理后"
    return f"申请人{names}申请司法确认调解协议一案，{accepted}，{middle}现已审查终结。"


def _agreed(paper: RulingDocument) -> list[str]:
    names = "、".join(person.name for person in paper.applicants)
    opening = (
        f"申请人{names}因{paper.cause or '民间'}纠纷，于{wording.date(paper.agreement_date)}经{paper.organisation}"
        f"主持调解，达成{paper.agreement_number}人民调解协议，内容如下："
    )
    return [opening, *numbered(paper.clauses)]


def _confirmation(paper: RulingDocument) -> list[str]:
    agreement = f"{_both(paper)}于{wording.date(paper.agreement_date)}经{paper.organisation}主持调解达成的调解协议"
    return [
        "本院经审查认为，申请人达成的调解协议，符合司法确认调解协议的法定条件。",
        f"依照{CPL}第二百零六条规定，裁定如下：",
        f"{agreement}有效。",
        "当事人应当按照调解协议的约定自觉履行义务。一方当事人拒绝履行或者未全部履行的，对方当事人可以向人民法院申请执行。",
    ]


def _ground(paper: RulingDocument) -> str:
    return (paper.ground or "").strip().rstrip("。；")


def _rejection(paper: RulingDocument) -> list[str]:
    return [
        f"本院经审查认为，申请人的申请存在“{_ground(paper)}”的情形，不符合司法确认调解协议的法定条件。",
        f"依照{CPL}第二百零六条、{INT}第三百五十八条规定，裁定如下：",
        f"驳回{_both(paper)}的申请。",
        REMEDY,
    ]


def _not_admitted(paper: RulingDocument) -> list[str]:
    return [
        f"本院经审查认为，申请人的申请属于“{_ground(paper)}”的情形，不符合司法确认调解协议案件的受理条件。",
        f"依照{CPL}第二百零五条、{INT}第三百五十五条第一款规定，裁定如下：",
        f"对{_both(paper)}的申请，本院不予受理。",
        REMEDY,
    ]


def _withdrawal(paper: RulingDocument) -> list[str]:
    return [
        "本院经审查认为，申请人在本院作出裁定前撤回申请，是对自己权利的处分，不违反法律规定，应予准许。",
        f"依照{INT}第三百五十七条第一款规定，裁定如下：",
        f"准许{_both(paper)}撤回申请。",
    ]


def _deemed_withdrawn(paper: RulingDocument) -> list[str]:
    return [
        f"本院经审查认为，申请人{_ground(paper)}，可以按撤回申请处理。",
        f"依照{INT}第三百五十七条第二款规定，裁定如下：",
        f"本案按{_both(paper)}撤回申请处理。",
    ]


_DECISIONS = {
    "confirm": _confirmation,
    "reject": _rejection,
    "not-admitted": _not_admitted,
    "withdrawal-allowed": _withdrawal,
    "deemed-withdrawn": _deemed_withdrawn,
}
