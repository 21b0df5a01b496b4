"""Pages that we did not make, as one figure each on an A4 page of ours: told to a screen reader by the file's title."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, pdfa
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

MOST_PAGES = 1000
EDGE, TOP = 8 * mm, 19 * mm  # kept free, so that a scan in full size leaves room for the page's number
FIGURE = Name.Figure1
MOST_DRAWN_AT_ONCE, MOST_DRAWN = 4 * 2**20, 12 * 2**20  # a checker takes 1.5 s and 130 MB for a mebibyte
TOO_BUSY = "画得太复杂，不能转换"
MARKS = (b"BMC", b"BDC", b"EMC", b"MP", b"DP")


class TooManyPages(ValueError):
    """More pages than one piece of a dossier may have."""

    def __init__(self, pages: int) -> None:
        super().__init__(f"{pages} pages")
        self.pages = pages


def pages_as_figures(source: Pdf, title: str) -> tuple[Pdf | None, str]:
    """The pages as figures, or None and the reason (zh) why an archive file cannot hold them. Raises TooManyPages.

    What the pages show is kept, annotations too; what acts (scripts, actions, links) stays behind.
    """
    count = len(source.pages)
    if count > MOST_PAGES:
        raise TooManyPages(count)
    if not _is_readable(source):
        return None, TOO_BUSY
    source.flatten_annotations("all")
    made = Pdf.new()
    for page in source.pages:
        look = made.copy_foreign(page.as_form_xobject(handle_transformations=True))
        _unmark(look, set())
        left, bottom, right, top = (float(value) for value in look.BBox)
        add_figure(made, look, (left, bottom, right - left, top - bottom), "")
    name_figures(made, title)
    pdfa.prepare(made, "3b", output_intent="sRGB")
    report = pdfa.check(made, "3b")
    if report.passed:
        return made, ""
    rules = sorted({one.rule.removeprefix("ISO_19005_3:") for one in report.findings})
    return None, f"不合长期保存格式PDF/A-3（{'、'.join(rules[:3])}）"


def _is_readable(source: Pdf) -> bool:
    """Whether what its pages and the drawings in them tell a viewer to do can be checked in bounded time.

    A page may name one stream many times, and every time is drawn.
    """
    drawings = [one for one in source.objects if isinstance(one, Stream) and _is_drawing(one)]
    pages = [_contents(page) for page in source.pages]
    streams = {one.objgen: one for one in chain(drawings, *pages)}
    sizes = {number: len(one.read_bytes()) for number, one in streams.items()}
    drawn = [sizes[one.objgen] for one in drawings] + [sum(sizes[one.objgen] for one in page) for page in pages]
    return max(drawn, default=0) <= MOST_DRAWN_AT_ONCE and sum(drawn) <= MOST_DRAWN


def _is_drawing(stream: Any) -> bool:
    return stream.get("/Subtype") == Name.Form or "/PatternType" in stream


def _contents(page: Any) -> list[Any]:
    stated = page.obj.get("/Contents", Array())
    return [one for one in (stated if isinstance(stated, Array) else [stated]) if isinstance(one, Stream)]


def _unmark(look: Any, seen: set[tuple[int, int]]) -> None:
    """Take away what a drawing's own marks mean: here it is all one figure (ISO 14289-1, 7.1)."""
    if look.objgen in seen:
        return
    seen.add(look.objgen)
    for key in ("/StructParents", "/StructParent"):
        if key in look:
            del look[key]
    if any(mark in look.read_bytes() for mark in MARKS):
        kept = [one for one in pikepdf.parse_content_stream(look) if str(one.operator).encode() not in MARKS]
        look.write(pikepdf.unparse_content_stream(kept))
    for inner in look.get("/Resources", Dictionary()).get("/XObject", Dictionary()).values():
        if isinstance(inner, Stream) and inner.get("/Subtype") == Name.Form:
            _unmark(inner, seen)


def add_figure(pdf: Pdf, look: Any, box: tuple[float, float, float, float], matrix: str) -> None:
    """Add an A4 page, lying if the figure does, with the figure in its middle: smaller if need be, never larger.

    `box` is left, bottom, width and height of what the figure draws; `matrix` turns it first, if it must be turned.
    """
    left, bottom, wide, high = box
    sheet = A4 if wide <= high else (A4[1], A4[0])
    scale = min(1.0, (sheet[0] - 2 * EDGE) / (wide or 1), (sheet[1] - EDGE - TOP) / (high or 1))
    across, up = (sheet[0] - wide * scale) / 2, (sheet[1] - TOP + EDGE - high * scale) / 2
    across, up = across - left * scale, up - bottom * scale
    turned = f"{matrix} cm " if matrix else ""
    drawn = f"/Figure <</MCID 0>> BDC q {scale:.6f} 0 0 {scale:.6f} {across:.3f} {up:.3f} cm {turned}{FIGURE} Do Q EMC"
    page = pdf.add_blank_page(page_size=sheet)
    page.obj.Resources = Dictionary(XObject=Dictionary({str(FIGURE): look}))
    page.obj.Contents = pdf.make_stream(drawn.encode())
    page.obj.Tabs = Name.S


def name_figures(pdf: Pdf, title: str) -> None:
    """Write the tags: each page is one figure that is called by the title and its place."""
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    part = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Part, P=root))
    count = len(pdf.pages)
    figures: list[Any] = []
    numbers: list[Any] = []
    for number, page in enumerate(pdf.pages):
        figure = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Figure, P=part))
        figure.Alt = pikepdf.String(title if count == 1 else f"{title}（第{number + 1}页，共{count}页）")
        figure.K = Dictionary(Type=Name.MCR, Pg=page.obj, MCID=0)
        page.obj.StructParents = number
        figures.append(figure)
        numbers += [number, pdf.make_indirect(Array([figure]))]
    _hang(pdf, root, part, figures, numbers)


def _hang(pdf: Pdf, root: Any, part: Any, figures: Sequence[Any], numbers: Sequence[Any]) -> None:
    part.K = Array(figures)
    root.K = Array([part])
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(numbers)))
    root.ParentTreeNextKey = len(figures)
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)
