"""The pieces a page is laid out from: Chinese paragraphs, places to sign, the square code, rows of a form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.colors import Color, black
from reportlab.lib.units import mm
from reportlab.platypus.flowables import Flowable

from documents.fonts import FontStack
from documents.linebreak import Line, break_lines
from documents.tagging import Element, artifact, field_place, structure_of, tagged

Align = Literal["justify", "left", "center", "right"]
GREY = Color(0.35, 0.35, 0.35)
BASELINE = 0.36  # of the size, from the middle of a line down to its baseline


@dataclass(frozen=True)
class Style:
    """How a paragraph is set; `indent` counts characters."""

    use: str = "body"
    size: float = 15.75
    leading: float = 28.9
    indent: float = 2.0
    align: Align = "justify"
    before: float = 0.0
    after: float = 0.0

    @property
    def kind(self) -> str:
        """What a paragraph of this style is to a screen reader."""
        return {"title": "H1", "heading": "H2"}.get(self.use, "P")


@dataclass
class Spots:
    """Where the places to sign came to lie: field name → (page, rectangle), filled in while drawing."""

    found: dict[str, tuple[int, tuple[float, float, float, float]]] = field(default_factory=dict)

    def mark(self, canvas: Any, name: str, box: tuple[float, float, float, float]) -> None:
        left, bottom = canvas.absolutePosition(box[0], box[1])
        rounded = (round(left, 2), round(bottom, 2), round(left + box[2], 2), round(bottom + box[3], 2))
        self.found[name] = (canvas.getPageNumber() - 1, rounded)


def draw_line(canvas: Any, fonts: FontStack, style: Style, line: Line, place: tuple[float, float]) -> None:
    """Print one broken line with its left end at `place`, spread to the margin when the style says so."""
    text = canvas.beginText(*place)
    spacing = line.spacing if style.align == "justify" else 0.0
    if spacing:
        text.setCharSpace(spacing)
    for name, piece in fonts.runs(style.use, line.text):
        text.setFont(name, style.size)
        text.textOut(piece)
    if spacing:
        text.setCharSpace(0)
    canvas.drawText(text)


def write(canvas: Any, fonts: FontStack, text: str, style: Style, place: tuple[float, float]) -> None:
    """Print a short text on one line, `place` being its left end, middle or right end as the style aligns."""
    natural = fonts.width(style.use, text, style.size)
    shift = {"center": natural / 2, "right": natural}.get(style.align, 0.0)
    line = Line(text, natural, natural, last=True)
    draw_line(canvas, fonts, style, line, (place[0] - shift, place[1]))


class Paragraph(Flowable):
    """A paragraph broken by the Chinese rules; splits over pages without leaving one line behind."""

    def __init__(
        self,
        text: str,
        fonts: FontStack,
        style: Style,
        lines: list[Line] | None = None,
        element: Element | None = None,
    ) -> None:
        super().__init__()
        self.text, self.fonts, self.style, self.lines = text, fonts, style, lines
        self.element = element or Element(style.kind, text=text)

    def getSpaceBefore(self) -> float:  # noqa: N802 - reportlab's name
        return self.style.before

    def getSpaceAfter(self) -> float:  # noqa: N802 - reportlab's name
        return self.style.after

    def broken(self, width: float) -> list[Line]:
        if self.lines is None:
            size, use = self.style.size, self.style.use
            self.lines = break_lines(
                self.text, lambda one: self.fonts.pick(use, one)[1] * size, size, width, self.style.indent * size
            )
        return self.lines

    def wrap(self, available_width: float, _: float) -> tuple[float, float]:
        self.width = available_width
        self.height = len(self.broken(available_width)) * self.style.leading
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        lines = self.broken(available_width)
        room = int((available_height + 0.01) // self.style.leading)
        if room >= len(lines):
            return [self]
        if len(lines) - room == 1 and room > 2:
            room -= 1
        if room <= 0 or (room == 1 and len(lines) > 2):
            return []
        parts = (lines[:room], lines[room:])
        return [Paragraph("", self.fonts, self.style, part, self.element) for part in parts]

    def draw(self) -> None:
        with tagged(self.canv, self.element):
            self._draw_lines()

    def _draw_lines(self) -> None:
        style, baseline = self.style, self.height - self.style.leading * 0.5 - self.style.size * BASELINE
        for line in self.lines or []:
            left = self.width - line.available if style.align in ("justify", "left") else 0.0
            if style.align == "center":
                left = (self.width - line.natural) / 2
            elif style.align == "right":
                left = self.width - line.natural
            draw_line(self.canv, self.fonts, style, line, (left, baseline))
            baseline -= style.leading


class Drawing(Flowable):
    """A block of fixed height that draws itself by a function of the canvas and the width."""

    def __init__(self, height: float, paint: Callable[[Any, float], None]) -> None:
        super().__init__()
        self.height, self.paint = height, paint

    def wrap(self, available_width: float, _: float) -> tuple[float, float]:
        self.width = available_width
        return self.width, self.height

    def draw(self) -> None:
        self.paint(self.canv, self.width)


@dataclass(frozen=True)
class Signer:
    """A person's place in the block of signatures: field name, what stands before the line, the printed name."""

    field: str
    label: str
    name: str


