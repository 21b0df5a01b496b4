"""The papers of a mediation committee (人民调解委员会): the agreement, and the proof that it was mediated there."""

from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Spacer
from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Signer, Spots, Style, closing_block, signature_rows
from documents.fonts import FontStack
from documents.papers.closing import MediationProof
from documents.papers.people import particulars
from documents.papers.settlement import AgreementDocument

TITLE = Style(use="title", size=22, leading=36, indent=0, align="center", after=4)
NUMBER = Style(size=14, leading=24, indent=0, align="center", after=12)
BODY = Style()
HEADING = Style(use="heading", indent=2, align="left")
PERSON = Style(indent=2)


def agreement_story(paper: AgreementDocument, fonts: FontStack, spots: Spots) -> list[Flowable]:
    """人民调解协议书 in the order of the official form: parties, facts, responsibilities, terms, performance, end."""
    story: list[Flowable] = [Paragraph(paper.title, fonts, TITLE), Paragraph(paper.number, fonts, NUMBER)]
    story += [Paragraph(particulars(person), fonts, PERSON) for person in paper.parties]
    story.append(Spacer(1, 8))
    story += section("纠纷主要事实、争议事项", paper.facts, fonts)
    story += section("当事人的责任", paper.responsibility, fonts)
    story += _terms(paper, fonts)
    story += section("履行协议的方式、地点、期限", paper.performance, fonts)
    return story + _end(paper, fonts, spots)


def section(heading: str, text: str, fonts: FontStack) -> list[Flowable]:
    """A heading kept with the beginning of its text; nothing when there is no text."""
    bodies = [Paragraph(line.strip(), fonts, BODY) for line in text.splitlines() if line.strip()]
    if not bodies:
        return []
    return [KeepTogether([Paragraph(heading, fonts, HEADING), bodies[0]]), *bodies[1:]]


def _terms(paper: AgreementDocument, fonts: FontStack) -> list[Flowable]:
    texts = []
    for clause in paper.clauses:
        heading = f"{clause.heading.rstrip('。')}。" if clause.heading.strip() else ""
        first, *more = [line.strip() for line in clause.text.splitlines() if line.strip()]
        texts += [f"{wording.numeral(clause.number)}、{heading}{first}", *more]
    bodies = [Paragraph(text, fonts, BODY) for text in texts]
    opening = Paragraph("经调解，双方当事人自愿达成如下协议：", fonts, HEADING)
    return [KeepTogether([opening, bodies[0]]), *bodies[1:]]


def _end(paper: AgreementDocument, fonts: FontStack, spots: Spots) -> list[Flowable]:
    effect = (
        "本协议自各方当事人、人民调解员签名并加盖人民调解委员会印章之日起生效，具有法律约束力。"
        "双方当事人认为有必要的，可以自本协议生效之日起三十日内共同向人民法院申请司法确认。"
    )
    copies = f"本协议一式{wording.numeral(paper.copies)}份，当事人、人民调解委员会各持一份。"
    signers = [
        Signer(f"party-{place}", f"{person.role}（签名）", person.name) for place, person in enumerate(paper.parties, 1)
    ]
    signers.append(Signer("mediator", "人民调解员（签名）", paper.mediator))
    if paper.recorder:
        signers.append(Signer("recorder", "记录人（签名）", paper.recorder))
    rows = signature_rows(signers, fonts, spots)
    closing = closing_block(fonts, spots, (paper.committee, wording.date(paper.date)), paper.verify_url)
    together = [Paragraph(copies, fonts, BODY), Spacer(1, 4 * mm), *rows, closing]
    return [Paragraph(effect, fonts, BODY), KeepTogether(together)]


def proof_story(paper: MediationProof, fonts: FontStack, spots: Spots) -> list[Flowable]:
    """调解组织主持调解的证明, which INT 354 wants with an application for confirmation."""
    registered = f"（{paper.registration}）" if paper.registration else ""
    text = (
        f"{'、'.join(paper.parties)}之间的{paper.cause or '民间'}纠纷，由我单位{registered}依法受理，"
        f"调解员{'、'.join(paper.mediators)}于{wording.date(paper.started_on)}至{wording.date(paper.concluded_on)}主持调解。"
        f"双方当事人自愿达成调解协议，协议编号为{paper.agreement_number}。"
    )
    digest = f"该协议电子文件的SHA-256指纹为：{wording.fingerprint(paper.agreement_sha256)}"
    story: list[Flowable] = [Paragraph("主持调解证明", fonts, TITLE), Paragraph(paper.agreement_number, fonts, NUMBER)]
    story += [Paragraph(text, fonts, BODY), Paragraph(digest, fonts, Style(align="left"))]
    story.append(Paragraph("特此证明。", fonts, BODY))
    closing = closing_block(fonts, spots, (paper.organisation, wording.date(paper.date)), paper.verify_url)
    return [*story, Spacer(1, 12 * mm), closing]
