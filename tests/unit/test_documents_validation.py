"""The verdict, against every attack we know: only the whole and untouched file is valid."""

import datetime as dt
import io
import json
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from documents_play import DAY, Clock, new_ceremony, play
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko_certvalidator.registry import SimpleCertificateStore

from documents import examples
from documents.render import render
from documents.report import REASONS, Report, Verdict, reason
from documents.signing import SigningKey, certify, embed, lay_out_fields, sign_with_key
from documents.validation import verify


def judged(pdf: bytes, *, days: float = 0, roots=None, expected=None) -> Report:
    return verify(pdf, roots or play().roots, expected, now=play().clock.now() + days * DAY)


def codes(report: Report) -> set[str]:
    return {one.code for one in report.reasons}


def updated(pdf: bytes, change) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def first_page(writer):
    return writer.root["/Pages"].get_object()["/Kids"].raw_get(0)


def replace_page(writer) -> None:
    page = first_page(writer)
    page.get_object()["/Contents"] = writer.add_object(
        generic.StreamObject(stream_data=b"0 0 0 rg 100 500 200 20 re f")
    )
    writer.mark_update(page)


def overlay(writer) -> None:
    form = generic.StreamObject(stream_data=b"1 1 1 rg 0 0 200 50 re f")
    form.update({pdf_name("/Type"): pdf_name("/XObject"), pdf_name("/Subtype"): pdf_name("/Form")})
    form[pdf_name("/BBox")] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 200, 50)))
    note = generic.DictionaryObject(
        {pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name("/FreeText")}
    )
    note[pdf_name("/Rect")] = generic.ArrayObject(map(generic.NumberObject, (100, 500, 300, 550)))
    note[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(form)})
    page = first_page(writer)
    shown = page.get_object().get("/Annots", generic.ArrayObject())
    page.get_object()[pdf_name("/Annots")] = generic.ArrayObject([*shown, writer.add_object(note)])
    writer.mark_update(page)


def add_page(writer) -> None:
    pages = writer.root["/Pages"].get_object()
    page = generic.DictionaryObject(
        {pdf_name("/Type"): pdf_name("/Page"), pdf_name("/Parent"): writer.root.raw_get("/Pages")}
    )
    page[pdf_name("/MediaBox")] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))
    pages["/Kids"].append(writer.add_object(page))
    pages[pdf_name("/Count")] = generic.NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(pages["/Kids"])
    writer.mark_update(writer.root.raw_get("/Pages").reference)


def add_field(writer) -> None:
    append_signature_field(writer, SigFieldSpec("party-3", on_page=0, box=(10, 10, 60, 60)))


def swap_appearance(writer) -> None:
    for one in writer.root["/AcroForm"]["/Fields"]:
        field = one.get_object()
        if field["/T"] == "party-1":
            old = field["/AP"]["/N"]
            form = generic.StreamObject(stream_data=b"1 0 0 rg 0 0 50 50 re f")
            form.update({pdf_name("/Type"): pdf_name("/XObject"), pdf_name("/Subtype"): pdf_name("/Form")})
            form[pdf_name("/BBox")] = old["/BBox"]
            field["/AP"][pdf_name("/N")] = writer.add_object(form)
            writer.update_container(field["/AP"])
            writer.update_container(field)


ATTACKS = (replace_page, overlay, add_page, add_field, swap_appearance)


def test_the_whole_file_is_valid_and_tells_who_signed_when() -> None:
    report = judged(play().whole)
    assert report.verdict is Verdict.VALID
    assert codes(report) == {"genuine"}
    told = [(one.field, one.role, one.name, one.level, one.intact, one.trusted) for one in report.signers]
    assert told == [
        ("platform", "platform", "云调平台（演示）", "B-LTA", True, True),
        ("party-2", "person", "刘志强", "B-LTA", True, True),
        ("party-1", "person", "张桂兰", "B-LTA", True, True),
        ("mediator", "mediator", "王敏", "B-LTA", True, True),
        ("seal", "seal", examples.COMMITTEE, "B-LTA", True, True),
    ]
    times = [one.time for one in report.signers]
    assert times == sorted(times)
    assert report.document_timestamp is not None
    assert report.document_timestamp > times[-1]
    assert (report.title, report.number) == ("人民调解协议书", "（2026）沙望人调字第37号　第2版")