def signature_rows(signers: Sequence[Signer], fonts: FontStack, spots: Spots) -> list[Drawing]:
    """Two places to sign in a row: label and printed name above, the line to sign on below."""
    height = 24 * mm
    label = Style(size=12, align="left")

    def row(pair: Sequence[Signer]) -> Drawing:
        def paint(canvas: Any, width: float) -> None:
            cell = width / 2
            for column, signer in enumerate(pair):
                left = column * cell
                with tagged(canvas, Element("P")):
                    write(canvas, fonts, f"{signer.label}：{signer.name}", label, (left, height - 12))
                with artifact(canvas):
                    canvas.setStrokeColor(GREY)
                    canvas.setLineWidth(0.5)
                    canvas.line(left, 2 * mm, left + cell - 8 * mm, 2 * mm)
                field_place(canvas, signer.field)
                spots.mark(canvas, signer.field, (left, 2 * mm + 0.5, cell - 8 * mm, height - 2 * mm - 18))

        return Drawing(height, paint)

    return [row(signers[start : start + 2]) for start in range(0, len(signers), 2)]


def square_code(canvas: Any, text: str, place: tuple[float, float], side: float) -> None:
    """A QR code (ISO/IEC 18004, level M) with its quiet zone left to the white around it."""
    widget: Any = QrCodeWidget(text, barLevel="M")
    widget.qr.make()
    count = widget.qr.getModuleCount()
    step = side / count
    canvas.setFillColor(black)
    path = canvas.beginPath()
    for row in range(count):
        for column in range(count):
            if widget.qr.isDark(row, column):
                path.rect(place[0] + column * step, place[1] + side - (row + 1) * step, step, step)
    canvas.drawPath(path, stroke=0, fill=1)


def closing_block(
    fonts: FontStack, spots: Spots, lines: Sequence[str], verify_url: str, seal: str | None = "seal"
) -> Drawing:
    """The end of a paper: square code at the left; issuing body and date at the right, with the seal over them."""
    height, side, diameter = 48 * mm, 25 * mm, 42 * mm
    small = Style(size=8.5, align="left")

    def paint(canvas: Any, width: float) -> None:
        with tagged(canvas, Element("Figure", alt=f"二维码，查验这份文书真伪的网址：{verify_url}")):
            square_code(canvas, verify_url, (0, 12 * mm), side)
        with tagged(canvas, Element("P")):
            write(canvas, fonts, "扫码查验真伪", small, (0, 8 * mm))
            canvas.setFillColor(GREY)
            address = Style(size=6.5, align="left")
            for number, start in enumerate(range(0, len(verify_url), 44)):
                write(canvas, fonts, verify_url[start : start + 44], address, (0, 4.5 * mm - number * 8))
            canvas.setFillColor(black)
        longest = max(fonts.width("body", line, 15.75) for line in lines)
        middle = width - max(longest / 2, diameter / 2) - (15.75 if longest < width - side - 60 else 0)
        top = height / 2 + (len(lines) - 1) * 28.9 / 2
        for number, line in enumerate(lines):
            with tagged(canvas, Element("P")):
                write(canvas, fonts, line, Style(align="center"), (middle, top - number * 28.9 - 15.75 * BASELINE))
        if seal:
            field_place(canvas, seal)
            spots.mark(canvas, seal, (middle - diameter / 2, (height - diameter) / 2, diameter, diameter))

    return Drawing(height, paint)


def form_row(label: str, text: str, fonts: FontStack, label_width: float = 92.0) -> Drawing:
    """One ruled row of a form (送达回证 and the like): name at the left, content at the right, broken as needed."""
    style = Style(size=12, leading=20, indent=0, align="left")
    width = 156 * mm - label_width - 16
    lines = break_lines(text, lambda one: fonts.pick("body", one)[1] * style.size, style.size, width)
    height = len(lines) * style.leading + 14

    def paint(canvas: Any, full: float) -> None:
        structure = structure_of(canvas)
        line_of_table = Element("TR", parent=structure.table() if structure else None)
        with artifact(canvas):
            canvas.setStrokeColor(black)
            canvas.setLineWidth(0.6)
            canvas.rect(0, 0, label_width, height, stroke=1, fill=0)
            canvas.rect(label_width, 0, full - label_width, height, stroke=1, fill=0)
        middle = Style(use="heading", size=12, align="center")
        with tagged(canvas, Element("TH", parent=line_of_table, scope="Row")):
            write(canvas, fonts, label, middle, (label_width / 2, height / 2 - style.size * BASELINE))
        with tagged(canvas, Element("TD", parent=line_of_table)):
            for number, line in enumerate(lines):
                baseline = height - 7 - style.leading * (number + 0.5) - style.size * BASELINE
                draw_line(canvas, fonts, style, line, (label_width + 8, baseline))

    return Drawing(height, paint)
