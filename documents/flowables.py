"""The pieces a page is laid out from: Chinese paragraphs, lines of text, drawings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from reportlab.lib.colors import Color
from reportlab.platypus.flowables import Flowable

from documents.fonts import FontStack
from documents.linebreak import Line, break_lines
from documents.tagging import Element, tagged

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


@dataclass(frozen=True)
class Press:
    """What a paper is printed with: the types, and the places to sign that are found while printing."""

    fonts: FontStack
    spots: Spots = field(default_factory=Spots)


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
