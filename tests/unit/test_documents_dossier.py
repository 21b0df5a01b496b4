"""The dossier: one PDF in the order of the filing rules, numbered, bookmarked, tagged, the signed originals attached."""

import hashlib
import io
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from documents_play import play
from jsonschema import Draft202012Validator
from PIL import Image, ImageOps
from reportlab.pdfgen.canvas import Canvas

from documents.__main__ import main
from documents.dossier import listing
from documents.dossier.example import picture, write_example
from documents.dossier.leaves import Piece
from documents.dossier.listing import COVER
from documents.dossier.making import make_dossier, write_dossier
from documents.fonts import FontStack
from documents.papers.base import FieldFault
from documents.papers.dossier import SECTIONS, Absence, lacking
from documents.render import render
from documents.report import Verdict
from documents.specimens import SPECIMENS
from documents.validation import verify

FONTS = FontStack.default()


def form(kind: str) -> bytes:
    return render(SPECIMENS[kind], FONTS)


def photograph(name: str = "JPEG", mode: str = "RGB", turn: int = 1, size: tuple[int, int] = (900, 640)) -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = turn
    picture(0).resize(size).convert(mode).save(out, name, exif=exif)
    return out.getvalue()


def stranger(*, embedded: bool, pages: int = 2, size: tuple[float, float] = (1000, 600)) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, initialFontName=FONTS.name("body"))
    for number in range(pages):
        canvas.setFont(FONTS.name("body") if embedded else "Helvetica", 30)
        canvas.drawString(100, 300, f"page {number + 1}")
        canvas.showPage()
    canvas.save()
    with pikepdf.open(out) as pdf:
        for page in pdf.pages:
            if embedded and "/F1" in page.Resources.Font:
                del page.Resources.Font["/F1"]
            if "/Trans" in page:
                del page["/Trans"]
        saved = io.BytesIO()
        pdf.save(saved)
    return saved.getvalue()


PIECES = (
    Piece("evidence", "渗水照片", photograph(turn=6)),
    Piece("record", "调解笔录", form("mediation-record")),
    Piece("application", "人民调解申请书", form("mediation-application")),
    Piece("rights", "权利义务告知书", form("rights-notice")),
    Piece("identity", "身份证照片", photograph("PNG", "RGBA")),
    Piece("agreement", "人民调解协议书", play().whole, "一式三份"),
)


@pytest.fixture(scope="module")
def whole() -> bytes:
    return make_dossier(COVER, PIECES, FONTS)


@pytest.fixture(scope="module")
def pages(whole: bytes) -> list[str]:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=whole, capture_output=True, check=True)
    return done.stdout.decode().split("\f")[:-1]


def with_pieces(*pieces: Piece) -> bytes:
    """A dossier that need not hold anything else."""
    absent = tuple(Absence(section=one.key, reason="另卷保存") for one in SECTIONS if "written" in one.wanted)
    return make_dossier(replace(COVER, absences=absent), pieces, FONTS)


def bookmarks(pdf: pikepdf.Pdf) -> list[str]:
    with pdf.open_outline() as outline:
        return [item.title for item in outline.root]


def test_the_papers_lie_in_the_order_of_the_filing_rules_whatever_order_they_came_in(whole: bytes) -> None:
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        assert bookmarks(pdf) == [
            *("卷宗封面", "卷内目录", "人民调解申请书", "权利义务告知书", "身份证照片", "渗水照片", "调解笔录", "人民调解协议书"),
            *("卷宗情况说明", "封底"),
        ]  # fmt: skip
        assert str(pdf.docinfo.Title) == "人民调解卷宗"
        assert str(pdf.Root.Lang) == "zh-CN"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle


def test_every_page_of_a_paper_bears_the_number_that_the_inside_list_says(whole: bytes, pages: list[str]) -> None:
    with pikepdf.open(io.BytesIO(whole)) as pdf, pdf.open_outline() as outline:
        places = {item.title: pdf.pages.index(pikepdf.Page(item.destination[0])) for item in outline.root}
    listed = pages[1]
    begin = places["人民调解申请书"]
    for title, following in (("权利义务告知书", "身份证照片"), ("人民调解协议书", "卷宗情况说明")):
        first, last = places[title] - begin + 1, places[following] - begin
        assert f"{first}—{last}" in next(line for line in listed.splitlines() if title in line)
        assert pages[places[title]].split()[0] == str(first)
        assert pages[places[following] - 1].split()[0] == str(last)
    assert f"计{places['卷宗情况说明'] - begin}页" in pages[places["卷宗情况说明"]]
    assert "页" not in pages[0].splitlines()[0], "a cover has no number"