@pytest.mark.parametrize("days", [0, 1, 400, 3 * 365, 8 * 365])
def test_it_stays_valid_for_years_by_what_lies_in_the_file_alone(days: int) -> None:
    assert judged(play().whole, days=days).verdict is Verdict.VALID


def test_past_the_time_authoritys_end_it_cannot_be_judged_unless_it_was_renewed() -> None:
    assert judged(play().whole, days=11 * 365).verdict is Verdict.UNKNOWN


def test_before_it_was_made_it_cannot_be_judged() -> None:
    report = judged(play().whole, days=-0.5)
    assert report.verdict is not Verdict.VALID


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_change_after_the_last_time_stamp_is_invalid(attack) -> None:
    report = judged(updated(play().whole, attack))
    assert report.verdict is Verdict.INVALID
    assert "appended" in codes(report)


@pytest.mark.parametrize("step", ["party-2", "mediator", "seal"])
@pytest.mark.parametrize("attack", ATTACKS[:4], ids=lambda attack: attack.__name__)
def test_a_change_between_the_signatures_is_invalid(attack, step: str) -> None:
    report = judged(updated(play().steps[step], attack))
    assert report.verdict is Verdict.INVALID
    assert codes(report) & {"altered_after", "altered"}


def test_a_text_changed_between_two_signers_is_invalid_though_the_second_signed_what_he_saw() -> None:
    ceremony = play().ceremony
    pdf = updated(play().steps["party-2"], replace_page)
    for place in ("party-1", "mediator"):
        pdf = ceremony.signed(pdf, place, play().keys[place])
    whole = ceremony.archived(ceremony.sealed(pdf, play().paper.committee))
    report = judged(whole)
    assert report.verdict is Verdict.INVALID
    bad = {one.field for one in report.signers if not one.intact}
    assert {"platform", "party-2"} <= bad


@pytest.mark.parametrize(
    ("step", "missing"),
    [
        ("frozen", {"party-1", "party-2", "mediator", "seal"}),
        ("party-2", {"party-1", "mediator", "seal"}),
        ("mediator", {"seal"}),
        ("seal", set()),
    ],
)
def test_a_file_cut_back_to_an_earlier_revision_is_incomplete(step: str, missing: set[str]) -> None:
    cut = play().whole[: len(play().steps[step])]
    assert cut == play().steps[step]
    report = judged(cut)
    assert report.verdict is Verdict.INCOMPLETE
    assert set(report.missing) == missing
    assert "no_archive" in codes(report)
    assert all(one.trusted and one.level == "B-T" for one in report.signers)


def test_a_file_whose_people_are_missing_but_which_is_archived_is_incomplete() -> None:
    report = judged(play().ceremony.archived(play().steps["party-2"]))
    assert report.verdict is Verdict.INCOMPLETE
    assert set(report.missing) == {"party-1", "mediator", "seal"}


def test_fields_the_caller_expects_must_be_signed_too() -> None:
    report = judged(play().whole, expected=["party-1", "party-7"])
    assert (report.verdict, report.missing) == (Verdict.INCOMPLETE, ("party-7",))


def test_under_another_root_nothing_is_known(tmp_path: Path) -> None:
    other = new_ceremony(tmp_path, Clock(play().clock.now()))
    report = judged(play().whole, roots=[other.authority.root_pem])
    assert report.verdict is Verdict.UNKNOWN
    assert not any(one.trusted for one in report.signers)


