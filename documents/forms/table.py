"""Ruled tables of the registry's forms (登记表, 回证, 目录), tagged with their headers, broken over pages by lines.

Widths count in parts of the table, and every row has as many parts: a cell over several is told to a screen reader as
spanning columns (ISO 14289-1, 7.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.platypus.flowables import Flowable

from documents.flowables import BASELINE, Press, Style, draw_line
from documents.forms.ends import Signer
from documents.linebreak import Line, break_lines
from documents.tagging import Element, artifact, field_place, structure_of, tagged

SIZE, LEADING, PADDING, HEAD_PADDING = 12.0, 18.0, 6.0, 4.0
LEAST, TO_SIGN, SEAL = 30.0, 62.0, 42 * mm  # a row one can write into by hand, one to sign in, a seal


@dataclass(frozen=True)
class Cell:
    """One cell: its text over `parts` of the table's width; `head` is "Row" or "Column"; `sign` names a field in it."""

    text: str
    parts: int = 1
    head: str = ""
    sign: str = ""
    align: str = "left"


@dataclass
class _Row:
    """A row laid out, or the rest of one that began on the page before."""

    cells: Sequence[Cell]
    least: float
    lines: list[list[Line]] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    repeated: bool = False

    @property
    def height(self) -> float:
        return max(self.least, max(len(lines) for lines in self.lines) * LEADING + 2 * PADDING)


class RuledTable(Flowable):
    """Rows of cells between lines; with `heading` the first row stands again on every page."""

    def __init__(self, rows: Sequence[Sequence[Cell]], press: Press, *, heading: bool = False) -> None:
        super().__init__()
        self.press, self.fonts, self.heading = press, press.fonts, heading
        self.table = Element("Table")
        self.waiting = list(rows)
        self.rows: list[_Row] = []
        self.parts = sum(cell.parts for cell in rows[0])
        assert all(sum(cell.parts for cell in row) == self.parts for row in rows), "rows of unlike width"

    def _style(self, cell: Cell) -> Style:
        middle = "center" if cell.head or cell.sign == "seal" or cell.align == "center" else "left"
        return Style(use="heading" if cell.head else "body", size=SIZE, leading=LEADING, indent=0, align=middle)  # type: ignore[arg-type]

    def _lay_out(self, width: float) -> None:
        for cells in self.waiting:
            row = _Row(cells, _least(cells))
            line = Element("TR", parent=self.table)
            for cell in cells:
                use = self._style(cell).use
                room = width * cell.parts / self.parts - 2 * (HEAD_PADDING if cell.head else PADDING)
                paragraphs = [part for part in cell.text.splitlines() if part.strip()] or [""]
                row.lines.append(
                    [
                        one
                        for part in paragraphs
                        for one in break_lines(part, lambda c, use=use: self.fonts.pick(use, c)[1] * SIZE, SIZE, room)  # type: ignore[misc]
                    ]
                )
                kind = "TH" if cell.head else "TD"
                row.elements.append(Element(kind, parent=line, scope=cell.head, span=cell.parts))
            self.rows.append(row)
        self.waiting = []

    def getSpaceBefore(self) -> float:  # noqa: N802 - reportlab's name
        return 6.0

    def getSpaceAfter(self) -> float:  # noqa: N802 - reportlab's name
        return 8.0

    def wrap(self, available_width: float, _: float) -> tuple[float, float]:
        self._lay_out(available_width)
        self.width = available_width
        self.height = sum(row.height for row in self.rows)
        return self.width, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        self._lay_out(available_width)
        room, fitting = available_height + 0.01, 0
        while fitting < len(self.rows) and self.rows[fitting].height <= room:
            room -= self.rows[fitting].height
            fitting += 1
        first, rest = self.rows[:fitting], self.rows[fitting:]
        if rest and (not first or rest[0].height > 400):
            cut = _cut(rest[0], room)
            if cut:
                first, rest = [*first, cut[0]], [cut[1], *rest[1:]]
        if not first or (self.heading and len(first) == 1):
            return []
        if self.heading:
            rest = [replace(self.rows[0], repeated=True), *rest]
        return [self._part(first), self._part(rest)]

    def _part(self, rows: list[_Row]) -> "RuledTable":
        made = RuledTable([row.cells for row in rows], self.press, heading=self.heading)
        made.table, made.rows, made.waiting = self.table, rows, []
        return made

    def draw(self) -> None:
        structure, top = structure_of(self.canv), self.height
        if structure:
            structure.attach(self.table)
        for row in self.rows:
            top -= row.height
            left = 0.0
            for cell, lines, element in zip(row.cells, row.lines, row.elements, strict=True):
                wide = self.width * cell.parts / self.parts
                with artifact(self.canv):
                    self.canv.setStrokeColor(black)
                    self.canv.setLineWidth(0.6)
                    self.canv.rect(left, top, wide, row.height, stroke=1, fill=0)
                with artifact(self.canv) if row.repeated else tagged(self.canv, element):
                    self._write(cell, lines, (left, top, wide, row.height))
                if cell.sign:
                    field_place(self.canv, cell.sign, element)
                    self.press.spots.mark(self.canv, cell.sign, _spot(cell, (left, top, wide, row.height)))
                left += wide

    def _write(self, cell: Cell, lines: list[Line], box: tuple[float, float, float, float]) -> None:
        left, bottom, wide, high = box
        style: Any = self._style(cell)
        block = len(lines) * LEADING
        top = bottom + high - PADDING if cell.sign not in ("", "seal") else bottom + (high + block) / 2
        for number, line in enumerate(lines):
            baseline = top - LEADING * (number + 0.5) - SIZE * BASELINE
            start = left + (wide - line.natural) / 2 if style.align == "center" else left + PADDING
            draw_line(self.canv, self.fonts, style, line, (start, baseline))