def test_the_signed_original_is_attached_unchanged_and_is_still_valid(whole: bytes, pages: list[str]) -> None:
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        assert list(pdf.attachments) == ["06 人民调解协议书.pdf"]
        original = pdf.attachments["06 人民调解协议书.pdf"].get_file().read_bytes()
        assert pdf.attachments["06 人民调解协议书.pdf"].relationship == pikepdf.Name.Source
        assert "/AcroForm" not in pdf.Root, "in the dossier itself nothing looks like a signature that holds"
    assert original == play().whole
    assert verify(original, play().roots, now=play().clock.now()).verdict is Verdict.VALID
    assert "一式三份；签名原" in pages[1]


def test_the_statement_names_the_hash_of_every_original(whole: bytes) -> None:
    # raw: as it was drawn, cell by cell; pdftotext would else guess columns from where the figures happen to end
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=whole, capture_output=True, check=True)
    told = "".join(done.stdout.decode().split())
    for one in PIECES:
        assert hashlib.sha256(one.read()).hexdigest() in told, one.title


def test_signatures_and_seal_are_drawn_where_they_stood(whole: bytes) -> None:
    figures = [name for name in figures_of(whole) if "签名" in name or "印章" in name]
    assert figures == ["申请人张桂兰签名", "被申请人刘志强签名", "调解员王敏签名", f"{COVER.committee}印章"]
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        drawn = [name for page in pdf.pages for name in page.Resources.get("/XObject", {}) if name.startswith("/Field")]
    assert len(drawn) == 4


