"""The dossier of a case (卷宗) as one PDF: cover, inside list, papers in their order, statement, back cover.

Papers are printed into the pages; a signed one is also attached as it was signed (PDF/A-3b, ISO 19005-3), for only the
original file proves its signatures. Every page of the papers bears its number in the dossier, as the inside list says.
"""

import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pikepdf
from pikepdf import AttachedFileSpec, Dictionary, Name, OutlineItem, Pdf, pdfa
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from documents.dossier.binding import bind
from documents.dossier.leaves import Leaf, Piece, leaf_of
from documents.flowables import Style, write
from documents.fonts import FontStack
from documents.overlay import lay_over
from documents.papers.base import Fault, FieldFault, Paper
from documents.papers.dossier import (
    ORDER,
    BackCover,
    ClosingStatement,
    DossierCover,
    Entry,
    InsideList,
    Original,
    StandIn,
    lacking,
)
from documents.pdfa import describe
from documents.render import one_at_a_time, render
from documents.replacing import replacing
from documents.structure import claim

PAGE_NUMBER = Name.DossierPageNumber
MOST_PAGES = 3000
MOST_BYTES = 512 * 2**20
Progress = Callable[[str, int, int], None]


def _silent(_: str, __: int, ___: int) -> None:
    """Tell nobody."""


def write_dossier(
    cover: DossierCover, pieces: Sequence[Piece], fonts: FontStack, target: Path, progress: Progress = _silent
) -> int:
    """Bind the dossier into a file in one step, so that nobody ever finds half of it; gives the number of its pages.

    `progress` is told each paper's title, its number and how many there are. Raises FieldFault with everything that is
    missing, wrong or unreadable, all at once; OSError when the file cannot be written.
    """
    papers = _read(cover, pieces, progress)
    with bound(cover, papers, fonts) as pdf, replacing(target) as part:
        pdf.save(part, **pdfa.resolve_save_kwargs("3b", deterministic_id=True))
        return len(pdf.pages)


def make_dossier(cover: DossierCover, pieces: Sequence[Piece], fonts: FontStack, progress: Progress = _silent) -> bytes:
    """The same in memory."""
    out = io.BytesIO()
    with bound(cover, _read(cover, pieces, progress), fonts) as pdf:
        pdf.save(out, **pdfa.resolve_save_kwargs("3b", deterministic_id=True))
    return out.getvalue()


def _read(cover: DossierCover, pieces: Sequence[Piece], progress: Progress) -> list[Leaf]:
    """Every piece in the order of the dossier. Raises FieldFault."""
    faults = [*cover.faults(), *lacking([one.section for one in pieces], cover)]
    leaves: list[Leaf] = []
    pages = total = 0
    for number, one in enumerate(sorted(pieces, key=lambda one: ORDER.get(one.section, len(ORDER))), 1):
        progress(one.title, number, len(pieces))
        found = leaf_of(one)
        if isinstance(found, Fault):
            faults.append(found)
            continue
        pages, total = pages + found.pages, total + one.size
        if pages <= MOST_PAGES and total <= MOST_BYTES:
            leaves.append(found)
    if pages > MOST_PAGES or total > MOST_BYTES:
        faults.append(Fault(f"卷宗太厚：{pages}页，请分卷", f"the dossier is too thick: {pages} pages; divide it"))
    if faults:
        raise FieldFault(faults)
    return leaves


def bound(cover: DossierCover, leaves: Sequence[Leaf], fonts: FontStack) -> Pdf:
    """The dossier as an open PDF, ready to be saved as PDF/A-3b."""
    entries, originals = _entries(leaves), _originals(leaves)
    count = sum(entry.pages for entry in entries)
    front: list[tuple[str, Paper]] = [("卷宗封面", cover), ("卷内目录", InsideList(cover=cover, entries=entries))]
    statement = ClosingStatement(cover=cover, pages=count, originals=originals)
    back: list[tuple[str, Paper]] = [("卷宗情况说明", statement), ("封底", BackCover(cover=cover))]
    parts = [_printed(paper, fonts) for _, paper in front]
    begin = sum(len(one.pages) for one in parts)
    for leaf, original in zip(leaves, originals, strict=True):
        parts.append(leaf.pdf or _printed(_stand_in(cover, leaf, original), fonts))
    parts += [_printed(paper, fonts) for _, paper in back]
    titles = [*(title for title, _ in front), *(leaf.piece.title for leaf in leaves), *(title for title, _ in back)]
    pdf = Pdf.new()
    marks = bind(pdf, parts)
    _stamp(pdf, begin, count, fonts)
    with pdf.open_outline() as outline:
        outline.root.extend(OutlineItem(title, page) for title, page in zip(titles, marks, strict=True))
    for leaf, original in zip(leaves, originals, strict=True):
        if leaf.attached:
            _attach(pdf, leaf, original, cover)
    _archive(pdf, cover)
    return pdf


