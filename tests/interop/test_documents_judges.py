"""Two judges of repute, offline and with our root alone: veraPDF on form, EU DSS on signatures, now and in eight years."""

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from documents_play import DAY, Clock, new_ceremony, play
from documents_token import soft_token
from documents_wetink import attested, printed
from interop.documents_judges import Judges, judges
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from documents import examples
from documents.archive import complete_long_term, stored
from documents.authority import Authority
from documents.dossier import listing
from documents.dossier.example import write_example
from documents.dossier.leaves import Piece
from documents.dossier.making import write_dossier
from documents.fonts import FontStack
from documents.marks import checked_picture
from documents.render import render
from documents.renewal import upgraded
from documents.specimens import SPECIMENS

pytestmark = pytest.mark.interop
YEAR = 365 * DAY


@pytest.fixture(scope="module")
def judge() -> Iterator[Judges]:
    with judges() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("judged")
    (here / "root.pem").write_text(play().roots[0])
    (here / "frozen.pdf").write_bytes(play().steps["frozen"])
    (here / "agreement.pdf").write_bytes(play().whole)
    (here / "ruling.pdf").write_bytes(play().ceremony.ruling(examples.ruling()))
    return here


@pytest.mark.parametrize("name", ["frozen", "agreement", "ruling"])
@pytest.mark.parametrize("flavour", ["2b", "ua1"])
def test_verapdf_finds_no_broken_rule(judge: Judges, folder: Path, name: str, flavour: str) -> None:
    assert judge.form(flavour, folder / f"{name}.pdf") == []


@pytest.mark.parametrize("kind", SPECIMENS)
def test_verapdf_finds_no_broken_rule_in_any_form(judge: Judges, tmp_path: Path, kind: str) -> None:
    (tmp_path / "form.pdf").write_bytes(render(SPECIMENS[kind], FontStack.default()))
    for flavour in ("2b", "ua1"):
        assert judge.form(flavour, tmp_path / "form.pdf") == [], flavour


def test_verapdf_finds_no_broken_rule_in_a_dossier_of_signed_papers_photographs_and_strangers_files(
    judge: Judges, tmp_path: Path
) -> None:
    untagged = tmp_path / "untagged.pdf"
    with pikepdf.open(io.BytesIO(play().whole)) as pdf:
        del pdf.Root["/StructTreeRoot"]
        pdf.pages[0].rotate(90, relative=True)
        pdf.save(untagged)
    write_example(tmp_path / "case", FontStack.default())
    cover, pieces = listing.read(tmp_path / "case")
    pieces += [
        Piece("agreement", "签过的协议", play().whole),
        Piece("confirmation", "签过的裁定", play().ceremony.ruling(examples.ruling())),
        Piece("evidence", "转过的扫描件", untagged),
        Piece("evidence", "没有嵌入字体的文件", without_fonts()),
    ]
    write_dossier(cover, pieces, FontStack.default(), tmp_path / "dossier.pdf")
    for flavour in ("3b", "ua1"):
        assert judge.form(flavour, tmp_path / "dossier.pdf") == [], flavour


def without_fonts() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(100, 300, "Helvetica")
    canvas.save()
    return out.getvalue()


def test_both_judges_pass_the_print_and_the_attestation_of_ink(judge: Judges, folder: Path) -> None:
    """PDF/A-3b, for it carries the file that was printed; the print is paper, so it is not tagged."""
    (folder / "print.pdf").write_bytes(printed())
    (folder / "ink.pdf").write_bytes(attested())
    assert judge.form("2b", folder / "print.pdf") == []
    for flavour in ("3b", "ua1"):
        assert judge.form(flavour, folder / "ink.pdf") == [], flavour
    for later in (dt.timedelta(), DAY, 3 * YEAR, 8 * YEAR):
        passes(judge.sign(folder / "root.pem", play().clock.now() + later, folder / "ink.pdf"), 3)


def test_verapdf_would_tell(judge: Judges, folder: Path) -> None:
    """A judge that never complains proves nothing."""
    bad = folder / "untagged.pdf"
    bad.write_bytes((folder / "frozen.pdf").read_bytes().replace(b"/StructTreeRoot", b"/StructTreeRoos"))
    assert any(rule.startswith("7.1") for rule in judge.form("ua1", bad))


@pytest.mark.parametrize("name", ["agreement", "ruling"])
@pytest.mark.parametrize("later", [dt.timedelta(), DAY, 3 * YEAR, 8 * YEAR], ids=["now", "a day", "3 years", "8 years"])
def test_dss_passes_every_signature_and_every_time_stamp(
    judge: Judges, folder: Path, name: str, later: dt.timedelta
) -> None:
    told = judge.sign(folder / "root.pem", play().clock.now() + later, folder / f"{name}.pdf")
    assert len(told["signatures"]) == {"agreement": 5, "ruling": 3}[name]
    for one in told["signatures"]:
        assert (one["indication"], one["level"], one["told"]) == ("TOTAL_PASSED", "PAdES-BASELINE-LTA", []), one
    assert len(told["stamps"]) == len(told["signatures"]) + 1
    assert {one["indication"] for one in told["stamps"]} == {"PASSED"}, told["stamps"]


