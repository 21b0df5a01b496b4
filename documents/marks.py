"""What a signature looks like on the page: a person's strokes, or the red round mark of an organisation's seal."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pikepdf
from pikepdf import Pdf
from PIL import Image, ImageChops, ImageOps
from reportlab.lib.colors import Color, black
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from documents.flowables import Style, write
from documents.fonts import FontStack
from documents.pdfa import drop_unembedded_fonts

INK = Color(0.05, 0.07, 0.25)
SEAL_RED = Color(0.83, 0.06, 0.06)
GREY = Color(0.3, 0.3, 0.3)
Stroke = tuple[tuple[float, float], ...]
MOST_STROKES, MOST_POINTS = 400, 20_000
MOST_PICTURE, MOST_SIDE, KEPT_SIDE = 4 * 2**20, 4000, 600  # of a seal of 42 mm: 360 dpi


@dataclass(frozen=True)
class Appearance:
    """What to draw in a signature's field.

    `drawn_strokes` are the pad's strokes, x to the right and y downwards, both 0 to 1; None prints the name instead.
    `fingerprint` is the certificate's or the document's, in hex; `kind` "seal" draws the organisation's name in a ring,
    or the organisation's own `picture` of its seal as `checked_picture` gives it.
    """

    name: str
    time_text: str
    fingerprint: str
    kind: Literal["person", "seal"] = "person"
    drawn_strokes: tuple[Stroke, ...] | None = None
    fonts: FontStack | None = field(default=None, repr=False, compare=False)
    picture: bytes | None = field(default=None, repr=False)

    def stack(self) -> FontStack:
        return self.fonts or FontStack.default()


class StrokesRefused(ValueError):
    """The drawn signature is empty, too long, or leaves its pad."""


class PictureRefused(ValueError):
    """The picture of a seal cannot be used: the message says why in Chinese, `en` in English."""

    def __init__(self, zh: str, en: str) -> None:
        self.en = en
        super().__init__(zh)


def checked_picture(content: bytes) -> bytes:
    """A customer's picture of its seal as we keep it: a small square PNG, clear where it was or where it is white.

    Raises PictureRefused.
    """
    if len(content) > MOST_PICTURE:
        raise PictureRefused("印章图片大于4MB", "the picture of the seal is larger than 4 MB")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as opened:
            if max(opened.size) > MOST_SIDE:
                raise PictureRefused("印章图片的边长超过4000像素", "the picture of the seal is wider than 4000 pixels")
            picture = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        if isinstance(fault, PictureRefused):
            raise
        raise PictureRefused(
            "印章图片不是能读的PNG或JPEG", "the picture of the seal is no readable PNG or JPEG"
        ) from fault
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE))
    ink = ImageOps.invert(ImageChops.darker(*(picture.getchannel(one) for one in "GB")))
    picture.putalpha(ImageChops.darker(picture.getchannel("A"), ink))
    side = max(picture.size)
    square = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    out = io.BytesIO()
    square.save(out, "PNG")
    return out.getvalue()


def checked_strokes(strokes: Sequence[Sequence[Sequence[float]]]) -> tuple[Stroke, ...]:
    """Strokes from a page as we keep them, or StrokesRefused: they are somebody else's input."""
    try:
        kept = tuple(tuple((float(x), float(y)) for x, y in stroke) for stroke in strokes)
    except (TypeError, ValueError) as fault:
        raise StrokesRefused("a stroke is a list of pairs of numbers") from fault
    points = [value for stroke in kept for point in stroke for value in point]
    if not points or len(kept) > MOST_STROKES or len(points) > 2 * MOST_POINTS:
        raise StrokesRefused("a signature has between one and some thousand points")
    if not all(0.0 <= value <= 1.0 for value in points):  # also refuses NaN
        raise StrokesRefused("a stroke leaves the pad")
    return kept


def appearance_form(target: Pdf, look: Appearance, size: tuple[float, float], *, development: bool) -> Any:
    """The appearance as a form in the target file, with its fonts embedded, ready to be a field's /N."""
    out = io.BytesIO()
    fonts = look.stack()
    first: Any = fonts.name("body")
    canvas: Any = Canvas(out, pagesize=size, initialFontName=first, invariant=1)
    if look.kind == "seal":
        _seal(canvas, fonts, look, size, development=development)
    else:
        _person(canvas, fonts, look, size)
    canvas.save()
    with pikepdf.open(out) as drawn:
        drop_unembedded_fonts(drawn)
        form = target.copy_foreign(drawn.pages[0].as_form_xobject())
    del form.Resources.ProcSet
    return form


