"""What people put into a dossier: every fault told at once in two languages, in bounded time, nothing half-written."""

import io
import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from documents_hostile import HOSTILE, encrypted, page_loop
from documents_play import play
from PIL import Image

from documents.__main__ import main
from documents.apart import REPOSITORY
from documents.dossier import leaves, making, pictures
from documents.dossier.example import write_example
from documents.dossier.leaves import Leaf, Piece, leaf_of
from documents.dossier.listing import COVER, NAME
from documents.fonts import FontStack
from documents.papers.base import Fault, FieldFault

FONTS = FontStack.default()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    write_example(tmp_path_factory.mktemp("example") / "case", FONTS)
    return tmp_path_factory.getbasetemp() / "example0" / "case"


@pytest.fixture
def case(example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    return Path(shutil.copytree(example, tmp_path / "case"))


def fault_of(content: bytes | Path) -> Fault:
    found = leaf_of(Piece("evidence", "材料", content))
    assert isinstance(found, Fault), found
    return found


def saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def test_what_is_no_paper_is_told_by_its_title() -> None:
    assert fault_of(b"PK\x03\x04 a spreadsheet") == (
        "“材料”既不是PDF，也不是JPEG、PNG、WebP或TIFF图片",
        "“材料” is neither a PDF nor a JPEG, PNG, WebP or TIFF picture",
    )
    assert fault_of(b"%PDF-1.7\nnothing").en == "“材料” is no readable PDF"
    assert fault_of(saved(pikepdf.new())).en == "“材料” has no page"
    assert "is encrypted" in fault_of(encrypted()).en
    assert "No such file" in fault_of(Path("nowhere.pdf")).en


def test_a_telephones_own_kind_of_photograph_is_answered_with_how_to_make_a_jpeg() -> None:
    fault = fault_of(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    assert fault.zh.startswith("“材料”是HEIC照片") and "兼容性最佳" in fault.zh
    assert "Most Compatible" in fault.en


def test_webp_and_every_page_of_a_tiff_are_bound(monkeypatch) -> None:
    sheets = [Image.new("1", (620, 877), colour) for colour in (0, 1, 0)]
    for kind, pages in (("WEBP", 1), ("TIFF", 3)):
        out = io.BytesIO()
        sheets[0].save(out, kind, save_all=True, append_images=sheets[1:pages])
        leaf = leaf_of(Piece("evidence", "材料", out.getvalue()))
        assert isinstance(leaf, Leaf)
        assert leaf.pages == pages
    monkeypatch.setattr(pictures, "MOST_PAGES", 2)
    assert "has more than 2 pages" in fault_of(out.getvalue()).en


def test_a_file_with_an_empty_password_is_encrypted_all_the_same() -> None:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=""))
    assert "is encrypted" in fault_of(out.getvalue()).en


def test_files_made_to_hurt_a_reader_are_refused_or_bound_in_bounded_time(tmp_path: Path) -> None:
    for name, content in HOSTILE.items():
        (tmp_path / f"{name}.pdf").write_bytes(content())
    program = (
        "import sys; from pathlib import Path; from documents import console; console.limit(60, 1500)\n"
        "from documents.dossier.leaves import Piece, leaf_of\n"
        "for file in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    print(file.stem, type(leaf_of(Piece('evidence', 'x', file))).__name__)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    told = dict(line.split() for line in done.stdout.splitlines())
    assert told.keys() == HOSTILE.keys()
    assert {told["page_loop"], told["huge_table"]} == {"Fault"}


def test_two_hundred_megabytes_are_refused_before_they_are_read(tmp_path: Path, monkeypatch) -> None:
    with (tmp_path / "big.pdf").open("wb") as big:
        big.write(b"%PDF-1.7\n")
        big.truncate(200 * 2**20)
    monkeypatch.setattr(Piece, "read", lambda _: pytest.fail("read"))
    assert fault_of(tmp_path / "big.pdf").en == "“材料” is too large: at most 32 MiB"


def test_a_loop_in_pages_or_in_tags_ends_with_a_word() -> None:
    assert "no readable PDF" in fault_of(page_loop()).en
    with pikepdf.open(io.BytesIO(play().whole)) as pdf:
        [top] = pdf.Root.StructTreeRoot.K
        top.K.append(top)
        content = saved(pdf)
    assert "goes round in a circle" in fault_of(content).en


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_that_is_cut_off_or_empty_is_told(kind: str) -> None:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 50).convert("RGB").save(out, kind)
    whole = out.getvalue()
    assert isinstance(leaf_of(Piece("evidence", "材料", whole)), Leaf)
    for content in (whole[: len(whole) // 2], whole[:12], whole[:2] + bytes(200)):
        assert isinstance(leaf_of(Piece("evidence", "材料", content)), Fault)


def test_a_picture_that_unpacks_to_a_gigabyte_is_refused_by_its_head(monkeypatch) -> None:
    monkeypatch.setattr(pictures, "_decode", lambda *_: pytest.fail("decoded"))
    out = io.BytesIO()
    Image.new("1", (20000, 4000)).save(out, "PNG")
    assert "too large a picture" in fault_of(out.getvalue()).en
    huge = bytearray(out.getvalue())
    huge[16:24] = (10**6).to_bytes(4, "big") * 2
    assert isinstance(leaf_of(Piece("evidence", "材料", bytes(huge))), Fault)


def test_scripts_and_actions_of_a_stranger_stay_behind() -> None:
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        page.obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="x.exe"))
        found = leaf_of(Piece("evidence", "材料", saved(pdf)))
    assert isinstance(found, Leaf)
    assert found.pdf
    content = saved(found.pdf)
    assert b"JavaScript" not in content
    assert b"Launch" not in content


