"""The forms with which a committee ends or refuses, and its proof of mediation in Chinese and in English."""

from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press, Style
from documents.forms.pieces import BODY, PLAIN, bodies, counted, ending, titled
from documents.papers.closing import (
    REFUSAL_REASONS,
    TERMINATION_REASONS,
    MediationProof,
    RefusalNotice,
    TerminationNotice,
)

LATIN = Style(indent=0, align="left", size=13, leading=22, after=8)


def _reason(words: str, detail: str) -> str:
    return f"{words}（{detail.strip().rstrip('。')}）" if detail.strip() else words


def termination_story(paper: TerminationNotice, press: Press) -> list[Flowable]:
    """人民调解终止告知书: the reason and the ways that stay open (人民调解法 26)."""
    reason = _reason(TERMINATION_REASONS[paper.reason], paper.reason_detail)
    texts = [
        (
            f"你们之间的{paper.dispute}，本人民调解委员会于{wording.date(paper.accepted_on)}受理。在调解过程中，因{reason}，"
            "依照《中华人民共和国人民调解法》第二十六条的规定，现终止调解。"
        ),
        "你们可以依法通过下列途径维护自己的权利：",
        *counted(paper.routes),
        "调解中为达成协议作出的让步，不得在其后的仲裁、诉讼中作为对其不利的证据。",
    ]
    return _notice("人民调解终止告知书", paper, texts, "、".join(paper.parties), press)


def refusal_story(paper: RefusalNotice, press: Press) -> list[Flowable]:
    """人民调解不予受理告知书: why not here, and where to go instead."""
    reason = _reason(REFUSAL_REASONS[paper.reason], paper.reason_detail)
    texts = [
        (
            f"你于{wording.date(paper.applied_on)}就与{'、'.join(paper.respondents)}之间的{paper.dispute}，"
            "向本人民调解委员会申请人民调解。"
        ),
        f"经审查，{reason}，本人民调解委员会决定不予受理。",
        "你可以依法通过下列途径维护自己的权利：",
        *counted(paper.routes),
    ]
    return _notice("人民调解不予受理告知书", paper, texts, "、".join(paper.applicants), press)


def _notice(
    title: str, paper: TerminationNotice | RefusalNotice, texts: list[str], to: str, press: Press
) -> list[Flowable]:
    if paper.contact:
        texts = [*texts, f"咨询电话：{paper.contact}。"]
    story = [*titled(title, paper.number, press.fonts), Paragraph(f"{to}：", press.fonts, PLAIN)]
    last = bodies([*texts, "特此告知。"], press.fonts)
    lines = (paper.committee, wording.date(paper.date))
    return story + ending(last, [], lines, press, verify_url=paper.verify_url)


def proof_story(paper: MediationProof, press: Press) -> list[Flowable]:
    """调解组织主持调解的证明, which INT 354 wants with an application for confirmation."""
    if paper.language == "en":
        return _certificate(paper, press)
    registered = f"（{paper.registration}）" if paper.registration else ""
    text = (
        f"{'、'.join(paper.parties)}之间的{paper.cause or '民间'}纠纷，由我单位{registered}依法受理，"
        f"调解员{'、'.join(paper.mediators)}于{wording.date(paper.started_on)}至{wording.date(paper.concluded_on)}主持调解。"
        f"双方当事人自愿达成调解协议，协议编号为{paper.agreement_number}。"
    )
    digest = f"该协议电子文件的SHA-256指纹为：{wording.fingerprint(paper.agreement_sha256)}"
    fonts = press.fonts
    story = titled("主持调解证明", paper.agreement_number, fonts)
    texts = [
        Paragraph(text, fonts, BODY),
        Paragraph(digest, fonts, Style(align="left")),
        Paragraph("特此证明。", fonts, BODY),
    ]
    lines = (paper.organisation, wording.date(paper.date))
    return story + ending(texts, [], lines, press, verify_url=paper.verify_url)


def _certificate(paper: MediationProof, press: Press) -> list[Flowable]:
    """The same in English: an attestation of the institution (Singapore Convention on Mediation, article 4(1)(b))."""
    fonts = press.fonts
    names = f"{', '.join(paper.parties[:-1])} and {paper.parties[-1]}"
    registered = f" ({paper.registration})" if paper.registration else ""
    texts = [
        (
            f"This is to certify that the dispute between {names} was accepted by {paper.organisation}{registered}, "
            "a mediation organisation established under the law of the People's Republic of China, and mediated "
            f"by {', '.join(paper.mediators)} from {paper.started_on:%d %B %Y} to {paper.concluded_on:%d %B %Y}."
        ),
        (
            f"Settlement agreement No. {paper.agreement_number} resulted from that mediation. "
            "The parties concluded it of their own free will."
        ),
        f"SHA-256 of the agreement's electronic file: {wording.fingerprint(paper.agreement_sha256)}",
    ]
    story = titled("Certificate of Mediation", paper.agreement_number, fonts)
    lines = (paper.organisation, f"{paper.date:%d %B %Y}")
    return story + ending(bodies(texts, fonts, LATIN), [], lines, press, verify_url=paper.verify_url)
