"""The dossier's own pages: cover, inside list, closing statement, back cover."""

from reportlab.lib.units import mm
from reportlab.platypus import Spacer
from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press, Style
from documents.forms.pieces import HEADING, TITLE, bodies
from documents.forms.table import Cell, RuledTable, head
from documents.papers.dossier import BackCover, ClosingStatement, DossierCover, InsideList, StandIn

NAME = Style(use="title", size=36, leading=56, indent=0, align="center", before=60, after=40)
BODY_NAME = Style(use="strong", size=22, leading=34, indent=0, align="center")
LAST = Style(size=16, leading=30, indent=0, align="center")


def cover_story(paper: DossierCover, press: Press) -> list[Flowable]:
    """卷宗封面 in the order of the form."""
    span = f"{wording.date(paper.mediated_from)}至{wording.date(paper.mediated_to)}"
    rows = [
        [head("卷名"), Cell(paper.title, 10)],
        [head("卷号"), Cell(paper.number, 10)],
        [head("人民调解员"), Cell("、".join(paper.mediators), 10)],
        [head("调解日期"), Cell(span, 10)],
        [head("立卷人"), Cell(paper.filed_by, 4), head("立卷日期"), Cell(wording.date(paper.filed_on), 4)],
        [head("保管期限"), Cell(paper.retention, 10)],
        [head("备注"), Cell(paper.remarks, 10)],
    ]
    fonts = press.fonts
    title = [Paragraph(paper.committee, fonts, BODY_NAME), Paragraph("人民调解卷宗", fonts, NAME)]
    return [*title, Spacer(1, 20 * mm), RuledTable(rows, press)]


def list_story(paper: InsideList, press: Press) -> list[Flowable]:
    """卷内目录, its first row again on every page."""
    rows = [
        [
            Cell("序号", 2, head="Column"),
            Cell("文书名称", 13, head="Column"),
            Cell("页号", 3, head="Column"),
            Cell("备注", 6, head="Column"),
        ]
    ]
    for number, one in enumerate(paper.entries, 1):
        last = one.page + one.pages - 1
        pages = str(one.page) if last == one.page else f"{one.page}—{last}"
        place = Cell(str(number), 2, align="center")
        rows.append([place, Cell(one.title, 13), Cell(pages, 3, align="center"), Cell(one.note, 6)])
    return [Paragraph("卷内目录", press.fonts, TITLE), RuledTable(rows, press, heading=True)]


def statement_story(paper: ClosingStatement, press: Press) -> list[Flowable]:
    """卷宗情况说明: counts, what is lacking and why, who filed and checked, the fingerprint of every original."""
    cover, fonts = paper.cover, press.fonts
    counted = f"本卷共有文书材料{len(paper.originals)}件，计{paper.pages}页。"
    attached = [one for one in paper.originals if one.attached]
    if attached:
        counted += f"随卷附电子原件{len(attached)}件，电子签名以附件中的原件查验为准。"
    absent = [f"缺少{one.name}：{one.reason}" for one in cover.absences]
    told = [counted, *absent, cover.statement or ("" if absent else "卷内材料齐全，没有需要说明的情况。")]
    rows = [
        [head("立卷人"), Cell(cover.filed_by, 4), head("立卷日期"), Cell(wording.date(cover.filed_on), 4)],
        [head("检查人"), Cell(cover.checked_by, 10)],
    ]
    title = Paragraph("卷宗情况说明", fonts, TITLE)
    story = [title, *bodies(told, fonts), Spacer(1, 8 * mm), RuledTable(rows, press)]
    if not paper.originals:
        return story
    return [*story, Paragraph("材料原件的校验值（SHA-256）", fonts, HEADING), _originals(paper, press)]


def _originals(paper: ClosingStatement, press: Press) -> RuledTable:
    rows = [[Cell("序号", 2, head="Column"), Cell("校验值", 15, head="Column"), Cell("随卷附件", 7, head="Column")]]
    for number, one in enumerate(paper.originals, 1):
        place = Cell(str(number), 2, align="center")
        rows.append([place, Cell(wording.fingerprint(one.sha256), 15), Cell(one.attached or "—", 7)])
    return RuledTable(rows, press, heading=True)


def stand_in_story(paper: StandIn, press: Press) -> list[Flowable]:
    """材料说明页: what should lie here, why it does not, and how to know the attached original."""
    rows = [
        [head("材料名称"), Cell(paper.title, 10)],
        [head("未印入"), Cell(paper.reason, 10)],
        [head("原件"), Cell(f"见附件：{paper.attached}", 10)],
        [head("大小"), Cell(f"{paper.bytes:,}字节", 10)],
        [head("SHA-256"), Cell(wording.fingerprint(paper.sha256), 10)],
    ]
    return [Paragraph("材料说明页", press.fonts, TITLE), Spacer(1, 8 * mm), RuledTable(rows, press)]


def back_story(paper: BackCover, press: Press) -> list[Flowable]:
    """封底: nothing but the body that keeps it."""
    fonts = press.fonts
    lines = [paper.cover.committee, f"卷号：{paper.cover.number}", f"保管期限：{paper.cover.retention}"]
    return [Spacer(1, 150 * mm), *[Paragraph(line, fonts, LAST) for line in lines]]
