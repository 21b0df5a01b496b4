"""The attestation of ink: what it says, what verify says of it, and that no forged one passes."""

import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from cryptography.hazmat.primitives import serialization
from documents_play import Clock, new_ceremony, play
from documents_wetink import (
    DAY,
    DIGEST,
    ORIGINAL,
    URL,
    attested,
    closing,
    drawn,
    opened,
    packed,
    paper,
    pen,
    photographed,
    printed,
    returned,
    sheets_of,
    signed,
    witness,
)

from documents import examples
from documents.apart import REPOSITORY
from documents.commands.verify import told
from documents.commands.wet_ink import stated
from documents.papers.base import FieldFault
from documents.papers.wet_ink import HowSigned, InkAttestation
from documents.render import render
from documents.report import Report, Verdict
from documents.signing import certify, lay_out_fields
from documents.validation import verify
from documents.wetink import attesting, record
from documents.wetink.attesting import Printed, attestation, rendered
from documents.wetink.printing import print_version
from documents.wetink.scanning import read_sheets


def judged(pdf: bytes, years: int = 0) -> Report:
    return verify(pdf, play().roots, now=play().clock.now() + dt.timedelta(days=365 * years))


def codes(report: Report) -> list[str]:
    return [one.code for one in report.reasons]


@pytest.mark.parametrize("years", [0, 8])
def test_the_verdict_says_who_signed_on_paper_and_that_it_did_not_judge_the_ink(years: int) -> None:
    report = judged(attested(), years)
    assert (report.verdict, codes(report)) == (Verdict.VALID, ["genuine_electronic", "on_paper"])
    assert "张桂兰；纸上的笔迹没有查验" in report.reasons[1].zh
    assert "the handwriting was not judged" in report.reasons[1].en
    assert [one.field for one in report.signers] == ["platform", "mediator", "seal"], "ink is no signature"
    (inked,) = report.on_paper
    assert (inked.place, inked.role, inked.name, inked.attested_by) == ("party-1", "申请人", "张桂兰", "王敏")
    assert inked.attested_at == report.signers[1].time
    assert report.printed is not None
    assert report.printed.sha256 == DIGEST
    assert [(one.name, one.trusted) for one in report.printed.signers[1:]] == [("刘志强", True)]


def test_the_report_goes_to_json_and_back_with_what_is_on_paper() -> None:
    report = judged(attested())
    plain = json.loads(report.to_json())
    assert plain["on_paper"][0]["attested_by"] == "王敏"
    assert plain["printed"]["signers"][1]["name"] == "刘志强"
    assert Report.from_plain(plain) == report


def test_a_person_reads_that_ink_was_attested_not_judged() -> None:
    lines = told(judged(attested())).splitlines()
    (ink,) = [one for one in lines if one.startswith("✎")]
    assert "申请人张桂兰" in ink and "由王敏证明" in ink and "not judged" in ink
    assert not any("张桂兰" in one for one in lines if one.lstrip().startswith("✓"))


def test_an_ordinary_paper_says_nothing_of_ink() -> None:
    report = judged(play().whole)
    assert codes(report) == ["genuine"]
    assert (report.on_paper, report.printed) == ((), None)


def test_the_certificate_page_says_who_signed_how_and_who_attests() -> None:
    done = subprocess.run(["pdftotext", "-l", "1", "-", "-"], input=attested(), capture_output=True, check=True)
    page = "".join(done.stdout.decode().split())
    assert "张桂兰纸上手写签名（Onpaper），由调解员王敏证明" in page
    assert "刘志强电子签名（Electronic），PAdESB-T，查验有效2026年3月2日09:02:00（UTC+8）" in page
    assert "程序没有查验笔迹" in page


def test_the_attestation_is_the_same_bytes_again_with_the_printed_file_inside() -> None:
    assert drawn() == rendered(paper(), opened(), play().ceremony.fonts)
    with pikepdf.open(io.BytesIO(drawn())) as inside:
        assert len(inside.pages) == 4
        assert inside.attachments[record.PRINTED].get_file().read_bytes() == ORIGINAL
        stated = record.read(inside.attachments[record.RECORD].get_file().read_bytes())
    assert [one.name for one in stated.statements] == ["张桂兰"]


def test_before_the_mediator_signs_nothing_is_attested() -> None:
    report = judged(certified(drawn(), paper()))
    assert report.verdict is Verdict.INCOMPLETE
    assert "on_paper" not in codes(report)
    assert [(one.name, one.attested_by) for one in report.on_paper] == [("张桂兰", "")]
    assert "还没有人证明" in told(report)


