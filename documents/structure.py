"""Write a paper's structure into its PDF: the tree, the tree of parents, bookmarks, and the claim PDF/UA-1."""

import re
from collections.abc import Iterator
from typing import Any

from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, String
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

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


def _written(pdf: Pdf, element: Element, parent: Any, owners: dict[int, dict[int, Any]]) -> Any:
    made = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name(f"/{element.kind}"), P=parent))
    if element.kind == "Document":
        made.Lang = String("zh-CN")
    if element.alt:
        made.Alt = String(element.alt)
    if element.place:
        made.T = String(PLACE + element.place)
    if element.scope:
        made.A = Dictionary(O=Name.Table, Scope=Name(f"/{element.scope}"))
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


def adopt_field(writer: IncrementalPdfFileWriter, name: str, widget: Any) -> None:
    """Tie a signature field's widget to the place that the tree keeps for it, if it does (ISO 14289-1, 7.18.4).

    EU DSS compares objects once by key and number, and expects changes of a field below /Fields alone. So the reference
    is reachable from the field too, by the same key, and the tree comes after the fields in the catalog.
    """
    if "/StructTreeRoot" not in writer.root:
        return
    tree = writer.root["/StructTreeRoot"]
    place = _find(tree["/K"], PLACE + name)
    if place is None:
        return
    key = int(tree["/ParentTreeNextKey"])
    page = widget.get_object().raw_get("/P")
    reference = writer.add_object(
        generic.DictionaryObject(
            {pdf_name("/Type"): pdf_name("/OBJR"), pdf_name("/Obj"): widget, pdf_name("/Pg"): page}
        )
    )
    place[pdf_name("/K")] = widget.get_object()[pdf_name("/K")] = reference
    widget.get_object()[pdf_name("/StructParent")] = generic.NumberObject(key)
    numbers = tree["/ParentTree"]["/Nums"]
    own = place.container_ref
    numbers.extend([generic.NumberObject(key), generic.IndirectObject(own.idnum, own.generation, writer)])
    tree[pdf_name("/ParentTreeNextKey")] = generic.NumberObject(key + 1)
    writer.root[pdf_name("/StructTreeRoot")] = writer.root.pop(pdf_name("/StructTreeRoot"))
    for changed in (place, widget.get_object(), tree["/ParentTree"], tree, writer.root):
        writer.update_container(changed)


def _find(kids: Any, wanted: str) -> Any:
    for kid in kids if isinstance(kids, list) else [kids]:
        element = kid.get_object()
        if not isinstance(element, generic.DictionaryObject):
            continue
        if element.get("/T") == wanted:
            return element
        found = _find(element["/K"], wanted) if "/K" in element else None
        if found is not None:
            return found
    return None