def test_dss_does_not_pass_a_file_of_another_authority(judge: Judges, folder: Path, tmp_path: Path) -> None:
    from documents_play import new_ceremony

    other = new_ceremony(tmp_path, play().clock)
    (tmp_path / "other.pem").write_text(other.authority.root_pem)
    told = judge.sign(tmp_path / "other.pem", play().clock.now(), folder / "agreement.pdf")
    assert {one["indication"] for one in told["signatures"]} == {"INDETERMINATE"}


def test_dss_does_not_pass_a_flipped_byte(judge: Judges, folder: Path, tmp_path: Path) -> None:
    content = bytearray((folder / "agreement.pdf").read_bytes())
    content[len(content) // 20] ^= 1
    (tmp_path / "flipped.pdf").write_bytes(content)
    told = judge.sign(folder / "root.pem", play().clock.now(), tmp_path / "flipped.pdf")
    assert "TOTAL_PASSED" not in {one["indication"] for one in told["signatures"]}


def test_dss_passes_a_renewed_file_after_the_first_time_authority_has_ended(judge: Judges, folder: Path) -> None:
    ceremony, clock = play().ceremony, play().clock
    begun = clock.moment
    try:
        clock.moment = begun + 9 * YEAR
        renewed = complete_long_term(play().whole, ceremony.timestamper, ceremony.authority.evidence(clock.now()))
    finally:
        clock.moment = begun
    (folder / "renewed.pdf").write_bytes(renewed)
    told = judge.sign(folder / "root.pem", begun + 9 * YEAR + DAY, folder / "renewed.pdf")
    assert {one["indication"] for one in told["signatures"]} == {"TOTAL_PASSED"}, told


def test_both_judges_pass_a_file_whose_archive_stamp_came_later(judge: Judges, folder: Path) -> None:
    evidence = play().ceremony.authority.evidence(play().clock.now())
    kept = stored(play().steps["seal"], evidence)
    (folder / "waiting.pdf").write_bytes(kept)
    (folder / "mended.pdf").write_bytes(upgraded(kept, play().ceremony.timestamper, evidence))
    waiting = judge.sign(folder / "root.pem", play().clock.now(), folder / "waiting.pdf")
    assert {one["level"] for one in waiting["signatures"]} == {"PAdES-BASELINE-LT"}, "its honest level"
    assert judge.form("2b", folder / "mended.pdf") == []
    for later in (dt.timedelta(), 8 * YEAR):
        passes(judge.sign(folder / "root.pem", play().clock.now() + later, folder / "mended.pdf"), 5)


def test_both_judges_pass_a_file_sealed_from_a_hardware_token(judge: Judges, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        ceremony = new_ceremony(tmp_path, Clock())
        ceremony.authority = Authority.open(tmp_path / "authority", "example", soft_token(tmp_path, patch))
        (tmp_path / "token.pdf").write_bytes(ceremony.agreement(examples.agreement()))
    (tmp_path / "root.pem").write_text(ceremony.authority.root_pem)
    assert judge.form("2b", tmp_path / "token.pdf") == []
    for later in (DAY, 3 * YEAR):
        passes(judge.sign(tmp_path / "root.pem", ceremony.now() + later, tmp_path / "token.pdf"), 5)


def test_both_judges_pass_a_file_sealed_with_the_customers_own_picture(judge: Judges, tmp_path: Path) -> None:
    drawn = Image.new("RGB", (400, 400), "white")
    ImageDraw.Draw(drawn).ellipse([20, 20, 380, 380], outline=(212, 15, 15), width=20)
    drawn.save(tmp_path / "seal.png")
    ceremony = new_ceremony(tmp_path, Clock())
    ceremony.seal_picture = checked_picture((tmp_path / "seal.png").read_bytes())
    (tmp_path / "a.pdf").write_bytes(ceremony.agreement(examples.agreement()))
    (tmp_path / "root.pem").write_text(ceremony.authority.root_pem)
    for flavour in ("2b", "ua1"):
        assert judge.form(flavour, tmp_path / "a.pdf") == [], flavour
    passes(judge.sign(tmp_path / "root.pem", ceremony.now() + 3 * YEAR, tmp_path / "a.pdf"), 5)


def passes(told: dict, count: int) -> None:
    assert len(told["signatures"]) == count
    for one in told["signatures"]:
        assert (one["indication"], one["level"], one["told"]) == ("TOTAL_PASSED", "PAdES-BASELINE-LTA", []), one
    assert {one["indication"] for one in told["stamps"]} == {"PASSED"}, told["stamps"]