def _entries(leaves: Sequence[Leaf]) -> tuple[Entry, ...]:
    page, made = 1, []
    for leaf in leaves:
        remark = "原件见附件" if leaf.pdf is None else "签名原件见附件" if leaf.signed else ""
        made.append(Entry(leaf.piece.title, page, leaf.pages, "；".join(filter(None, (leaf.piece.note, remark)))))
        page += leaf.pages
    return tuple(made)


def _originals(leaves: Sequence[Leaf]) -> tuple[Original, ...]:
    return tuple(
        Original(leaf.piece.title, leaf.sha256, _file_name(number, leaf) if leaf.attached else "")
        for number, leaf in enumerate(leaves, 1)
    )


def _file_name(number: int, leaf: Leaf) -> str:
    """The title, without what no file's name may hold."""
    kept = re.sub(r'[\x00-\x1f/\\:*?"<>|]+', " ", leaf.piece.title).strip(". ")
    return f"{number:02d} {kept[:60]}{leaf.suffix}"


def _stand_in(cover: DossierCover, leaf: Leaf, original: Original) -> StandIn:
    title, size = leaf.piece.title, leaf.piece.size
    return StandIn(
        cover=cover, title=title, reason=leaf.reason, attached=original.attached, bytes=size, sha256=leaf.sha256
    )


def _printed(paper: Paper, fonts: FontStack) -> Pdf:
    return pikepdf.open(io.BytesIO(render(paper, fonts)))


def _stamp(pdf: Pdf, begin: int, count: int, fonts: FontStack) -> None:
    """Number the papers' pages at the outer upper corner, as archives do; all in one drawing, with one font."""
    if not count:
        return
    out = io.BytesIO()
    with one_at_a_time:
        canvas = Canvas(out, pagesize=A4, invariant=1, initialFontName=fonts.name("body"))  # type: ignore[arg-type]
        for number in range(1, count + 1):
            sheet = [float(value) for value in pdf.pages[begin + number - 1].mediabox]
            canvas.setPageSize((sheet[2], sheet[3]))
            odd = number % 2
            place = (sheet[2] - 20 * mm if odd else 20 * mm, sheet[3] - 15 * mm)
            write(canvas, fonts, str(number), Style(size=12, align="right" if odd else "left"), place)
            canvas.showPage()
        canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as numbers:
        for number, page in enumerate(numbers.pages):
            lay_over(pdf, pdf.pages[begin + number], page, PAGE_NUMBER, "/Artifact BMC {name} Do EMC")


def _attach(pdf: Pdf, leaf: Leaf, original: Original, cover: DossierCover) -> None:
    kinds = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg"}
    stamp = f"D:{cover.filed_on:%Y%m%d}000000+08'00'"
    pdf.attachments[original.attached] = AttachedFileSpec(
        pdf,
        leaf.piece.read(),
        filename=original.attached,
        description=f"{leaf.piece.title}（原件）SHA-256 {leaf.sha256}",
        mime_type=kinds[leaf.suffix],
        relationship=Name.Source,
        creation_date=stamp,
        mod_date=stamp,
    )


def _archive(pdf: Pdf, cover: DossierCover) -> None:
    imprint = cover.imprint()
    pdf.Root.Lang = pikepdf.String(imprint.language)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.Root.PageMode = Name.UseOutlines
    pdfa.prepare(pdf, "3b", output_intent="sRGB")
    describe(pdf, imprint)
    claim(pdf)
