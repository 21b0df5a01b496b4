"""Every official form: what it must say, and that everything missing or wrong is named at once."""

import datetime as dt
import io
import subprocess
from dataclasses import fields, replace

import pikepdf
import pytest

from documents.fonts import FontStack, GlyphMissing
from documents.forms.registry import FORMS
from documents.papers import checks
from documents.papers.base import FieldFault, Said, checked
from documents.papers.people import OrganisationParticulars, PersonParticulars, particulars
from documents.papers.settlement import ClauseText
from documents.render import render
from documents.specimens import PROPERTY, SPECIMENS, ZHANG

FONTS = FontStack.default()
PUBLISHED = "11010519491231002X"  # the number that GB 11643 itself gives as an example


def told(paper) -> list[str]:
    return [fault.zh for fault in paper.faults()]


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return "".join(done.stdout.decode().split())


def said_of(paper) -> dict[str, Said]:
    notes = type(paper).__annotations__
    return {
        one.name: note
        for one in fields(paper)
        for note in getattr(notes[one.name], "__metadata__", ())
        if isinstance(note, Said)
    }


@pytest.mark.parametrize("kind", SPECIMENS)
def test_a_specimen_has_no_fault(kind: str) -> None:
    checked(SPECIMENS[kind])


def test_every_form_has_a_specimen() -> None:
    assert {form.paper for form in FORMS} == {type(paper) for paper in SPECIMENS.values()}


@pytest.mark.parametrize("kind", SPECIMENS)
def test_what_is_left_empty_is_named_at_once_in_the_order_of_the_form(kind: str) -> None:
    paper = SPECIMENS[kind]
    required = [
        one.name
        for one in fields(paper)
        if one.default is one.default_factory and isinstance(getattr(paper, one.name), str | tuple)
    ]
    names = said_of(paper)
    emptied = {name: () if isinstance(getattr(paper, name), tuple) else " " for name in required if name in names}
    chosen = {"reason", "result", "source", "method", "performance", "outcome"}  # words of a closed list
    emptied = {name: value for name, value in emptied.items() if name not in chosen or kind == "agreement"}
    missing = replace(paper, **emptied).faults()
    expected = [names[name].missing() for name in emptied]
    assert [fault for fault in missing if fault in expected] == expected
    assert all(fault.en.isascii() for fault in missing)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id_number": "110105194912310021"}, "的公民身份号码的校验位、地区码或出生日期不对：110105194912310021"),
        ({"id_number": "1101051949"}, "的公民身份号码不是18位的公民身份号码：1101051949"),
        ({"id_number": PUBLISHED, "sex": "男"}, "的性别与公民身份号码不一致"),
        ({"id_number": PUBLISHED, "born": dt.date(1949, 12, 30)}, "的出生日期与公民身份号码不一致"),
        ({"contact": "1380013"}, ""),
        ({"contact": "电话见前"}, "的联系方式不是电话号码：电话见前"),
        ({"sex": "未知"}, "的性别只能是男、女：未知"),
        ({"age": 200}, "的年龄不对：200"),
    ],
)
def test_a_persons_numbers_are_judged(changes: dict, fault: str) -> None:
    paper = SPECIMENS["mediation-application"]
    person = replace(ZHANG, id_number="", **{"sex": "女", **changes}) if "id_number" not in changes else replace(
        ZHANG, **changes
    )  # fmt: skip
    expected = [f"申请人{fault}"] if fault else []
    assert told(replace(paper, applicant=person)) == expected


def test_the_published_resident_number_agrees_with_its_sex_and_birth() -> None:
    assert checks.born_on(PUBLISHED) == dt.date(1949, 12, 31)
    assert checks.sex_of(PUBLISHED) == "女"
    assert PersonParticulars(name="甲", role="申请人", sex="女", id_number=PUBLISHED).faults() == []
    assert PersonParticulars(name="甲", role="申请人", id_kind="护照", id_number="E12345678").faults() == []


