"""The receipts of delivery (送达回证): on paper, and of electronic delivery."""

import datetime as dt

from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Spacer
from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press, Style
from documents.forms.ends import closing_block, corner_code
from documents.forms.pieces import headed
from documents.forms.table import Cell, RuledTable, head
from documents.papers.delivery import DeliveryReceipt, ElectronicReceipt

NOTES = (
    "注：一、受送达人是公民的，本人不在交他的同住成年家属签收；是法人或者其他组织的，由负责人或者负责收件的人签收。"
    "二、代收诉讼文书的，由代收人签名并注明与受送达人的关系。"
    "三、受送达人拒绝接收的，邀请有关人员到场，记明拒收事由和日期，由送达人、见证人签名，把文书留在住所，即视为送达。"
)


def receipt_story(paper: DeliveryReceipt, press: Press) -> list[Flowable]:
    """送达回证 (CPL 87-89) in the order of the courts' form; signatures lie in its cells."""
    received = wording.date(paper.received_on) if paper.received_on else "　　　年　　月　　日"
    proxy = f"{paper.proxy}（{paper.proxy_relation}）" if paper.proxy else "　"
    papers = "\n".join(f"{one.paper}　{one.copies}份" for one in paper.papers)
    rows = [
        [head("案由"), Cell(paper.cause, 4), head("案号"), Cell(paper.case_number, 4)],
        [head("送达文书及份数"), Cell(papers, 10)],
        [head("受送达人"), Cell(paper.recipient, 4), head("送达方式"), Cell(paper.method, 4)],
        [head("送达地点"), Cell(paper.place, 10)],
        [head("收件人签名"), Cell("", 4, sign="party-1"), head("收到日期"), Cell(received, 4)],
        [head("代收人及关系"), Cell(proxy, 10)],
        [head("拒收事由"), Cell(paper.refusal, 10)],
        *[[head("见证人"), Cell(name, 10, sign=f"witness-{place}")] for place, name in enumerate(paper.witnesses, 1)],
        [
            head("送达人"),
            Cell(paper.server, 4, sign="server"),
            head("填发日期"),
            Cell(wording.date(paper.issued_on), 4),
        ],
        [head("备注"), Cell(paper.remarks, 10)],
    ]
    story = [
        *corner_code(press, paper.verify_url),
        *headed(paper.court, "送达回证", "", press.fonts)[:2],
        RuledTable(rows, press),
    ]
    small = Style(size=10.5, leading=17, indent=0, before=6)
    return [*story, Paragraph(NOTES, press.fonts, small)]


def electronic_story(paper: ElectronicReceipt, press: Press) -> list[Flowable]:
    """电子送达凭证, the 送达回证 of CPL 87-90: electronic delivery is done when the paper arrives in the system."""
    story = headed(paper.court, "送达回证", f"{paper.case_number}　电子送达", press.fonts)

    def told(when: dt.datetime | None, otherwise: str) -> str:
        return wording.moment(when) if when else otherwise

    rows = (
        ("案号", paper.case_number),
        ("案由", paper.cause),
        ("受送达人", paper.recipient),
        ("送达文书", paper.paper),
        ("送达方式", paper.channel),
        ("发送时间", told(paper.sent_at, "")),
        ("到达时间", told(paper.arrived_at, "尚未到达")),
        ("打开时间", told(paper.opened_at, "尚未打开")),
        (
            "说明",
            "以上时间为北京时间，由系统记录。送达信息到达受送达人特定系统的日期为送达日期（民事诉讼法第九十条）。",
        ),
    )
    table = RuledTable([[Cell(label, 2, head="Row"), Cell(text, 8)] for label, text in rows], press)
    last = paper.opened_at or paper.arrived_at or paper.sent_at
    day = wording.date(last.astimezone(wording.BEIJING))
    closing = closing_block(press, (paper.court, day), paper.verify_url)
    return [*story, table, KeepTogether([Spacer(1, 8 * mm), closing])]
