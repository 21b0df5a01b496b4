"""签署证明页: what is known of each signer is printed, what is not known is said to be so."""

import dataclasses
import datetime as dt
import io

import pikepdf
import pytest
from documents_play import play
from documents_proofs import LIU, MINUTE, ZHANG, proof
from pikepdf import pdfa

from documents.forms.signing_proof import MIXED, signer_rows
from documents.papers.base import FieldFault
from documents.render import render


def shown(one) -> dict[str, str]:
    return dict(signer_rows(one, "某时间戳机构"))


def test_times_bear_their_zone_and_the_authority_that_stated_them() -> None:
    signed = shown(ZHANG)["签署"]
    assert "UTC+8" in signed
    assert "某时间戳机构" in signed
    assert "B-LTA" in signed


def test_many_views_are_counted_and_the_first_are_shown() -> None:
    assert shown(ZHANG)["查看"].endswith("共9次")
    assert shown(ZHANG)["查看"].count("UTC+8") == 6


def test_the_consent_stands_in_its_own_words() -> None:
    assert "“谈成了，您愿意在手机上签名吗？愿意。”" in shown(ZHANG)["同意"]


def test_what_is_not_known_is_said_to_be_so() -> None:
    bare = dataclasses.replace(
        ZHANG, invited=(), viewed=(), consented_at=None, signed_at=None, device="", fingerprint=""
    )
    rows = shown(bare)
    assert {rows[name] for name in ("邀请", "查看", "同意", "设备", "证书指纹")} == {"没有记录"}
    assert rows["签署"] == "还没有签"


def test_a_signature_on_paper_claims_no_certificate() -> None:
    rows = shown(LIU)
    assert rows["方式"].startswith("纸上手写签名")
    assert "由调解员王敏见证" in rows["签署"]
    assert not {"证书指纹", "设备"} & set(rows)


def test_only_a_mixed_paper_says_that_it_is_mixed() -> None:
    assert proof().mixed
    assert not proof(ZHANG).mixed
    assert "程序查验不了笔迹" in MIXED


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"signers": ()}, "缺少签名人"),
        ({"sha256": "ABC"}, "文件指纹不对"),
        ({"time_authority": ""}, "缺少时间戳机构"),
        ({"made_at": dt.datetime(2026, 1, 1)}, "制作时间没有时区"),  # noqa: DTZ001 - without a zone on purpose
    ],
)
def test_faults_are_named(changes: dict, fault: str) -> None:
    assert fault in [one.zh for one in dataclasses.replace(proof(), **changes).faults()]


def test_faults_of_signers_are_named_all_at_once() -> None:
    nobody = dataclasses.replace(LIU, attested_by="", identity="")
    naive = dataclasses.replace(ZHANG, signed_at=dt.datetime(2026, 1, 1))  # noqa: DTZ001 - without a zone on purpose
    with pytest.raises(FieldFault) as caught:
        render(proof(nobody, naive), play().ceremony.fonts)
    assert len(caught.value.faults) == 3


def test_the_page_is_an_archival_tagged_pdf_with_the_same_bytes_each_time() -> None:
    first, second = (render(proof(ZHANG, LIU, ZHANG), play().ceremony.fonts) for _ in range(2))
    assert first == second
    for one in pdfa.validate_written(io.BytesIO(first), "2b").findings:
        assert any(known in str(one) for known in ("pdfaExtension", "pdfaSchema", "pdfaProperty", "pdfuaid")), str(one)
    with pikepdf.open(io.BytesIO(first)) as opened:
        assert opened.Root.MarkInfo.Marked
        assert str(opened.docinfo["/Title"]) == "签署证明页"
        assert "/AcroForm" not in opened.Root


def test_a_later_time_prints_another_page() -> None:
    assert render(proof(made_at=proof().made_at + MINUTE), play().ceremony.fonts) != render(
        proof(), play().ceremony.fonts
    )
