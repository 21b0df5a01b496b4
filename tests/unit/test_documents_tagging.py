"""What a screen reader gets of a paper: every mark has a meaning, in the order in which people read."""

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest
from pikepdf import Pdf
from reportlab.pdfgen.canvas import Canvas

from documents import examples
from documents.fields import lay_out_fields
from documents.flowables import Style, write
from documents.fonts import FontStack
from documents.papers.delivery import ElectronicReceipt
from documents.render import render
from documents.tagging import Element, Structure, artifact, field_place, tagged

FONTS = FontStack.default()
PAINTS = {"Tj", "TJ", "'", '"', "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "Do", "sh", "BI"}
AT = dt.datetime(2026, 12, 3, 2, 0, tzinfo=dt.UTC)
RECEIPT = ElectronicReceipt(
    court=examples.COURT, case_number="（2026）辽0204诉前调确12号", cause="邻里纠纷", recipient="张桂兰", paper="民事裁定书",
    channel="短信提醒", sent_at=AT, arrived_at=AT, verify_url="https://localhost/verify/R5TX9B",
)  # fmt: skip
PAPERS = {
    "agreement": lambda: render(examples.agreement(), FONTS),
    "ruling": lambda: render(examples.ruling(), FONTS),
    "receipt": lambda: render(RECEIPT, FONTS),
}


def elements(node: Any) -> Iterator[Any]:
    """Structure elements below a node, in reading order."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from elements(kid)


def opened(content: bytes) -> Pdf:
    return pikepdf.open(io.BytesIO(content))


@pytest.mark.parametrize("name", PAPERS)
def test_nothing_is_painted_that_is_neither_content_nor_artifact(name: str) -> None:
    with opened(PAPERS[name]()) as pdf:
        for page in pdf.pages:
            depth, marks = 0, []
            for one in pikepdf.parse_content_stream(page):
                operator = str(one.operator)
                if operator in ("BDC", "BMC"):
                    assert depth == 0, "marked content does not nest"
                    depth += 1
                    marks += [int(one.operands[1].MCID)] if operator == "BDC" else []
                elif operator == "EMC":
                    depth -= 1
                elif operator in PAINTS:
                    assert depth == 1, one
            assert marks == list(range(len(marks)))
            assert len(pdf.Root.StructTreeRoot.ParentTree.Nums[2 * int(page.StructParents) + 1]) == len(marks)


@pytest.mark.parametrize("name", PAPERS)
def test_every_piece_of_content_belongs_to_exactly_one_element(name: str) -> None:
    with opened(PAPERS[name]()) as pdf:
        owned = []
        for element in elements(pdf.Root.StructTreeRoot):
            kids = [one for one in element.get("/K", []) if "/MCID" in one]
            owned += [(one.Pg.objgen, int(one.MCID)) for one in kids]
            for one in kids:
                page = next(place for place, found in enumerate(pdf.pages) if found.obj.objgen == one.Pg.objgen)
                assert pdf.Root.StructTreeRoot.ParentTree.Nums[2 * page + 1][int(one.MCID)].objgen == element.objgen
        assert len(owned) == len(set(owned))


def test_the_title_is_the_first_heading_and_the_sections_are_below_it_in_the_bookmarks() -> None:
    with opened(render(examples.agreement(), FONTS)) as pdf:
        kinds = [str(one.S) for one in elements(pdf.Root.StructTreeRoot)]
        assert kinds[:2] == ["/Document", "/H1"]
        assert kinds.count("/H1") == 1
        with pdf.open_outline() as outline:
            [whole] = outline.root
            assert whole.title == "人民调解协议书"
            assert [one.title for one in whole.children][:2] == ["纠纷主要事实、争议事项", "当事人的责任"]


def test_a_paragraph_that_goes_on_on_the_next_page_stays_one() -> None:
    paper = examples.agreement()
    with opened(render(paper, FONTS)) as pdf:
        pages = {
            len({one.Pg.objgen for one in element.get("/K", []) if "/MCID" in one})
            for element in elements(pdf.Root.StructTreeRoot)
        }
        assert len(pdf.pages) > 1
        assert pages <= {0, 1, 2}


def test_a_form_is_a_table_whose_left_column_names_the_row() -> None:
    with opened(render(RECEIPT, FONTS)) as pdf:
        found = list(elements(pdf.Root.StructTreeRoot))
        [table] = [one for one in found if one.S == "/Table"]
        rows = list(table.K)
        assert len(rows) == 9
        assert [[str(cell.S) for cell in row.K] for row in rows] == [["/TH", "/TD"]] * 9
        assert all(row.K[0].A.Scope == "/Row" for row in rows)


def test_the_square_code_says_in_words_where_it_leads() -> None:
    with opened(render(examples.ruling(), FONTS)) as pdf:
        [figure] = [one for one in elements(pdf.Root.StructTreeRoot) if one.S == "/Figure"]
        assert "https://localhost/verify/R5TX9B" in str(figure.Alt)


def test_each_place_to_sign_is_tied_to_its_field_where_it_stands_in_the_text() -> None:
    paper = examples.agreement()
    with opened(lay_out_fields(render(paper, FONTS), paper.fields())) as pdf:
        forms = [one for one in elements(pdf.Root.StructTreeRoot) if one.S == "/Form"]
        assert [str(one.K.Obj.T) for one in forms] == [one.name for one in paper.fields()]
        numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        parents = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
        for one in forms:
            assert parents[int(one.K.Obj.StructParent)].objgen == one.objgen
        assert int(pdf.Root.StructTreeRoot.ParentTreeNextKey) > max(parents)


def test_an_untagged_canvas_is_drawn_as_it_is() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(100, 100), pageCompression=0, initialFontName=FONTS.name("body"))
    with tagged(canvas, Element("P")), artifact(canvas):
        write(canvas, FONTS, "张", Style(size=10), (10, 10))
    field_place(canvas, "party-1")
    canvas.save()
    assert b"BDC" not in out.getvalue()


def test_rows_that_follow_one_another_are_one_table_and_a_paragraph_between_begins_another() -> None:
    structure = Structure()
    first = structure.table()
    structure.attach(Element("TR", parent=first))
    assert structure.table() is first
    structure.attach(Element("P"))
    assert structure.table() is not first
