"""A photograph or a screenshot on an A4 page: upright as its camera says, a JPEG's own bytes untouched if possible."""

import io
import zlib
from typing import Any

from pikepdf import Dictionary, Name, Pdf
from PIL import Image, ImageOps, UnidentifiedImageError

from documents.dossier.figures import add_figure, name_figures
from documents.photographs import FORMATS, page_count, turn_to

MOST_PIXELS, MOST_PAGES = 60_000_000, 200
ORIENTATION = 0x0112  # Exif 2.32, 4.6.4
# Turns a picture drawn on the unit square, for the eight orientations.
TURNS = {
    1: "1 0 0 1 0 0",
    2: "-1 0 0 1 1 0",
    3: "-1 0 0 -1 1 1",
    4: "1 0 0 -1 0 1",
    5: "0 -1 -1 0 1 1",
    6: "0 -1 1 0 0 1",
    7: "0 1 1 0 0 0",
    8: "0 1 -1 0 1 0",
}
GREY, COLOUR = Name.DeviceGray, Name.DeviceRGB
DENSITY = 72 / 150  # points for a pixel: a photograph is reduced to the page, a small one is not blown up


class PictureFault(ValueError):
    """The picture cannot be printed: `zh` says why in Chinese, the message in English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh


def picture_pages(content: bytes, title: str) -> Pdf:
    """The picture as a PDF, a page for each of its own; its colours are taken for sRGB. Raises PictureFault."""
    pdf = Pdf.new()
    count = page_count(content, MOST_PAGES + 1)
    if count > MOST_PAGES:
        raise PictureFault(f"有{MOST_PAGES}页以上，太多了", f"has more than {MOST_PAGES} pages")
    for place in range(count):
        _add(pdf, content, place)
    name_figures(pdf, title)
    return pdf


def _add(pdf: Pdf, content: bytes, place: int) -> None:
    """One page of the picture. Raises PictureFault."""
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if turn_to(picture, place) > MOST_PIXELS:
            raise _too_many()
        turn = int(picture.getexif().get(ORIENTATION, 1))
        _decode(picture, content)
        look = _kept(pdf, picture, content) if picture.format == "JPEG" else None
        if look is None:
            look, turn = _encoded(pdf, picture), 1
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as fault:
        raise _too_many() from fault
    except PictureFault:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, TypeError, KeyError, Warning) as fault:
        raise PictureFault("这张图片读不出来，可能不完整", "cannot be read as a picture: it may be cut off") from fault
    turn = turn if turn in TURNS else 1
    wide, high = (int(look.Width) * DENSITY, int(look.Height) * DENSITY)
    if turn > 4:
        wide, high = high, wide
    add_figure(pdf, look, (0, 0, wide, high), f"{wide:.3f} 0 0 {high:.3f} 0 0 cm {TURNS[turn]}")


def _too_many() -> PictureFault:
    most = MOST_PIXELS // 10_000
    return PictureFault(f"这张图片太大，最多{most}万像素", f"is too large a picture: at most {MOST_PIXELS:,} pixels")


def _decode(picture: Any, content: bytes) -> None:
    """See that the whole picture can be decoded; a JPEG in an eighth of its size, which reads all the same bytes."""
    if picture.format != "JPEG":
        picture.load()
        return
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as small:
        small.draft(None, (small.width // 8, small.height // 8))
        small.load()


def _kept(pdf: Pdf, picture: Any, content: bytes) -> Any:
    """A JPEG in grey or colour as it is; None for inks (CMYK), which PDF/A wants described by a profile."""
    space = {"L": GREY, "RGB": COLOUR}.get(picture.mode)
    return None if space is None else _look(pdf, picture, (content, Name.DCTDecode), space)


def _encoded(pdf: Pdf, picture: Any) -> Any:
    """Anything else on white, eight bits a colour."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode not in ("1", "L", "RGB"):
        sheet = Image.new("RGB", upright.size, "white")
        clear = upright.convert("RGBA")
        sheet.paste(clear, mask=clear.getchannel("A"))
        upright = sheet
    space = COLOUR if upright.mode == "RGB" else GREY
    plain = upright.convert("RGB" if space == COLOUR else "L")
    return _look(pdf, plain, (zlib.compress(plain.tobytes()), Name.FlateDecode), space)


def _look(pdf: Pdf, picture: Any, coded: tuple[bytes, Name], space: Name) -> Any:
    content, coding = coded
    look = pdf.make_stream(content)
    look.stream_dict = Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.width,
        Height=picture.height,
        ColorSpace=space,
        BitsPerComponent=8,
        Filter=coding,
    )
    return look
