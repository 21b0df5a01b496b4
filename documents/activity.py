"""Content that can look or act differently tomorrow: scripts, actions, layers, fields to fill in.

A certified text must show the same to everybody for ever. What a viewer may run, hide or let somebody type over
defeats that without touching a signed byte, so a file that holds any of it is not valid (ISO 19005-2 6.5, 6.6).
"""

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from documents.fields import FILLING_AND_SIGNING
from documents.reading import at

HARMLESS_ANNOTATIONS = {"/Widget", "/Link"}
HARMLESS_ACTIONS = {"/GoTo", "/URI"}
OF_CATALOG = ("/AA", "/OCProperties", "/Collection", "/NeedsRendering")
DEEPEST, MOST_NODES = 12, 20_000


def faults(reader: PdfFileReader, certification: EmbeddedPdfSignature) -> list[tuple[str, str]]:
    """Codes of the verdict with details: "active", "fillable" and "lax"; empty for an honest paper."""
    found = [("active", one) for one in _active(reader)]
    found += [("fillable", one) for one in _fillable(at(reader.root, "/AcroForm", {}))]
    permission = certification.docmdp_level
    if permission is None or permission.value > FILLING_AND_SIGNING:
        found.append(("lax", str(certification.field_name)))
    return found


def _active(reader: PdfFileReader) -> Iterator[str]:
    root = reader.root
    yield from (key for key in OF_CATALOG if key in root)
    yield from _action(at(root, "/OpenAction"), "/OpenAction")
    if "/JavaScript" in at(root, "/Names", {}):
        yield "/JavaScript"
    for page in _pages(root["/Pages"], [0]):
        if "/AA" in page:
            yield "/AA"
        for one in at(page, "/Annots", ArrayObject()):
            yield from _annotation(one.get_object())


def _action(action: Any, where: str) -> Iterator[str]:
    """A destination (an array) is harmless, and so is an action of the two kinds that only lead somewhere."""
    if isinstance(action, DictionaryObject) and (at(action, "/S") not in HARMLESS_ACTIONS or "/Next" in action):
        yield f"{where} {action.get('/S', '')}"


def _annotation(annotation: Any) -> Iterator[str]:
    kind = str(at(annotation, "/Subtype", ""))
    if kind not in HARMLESS_ANNOTATIONS:
        yield kind or "annotation"
    if "/AA" in annotation:
        yield f"{kind} /AA"
    yield from _action(at(annotation, "/A"), kind)


def _pages(node: Any, seen: list[int], depth: int = 0) -> Iterator[Any]:
    """Every page of the tree; ValueError for a tree that is too deep or too large, as one with a loop is."""
    seen[0] += 1
    if depth > DEEPEST or seen[0] > MOST_NODES:
        raise ValueError("page tree")
    if "/Kids" not in node:
        yield node
        return
    for kid in node["/Kids"]:
        yield from _pages(kid.get_object(), seen, depth + 1)


def _fillable(form: Any) -> Iterator[str]:
    """Names of fields that take text, a tick or a choice; our papers have places to sign only."""
    if "/XFA" in form:
        yield "/XFA"
    waiting = [(one.get_object(), 0, None) for one in at(form, "/Fields", ArrayObject())]
    while waiting:
        field, depth, inherited = waiting.pop()
        kind = at(field, "/FT", inherited)
        kids = [one.get_object() for one in at(field, "/Kids", ArrayObject())]
        if depth > DEEPEST or len(kids) > MOST_NODES:
            raise ValueError("field tree")
        if kind != "/Sig" and (kind is not None or not kids):
            yield str(at(field, "/T", "?"))
        waiting += [(kid, depth + 1, kind) for kid in kids]
