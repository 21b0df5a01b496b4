"""From what reportlab writes to PDF/A-2b (ISO 19005-2), tagged, with the places to sign as named destinations."""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pikepdf
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, NameTree, Pdf, pdfa

from documents.papers.base import Imprint
from documents.structure import claim, write_bookmarks, write_structure
from documents.tagging import Structure
from documents.wording import BEIJING

Rectangle = tuple[float, float, float, float]
SPOT = "spot:"
UNEMBEDDED = ("/Helvetica", "/Times-Roman", "/ZapfDingbats", "/Symbol")


@dataclass(frozen=True)
class Attachment:
    """A file that a paper carries: `kind` is its media type, `description` what a reader is told of it."""

    name: str
    kind: str
    content: bytes
    description: str


def drop_unembedded_fonts(pdf: Pdf) -> None:
    """reportlab selects Helvetica at the start of a page and prints nothing with it; PDF/A wants it gone."""
    for page in pdf.pages:
        fonts = page.Resources.get("/Font", Dictionary())
        bad = {key for key in fonts.keys() if str(fonts[key].get("/BaseFont")) in UNEMBEDDED}  # noqa: SIM118 - pikepdf
        if not bad:
            continue
        kept = [
            one
            for one in pikepdf.parse_content_stream(page)
            if not (str(one.operator) == "Tf" and str(one.operands[0]) in bad)
        ]
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(kept))
        for key in bad:
            del fonts[key]


def _mark_spots(pdf: Pdf, spots: Mapping[str, tuple[int, Rectangle]]) -> None:
    tree = NameTree.new(pdf)
    for name, (page, box) in sorted(spots.items()):
        tree[SPOT + name] = Array([pdf.pages[page].obj, Name.FitR, *box])
    pdf.Root.Names = Dictionary(Dests=tree.obj)


def spots_of(pdf_bytes: bytes) -> dict[str, tuple[int, Rectangle]]:
    """The places to sign that the renderer left: field name → (page, rectangle)."""
    with pikepdf.open(io.BytesIO(pdf_bytes)) as pdf:
        return spots_in(pdf)


def spots_in(pdf: Pdf) -> dict[str, tuple[int, Rectangle]]:
    """The same of a file that is open."""
    if "/Names" not in pdf.Root or "/Dests" not in pdf.Root.Names:
        return {}
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    found = {}
    for key, target in NameTree(pdf.Root.Names.Dests).items():
        if str(key).startswith(SPOT):
            left, bottom, right, top = (float(value) for value in list(target)[2:6])
            found[str(key)[len(SPOT) :]] = (pages[target[0].objgen], (left, bottom, right, top))
    return found


def archival(
    pdf_bytes: bytes,
    imprint: Imprint,
    spots: Mapping[str, tuple[int, Rectangle]],
    structure: Structure,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """Make it PDF/A-2b (3b when files are attached) and PDF/UA-1.

    The date of the paper is the only date inside, so bytes repeat.
    """
    flavour: Literal["2b", "3b"] = "3b" if attachments else "2b"
    with pikepdf.open(io.BytesIO(pdf_bytes)) as pdf:
        pdf.Root.Lang = pikepdf.String(imprint.language)
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        drop_unembedded_fonts(pdf)
        for page in pdf.pages:
            if "/Trans" in page:
                del page["/Trans"]
        _mark_spots(pdf, spots)
        write_structure(pdf, structure)
        write_bookmarks(pdf, structure)
        _attach(pdf, attachments, imprint)
        pdfa.prepare(pdf, flavour, output_intent="sRGB")
        describe(pdf, imprint)
        claim(pdf)
        out = io.BytesIO()
        # veraPDF judges every form in the tests: to judge each paper anew takes twice as long as to make it.
        pdf.save(out, **pdfa.resolve_save_kwargs(flavour, deterministic_id=True))
    return out.getvalue()


def _attach(pdf: Pdf, attachments: Sequence[Attachment], imprint: Imprint) -> None:
    """Embed the files and say how they belong to the paper (ISO 19005-3, 6.8)."""
    stamp = _stamp(imprint.on)
    for one in attachments:
        pdf.attachments[one.name] = AttachedFileSpec(
            pdf,
            one.content,
            description=one.description,
            filename=one.name,
            mime_type=one.kind,
            creation_date=stamp,
            mod_date=stamp,
            relationship=Name.Source,
        )
    if attachments:
        pdf.Root.AF = Array([pdf.attachments[one.name].obj for one in attachments])


def _stamp(day: dt.date) -> str:
    return f"D:{dt.datetime.combine(day, dt.time(), BEIJING):%Y%m%d%H%M%S}+08'00'"


def describe(pdf: Pdf, imprint: Imprint) -> None:
    """State title, number and day in both places where a PDF states them, and nothing else."""
    title, subject = imprint.title, imprint.reference
    day = dt.datetime.combine(imprint.on, dt.time(), BEIJING)
    stamp = _stamp(imprint.on)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as record:
        record["dc:title"] = title
        record["dc:description"] = subject
        record["dc:language"] = {imprint.language}
        for key in ("xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate"):
            record[key] = day.isoformat()
        record["pdf:Producer"] = "Yuntiao"
        for key in ("dc:creator", "xmp:CreatorTool", "pdf:Keywords"):
            if key in record:
                del record[key]
    described = Dictionary(Title=title, Subject=subject, Producer="Yuntiao", CreationDate=stamp, ModDate=stamp)
    pdf.docinfo = pdf.make_indirect(described)
