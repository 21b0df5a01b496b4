"""Write a paper's structure into its PDF: the tree, the tree of parents, bookmarks, and the claim PDF/UA-1."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, String

from documents.tagging import HEADINGS, Element, Structure

PLACE = "spot:"
# PDF/A wants every property described that it does not know itself (ISO 19005-2, 6.6.2.3.3).
CLAIM = """<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of PDF/UA that the file conforms to</pdfaProperty:description>
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


def write_structure(pdf: Pdf, structure: Structure) -> None:
    """Hang the tree into the catalog, number every page's contents, and mark the file as tagged."""
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    owners: dict[int, dict[int, Any]] = {}
    root.K = Array([_written(pdf, structure.root, root, owners)])
    numbers: list[Any] = []
    for number, rows in sorted(owners.items()):
        pdf.pages[number].obj.StructParents = number
        numbers += [number, pdf.make_indirect(Array([owner for _, owner in sorted(rows.items())]))]
    for page in pdf.pages:
        page.obj.Tabs = Name.S
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(numbers)))
    root.ParentTreeNextKey = len(pdf.pages)
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)


def _cell_attributes(element: Element) -> Dictionary:
    attributes = Dictionary(O=Name.Table)
    if element.scope:
        attributes.Scope = Name(f"/{element.scope}")
    if element.span > 1:
        attributes.ColSpan = element.span
    return attributes


def _written(pdf: Pdf, element: Element, parent: Any, owners: dict[int, dict[int, Any]]) -> Any:
    # A Form without a widget breaks ISO 14289-1, 7.18.4: it becomes one when its field is laid out.
    kind = "Div" if element.place else element.kind
    made = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name(f"/{kind}"), P=parent))
    if element.kind == "Document":
        made.Lang = pdf.Root.Lang
    if element.alt:
        made.Alt = String(element.alt)
    if element.place:
        made.T = String(PLACE + element.place)
    if element.scope or element.span > 1:
        made.A = _cell_attributes(element)
    kids: list[Any] = []
    for kid in element.kids:
        if isinstance(kid, Element):
            kids.append(_written(pdf, kid, made, owners))
            continue
        page, number = kid
        owners.setdefault(page, {})[number] = made
        kids.append(Dictionary(Type=Name.MCR, Pg=pdf.pages[page].obj, MCID=number))
    if kids:
        made.K = Array(kids)
    return made


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from _walk(kid)


def write_bookmarks(pdf: Pdf, structure: Structure) -> None:
    """A bookmark for every heading, those of the second rank below the last of the first."""
    with pdf.open_outline() as outline:
        for element in _walk(structure.root):
            if element.kind not in HEADINGS or not element.text:
                continue
            page = next((kid[0] for kid in element.kids if isinstance(kid, tuple)), 0)
            item = OutlineItem(element.text, page)
            below = element.kind != "H1" and len(outline.root) > 0
            (outline.root[-1].children if below else outline.root).append(item)


def claim(pdf: Pdf) -> None:
    """Say in the metadata that the file is PDF/UA-1 (ISO 14289-1, 5)."""
    record = pdf.Root.Metadata.read_bytes()
    if b"pdfuaid:part" not in record:
        kept = re.sub(rb"</rdf:RDF>", CLAIM.encode() + b"</rdf:RDF>", record, count=1)
        pdf.Root.Metadata = pdf.make_stream(kept, Type=Name.Metadata, Subtype=Name.XML)


def adopt_fields(pdf: Pdf, widgets: Sequence[Any]) -> None:
    """Tie each signature field's widget to the place that the tree keeps for it, if it does (ISO 14289-1, 7.18.4).

    EU DSS compares objects once by key and number, and expects changes of a field below /Fields alone. So the reference
    is reachable from the field too, by the same key, and the tree comes after the fields in the catalog, whose keys
    pikepdf sorts.
    """
    if "/StructTreeRoot" not in pdf.Root:
        return
    tree = pdf.Root.StructTreeRoot
    places = {str(element.T): element for element in _elements(tree.K) if "/T" in element}
    for widget in widgets:
        place = places.get(PLACE + str(widget.T))
        if place is None:
            continue
        key = int(tree.ParentTreeNextKey)
        place.S = Name.Form
        place.K = widget.K = pdf.make_indirect(Dictionary(Type=Name.OBJR, Obj=widget, Pg=widget.P))
        widget.StructParent = key
        tree.ParentTree.Nums.append(key)
        tree.ParentTree.Nums.append(place)
        tree.ParentTreeNextKey = key + 1


def _elements(kids: Any) -> Iterator[Any]:
    for kid in kids if isinstance(kids, Array) else [kids]:
        if isinstance(kid, Dictionary) and "/S" in kid:
            yield kid
            yield from _elements(kid.get("/K", Array()))