def test_a_signature_of_a_foreign_authority_is_never_valid(tmp_path: Path) -> None:
    other, ceremony = new_ceremony(tmp_path, Clock(play().clock.now())), play().ceremony
    pdf = ceremony.signed(play().steps["party-2"], "party-1", other.person("张桂兰"))
    pdf = ceremony.signed(pdf, "mediator", ceremony.person("王敏"))
    report = judged(ceremony.archived(ceremony.sealed(pdf, play().paper.committee)))
    assert report.verdict is Verdict.UNKNOWN
    assert [one.field for one in report.signers if not one.trusted] == ["party-1"]
    assert "unknown_issuer" in codes(report)


def test_a_persons_key_makes_no_seal() -> None:
    ceremony, person = play().ceremony, play().ceremony.person(examples.COMMITTEE)
    look = ceremony.look(person.name, "00", seal=True)
    pdf = sign_with_key(play().steps["mediator"], "seal", person, look, ceremony.timestamper)
    report = judged(ceremony.archived(pdf))
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {"wrong_role"}


def test_a_persons_key_certifies_no_text_of_his_own() -> None:
    """Somebody with a true certificate of ours makes a paper, its fields and all signatures by himself."""
    ceremony = play().ceremony
    mine = ceremony.person("云调平台（演示）")
    pdf = lay_out_fields(render(play().paper, ceremony.fonts), play().paper.fields())
    pdf = certify(pdf, mine, ceremony.timestamper, play().clock.now())
    for place in ("party-1", "party-2", "mediator"):
        pdf = ceremony.signed(pdf, place, mine)
    look = ceremony.look(examples.COMMITTEE, "00", seal=True)
    report = judged(ceremony.archived(sign_with_key(pdf, "seal", mine, look, ceremony.timestamper)))
    assert report.verdict is Verdict.INVALID
    assert {one.field for one in report.signers if not one.trusted} == {"platform", "seal"}


def test_signatures_without_a_certified_text_are_not_ours_to_judge() -> None:
    pdf = lay_out_fields(render(play().paper, play().ceremony.fonts), play().paper.fields())
    out = io.BytesIO()
    key = play().keys["party-1"]
    der = x509.load_pem_x509_certificate(key.certificate_pem.encode()).public_bytes(Encoding.DER)
    private = key.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        asn1_x509.Certificate.load(der), PrivateKeyInfo.load(private), SimpleCertificateStore.from_certs([])
    )
    described = PdfSignatureMetadata(field_name="party-1", md_algorithm="sha256")
    PdfSigner(described, signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out)
    report = judged(out.getvalue())
    assert (report.verdict, codes(report)) == (Verdict.UNKNOWN, {"not_certified"})


def test_a_seals_key_does_not_sign_for_a_person() -> None:
    ceremony = play().ceremony
    seal = ceremony.authority.issue_organisation_key(examples.COMMITTEE, play().clock.now())
    pdf = ceremony.signed(
        play().steps["party-2"], "party-1", SigningKey(seal.kept.key, seal.certificate_pem, seal.chain_pems, "张桂兰")
    )
    assert "wrong_role" in codes(judged(pdf))


def test_a_seal_revoked_before_sealing_is_invalid(tmp_path: Path) -> None:
    clock = Clock()
    ceremony = new_ceremony(tmp_path, clock)
    paper = examples.agreement()
    pdf = ceremony.frozen(paper)
    for place, name in (("party-1", "张桂兰"), ("party-2", "刘志强"), ("mediator", "王敏")):
        pdf = ceremony.signed(pdf, place, ceremony.person(name))
    key = ceremony.authority.issue_organisation_key(paper.committee, clock.now())
    clock.pass_(hours=2)
    ceremony.authority.revoke(key.certificate_pem, clock.now() - dt.timedelta(hours=1))
    look = ceremony.look(paper.committee, "00", seal=True)
    pdf = ceremony.archived(sign_with_key(pdf, "seal", key, look, ceremony.timestamper))
    for days in (0, 1000):
        report = verify(pdf, [ceremony.authority.root_pem], now=clock.now() + days * DAY)
        assert report.verdict is not Verdict.VALID
        assert not report.signers[-1].trusted


