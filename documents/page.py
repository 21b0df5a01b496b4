"""The sheet: A4 with the margins of GB/T 9704-2012, page numbers, and the red line of a demonstration."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import Color, black
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate
from reportlab.platypus.flowables import Flowable

from documents.flowables import GREY, Style, write
from documents.fonts import FontStack
from documents.papers.base import DEVELOPMENT_LINE, Imprint
from documents.tagging import Structure, artifact

LEFT, BOTTOM, WIDTH, HEIGHT = 28 * mm, 35 * mm, 156 * mm, 225 * mm
rl_config.useA85 = 0  # streams as bytes: what ASCII85 costs to write, qpdf pays again to undo
RED = Color(0.78, 0.08, 0.08)


class TaggedCanvas(Canvas):
    """reportlab's canvas, which knows the structure of the paper it draws."""

    def __init__(self, structure: Structure, *arguments: Any, **options: Any) -> None:
        self.structure = structure
        super().__init__(*arguments, **options)


@dataclass(frozen=True)
class Sheet:
    """What stands on every page around the text: the paper's number, and the red line of a demonstration."""

    imprint: Imprint
    development: bool


def _around(canvas: Any, fonts: FontStack, sheet: Sheet) -> None:
    with artifact(canvas):
        _margins(canvas, fonts, sheet)


def _margins(canvas: Any, fonts: FontStack, sheet: Sheet) -> None:
    number = canvas.getPageNumber()
    baseline = BOTTOM - 7 * mm - 10
    page = Style(size=14, align="right" if number % 2 else "left")
    inset = 14.0
    if sheet.imprint.numbered:
        place = LEFT + WIDTH - inset if number % 2 else LEFT + inset
        write(canvas, fonts, f"— {number} —", page, (place, baseline))
    canvas.setFillColor(GREY)
    name = Style(size=8.5, align="left" if number % 2 else "right")
    write(canvas, fonts, sheet.imprint.reference, name, (LEFT if number % 2 else LEFT + WIDTH, baseline + 1))
    if sheet.development:
        canvas.setFillColor(RED)
        canvas.setStrokeColor(RED)
        canvas.setLineWidth(0.5)
        canvas.line(LEFT, A4[1] - 29 * mm, LEFT + WIDTH, A4[1] - 29 * mm)
        warning = Style(use="heading", size=9.5, align="center")
        write(canvas, fonts, DEVELOPMENT_LINE, warning, (A4[0] / 2, A4[1] - 27 * mm))
    canvas.setFillColor(black)


def print_sheets(story: Sequence[Flowable], fonts: FontStack, sheet: Sheet, structure: Structure) -> bytes:
    """Lay the story out on as many pages as it needs, and note what each mark means; the same story, the same bytes."""
    out = io.BytesIO()
    document = BaseDocTemplate(
        out,
        pagesize=A4,
        title=sheet.imprint.title,
        author="",
        invariant=1,
        initialFontName=fonts.name("body"),
        lang=sheet.imprint.language,
        pageCompression=0,  # qpdf compresses when it writes PDF/A
    )
    frame = Frame(LEFT, BOTTOM, WIDTH, HEIGHT, leftPadding=0, bottomPadding=0, rightPadding=0, topPadding=0)

    def around(canvas: Any, _: BaseDocTemplate) -> None:
        _around(canvas, fonts, sheet)

    def drawn_on(*arguments: Any, **options: Any) -> Canvas:
        return TaggedCanvas(structure, *arguments, **options)

    document.addPageTemplates(PageTemplate("sheet", [frame], onPage=around))
    document.build(list(story), canvasmaker=drawn_on)
    return out.getvalue()
