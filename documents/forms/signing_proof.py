"""签署证明页 as a form: the file first, then a table for each signer."""

import datetime as dt
from collections.abc import Sequence

from reportlab.platypus import KeepTogether
from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press, Style
from documents.forms.pieces import TITLE
from documents.forms.table import Cell, RuledTable, head
from documents.papers.signing_proof import SignerRecord, SigningProof

NAME = Style(use="heading", size=14, leading=24, indent=0, align="left", before=8, after=2)
SMALL = Style(size=11, leading=18, indent=0, align="left", after=4)
MODES = {"electronic": "电子签名（Electronic）", "paper": "纸上手写签名（On paper）"}
ABOUT = (
    "本页由平台按过程记录制作，说明每个人是怎样签署的。本页不是协议的一部分。"
    "This page tells from the platform's records how each person came to sign. It is no part of the agreement."
)
MIXED = "本协议一部分人用电子签名，一部分人在纸上签名：纸上的签名由见证人证明，程序查验不了笔迹。"


def signing_proof_story(paper: SigningProof, press: Press) -> list[Flowable]:
    """Everything about the file, then everything about each signer, in the order of signing."""
    fonts = press.fonts
    story: list[Flowable] = [Paragraph("签署证明页", fonts, TITLE), Paragraph(ABOUT, fonts, SMALL)]
    if paper.mixed:
        story.append(Paragraph(MIXED, fonts, SMALL))
    story.append(_table(_file(paper), press))
    for number, one in enumerate(paper.signers, 1):
        heading = Paragraph(f"{wording.numeral(number)}、{one.name}（{one.role}）", fonts, NAME)
        story.append(KeepTogether([heading, _table(signer_rows(one, paper.time_authority), press)]))
    return story


def _table(rows: Sequence[tuple[str, str]], press: Press) -> RuledTable:
    return RuledTable([[head(name, 5), Cell(text, 19)] for name, text in rows], press)


def _file(paper: SigningProof) -> list[tuple[str, str]]:
    rows = [
        ("文书", f"{paper.paper_title}　{paper.paper_number}"),
        ("文件指纹", f"SHA-256 {wording.fingerprint(paper.sha256)}"),
        ("查验结论", paper.verdict),
        ("时间戳机构", paper.time_authority),
    ]
    if paper.archived_at:
        rows.append(("长期保存", f"存档时间戳 {moment(paper.archived_at)}"))
    return [*rows, ("制作", f"{paper.platform}，{moment(paper.made_at)}")]


def signer_rows(one: SignerRecord, time_authority: str) -> list[tuple[str, str]]:
    """What is known of one signer; what is not known is said to be so, never left out."""
    rows = [("方式", MODES[one.mode]), ("身份核验", one.identity), ("邀请", _times(one.invited))]
    rows.append(("查看", _times(one.viewed)))
    consent = f"“{one.consent}”，{moment(one.consented_at)}" if one.consented_at else "没有记录"
    rows.append(("同意", consent))
    if one.mode == "paper":
        seen = f"，{moment(one.signed_at)}" if one.signed_at else ""
        return [*rows, ("签署", f"在打印件上手写签名，由{one.attested_by}见证{seen}")]
    level = f"，PAdES {one.level}" if one.level else "，还没有签名级别"
    rows.append(("签署", f"{moment(one.signed_at)}（{time_authority}）{level}" if one.signed_at else "还没有签"))
    rows.append(("设备", one.device or "没有记录"))
    return [*rows, ("证书指纹", wording.fingerprint(one.fingerprint) if one.fingerprint else "没有记录")]


def _times(times: Sequence[dt.datetime]) -> str:
    shown = "；".join(moment(one) for one in times[:6])
    return f"{shown}；共{len(times)}次" if len(times) > 6 else shown or "没有记录"


def moment(time: dt.datetime) -> str:
    """A time with its zone, to the second."""
    return f"{wording.moment(time)}（UTC+8）"
