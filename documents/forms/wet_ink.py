"""The sheet before a print and the attestation after it, as forms."""

import io
from typing import Any

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import KeepTogether, PageBreak, Spacer
from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Drawing, Paragraph, Press, Style
from documents.forms.ends import Signer, closing_block, signature_rows
from documents.forms.pieces import TITLE
from documents.forms.table import Cell, RuledTable, head
from documents.papers.wet_ink import ATTESTATION, HowSigned, InkAttestation, PrintCover, SignedPage
from documents.tagging import Element, tagged

HEADING = Style(use="heading", indent=0, size=14, leading=24, align="left", before=6)
BODY = Style(size=14, leading=24)
SMALL = Style(size=10.5, leading=16, indent=0, align="left")
STEPS = (
    "一、先用手机扫页脚的方块码，看看平台里存的文本和纸上的是不是一样。",
    "二、在后面各页的签名处用黑色墨水笔签名；每一页都不要缺。",
    "三、由调解员当面看着签。签完后每一页各拍一张照片，或者扫描成PDF，四角要全，不要遮住方块码。",
    "四、把照片交给调解员上传。平台按方块码核对是不是这一份、页数齐不齐，再由调解员用电子签名证明。",
)
ENGLISH = (
    "Sign the following pages in ink before the mediator, then photograph or scan every page, its square code free. "
    "The platform matches the pages by the code, and the mediator attests them with an electronic signature."
)
STATEMENT = (
    "上列在纸上签名的人由本人当面看着签名，并核对过身份证件。后附各页是签完的原件的扫描，页数齐全，"
    "文本与上列指纹的电子文件一致。纸上的笔迹由本人证明，程序没有查验笔迹。"
)
STATEMENT_ENGLISH = (
    "Those listed as signing on paper did so before me, and I checked who they are. The scans below are all pages of "
    "the original and agree with the file of that fingerprint, which is attached. No program judged the handwriting."
)
MODES = {"electronic": "电子签名（Electronic）", "paper": "纸上手写签名（On paper）"}


def cover_story(paper: PrintCover, press: Press) -> list[Flowable]:
    """打印签署说明: what the paper is, what to do, who is to sign."""
    fonts = press.fonts
    rows = [("文书", f"{paper.title}　{paper.number}"), ("页数", f"后附{paper.pages}页"), _fingerprint(paper.sha256)]
    if paper.signers:
        rows.append(("要签的地方", "、".join(paper.signers)))
    closing = closing_block(press, (wording.date(paper.date),), paper.verify_url, seal=False)
    return [
        Paragraph("打印签署说明", fonts, TITLE),
        _table(rows, press),
        *(Paragraph(step, fonts, BODY) for step in STEPS),
        Paragraph(ENGLISH, fonts, SMALL),
        Spacer(1, 4 * mm),
        closing,
    ]


def attestation_story(paper: InkAttestation, press: Press) -> list[Flowable]:
    """纸面签名见证书: who signed how, the mediator's statement, the seal, then every page as it was signed."""
    fonts = press.fonts
    rows = [
        ("文书", f"{paper.title}　{paper.number}"),
        _fingerprint(paper.sha256),
        *((one.role, _how(one, paper.mediator)) for one in paper.signers),
        ("扫描页", f"{len(paper.pages)}页，附后；打印前的电子文件附在本文件里（printed.pdf）"),
    ]
    people = signature_rows([Signer("mediator", "见证人、调解员（签名）", paper.mediator)], press)
    closing = closing_block(press, (paper.committee, wording.date(paper.date)), paper.verify_url)
    story: list[Flowable] = [Paragraph(ATTESTATION, fonts, TITLE), _table(rows, press)]
    story += [Paragraph(STATEMENT, fonts, BODY), Paragraph(STATEMENT_ENGLISH, fonts, SMALL)]
    story.append(KeepTogether([Spacer(1, 3 * mm), *people, closing]))
    for one in paper.pages:
        story += [PageBreak(), *_scan(one, len(paper.pages), press)]
    return story


def _table(rows: list[tuple[str, str]], press: Press) -> RuledTable:
    return RuledTable([[head(name, 5), Cell(text, 19)] for name, text in rows], press)


def _fingerprint(sha256: str) -> tuple[str, str]:
    return ("文件指纹", f"SHA-256 {wording.fingerprint(sha256)}")


def _how(one: HowSigned, mediator: str) -> str:
    by = f"由调解员{mediator}证明" if one.mode == "paper" else f"PAdES {one.level}，查验有效"
    return f"{one.name}\n{MODES[one.mode]}，{by}\n{wording.moment(one.at)}（UTC+8）"


def _scan(one: SignedPage, count: int, press: Press) -> list[Flowable]:
    """One scanned sheet as a figure with its hash below it."""
    reader: Any = ImageReader(io.BytesIO(one.jpeg))
    width, height = reader.getSize()
    scale = min(156 * mm / width, 200 * mm / height)

    def paint(canvas: Any, full: float) -> None:
        left = (full - width * scale) / 2
        with tagged(canvas, Element("Figure", alt=f"签名后的第{one.page}页扫描，共{count}页")):
            canvas.drawImage(reader, left, 0, width * scale, height * scale)

    heading = Paragraph(f"签名页扫描　第{one.page}页，共{count}页", press.fonts, HEADING)
    caption = Paragraph(f"SHA-256 {wording.fingerprint(one.sha256)}", press.fonts, SMALL)
    return [heading, Drawing(height * scale, paint), caption]