def elements(content: bytes) -> list[tuple[str, str]]:
    """Kind and words of every structure element, in reading order."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found, waiting = [], [pdf.Root.StructTreeRoot]
        while waiting:
            one = waiting.pop(0)
            found.append((str(one.get("/S", "")), str(one.get("/Alt", ""))))
            kids = one.get("/K", [])
            listed = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
            waiting[:0] = [kid for kid in listed if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]
        return found


def figures_of(content: bytes) -> list[str]:
    return [alt for kind, alt in elements(content) if kind == "/Figure"]


def test_every_marked_piece_of_every_page_has_its_owner(whole: bytes) -> None:
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        owners = dict(pikepdf.NumberTree(pdf.Root.StructTreeRoot.ParentTree).items())
        for number, page in enumerate(pdf.pages):
            marks = [
                int(one.operands[1].MCID) for one in pikepdf.parse_content_stream(page) if str(one.operator) == "BDC"
            ]
            row = owners[int(page.StructParents)] if marks else []
            assert sorted(marks) == list(range(len(row))), f"page {number + 1}"
            for mark, owner in enumerate(row):
                kids = owner.K if isinstance(owner.K, pikepdf.Array) else [owner.K]
                assert any(int(kid.MCID) == mark and kid.Pg.objgen == page.obj.objgen for kid in kids)


def test_the_same_case_gives_the_same_bytes(whole: bytes) -> None:
    assert make_dossier(COVER, tuple(reversed(PIECES[:2])) + PIECES[2:], FONTS) != b""
    assert make_dossier(COVER, PIECES, FONTS) == whole


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_photograph_keeps_its_own_bytes_unless_it_is_made_of_inks(mode: str) -> None:
    content = photograph(mode=mode)
    with pikepdf.open(io.BytesIO(with_pieces(Piece("evidence", "照片", content)))) as pdf:
        look = pdf.pages[2].Resources.XObject.Figure1
        assert (look.read_raw_bytes() == content) == (mode != "CMYK")
        assert look.ColorSpace == ("/DeviceGray" if mode == "L" else "/DeviceRGB")


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photograph_stands_upright_as_its_camera_says(turn: int, tmp_path: Path) -> None:
    marked = Image.new("RGB", (600, 300), "white")
    marked.paste("red", (0, 0, 150, 100))  # the corner where the picture begins, as the sensor saw it
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = turn
    marked.save(out, "JPEG", exif=exif)
    (tmp_path / "d.pdf").write_bytes(with_pieces(Piece("evidence", "照片", out.getvalue())))
    command = ["pdftoppm", "-r", "50", "-f", "3", "-l", "3", "-png", "-singlefile", tmp_path / "d.pdf", tmp_path / "p"]
    subprocess.run(command, check=True)
    shown = Image.open(tmp_path / "p.png").convert("RGB")
    shown.paste("white", (0, 0, shown.width, 45))  # the page's number
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(out.getvalue())))
    scale = 50 / 150
    left, top = (shown.width - upright.width * scale) / 2, (shown.height - upright.height * scale) / 2 + 5.5 / 25.4 * 50
    across, down = middle_of_red(upright)
    assert middle_of_red(shown) == pytest.approx((left + across * scale, top + down * scale), abs=3)


def middle_of_red(shown: Image.Image) -> tuple[float, float]:
    box = shown.getchannel("G").point(lambda value: 255 if value < 100 else 0).getbbox()
    assert box
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def test_a_strangers_pages_become_figures_on_sheets_of_ours(tmp_path: Path) -> None:
    content = with_pieces(Piece("evidence", "维修合同", stranger(embedded=True)))
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert [float(one) for one in pdf.pages[2].mediabox][2:] == pytest.approx([841.89, 595.276], abs=0.01)
        assert list(pdf.attachments) == []
    assert figures_of(content) == ["维修合同（第1页，共2页）", "维修合同（第2页，共2页）"]
    (tmp_path / "d.pdf").write_bytes(content)
    told = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "d.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "page 1" in told
    assert "page 2" in told


def test_a_strangers_file_that_no_archive_can_hold_is_attached_and_a_page_says_so() -> None:
    original = stranger(embedded=False)
    content = with_pieces(Piece("evidence", "维修/报价单", original))
    done = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True)
    page = done.stdout.decode().split("\f")[2]
    assert "材料说明页" in page
    assert "6.2.11.4.1" in page, "the rule about fonts"
    assert hashlib.sha256(original).hexdigest() in "".join(page.split())
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert {name: one.get_file().read_bytes() for name, one in pdf.attachments.items()} == {
            "01 维修 报价单.pdf": original
        }


def test_what_is_missing_must_be_there_or_be_explained() -> None:
    with pytest.raises(FieldFault) as caught:
        make_dossier(replace(COVER, filed_by=""), PIECES[:1], FONTS)
    assert [fault.zh for fault in caught.value.faults] == [
        "缺少立卷人",
        "卷宗缺少人民调解申请书或者受理登记表",
        "卷宗缺少人民调解权利义务告知书",
        "卷宗缺少当事人身份证明",
        "卷宗缺少调解记录",
        "卷宗缺少人民调解协议书",
    ]
    assert lacking(["poem"], replace(COVER, outcome="failed"))[0].en == "a dossier has no such section: poem"
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=with_pieces(PIECES[0]), capture_output=True, check=True
    )
    assert "缺少调解记录：另卷保存" in done.stdout.decode()


def test_the_example_is_bound_by_the_command_and_fits_the_published_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("documents.console.limit", lambda *_: None)
    write_example(tmp_path / "case", FONTS)
    assert main(["dossier", str(tmp_path / "case"), str(tmp_path / "out.pdf"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert told == {
            "made": str(tmp_path / "out.pdf"), "pages": len(pdf.pages), "papers": 12,
            "bytes": (tmp_path / "out.pdf").stat().st_size,
        }  # fmt: skip
    assert main(["dossier", "--schema"]) == 0
    stated = json.loads((tmp_path / "case" / listing.NAME).read_text())
    schema = Draft202012Validator(json.loads(capsys.readouterr().out))
    assert schema.is_valid(stated)
    del stated["cover"]["number"]
    assert not schema.is_valid(stated)


def test_progress_names_each_paper_once(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    write_dossier(COVER, PIECES, FONTS, tmp_path / "out.pdf", lambda *told: seen.append(told))
    assert [number for _, number, _ in seen] == [1, 2, 3, 4, 5, 6]
    assert {count for _, _, count in seen} == {6}
    assert seen[0][0] == "人民调解申请书"
