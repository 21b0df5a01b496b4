"""Binding tagged PDFs into one: pages one after the other, the tags of every part below one document."""

from collections.abc import Iterator, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf


class Entangled(ValueError):
    """The tags of a file go round in a circle."""


def kids_of(element: Any) -> list[Any]:
    """What hangs directly below a structure element: elements, marked content, references to objects."""
    kids = element.get("/K", Array())
    return list(kids) if isinstance(kids, Array) else [kids]


def elements(tree: Any) -> Iterator[Any]:
    """Every structure element below the root of a tree. Raises Entangled."""
    waiting = [kid for kid in kids_of(tree) if _is_element(kid)]
    seen: set[tuple[int, int]] = set()
    while waiting:
        one = waiting.pop()
        if one.is_indirect and one.objgen in seen:
            raise Entangled("an element hangs in two places")
        seen.add(one.objgen)
        yield one
        waiting += [kid for kid in kids_of(one) if _is_element(kid)]


def _is_element(kid: Any) -> bool:
    return isinstance(kid, Dictionary) and "/S" in kid


def owners_of(tree: Any) -> dict[int, Any]:
    """The tree of parents as a table: a page's number in it → the elements that its marked content belongs to."""
    return dict(pikepdf.NumberTree(tree.ParentTree).items()) if "/ParentTree" in tree else {}


def bind(pdf: Pdf, parts: Sequence[Pdf]) -> list[int]:
    """Append every part's pages and hang its tags below one document; gives the page where each part begins."""
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    document = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=root))
    document.Lang = pikepdf.String("zh-CN")
    kids: list[Any] = []
    numbers: list[Any] = []
    begins: list[int] = []
    for part in parts:
        begins.append(len(pdf.pages))
        pdf.pages.extend(part.pages)
        tree = pdf.copy_foreign(part.Root.StructTreeRoot)
        numbers += _renumbered(pdf, begins[-1], owners_of(tree))
        for kid in kids_of(tree):
            kid.S, kid.P = Name.Part, document
            kids.append(kid)
    document.K = Array(kids)
    root.K = Array([document])
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(numbers)))
    root.ParentTreeNextKey = len(pdf.pages)
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    return begins


def _renumbered(pdf: Pdf, begin: int, owners: dict[int, Any]) -> Iterator[Any]:
    for number in range(begin, len(pdf.pages)):
        page = pdf.pages[number].obj
        if "/StructParents" in page and int(page.StructParents) in owners:
            yield from (number, owners[int(page.StructParents)])
            page.StructParents = number
