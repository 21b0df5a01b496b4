"""The print of a paper that is to be signed with a pen: a sheet that explains, then the very pages, each with its code.

The print is made from the certified file and bears its hash; it is PDF/A-2b but not signed itself, and says so. Who
signed electronically before is seen on it, for what a signature looks like becomes part of its page.
"""

import datetime as dt
import hashlib
import io
from typing import Any

import pikepdf
from pikepdf import Name, pdfa
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from documents import wording
from documents.fields import PLATFORM_FIELD, fields_of, signed_in
from documents.flowables import Style, write
from documents.fonts import FontStack
from documents.forms.ends import square_code
from documents.judging import role_of
from documents.limits import too_large
from documents.overlay import lay_over
from documents.page import LEFT, WIDTH
from documents.papers.base import Fault, Imprint
from documents.papers.wet_ink import PrintCover
from documents.pdfa import describe, drop_unembedded_fonts
from documents.render import one_at_a_time, render
from documents.unpacking import UnpacksTooFar, opened
from documents.wetink.codes import MOST_PAGES, PageCode

CODE_SIDE, CODE_BOTTOM = 17 * mm, 5 * mm
STRIP = Name("/InkStrip")
OF_STRUCTURE = ("/StructTreeRoot", "/MarkInfo", "/Outlines", "/Names", "/AcroForm", "/Perms", "/DSS", "/Metadata")
PRINTED_OF_PAGE = {"/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/Contents", "/Resources", "/Group"}
TOLD = "打印件，供手写签名；签完每一页都要扫描，不要遮住右边的方块码。"
TOLD_ENGLISH = "Print for signing in ink. Scan every page afterwards; keep the square code free."


class PrintRefused(ValueError):
    """This file cannot be printed for signing; `fault` says why in Chinese and English."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(f"{fault.zh} ({fault.en})")


def print_version(pdf: bytes, verify_url: str, fonts: FontStack, *, on: dt.date, development: bool = False) -> bytes:
    """The print of a certified file: the same file on the same day, the same bytes.

    Raises PrintRefused for what cannot be printed, FieldFault for what the cover lacks.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    with certified(pdf) as paper:
        count = len(paper.pages)
        if count > MOST_PAGES:
            raise PrintRefused(
                Fault(f"多于{MOST_PAGES}页，不能在纸上签", f"more than {MOST_PAGES} pages: too many for ink")
            )
        title, number = (str(paper.docinfo.get(key, "")) for key in ("/Title", "/Subject"))
        cover = PrintCover(
            title=title, number=number, sha256=digest, pages=count, verify_url=verify_url, date=on,
            signers=_waiting(paper), development=development,
        )  # fmt: skip
        with pikepdf.open(io.BytesIO(render(cover, fonts))) as out:
            first = len(out.pages)
            paper.flatten_annotations("print")
            _strip(paper)
            _strip(out)
            out.pages.extend(paper.pages)
            for place in range(-1, count):
                code = PageCode(verify_url, digest, place + 1, count)
                with one_at_a_time:
                    strip = _strip_of(fonts, code, digest)
                _mark(out, out.pages[first + place], strip)
            return _saved(out, Imprint(f"{title}（打印件）", number, on))


def certified(pdf: bytes) -> pikepdf.Pdf:
    """The file, open, if the platform has fixed its text. Raises PrintRefused."""
    if too_large(pdf):
        raise PrintRefused(Fault("文件太大", "the file is too large"))
    try:
        paper = opened(pdf)
    except pikepdf.PasswordError as fault:
        raise PrintRefused(Fault("文件加了密码", "the file is encrypted")) from fault
    except UnpacksTooFar as fault:
        raise PrintRefused(Fault("文件里压缩的内容展开后大得不正常", "the file unpacks to an abnormal size")) from fault
    except (pikepdf.PdfError, pikepdf.QpdfRuntimeError) as fault:
        raise PrintRefused(Fault("这不是一份可以打印的PDF", "this is no PDF that can be printed")) from fault
    if PLATFORM_FIELD not in signed_in(paper)[0]:
        paper.close()
        raise PrintRefused(Fault("文本还没有固定，不能打印签名", "the text is not certified yet"))
    return paper


def _waiting(paper: pikepdf.Pdf) -> tuple[str, ...]:
    """What the empty places of people are called. Raises PrintRefused when there are none."""
    found = tuple(
        str(one.get("/TU", name)) for name, one in fields_of(paper) if "/V" not in one and role_of(name) == "person"
    )
    if not found:
        paper.close()
        raise PrintRefused(Fault("已经签完，不用在纸上签", "everybody has signed: nothing is left for a pen"))
    return found


def _strip(pdf: pikepdf.Pdf) -> None:
    """Without fields, tags, bookmarks and whatever acts: on paper there are none."""
    for page in pdf.pages:
        for key in set(page.obj.keys()) - PRINTED_OF_PAGE:
            del page[key]
    for key in OF_STRUCTURE:
        if key in pdf.Root:
            del pdf.Root[key]


def _strip_of(fonts: FontStack, code: PageCode, digest: str) -> bytes:
    """The strip at the foot of a page, below its number, as a PDF of one page."""
    content = io.BytesIO()
    first: Any = fonts.name("body")
    canvas: Any = Canvas(content, pagesize=A4, initialFontName=first, invariant=1)
    square_code(canvas, code.text(), (LEFT + WIDTH - CODE_SIDE, CODE_BOTTOM), CODE_SIDE)
    small = Style(size=7, align="left")
    page = f"第{code.page}页，共{code.count}页" if code.page else f"打印签署说明，后附{code.count}页"
    for place, line in enumerate((TOLD, TOLD_ENGLISH, f"SHA-256 {wording.fingerprint(digest)}", page)):
        write(canvas, fonts, line, small, (LEFT, CODE_BOTTOM + 3.6 * mm * (3 - place) + 1))
    canvas.save()
    return content.getvalue()


def _mark(out: pikepdf.Pdf, page: pikepdf.Page, strip: bytes) -> None:
    """Draw the strip over the page."""
    with pikepdf.open(io.BytesIO(strip)) as drawn:
        drop_unembedded_fonts(drawn)
        lay_over(out, page, drawn.pages[0], STRIP)


def _saved(out: pikepdf.Pdf, imprint: Imprint) -> bytes:
    pdfa.prepare(out, "2b", output_intent="sRGB")
    describe(out, imprint)
    saved = io.BytesIO()
    out.save(saved, **pdfa.resolve_save_kwargs("2b", deterministic_id=True))
    return saved.getvalue()