def test_an_organisation_needs_its_representative_and_a_code_that_holds() -> None:
    wrong = replace(PROPERTY, credit_code="91210200MA0000000X", representative="")
    assert [fault.zh for fault in wrong.faults()] == [
        "统一社会信用代码不是有效的统一社会信用代码：91210200MA0000000X",
        "缺少法定代表人",
    ]
    assert "法定代表人：陈立，总经理。" in particulars(PROPERTY)
    assert isinstance(PROPERTY, OrganisationParticulars)


def test_amounts_in_capitals_must_be_those_in_figures_wherever_they_stand() -> None:
    agreement = SPECIMENS["agreement"]
    clause = ClauseText(1, "", "赔偿8,600元（捌仟伍佰元整）。")
    found = told(replace(agreement, facts="损失100元（壹佰零壹元整）。", clauses=(clause,)))
    assert found == ["主要事实里大写金额与小写不一致：壹佰零壹元整", "第1条的内容里大写金额与小写不一致：捌仟伍佰元整"]


@pytest.mark.parametrize(
    ("kind", "changes", "fault"),
    [
        ("termination-notice", {"date": dt.date(2026, 1, 1)}, "终止日期早于受理日期"),
        ("termination-notice", {"reason": "other"}, "缺少原因说明"),
        ("refusal-notice", {"date": dt.date(2026, 1, 1)}, "告知日期早于申请日期"),
        ("correction-notice", {"deadline": dt.date(2026, 11, 27)}, "补正期限应当晚于通知日期"),
        ("confirmation-application", {"date": dt.date(2026, 1, 1)}, "申请日期早于协议日期"),
        ("ruling-not-admitted", {"ground": ""}, "缺少不予受理的理由（民诉法解释第三百五十五条的一项）"),
        ("ruling-deemed-withdrawn", {"ground": None}, "缺少按撤回申请处理的理由（民诉法解释第三百五十七条）"),
        ("ruling-withdrawal-allowed", {"withdrawn_on": None}, "缺少撤回申请的日期"),
        ("ruling-withdrawal-allowed", {"withdrawn_on": dt.date(2027, 1, 1)}, "撤回申请的日期应当在受理与裁定之间"),
        ("delivery-receipt", {"refusal": ""}, "缺少拒收事由"),
        ("delivery-receipt", {"proxy": "李某"}, "缺少代收人与受送达人的关系"),
        ("delivery-receipt", {"received_on": dt.date(2026, 1, 1)}, "收到日期早于填发日期"),
        ("delivery-address", {"electronic_phone": ""},
         "缺少电子送达的号码或地址（短信、邮箱、传真或微信至少一项）"),
        ("delivery-address", {"postcode": "1160"}, "邮政编码不是六位邮政编码：1160"),
        ("power-of-attorney", {"special": ("全权代理",)}, "授权事项应当逐项写明，不能只写全权代理"),
        ("registration", {"source": "移交"}, "缺少移送单位"),
        ("mediation-record", {"result": "不成"}, "缺少其他救济途径"),
        ("mediation-record", {"invited": ("王敏",)}, "邀请参加人不应包括当事人、调解员和记录人：王敏"),
        ("follow-up", {"satisfaction": 6}, "满意度应当是1至5"),
        ("inquiry-record", {"ended_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "结束时间早于开始时间"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_told(kind: str, changes: dict, fault: str) -> None:
    assert told(replace(SPECIMENS[kind], **changes)) == [fault]


def test_a_consent_answers_every_stage_and_every_use_of_personal_matters() -> None:
    paper = SPECIMENS["online-consent"]
    found = told(replace(paper, stages=paper.stages[:-1], privacy=paper.privacy[1:]))
    assert found == ["缺少对“非同步调解”的意见", "缺少对“身份核验所需的证件信息”的意见"]


@pytest.mark.parametrize(
    ("kind", "sentences"),
    [
        ("ruling-not-admitted", ("本院不予受理", "第三百五十五条第一款", "也可以向人民法院提起诉讼")),
        ("ruling-reject", ("第三百五十八条", "也可以向人民法院提起诉讼")),
        ("ruling-withdrawal-allowed", ("准许申请人张桂兰与申请人刘志强撤回申请", "第三百五十七条第一款")),
        ("ruling-deemed-withdrawn", ("本案按申请人张桂兰与申请人刘志强撤回申请处理", "第三百五十七条第二款")),
        ("refusal-notice", ("决定不予受理", "特此告知")),
        ("mediation-proof-english", ("CertificateofMediation", "24November2026", "9f2c41d09f2c41d0")),
        ("delivery-receipt", ("留置送达", "见证人", "司法确认风险告知书2份")),
        ("mediation-record", ("双方无争议的事实", "■成功", "第一千一百六十五条")),
    ],
)
def test_a_form_says_what_the_law_wants(kind: str, sentences: tuple[str, ...]) -> None:
    whole = text_of(render(SPECIMENS[kind], FONTS)).replace(" ", "")
    for sentence in sentences:
        assert sentence in whole, sentence


def test_a_cell_of_many_pages_is_printed_whole_in_a_table_that_breaks() -> None:
    long = "双方各自履行，" * 1200 + "到此为止。"
    pdf = render(replace(SPECIMENS["oral-agreement"], content=long), FONTS)
    whole = text_of(pdf)
    assert whole.count("双方各自履行") > 1100
    assert "到此为止" in whole


def test_a_clause_of_three_hundred_pages_is_printed_and_one_of_more_is_refused() -> None:
    agreement = SPECIMENS["agreement"]
    line = "双方各自履行，" * 26_000  # 300 pages of 616 characters
    pdf = render(replace(agreement, clauses=(ClauseText(1, "", line),)), FONTS)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) > 290
    with pytest.raises(FieldFault, match="太长"):
        render(replace(agreement, clauses=(ClauseText(1, "", line * 3),)), FONTS)


@pytest.mark.parametrize(
    "name", ["张（三）", "李【四】《五》", "「王」〔六〕{七}", "A(B)[C]<D>", "欧阳·买买提", "\\张)(/%"]
)
def test_names_with_every_kind_of_bracket_stand_as_they_are(name: str) -> None:
    agreement = SPECIMENS["agreement"]
    paper = replace(agreement, parties=(replace(ZHANG, name=name), agreement.parties[1]))
    assert name in text_of(render(paper, FONTS))


@pytest.mark.parametrize("kind", ["agreement", "registration", "follow-up", "ruling-confirm"])
def test_a_picture_character_is_refused_by_its_name(kind: str) -> None:
    paper = SPECIMENS[kind]
    people = "applicants" if kind.startswith("ruling") else "parties"
    who = (replace(ZHANG, name="张\U0001f600"), *getattr(paper, people)[1:])
    with pytest.raises(GlyphMissing) as caught:
        render(replace(paper, **{people: who}), FONTS)
    assert caught.value.character == "\U0001f600"


def test_the_rows_of_a_ruled_table_have_headers_and_equal_width() -> None:
    def walk(element):
        yield element
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield from walk(kid)

    with pikepdf.open(io.BytesIO(render(SPECIMENS["delivery-receipt"], FONTS))) as pdf:
        elements = list(walk(pdf.Root.StructTreeRoot.K[0]))
        rows = [one for one in elements if one.S == "/TR"]
        assert len(rows) == 10
        for row in rows:
            spans = [int(cell.get("/A", {}).get("/ColSpan", 1)) for cell in row.K]
            assert sum(spans) == 12
            assert any(cell.S == "/TH" and cell.A.Scope == "/Row" for cell in row.K)
        inside = [kid for one in elements if one.S == "/TD" for kid in walk(one) if "/T" in kid]
        assert {str(one.T) for one in inside} == {"spot:party-1", "spot:witness-1", "spot:server"}