def certified(pdf: bytes, of: InkAttestation) -> bytes:
    ceremony = play().ceremony
    platform = ceremony.authority.platform_key("云调平台（演示）", ceremony.now())
    return certify(lay_out_fields(pdf, of.fields()), platform, ceremony.timestamper, ceremony.now())


def closed(of: InkAttestation, inside: bytes) -> Report:
    """What is said of an attestation that a careless platform would make."""
    pdf = render(of, play().ceremony.fonts, record.attachments(of, inside))
    return judged(closing().close(pdf, of, play().ceremony.fonts))


def test_another_file_inside_than_the_one_that_was_printed_is_not_valid() -> None:
    report = closed(paper(), play().steps["frozen"])
    assert (report.verdict, codes(report)) == (Verdict.INVALID, ["print_differs"])


def test_a_printed_file_that_was_tampered_with_is_not_valid() -> None:
    broken = bytearray(ORIGINAL)
    broken[len(broken) // 3] ^= 1
    report = closed(replace(paper(), sha256=hashlib.sha256(broken).hexdigest()), bytes(broken))
    assert (report.verdict, codes(report)) == (Verdict.INVALID, ["print_refused"])


def test_who_signed_electronically_cannot_be_said_to_have_signed_on_paper_and_nobody_is_left_out() -> None:
    ink = [replace(one, mode="paper") for one in paper().signers]
    report = closed(replace(paper(), signers=tuple(ink)), ORIGINAL)
    assert report.verdict is Verdict.INVALID
    assert codes(report)[0] == "both_ways"
    report = closed(replace(paper(), sha256=hash_of("frozen")), play().steps["frozen"])
    assert (report.verdict, codes(report)) == (Verdict.INCOMPLETE, ["missing", "on_paper"])


def hash_of(step: str) -> str:
    return hashlib.sha256(play().steps[step]).hexdigest()


def test_an_attestation_of_an_authority_that_nobody_trusts_says_nothing_of_ink(tmp_path: Path) -> None:
    stranger = new_ceremony(tmp_path, play().clock)
    report = verify(attested(), [stranger.authority.root_pem], now=play().clock.now())
    assert report.verdict is Verdict.UNKNOWN
    assert (report.on_paper, report.printed) == ((), None)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{}", "on_paper"), (b"[]", "record"), (b"\xff", "decode"), (b'{"on_paper": [{}], "printed": "x"}', "record"),
     (b"x" * 300_000, "too large")],
)  # fmt: skip
def test_a_record_that_is_none_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        record.read(content)


def faults(*pens, scans=None, file=None) -> str:
    with pytest.raises(FieldFault) as caught:
        attestation(file or opened(), scans or read_sheets(returned()), pens, witness())
    return "\n".join(f"{one.zh} {one.en}" for one in caught.value.faults)


def test_all_that_is_wrong_with_pens_and_scans_is_told_at_once() -> None:
    said = faults(pen("party-2", "刘志强"), scans=read_sheets(returned()[1:]))
    assert "不是空着的签名位置：party-2 is no empty place" in said
    assert "还没有签：申请人张桂兰签名 not signed yet: party-1" in said
    assert "pages missing: 3" in said
    assert "is not the place of 刘志强" in faults(pen("party-1", "刘志强"))
    assert "no empty place" in faults(pen(), pen())
    assert "lies ahead" in faults(replace(pen(), at=play().clock.now() + dt.timedelta(hours=1)))
    assert "no time zone" in faults(replace(pen(), at=dt.datetime(2026, 3, 1)))  # noqa: DTZ001


def test_an_attestation_too_large_to_be_judged_is_refused_before_it_is_signed(monkeypatch) -> None:
    monkeypatch.setattr(attesting, "LARGEST", 2**20)
    with pytest.raises(FieldFault, match="查验不了"):
        rendered(paper(), opened(), play().ceremony.fonts)


def test_a_file_that_does_not_pass_the_verdict_is_never_attested() -> None:
    for content in (b"rubbish", printed(), ORIGINAL[:-9]):
        with pytest.raises(FieldFault, match="没有通过查验"):
            Printed.opened(content, play().roots, play().clock.now())


