"""What a page's marks mean (tagged PDF, ISO 32000-1 14.7-14.8): headings, paragraphs, tables, figures, places to sign.

While flowables draw, they open elements here; what has no meaning is an artifact. `structure.py` writes the tree.
A canvas without a structure (the look of a signature) is drawn as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

HEADINGS = ("H1", "H2", "H3")


@dataclass(eq=False)
class Element:
    """A structure element: `kids` are further elements, or (page, number) of marked content, in reading order.

    `alt` says in words what a figure shows, `text` what a heading says; `place` names a field that comes to lie here.
    `scope` says whether a header cell heads a Row or a Column, `span` over how many columns a cell reaches.
    """

    kind: str
    parent: "Element | None" = None
    alt: str = ""
    text: str = ""
    place: str = ""
    scope: str = ""
    span: int = 1
    kids: list["Element | tuple[int, int]"] = field(default_factory=list)
    attached: bool = False


@dataclass
class Structure:
    """The tree of one paper, in the order in which it was drawn."""

    root: Element = field(default_factory=lambda: Element("Document", attached=True))
    _counts: dict[int, int] = field(default_factory=dict)

    def attach(self, element: Element) -> None:
        """Hang an element below its parent at its first drawing, so that drawing order is reading order."""
        if element.attached:
            return
        element.attached = True
        parent = element.parent or self.root
        self.attach(parent)
        parent.kids.append(element)

    def mark(self, element: Element, page: int) -> int:
        """Number a piece of content on a page as the element's."""
        self.attach(element)
        number = self._counts.get(page, 0)
        self._counts[page] = number + 1
        element.kids.append((page, number))
        return number

    def table(self) -> Element:
        """The table being drawn, or a new one: rows that follow one another belong together."""
        last = self.root.kids[-1] if self.root.kids else None
        return last if isinstance(last, Element) and last.kind == "Table" else Element("Table")


def structure_of(canvas: Any) -> Structure | None:
    """The structure of the paper that the canvas draws, if it has one."""
    found = getattr(canvas, "structure", None)
    return found if isinstance(found, Structure) else None


@contextmanager
def tagged(canvas: Any, element: Element) -> Iterator[None]:
    """What is drawn inside belongs to the element; an element may be opened again on the next page."""
    structure = structure_of(canvas)
    if structure is None:
        yield
        return
    number = structure.mark(element, canvas.getPageNumber() - 1)
    canvas.addLiteral(f"/{element.kind} <</MCID {number}>> BDC")
    yield
    canvas.addLiteral("EMC")


@contextmanager
def artifact(canvas: Any) -> Iterator[None]:
    """What is drawn inside means nothing to a reader: lines, page numbers, the warning in the margin."""
    if structure_of(canvas) is None:
        yield
        return
    canvas.addLiteral("/Artifact BMC")
    yield
    canvas.addLiteral("EMC")


def field_place(canvas: Any, name: str, parent: Element | None = None) -> None:
    """Here, in reading order, a signature field will lie; in a table its `parent` is the cell."""
    structure = structure_of(canvas)
    if structure is not None:
        structure.attach(Element("Form", place=name, parent=parent))