def _person(canvas: Any, fonts: FontStack, look: Appearance, box: tuple[float, float]) -> None:
    width, height = box
    foot = 13.0
    if look.drawn_strokes:
        _strokes(canvas, look.drawn_strokes, (4.0, foot + 1, width * 0.62, height - foot - 2))
    else:
        size = min(26.0, (height - foot) * 0.8)
        canvas.setFillColor(INK)
        write(canvas, fonts, look.name, Style(size=size, align="left"), (6, foot + (height - foot - size) / 2 + 3))
    canvas.setFillColor(GREY)
    small = Style(size=5.6, align="left")
    write(canvas, fonts, f"{look.name}　{look.time_text}", small, (1, 7.4))
    write(canvas, fonts, f"指纹 {look.fingerprint[:40]}", small, (1, 1.4))
    canvas.setFillColor(black)


def _strokes(canvas: Any, strokes: Sequence[Stroke], box: tuple[float, float, float, float]) -> None:
    """The strokes as far as they reach, scaled into the box with their proportions (the pad is three to one)."""
    aspect = 3.0
    xs = [x * aspect for stroke in strokes for x, _ in stroke]
    ys = [y for stroke in strokes for _, y in stroke]
    spread_x, spread_y = max(xs) - min(xs) or 0.01, max(ys) - min(ys) or 0.01
    left, bottom, width, height = box
    scale = min(width / spread_x, height / spread_y)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.3)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    for stroke in strokes:
        points = [(left + (x * aspect - min(xs)) * scale, bottom + (max(ys) - y) * scale) for x, y in stroke]
        path = canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:] or points:
            path.lineTo(*point)
        canvas.drawPath(path, stroke=1, fill=0)


def _seal(canvas: Any, fonts: FontStack, look: Appearance, box: tuple[float, float], *, development: bool) -> None:
    """A ring with the organisation's name along its upper side, without star or emblem; or the customer's picture."""
    width, height = box
    radius = min(width, height) / 2 - 2
    if look.picture is not None:
        place = (width / 2 - radius, height / 2 - radius, 2 * radius, 2 * radius)
        canvas.drawImage(ImageReader(io.BytesIO(look.picture)), *place, mask="auto")
        if development:
            canvas.setFillColor(SEAL_RED)
            told = Style(use="strong", size=radius * 0.2, align="center")
            write(canvas, fonts, "演示用章", told, (width / 2, height / 2 - radius * 0.5))
        return
    canvas.translate(width / 2, height / 2)
    canvas.setFillAlpha(0.85)
    canvas.setStrokeAlpha(0.85)
    canvas.setStrokeColor(SEAL_RED)
    canvas.setFillColor(SEAL_RED)
    canvas.setLineWidth(radius * 0.055)
    canvas.circle(0, 0, radius * 0.97, stroke=1, fill=0)
    _arc(canvas, fonts, look.name, radius)
    size = radius * 0.2
    middle = Style(use="strong", size=size, align="center")
    write(canvas, fonts, "演示用章" if development else "电子印章", middle, (0, -size * 0.36))


def _arc(canvas: Any, fonts: FontStack, name: str, radius: float) -> None:
    count = len(name)
    span = min(290.0, 24.0 * count)
    step = span / max(count - 1, 1)
    size = min(radius * 0.27, math.radians(step) * radius * 0.74 * 0.98) if count > 1 else radius * 0.27
    letter = Style(use="strong", size=size, align="center")
    for place, character in enumerate(name):
        angle = 90 + span / 2 - step * place if count > 1 else 90.0
        turned = math.radians(angle)
        distance = radius * 0.91 - size * 0.9
        canvas.saveState()
        canvas.translate(distance * math.cos(turned), distance * math.sin(turned))
        canvas.rotate(angle - 90)
        write(canvas, fonts, character, letter, (0, 0))
        canvas.restoreState()
