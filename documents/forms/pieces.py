"""What many forms are made of: titles, headings kept with their text, numbered items, the head of a court's paper."""

from collections.abc import Sequence

from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Spacer
from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press, Style
from documents.fonts import FontStack
from documents.forms.ends import Signer, closing_block, corner_code, signature_rows
from documents.papers.people import Party

# 标题二号, 正文三号 (GB/T 9704-2012 7.3); a court's name 二号, the name of its paper 一号.
TITLE = Style(use="title", size=22, leading=36, indent=0, align="center", after=4)
NUMBER = Style(size=14, leading=24, indent=0, align="center", after=12)
BODY = Style()
PLAIN = Style(indent=0)
HEADING = Style(use="heading", indent=2, align="left")
RIGHT = Style(indent=0, align="right")
COURT = Style(use="strong", size=22, leading=34, indent=0, align="center")
PAPER = Style(use="title", size=26, leading=44, indent=0, align="center", after=6)
DOCKET = Style(indent=0, align="right", after=10)
SHORT = 20  # characters: a last sentence that brings the one before along to the seal


def titled(title: str, number: str, fonts: FontStack) -> list[Flowable]:
    """The name of a committee's paper and its number."""
    return [Paragraph(title, fonts, TITLE), *([Paragraph(number, fonts, NUMBER)] if number else [])]


def form_titled(title: str, number: str, press: Press, verify_url: str) -> list[Flowable]:
    """The same for a form that is one table: the square code stands in the corner beside the title."""
    return [*corner_code(press, verify_url), *titled(title, number, press.fonts)]


def headed(court: str, paper: str, number: str, fonts: FontStack) -> list[Flowable]:
    """The head of a court's paper: court, name of the paper, docket number."""
    return [Paragraph(court, fonts, COURT), Paragraph(paper, fonts, PAPER), Paragraph(number, fonts, DOCKET)]


def bodies(texts: Sequence[str], fonts: FontStack, style: Style = BODY) -> list[Paragraph]:
    """A paragraph for every line that says something."""
    return [Paragraph(line.strip(), fonts, style) for text in texts for line in text.splitlines() if line.strip()]


def section(heading: str, text: str | Sequence[str], fonts: FontStack) -> list[Flowable]:
    """A heading kept with the beginning of its text; nothing when there is no text."""
    made = bodies([text] if isinstance(text, str) else text, fonts)
    if not made:
        return []
    return [KeepTogether([Paragraph(heading, fonts, HEADING), made[0]]), *made[1:]]


def labelled(label: str, text: str, fonts: FontStack) -> list[Flowable]:
    """时间：…… as records begin; the first line carries the label."""
    return list(bodies([f"{label}：{text}"], fonts))


def numbered(items: Sequence[str], mark: str = "、") -> list[str]:
    """一、……"""
    return [f"{wording.numeral(place)}{mark}{item}" for place, item in enumerate(items, 1)]


def counted(items: Sequence[str]) -> list[str]:
    """1.…… the third level of GB/T 9704 7.3.3."""
    return [f"{place}．{item}" for place, item in enumerate(items, 1)]


def signers(parties: Sequence[Party], after: str = "（签名）") -> list[Signer]:
    """A place to sign for each party, called by what it is in the case: 申请人（签名）."""
    return [Signer(f"party-{place}", f"{one.role}{after}", one.name) for place, one in enumerate(parties, 1)]


def ending(
    before: Sequence[Flowable],
    people: Sequence[Signer],
    lines: Sequence[str],
    press: Press,
    *,
    verify_url: str = "",
    seal: bool = True,
) -> list[Flowable]:
    """The last sentence, the places to sign, body and date: kept together, for no seal may stand alone on a page."""
    closing = closing_block(press, lines, verify_url, seal=seal)
    rows = signature_rows(people, press)
    kept = 2 if before and isinstance(before[-1], Paragraph) and len(before[-1].text) < SHORT else 1
    return [*before[:-kept], KeepTogether([*before[-kept:], Spacer(1, 4 * mm), *rows, closing])]