def test_the_paper_names_what_it_lacks() -> None:
    ink = paper().signers[0]
    for changes, fault in (
        ({"pages": paper().pages[1:]}, "扫描页不齐"),
        ({"pages": ()}, "缺少扫描页"),
        ({"signers": (replace(ink, mode="electronic"),)}, "没有人在纸上签名"),
        ({"signers": (replace(ink, name=""),)}, "姓名"),
        ({"signers": (replace(ink, at=dt.datetime(2026, 1, 1)),)}, "没有时区"),  # noqa: DTZ001
        ({"sha256": "x"}, "文件指纹"),
    ):
        assert any(fault in one.zh for one in replace(paper(), **changes).faults()), changes
    assert isinstance(ink, HowSigned)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own, for a command bounds what its process may still hold."""
    command = [sys.executable, "-m", "documents", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)


class Desk:
    """A folder with an authority, a certified agreement and its scans, for the command line, on today's clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        clock = Clock(dt.datetime.now(dt.UTC))
        self.ceremony = new_ceremony(folder, clock)
        (folder / "pass").write_text("example\n")
        (folder / "root.pem").write_text(self.ceremony.authority.root_pem)
        file = self.ceremony.signed(
            self.ceremony.frozen(examples.agreement()), "party-2", self.ceremony.person("刘志强")
        )
        (folder / "a.pdf").write_bytes(file)
        key = self.ceremony.person("王敏")
        pem = key.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / "mediator.pem").write_bytes(pem + key.certificate_pem.encode())

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        known = {one.name: str(one) for one in self.folder.iterdir()}
        return run(*(known.get(one, one.replace("HERE", str(self.folder))) for one in arguments))

    def scans(self) -> list[str]:
        sheets = sheets_of((self.folder / "print.pdf").read_bytes())[1:]
        for number, one in enumerate(sheets):
            (self.folder / f"{number}.jpg").write_bytes(packed(signed(one, number)))
        return [f"{number}.jpg" for number in range(len(sheets))]


def test_the_command_line_prints_matches_and_attests(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    done = desk.run("wet-ink", "print", "a.pdf", "HERE/print.pdf", "--url", URL, "--on", str(DAY), "--json")
    assert json.loads(done.stdout)["made"] == [str(tmp_path / "print.pdf")]
    scans = desk.scans()
    done = desk.run("wet-ink", "match", "a.pdf", *scans, "--json")
    assert (done.returncode, json.loads(done.stdout)["complete"]) == (0, True)
    attest = ["--out", "HERE/out.pdf", "--url", URL, "--mediator", "王敏", "--mediator-key", "mediator.pem"]
    attest += ["--committee", examples.COMMITTEE, "--authority", "authority", "--passphrase-file", "pass"]
    done = desk.run("wet-ink", "attest", "a.pdf", *scans[1:], *attest, "--ink", "party-1=张三", "--json")
    assert done.returncode == 1, done.stderr
    said = [one["en"] for one in json.loads(done.stdout)["faults"]]
    assert said == ["party-1 is not the place of 张三", "pages missing: 1"]
    assert not list(tmp_path.glob("out*")), "nothing half-written"
    done = desk.run("wet-ink", "attest", "a.pdf", *scans, *attest, "--ink", "party-1=张桂兰")
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.glob("*.part"))
    done = desk.run("verify", "out.pdf", "--json")
    assert (done.returncode, json.loads(done.stdout)["on_paper"][0]["name"]) == (0, "张桂兰")


def test_the_command_line_tells_what_it_cannot_do(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(ORIGINAL)
    (tmp_path / "draft.pdf").write_bytes(printed())
    to = [str(tmp_path / "o.pdf"), "--url", URL]
    assert run("wet-ink", "print", str(tmp_path / "none.pdf"), *to).returncode == 2
    done = run("wet-ink", "print", str(tmp_path / "draft.pdf"), *to)
    assert (done.returncode, done.stderr) == (1, "文本还没有固定，不能打印签名（the text is not certified yet）\n")
    assert run("wet-ink", "match", str(tmp_path / "a.pdf"), str(tmp_path / "none.jpg")).returncode == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.pdf", "draft.pdf"]


@pytest.mark.parametrize("text", ["party-1", "=张桂兰", "party-1=", "party-1=张桂兰@noon"])
def test_an_ink_that_names_nobody_or_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"--ink|isoformat"):
        stated(text, DAY)


def test_what_was_printed_from_an_earlier_revision_is_of_another_paper() -> None:
    """刘志强 signs after the print was made: the paper in the hands of the other is no longer the file."""
    earlier = [packed(signed(one)) for one in photographed("frozen")[1:]]
    assert "another paper" in faults(pen(), scans=read_sheets(earlier))
    assert print_version(play().steps["frozen"], URL, play().ceremony.fonts, on=DAY) != printed()
