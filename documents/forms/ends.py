"""How a paper ends: places to sign, the square code, issuing body and date under the seal."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.colors import black
from reportlab.lib.units import mm

from documents.flowables import BASELINE, GREY, Drawing, Press, Style, write
from documents.fonts import FontStack
from documents.tagging import Element, artifact, field_place, tagged


@dataclass(frozen=True)
class Signer:
    """A person's place in the block of signatures: field name, what stands before the line, the printed name."""

    field: str
    label: str
    name: str


def signature_rows(signers: Sequence[Signer], press: Press) -> list[Drawing]:
    """Two places to sign in a row: label and printed name above, the line to sign on below."""
    height = 24 * mm
    label = Style(size=12, align="left")

    def row(pair: Sequence[Signer]) -> Drawing:
        def paint(canvas: Any, width: float) -> None:
            cell = width / 2
            for column, signer in enumerate(pair):
                left = column * cell
                with tagged(canvas, Element("P")):
                    write(canvas, press.fonts, f"{signer.label}：{signer.name}", label, (left, height - 12))
                with artifact(canvas):
                    canvas.setStrokeColor(GREY)
                    canvas.setLineWidth(0.5)
                    canvas.line(left, 2 * mm, left + cell - 8 * mm, 2 * mm)
                field_place(canvas, signer.field)
                press.spots.mark(canvas, signer.field, (left, 2 * mm + 0.5, cell - 8 * mm, height - 2 * mm - 18))

        return Drawing(height, paint)

    return [row(signers[start : start + 2]) for start in range(0, len(signers), 2)]


def square_code(canvas: Any, text: str, place: tuple[float, float], side: float) -> None:
    """A QR code (ISO/IEC 18004, level M) with its quiet zone left to the white around it."""
    widget: Any = QrCodeWidget(text, barLevel="M")
    widget.qr.make()
    count = widget.qr.getModuleCount()
    drawn = []
    for row in range(count):
        for dark, run in groupby(range(count), key=lambda column, row=row: bool(widget.qr.isDark(row, column))):  # type: ignore[misc]
            columns = list(run)
            if dark:
                drawn.append(f"{columns[0]} {count - row - 1} {len(columns)} 1 re")
    canvas.saveState()
    canvas.setFillColor(black)
    canvas.translate(*place)
    canvas.scale(side / count, side / count)
    canvas.addLiteral("\n".join([*drawn, "f"]))
    canvas.restoreState()


def _verifying(canvas: Any, fonts: FontStack, verify_url: str, side: float) -> None:
    with tagged(canvas, Element("Figure", alt=f"二维码，查验这份文书真伪的网址：{verify_url}")):
        square_code(canvas, verify_url, (0, 12 * mm), side)
    with tagged(canvas, Element("P")):
        write(canvas, fonts, "扫码查验真伪", Style(size=8.5, align="left"), (0, 8 * mm))
        canvas.setFillColor(GREY)
        address = Style(size=6.5, align="left")
        for number, start in enumerate(range(0, len(verify_url), 44)):
            write(canvas, fonts, verify_url[start : start + 44], address, (0, 4.5 * mm - number * 8))
        canvas.setFillColor(black)


def corner_code(press: Press, verify_url: str) -> list[Drawing]:
    """The square code at the right of what follows, taking no room of its own; nothing without an address."""
    side = 17 * mm

    def paint(canvas: Any, width: float) -> None:
        with tagged(canvas, Element("Figure", alt=f"二维码，查验这份文书真伪的网址：{verify_url}")):
            square_code(canvas, verify_url, (width - side, -side), side)
        with tagged(canvas, Element("P")):
            write(canvas, press.fonts, "扫码查验真伪", Style(size=7, align="right"), (width, -side - 9))

    return [Drawing(0, paint)] if verify_url else []


def closing_block(press: Press, lines: Sequence[str], verify_url: str = "", *, seal: bool = True) -> Drawing:
    """The end of a paper: square code at the left; issuing body and date at the right, with the seal over them."""
    fonts = press.fonts
    height, side, diameter = 48 * mm if seal else 36 * mm, 25 * mm if seal else 20 * mm, 42 * mm

    def paint(canvas: Any, width: float) -> None:
        if verify_url:
            _verifying(canvas, fonts, verify_url, side)
        longest = max(fonts.width("body", line, 15.75) for line in lines)
        middle = width - max(longest / 2, diameter / 2) - (15.75 if longest < width - side - 60 else 0)
        top = height / 2 + (len(lines) - 1) * 28.9 / 2
        for number, line in enumerate(lines):
            with tagged(canvas, Element("P")):
                write(canvas, fonts, line, Style(align="center"), (middle, top - number * 28.9 - 15.75 * BASELINE))
        if seal:
            field_place(canvas, "seal")
            press.spots.mark(canvas, "seal", (middle - diameter / 2, (height - diameter) / 2, diameter, diameter))

    return Drawing(height, paint)