def test_a_paper_that_says_it_is_ours_and_acts_is_taken_for_a_strangers() -> None:
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    for place, key in ((lambda pdf: pdf.Root, "/OpenAction"), (lambda pdf: pdf.pages[0].obj, "/AA")):
        with pikepdf.open(io.BytesIO(play().whole)) as pdf:
            place(pdf)[key] = script
            found = leaf_of(Piece("agreement", "协议", saved(pdf)))
        assert isinstance(found, Leaf)
        assert found.signed
        assert found.pdf
        assert key not in place(found.pdf)


def test_all_faults_of_list_and_files_are_told_at_once_and_nothing_is_written(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stated = json.loads((case / NAME).read_text())
    stated["cover"] |= {"filed_on": "2026-01-01", "retention": "3 years", "colour": "red"}
    stated["papers"][0]["file"] = "../../secrets.pdf"
    stated["papers"][1] |= {"title": "", "pages": 3}
    stated["papers"][2] = "rights-notice.pdf"
    (case / "identity.png").write_bytes(b"no picture")
    (case / NAME).write_text(json.dumps(stated))
    out = case / "out.pdf"
    out.write_bytes(b"the dossier of yesterday")
    assert main(["dossier", str(case), str(out), "--json"]) == 1
    told = [fault["zh"] for fault in json.loads(capsys.readouterr().out)["faults"]]
    assert told == [
        "没有这一栏：colour",
        "立卷日期早于调解结束日期",
        "保管期限填得不对",
        "第2件文书的没有这一栏：pages",
        "第2件文书的缺少文书名称",
        "第3件文书填得不对",
        "第1件文书的文件不在卷宗的文件夹里：../../secrets.pdf",
        "“当事人身份证照片（示例图）”既不是PDF，也不是JPEG、PNG、WebP或TIFF图片",
    ]
    assert out.read_bytes() == b"the dossier of yesterday"
    assert not list(case.glob("*.part"))


def test_a_link_that_leads_out_of_the_folder_is_not_followed(case: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(play().whole)
    (case / "rights-notice.pdf").unlink()
    (case / "rights-notice.pdf").symlink_to(tmp_path / "secret.pdf")
    assert main(["dossier", str(case), str(tmp_path / "out.pdf")]) == 1
    assert not (tmp_path / "out.pdf").exists()


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe", b"3", b'{"cover": 1, "papers": 1}'])
def test_a_list_that_is_none_is_told(content: bytes, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (case / NAME).write_bytes(content)
    assert main(["dossier", str(case), str(case / "out.pdf")]) in (1, 2)
    assert "Traceback" not in capsys.readouterr().err
    assert main(["dossier", str(case / "nowhere"), str(case / "out.pdf")]) == 2
    assert main(["dossier", str(case)]) == 2


def test_a_character_that_no_font_has_is_named(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stated = json.loads((case / NAME).read_text())
    stated["papers"][0]["title"] = "申请书\U0001f600"
    (case / NAME).write_text(json.dumps(stated))
    assert main(["dossier", str(case), str(case / "out.pdf"), "--json"]) == 1
    assert "U+1F600" in capsys.readouterr().out
    assert not (case / "out.pdf").exists()


def test_a_volume_too_thick_to_bind_says_divide_it(monkeypatch) -> None:
    monkeypatch.setattr(making, "MOST_PAGES", 2)
    with pytest.raises(FieldFault, match="请分卷"):
        making.make_dossier(COVER, [Piece("agreement", "协议", play().whole)], FONTS)


def test_a_disk_that_is_full_leaves_nothing_behind(case: Path, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pikepdf.Pdf, "save", full)
    monkeypatch.setattr(making, "bound", lambda *_: pikepdf.new())
    assert main(["dossier", str(case), str(case / "out.pdf")]) == 2
    assert not list(case.glob("out.pdf*"))


def test_more_pages_than_any_paper_has_are_told(monkeypatch) -> None:
    monkeypatch.setattr(leaves, "is_ours", lambda _: False)
    monkeypatch.setattr("documents.dossier.figures.MOST_PAGES", 2)
    assert "too many pages: 3" in fault_of(play().whole).en