def _least(cells: Sequence[Cell]) -> float:
    signed = {cell.sign for cell in cells} - {""}
    return SEAL + 8 if "seal" in signed else TO_SIGN if signed else LEAST


def _spot(cell: Cell, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, bottom, wide, high = box
    if cell.sign == "seal":
        return (left + (wide - SEAL) / 2, bottom + (high - SEAL) / 2, SEAL, SEAL)
    return (left + PADDING, bottom + 2, wide - 2 * PADDING, high - LEADING - PADDING)


def head(text: str, parts: int = 2) -> Cell:
    """The cell that names what stands to its right."""
    return Cell(text, parts, head="Row")


def to_sign(people: Sequence[Signer], parts: int = 12) -> list[list[Cell]]:
    """Rows to sign in, two people a row, the last alone over the whole width."""
    rows = []
    for start in range(0, len(people), 2):
        pair = people[start : start + 2]
        each = parts // len(pair)
        rows.append([cell for one in pair for cell in (head(one.label), Cell(one.name, each - 2, sign=one.field))])
    return rows


def signed_and_sealed(person: Signer, body: str, day: str) -> list[Cell]:
    """The last row of a form: somebody signs at the left, the seal comes over body and date at the right."""
    return [
        head(person.label),
        Cell(person.name, 4, sign=person.field),
        head("盖章"),
        Cell(f"{body}\n{day}", 4, sign="seal"),
    ]


def _cut(row: _Row, room: float) -> tuple[_Row, _Row] | None:
    """A row too tall for the rest of the page, cut between lines; None when not even two lines fit."""
    count = int((room - 2 * PADDING) // LEADING)
    if count < 2 or max(len(lines) for lines in row.lines) <= count:
        return None
    upper = replace(row, lines=[lines[:count] for lines in row.lines], least=0.0)
    lower = replace(row, lines=[lines[count:] for lines in row.lines], least=0.0)
    return upper, lower
