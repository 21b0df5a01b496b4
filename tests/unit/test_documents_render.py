"""The papers as a printer, an archive and a reader get them."""

import datetime as dt
import functools
import io
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from pikepdf import pdfa

from documents import examples
from documents.fonts import FontsMissing, FontStack, GlyphMissing
from documents.linebreak import NO_START, break_lines, faults, units
from documents.papers.base import DEVELOPMENT_LINE, FieldFault
from documents.papers.confirmation import ApplicationDocument, ConfirmationPledge
from documents.papers.settlement import ClauseText
from documents.pdfa import spots_of
from documents.render import render
from documents.specimens import SPECIMENS

FONTS = FontStack.default()
DAY = dt.date(2026, 12, 1)
URL = "https://localhost/verify/K7QF2M"
AT = dt.datetime(2026, 12, 3, 2, 0, tzinfo=dt.UTC)
CASE = "（2026）辽0204诉前调确12号"


def text_of(pdf: bytes) -> list[str]:
    """The text of each page, blanks left out: what a screen reader gets."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return ["".join(page.split()) for page in done.stdout.decode().split("\f")[:-1]]


def application(**changes) -> ApplicationDocument:
    return replace(SPECIMENS["confirmation-application"], **changes)


PROOF, NOTICE, RECEIPT = (SPECIMENS[kind] for kind in ("mediation-proof", "acceptance-notice", "electronic-receipt"))
WITH_PLEDGE = application(pledge=ConfirmationPledge(pledged_on=DAY))
ALL = {**SPECIMENS, "with-pledge": WITH_PLEDGE}


@functools.cache
def printed(name: str) -> bytes:
    return render(ALL[name], FONTS)


@pytest.mark.parametrize("name", ALL)
def test_every_paper_is_pdf_a_2b_and_the_same_bytes_again(name: str) -> None:
    first = printed(name)
    assert first == render(ALL[name], FONTS)
    # pikepdf knows no described properties, so not the claim PDF/UA-1 either; veraPDF judges the rest.
    for one in pdfa.validate_written(io.BytesIO(first), "2b").findings:
        assert any(known in str(one) for known in ("pdfaExtension", "pdfaSchema", "pdfaProperty", "pdfuaid")), str(one)


def test_an_agreement_says_all_that_the_form_wants() -> None:
    paper = replace(examples.agreement(), recorder="赵云")
    whole = "".join(text_of(render(paper, FONTS)))
    for said in ("人民调解协议书", "（2026）沙望人调字第37号", "纠纷主要事实、争议事项", "当事人的责任", "一、被申请人刘志强于2026年12月5日前",
                 "四、任何一期逾期超过7日", "履行协议的方式、地点、期限", "本协议一式三份", "记录人（签名）：赵云", "2026年11月24日"):  # fmt: skip
        assert said in whole, said


def test_the_red_line_stands_on_every_page_of_a_demonstration_and_on_no_other() -> None:
    shown = text_of(render(examples.agreement(development=True), FONTS))
    assert len(shown) > 1
    assert all(DEVELOPMENT_LINE in page for page in shown)
    assert not any(DEVELOPMENT_LINE in page for page in text_of(render(examples.agreement(development=False), FONTS)))


def test_pages_are_numbered_and_name_the_paper_and_its_version() -> None:
    for number, page in enumerate(text_of(render(examples.agreement(), FONTS)), 1):
        assert f"—{number}—" in page
        assert "第2版" in page


def test_a_confirming_ruling_and_a_rejecting_one_say_so_in_the_words_of_the_law() -> None:
    confirmed = "".join(text_of(render(examples.ruling(), FONTS)))
    for said in (
        "民事裁定书",
        "第二百零六条规定，裁定如下",
        "主持调解达成的调解协议有效",
        "可以向人民法院申请执行",
        "二〇二六年十二月三日",
        "本件与原本核对无异书记员",
    ):
        assert said in confirmed, said
    rejected = "".join(text_of(render(examples.ruling("调解协议内容不明确"), FONTS)))
    for said in (
        "“调解协议内容不明确”",
        "第三百五十八条规定",
        "驳回申请人张桂兰与申请人刘志强的申请",
        "也可以向人民法院提起诉讼",
    ):
        assert said in rejected, said
    assert "申请执行" not in rejected


def test_an_application_names_two_applicants_and_no_respondent() -> None:
    whole = "".join(text_of(render(application(), FONTS)))
    assert whole.count("申请人：") >= 2
    assert "被申请人" not in whole.replace("被申请人刘志强", "")
    assert "司法确认承诺书" not in whole
    assert "司法确认承诺书" in "".join(text_of(printed("with-pledge")))


def test_a_receipt_tells_beijing_time_and_what_has_not_happened() -> None:
    whole = "".join(text_of(render(RECEIPT, FONTS)))
    assert "2026年12月3日10:00:00" in whole
    assert "尚未打开" in whole


def test_the_fingerprint_in_a_proof_is_whole() -> None:
    assert "9f2c41d0" * 8 in "".join(text_of(render(PROOF, FONTS)))


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_field_of_a_paper_has_its_spot_on_the_page(name: str) -> None:
    paper = SPECIMENS[name]
    spots = spots_of(printed(name))
    wanted = [one.name for one in paper.fields()] if hasattr(paper, "fields") else []
    assert set(wanted) <= set(spots)
    assert len(set(wanted)) == len(wanted)
    for _, (left, bottom, right, top) in spots.values():
        assert 0 < left < right < 596
        assert 0 < bottom < top < 842


def test_many_parties_get_a_spot_each_and_none_is_cut_off() -> None:
    parties = tuple(replace(examples.ZHANG, name=f"张{wording}") for wording in "一二三四五六七八九十甲乙丙丁")
    paper = replace(examples.agreement(), parties=parties, copies=15)
    spots = spots_of(render(paper, FONTS))
    assert {one.name for one in paper.fields()} <= set(spots)
    boxes = [(page, box) for page, box in spots.values()]
    assert len(set(boxes)) == len(boxes)


def test_a_long_agreement_keeps_every_word() -> None:
    clauses = tuple(
        ClauseText(place, "", f"第{place}件事：" + "双方应当各自履行义务，" * 30 + "完。") for place in range(1, 25)
    )
    whole = "".join(text_of(render(replace(examples.agreement(), clauses=clauses), FONTS)))
    assert whole.count("双方应当各自履行义务") >= 24 * 20
    assert "二十四、第24件事" in whole


def test_a_rare_name_is_printed_from_another_font_or_refused_by_name() -> None:
    rare = replace(examples.agreement(), parties=(replace(examples.ZHANG, name="张伟䶮"), examples.LIU))
    assert "张伟䶮" in "".join(text_of(render(rare, FONTS)))
    with pytest.raises(GlyphMissing) as caught:
        render(replace(examples.agreement(), mediator="\U0001f600王"), FONTS)
    assert caught.value.character == "\U0001f600"


def test_a_faulty_paper_is_not_printed() -> None:
    with pytest.raises(FieldFault):
        render(replace(examples.agreement(), facts=""), FONTS)


def test_a_folder_without_fonts_says_which_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match="NotoSerifSC"):
        FontStack.load(tmp_path)


def test_the_title_the_language_and_the_day_are_in_the_file() -> None:
    with pikepdf.open(io.BytesIO(printed("agreement"))) as pdf:
        assert str(pdf.docinfo.Title) == "人民调解协议书"
        assert str(pdf.docinfo.CreationDate) == "D:20261124000000+08'00'"
        assert str(pdf.Root.Lang) == "zh-CN"
        assert all("/FontFile2" in font.DescendantFonts[0].FontDescriptor if "/DescendantFonts" in font else
                   "/FontFile2" in font.FontDescriptor for page in pdf.pages for font in page.Resources.Font.values())  # fmt: skip


def widths(one: str) -> float:
    return 8.0 if one.isascii() else 16.0


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    text = "双方约定（以下简称“本约定”）：于2026年12月5日前付清8,600.00元，" * 12
    for width in range(90, 460, 7):
        lines = break_lines(text, widths, 16, width, 32)
        assert list(faults(lines)) == []
        assert "".join(line.text for line in lines) == text


def test_a_number_keeps_its_unit_and_a_fingerprint_its_groups() -> None:
    assert units("2026年12月5日前付8,600.50元") == ["2026年12月5日", "前", "付", "8,600.50元"]
    assert "41d0" in units("指纹 9f2c 41d0")
    assert "……" in "".join(units("等……")) and all(piece[0] not in NO_START for piece in units("等……，好")[0:1])


def test_a_word_longer_than_the_line_is_cut_and_nothing_is_lost() -> None:
    address = "https://example.cn/" + "a" * 200
    lines = break_lines(address, widths, 16, 160)
    assert "".join(line.text for line in lines) == address
    assert all(line.natural <= line.available + 0.01 for line in lines)


def test_an_empty_paragraph_is_one_empty_line() -> None:
    assert [line.text for line in break_lines("", widths, 16, 160)] == [""]
