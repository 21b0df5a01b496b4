"""What a paper must say before it may be printed."""

import datetime as dt
from dataclasses import replace

import pytest

from documents import examples, wording
from documents.papers.base import FieldFault, checked
from documents.papers.closing import MediationProof
from documents.papers.delivery import ElectronicReceipt
from documents.papers.people import PersonParticulars, particulars
from documents.papers.settlement import AgreementDocument, ClauseText

DAY = dt.date(2026, 11, 24)
AT = dt.datetime(2026, 12, 3, 2, 0, tzinfo=dt.UTC)


def faults_of(paper) -> tuple[str, ...]:
    with pytest.raises(FieldFault) as caught:
        checked(paper)
    return tuple(fault.zh for fault in caught.value.faults)


def test_a_whole_agreement_has_no_fault() -> None:
    checked(examples.agreement())


def test_everything_that_is_missing_is_named_at_once_in_the_order_of_the_paper() -> None:
    empty = AgreementDocument(
        number="", committee=" ", parties=(), mediator="", facts="", clauses=(), date=DAY, verify_url="", version=0
    )
    assert faults_of(empty) == (
        "缺少编号",
        "缺少人民调解委员会名称",
        "当事人不足两人",
        "缺少调解员姓名",
        "缺少主要事实",
        "缺少协议内容",
        "缺少查验地址",
        "版本号应当大于零",
    )


def test_a_party_without_a_name_and_with_an_impossible_age_is_named_by_place() -> None:
    wrong = PersonParticulars(name=" ", role="", age=131)
    found = faults_of(replace(examples.agreement(), parties=(examples.ZHANG, wrong)))
    assert found == ("缺少第2个当事人的姓名", "缺少第2个当事人的身份（申请人或被申请人）", "第2个当事人的年龄不对：131")


def test_an_empty_clause_and_a_gap_in_the_numbering_are_told() -> None:
    clauses = (ClauseText(1, "", "  "), ClauseText(3, "", "某事"))
    assert faults_of(replace(examples.agreement(), clauses=clauses)) == (
        "缺少第1条的内容",
        "条款编号不连续：第2条写成了3",
    )


def test_one_copy_a_party_and_one_for_the_committee() -> None:
    assert faults_of(replace(examples.agreement(), copies=2)) == ("份数不够：当事人和人民调解委员会各持一份",)


def test_the_fields_of_an_agreement_are_the_parties_the_mediator_and_at_last_the_seal() -> None:
    fields = examples.agreement().fields()
    assert [one.name for one in fields] == ["party-1", "party-2", "mediator", "seal"]
    assert [one.role for one in fields] == ["person", "person", "mediator", "seal"]
    assert fields[0].label == "申请人张桂兰签名"


def test_a_rejection_needs_its_ground_and_a_ruling_comes_after_the_docketing() -> None:
    wrong = replace(examples.ruling(), outcome="reject", ground=" ", date=dt.date(2026, 11, 29))
    assert faults_of(wrong) == ("缺少驳回的理由（民诉法解释第三百五十八条的一项）", "裁定日期早于受理日期")


def test_a_receipt_refuses_times_out_of_order_and_times_without_a_zone() -> None:
    receipt = ElectronicReceipt(
        court="某法院", case_number="一号", cause="邻里", recipient="张桂兰", paper="裁定书", channel="短信",
        sent_at=AT, arrived_at=AT - dt.timedelta(seconds=1), verify_url="https://a/b",
    )  # fmt: skip
    assert faults_of(receipt) == ("送达时间先后不对",)
    assert faults_of(replace(receipt, sent_at=AT.replace(tzinfo=None))) == ("时间没有时区",)


def test_a_proof_refuses_what_is_no_fingerprint() -> None:
    proof = MediationProof(
        organisation="某调委会", registration="", mediators=("王敏",), parties=("甲", "乙"), started_on=DAY,
        concluded_on=DAY - dt.timedelta(days=1), agreement_number="一", agreement_sha256="XYZ", date=DAY,
        verify_url="https://a/b",
    )  # fmt: skip
    assert faults_of(proof) == ("协议文件的指纹不对", "调解结束早于调解开始")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (23, "二十三"),
        (105, "一百零五"),
        (110, "一百一十"),
        (999, "九百九十九"),
    ],
)
def test_clauses_are_numbered_as_one_says_it(number: int, text: str) -> None:
    assert wording.numeral(number) == text


def test_there_is_no_clause_zero_and_no_thousandth() -> None:
    for number in (0, 1000, -1):
        with pytest.raises(ValueError, match="no numeral"):
            wording.numeral(number)


def test_dates_and_times_are_beijings() -> None:
    assert wording.date(dt.date(2026, 3, 1)) == "2026年3月1日"
    assert wording.court_date(dt.date(2026, 10, 21)) == "二〇二六年十月二十一日"
    assert wording.moment(dt.datetime(2026, 12, 31, 16, 0, 5, tzinfo=dt.UTC)) == "2027年1月1日 00:00:05"


def test_particulars_tell_what_is_known_and_make_nothing_up() -> None:
    assert particulars(PersonParticulars(name="王某", role="申请人")) == "申请人：王某。"
    told = particulars(examples.ZHANG)
    assert told.startswith("申请人：张桂兰，女，汉族，72岁，退休工人，公民身份号码210202195403****26")
    assert told.endswith("502室。")


def test_names_are_joined_as_in_law() -> None:
    assert wording.joined(["甲"]) == "甲"
    assert wording.joined(["甲", "乙", "丙"]) == "甲、乙与丙"
    assert wording.fingerprint("0123456789ab") == "0123 4567 89ab"
