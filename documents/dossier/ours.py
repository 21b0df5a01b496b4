"""Papers of our own make: their tags are kept, and what their fields show becomes part of their pages."""

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Page, Pdf
from reportlab.lib.pagesizes import A4

from documents.dossier.binding import elements, kids_of, owners_of
from documents.overlay import draw_over

PRODUCER = "Yuntiao"


def is_ours(pdf: Pdf) -> bool:
    """Whether the file says that we made it as a tagged archive file, and does not look otherwise."""
    if "/StructTreeRoot" not in pdf.Root or "/Metadata" not in pdf.Root:
        return False
    stated = pdf.Root.Metadata.read_bytes()
    claimed = all(mark in stated for mark in (b"pdfaid:part", b"pdfuaid:part", PRODUCER.encode()))
    return claimed and not pdf.Root.keys() & {"/OpenAction", "/AA"} and all(_is_sheet(page) for page in pdf.pages)


def _is_sheet(page: Page) -> bool:
    """An upright A4 page that does nothing and whose fonts are all inside the file."""
    if "/AA" in page.obj:
        return False
    box = [float(value) for value in page.mediabox]
    upright = "/Rotate" not in page.obj or int(page.obj.Rotate) == 0
    if not upright or any(abs(one - other) > 2 for one, other in zip(box, (0, 0, *A4), strict=True)):
        return False
    return all(_is_inside(font) for font in page.resources.get("/Font", Dictionary()).values())


def _is_inside(font: Any) -> bool:
    inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
    described = inner.get("/FontDescriptor", Dictionary())
    return any(key in described for key in ("/FontFile", "/FontFile2", "/FontFile3"))


def without_fields(pdf: Pdf) -> None:
    """Draw signatures and seals as figures where their fields stand, and take the fields away."""
    tree = pdf.Root.StructTreeRoot
    places = _places(tree)
    owners = owners_of(tree)
    for page in pdf.pages:
        _draw_widgets(page, places, owners.get(int(page.obj.get("/StructParents", -1))))
        if "/Annots" in page:
            del page["/Annots"]
    for element in places.values():
        if Name.Form == element.S:  # nobody signed here: a place like any other
            element.S = Name.Div
            del element["/K"]
    for key in ("/AcroForm", "/Perms", "/DSS", "/Names", "/Extensions"):
        if key in pdf.Root:
            del pdf.Root[key]


def _places(tree: Any) -> dict[tuple[int, int], Any]:
    """The element that stands for each widget."""
    found = {}
    for element in elements(tree):
        for kid in kids_of(element):
            if isinstance(kid, Dictionary) and kid.get("/Type") == Name.OBJR:
                found[kid.Obj.objgen] = element
    return found


def _draw_widgets(page: Page, places: dict[tuple[int, int], Any], row: Any) -> None:
    drawn = []
    for number, widget in enumerate(page.obj.get("/Annots", Array()), 1):
        look = widget.get("/AP", Dictionary()).get("/N")
        if not isinstance(look, pikepdf.Stream) or _is_empty(widget):
            continue
        name = f"/Field{number}"
        page.add_resource(look, Name.XObject, Name(name))
        element, mark = places.get(widget.objgen), "/Artifact BMC"
        if element is not None and row is not None:
            mark = f"/Figure <</MCID {len(row)}>> BDC"
            element.S, element.Alt = Name.Figure, pikepdf.String(str(widget.get("/TU", "签名")))
            element.K = Dictionary(Type=Name.MCR, Pg=page.obj, MCID=len(row))
            row.append(element)
        drawn.append(f"{mark} q {_placed(look, widget)} cm {name} Do Q EMC")
    if drawn:
        draw_over(page, "\n".join(drawn))


def _is_empty(widget: Any) -> bool:
    left, bottom, right, top = (float(value) for value in widget.Rect)
    return left == right or bottom == top


def _placed(look: Any, widget: Any) -> str:
    """The matrix that lays the look's box upon the field's rectangle (ISO 32000-1, 12.5.5)."""
    left, bottom, right, top = (float(value) for value in look.BBox)
    rect = [float(value) for value in widget.Rect]
    across, up = (rect[2] - rect[0]) / ((right - left) or 1), (rect[3] - rect[1]) / ((top - bottom) or 1)
    return f"{across:.5f} 0 0 {up:.5f} {rect[0] - left * across:.4f} {rect[1] - bottom * up:.4f}"