def test_an_expired_event_certificate_does_not_sign(tmp_path: Path) -> None:
    clock = Clock()
    ceremony = new_ceremony(tmp_path, clock)
    key = ceremony.person("张桂兰", validity=dt.timedelta(minutes=10))
    waiting = ceremony.prepared(ceremony.frozen(examples.agreement()), "party-1", key)
    clock.pass_(minutes=11)
    pdf = embed(waiting, key.sign(waiting.signed_attributes), ceremony.timestamper)
    report = verify(ceremony.archived(pdf), [ceremony.authority.root_pem], now=clock.now())
    assert not report.signers[-1].trusted
    assert report.verdict in (Verdict.UNKNOWN, Verdict.INVALID)


def test_signing_may_take_days_though_each_certificate_lives_one(tmp_path: Path) -> None:
    clock = Clock()
    ceremony = new_ceremony(tmp_path, clock)
    paper = examples.agreement()
    pdf = ceremony.frozen(paper)
    for place, name in (("party-1", "张桂兰"), ("party-2", "刘志强"), ("mediator", "王敏")):
        pdf = ceremony.signed(pdf, place, ceremony.person(name))
        clock.pass_(days=4)
    pdf = ceremony.archived(ceremony.sealed(pdf, paper.committee))
    for days in (0, 1, 2000):
        assert verify(pdf, [ceremony.authority.root_pem], now=clock.now() + days * DAY).verdict is Verdict.VALID


def test_a_renewed_archive_lives_on(tmp_path: Path) -> None:
    clock = Clock()
    ceremony = new_ceremony(tmp_path, clock)
    pdf = ceremony.agreement(examples.agreement())
    clock.pass_(days=9 * 365)
    renewed = ceremony.archived(pdf)
    report = verify(renewed, [ceremony.authority.root_pem], now=clock.now() + DAY)
    assert report.verdict is Verdict.VALID
    assert report.document_timestamp == clock.now()


def test_a_ruling_is_judged_by_the_same_rule() -> None:
    ceremony = play().ceremony
    pdf = ceremony.ruling(examples.ruling())
    report = judged(pdf)
    assert report.verdict is Verdict.VALID
    assert [(one.field, one.role) for one in report.signers] == [
        ("platform", "platform"),
        ("judge", "judge"),
        ("seal", "seal"),
    ]
    assert judged(ceremony.frozen(examples.ruling())).missing == ("judge", "seal")


@pytest.mark.parametrize(
    ("content", "verdict", "code"),
    [
        (b"", Verdict.INVALID, "not_pdf"),
        (b"not a pdf", Verdict.INVALID, "not_pdf"),
        (b"%PDF-1.7\n", Verdict.INVALID, "broken"),
        (b"%PDF-1.7\n" + b"[" * 20_000, Verdict.INVALID, "broken"),
        (b"%PDF-1.7\n%%EOF\nstartxref\n9\n%%EOF", Verdict.INVALID, "broken"),
        (b"%PDF-1.7\n" + bytes(33 * 1024 * 1024), Verdict.UNKNOWN, "too_large"),
    ],
)
def test_whatever_is_no_file_of_ours_gets_a_verdict_not_an_exception(
    content: bytes, verdict: Verdict, code: str
) -> None:
    report = judged(content)
    assert (report.verdict, codes(report)) == (verdict, {code})


def test_an_unsigned_paper_cannot_be_judged() -> None:
    drawn = render(play().paper, play().ceremony.fonts)
    assert codes(judged(drawn)) == {"no_signature"}
    assert judged(drawn).verdict is Verdict.UNKNOWN


def test_a_report_survives_storage() -> None:
    for pdf in (play().whole, play().steps["seal"], b"rubbish"):
        report = judged(pdf)
        assert Report.from_plain(json.loads(report.to_json())) == report


def test_every_reason_speaks_both_languages() -> None:
    for code, (_, zh, en) in REASONS.items():
        assert zh and en
        assert ("{}" in zh) == ("{}" in en)
        assert "{}" not in reason(code, "某处").zh
