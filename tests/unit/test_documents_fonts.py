"""The printing types: what they cover, what a customer's own fonts do, what their licences forbid."""

import bz2
import io
import json
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from documents_play import play
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from pydantic import ValidationError
from reportlab.pdfbase.ttfonts import TTFontFace

from documents import examples
from documents.__main__ import main
from documents.apart import REPOSITORY
from documents.fonts import DEFAULT_FOLDER, FILES, FontRefused, FontsMissing, FontStack, GlyphMissing
from documents.forms.values import template
from documents.render import render
from documents.typefaces import Face
from server.settings import Fonts

FONTS = FontStack.default()
UNIHAN = Path("/usr/share/unicode/Unihan_OtherMappings.txt.bz2")  # Debian's unicode-data
CUSTOMER = DEFAULT_FOLDER / "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"  # stands for a licensed one
BODY = DEFAULT_FOLDER / FILES["body"]
RIGHTS = {0x0002: "must not be embedded", 0x0100: "must not be subsetted", 0x0200: "as bitmaps"}


def standard_characters() -> list[str]:
    """通用规范汉字表 (2013), as Unicode's Han database tells it in the field kTGH."""
    lines = bz2.decompress(UNIHAN.read_bytes()).decode().splitlines()
    return [chr(int(line.split("\t")[0].removeprefix("U+"), base=16)) for line in lines if "\tkTGH\t" in line]


def with_rights(rights: int, folder: Path) -> Path:
    """The customer's font, saying another thing about embedding."""
    content = bytearray(CUSTOMER.read_bytes())
    begin = Face(CUSTOMER).get_table_pos("OS/2")[0]
    content[begin + 8 : begin + 10] = rights.to_bytes(2, "big")
    (folder / f"rights-{rights:04x}.ttf").write_bytes(content)
    return folder / f"rights-{rights:04x}.ttf"


def families(pdf: bytes) -> set[str]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        fonts = [font for page in opened.pages for font in page.Resources.Font.values()]
        return {str(font.BaseFont).partition("+")[2] for font in fonts}


@pytest.mark.parametrize("use", FILES)
def test_every_character_of_the_standard_list_is_in_every_face_itself(use: str) -> None:
    characters = standard_characters()
    assert len(set(characters)) == 8105
    own = FONTS.name(use)
    assert [one for one in characters if FONTS.pick(use, one)[0] != own] == []


@pytest.mark.parametrize(
    "name",
    ["王䶮", "陶喆", "李堃", "冯翀", "朱祎", "贠小苏", "王珺", "张囡囡", "龘𬱟", "㛃㛚", "𬀩𬭎𬬭", "尼格买提·热合曼"],
)
def test_rare_names_can_be_printed(name: str) -> None:
    for use in FILES:
        assert FONTS.width(use, name, 1) > 0


def test_a_character_that_no_font_has_is_named_with_its_code() -> None:
    paper = examples.agreement()
    people = (replace(paper.parties[0], name="张\U000212e4"), paper.parties[1])
    with pytest.raises(GlyphMissing) as caught:
        render(replace(paper, parties=people), FONTS)
    assert caught.value.character == "\U000212e4"
    assert str(caught.value) == "字库里没有这个字：\U000212e4（U+212E4）"
    assert caught.value.en.endswith("(U+212E4)")


@pytest.mark.parametrize("hidden", ["\0", "\t", "\u200b", "\u202e", "\ufeff", "\ud800", "\U000e0100", "\U0010ffff"])
def test_a_character_that_nobody_sees_is_refused_by_its_code(hidden: str) -> None:
    """Two names must never look alike and differ: an invisible character is none that a paper prints."""
    paper = examples.agreement()
    people = (replace(paper.parties[0], name=f"张{hidden}三"), paper.parties[1])
    with pytest.raises(GlyphMissing, match=f"U\\+{ord(hidden):04X}"):
        render(replace(paper, parties=people), FONTS)


@pytest.mark.parametrize("path", [BODY, CUSTOMER], ids=["serif", "sans"])
def test_a_face_read_piece_by_piece_is_the_one_that_reportlab_reads_whole(path: Path) -> None:
    ours, theirs = Face(path), TTFontFace(str(path))
    assert ours.charToGlyph == {one: glyph for one, glyph in theirs.charToGlyph.items() if glyph}
    for one in (*range(0x20, 0x7F), *range(0x4E00, 0x9FA6, 7), 0x20000, 0x3000, 0xFF08):
        assert ours.getCharWidth(one) == pytest.approx(theirs.getCharWidth(one)), hex(one)
    assert list(ours.glyphPos) == theirs.glyphPos
    assert [ours.hmetrics[glyph] for glyph in range(theirs.numGlyphs)] == theirs.hmetrics
    subset = [0, 32, *map(ord, "人民调解协议书é％䶮")]
    assert ours.makeSubset(subset) == theirs.makeSubset(subset)
    assert (ours.ascent, ours.descent, ours.bbox, ours.name) == (
        theirs.ascent,
        theirs.descent,
        theirs.bbox,
        theirs.name,
    )


def test_a_customers_font_prints_what_it_has_and_the_free_ones_the_rest(tmp_path: Path) -> None:
    stack = FontStack.load(DEFAULT_FOLDER, {"body": CUSTOMER, "title": CUSTOMER})
    used = families(render(examples.agreement(), stack))
    assert any(name.startswith("NotoSansSC-Regular") for name in used), used
    assert not any(name.startswith("NotoSerifSC-Regular") for name in used), "nothing is left to the free font"
    assert stack.pick("strong", "甲") == FONTS.pick("strong", "甲")
    part = tmp_path / "latin.ttf"
    part.write_bytes(latin_only())
    mixed = FontStack.load(DEFAULT_FOLDER, {"body": part})
    assert mixed.pick("body", "A")[0].startswith("latin")
    assert mixed.pick("body", "甲") == FONTS.pick("body", "甲")


def latin_only(extra: int = 0) -> bytes:
    """A small font with few characters, cut by fontTools from the customer's; `extra` is a character shown as an A."""
    font, out = TTFont(CUSTOMER), io.BytesIO()
    cutter = Subsetter(Options(notdef_outline=True))
    cutter.populate(text="ABCDabcd ,." + "\U0002c029" * bool(extra))
    cutter.subset(font)
    wanted = 12 if extra else 4
    font["cmap"].tables = [one for one in font["cmap"].tables if one.format == wanted]
    for one in font["cmap"].tables if extra else ():
        one.cmap[extra] = one.cmap[ord("A")]
    font.save(out)
    return out.getvalue()


def test_a_font_for_rare_characters_is_asked_last(tmp_path: Path) -> None:
    (tmp_path / "rare.ttf").write_bytes(latin_only(0x212E4))
    stack = FontStack.load(DEFAULT_FOLDER, {"rare": tmp_path / "rare.ttf"})
    assert stack.pick("body", "甲") == FONTS.pick("body", "甲")
    assert stack.pick("body", "A") == FONTS.pick("body", "A")
    for use in FILES:
        assert stack.pick(use, "\U000212e4")[0].startswith("rare")


@pytest.mark.parametrize("rights", RIGHTS)
def test_a_font_whose_licence_forbids_what_a_paper_needs_is_refused_and_named(rights: int, tmp_path: Path) -> None:
    font = with_rights(rights, tmp_path)
    with pytest.raises(FontRefused, match=f"{font.name} .*许可") as caught:
        FontStack.load(DEFAULT_FOLDER, {"body": font})
    assert RIGHTS[rights] in caught.value.en
    with pytest.raises(ValidationError, match=font.name):
        Fonts(body=font)


@pytest.mark.parametrize("rights", [0x0000, 0x0004, 0x0008, 0x000C])
def test_a_font_that_may_be_embedded_is_taken(rights: int, tmp_path: Path) -> None:
    font = with_rights(rights, tmp_path)
    assert Fonts(heading=font).by_use == {"heading": font}


@pytest.mark.parametrize(
    "content",
    [b"", b"no font", b"OTTO" + bytes(200), b"\x00\x01\x00\x00\x00\x09" + bytes(400), b"wOF2" + bytes(100)],
    ids=["empty", "text", "postscript outlines", "no tables", "packed for the web"],
)
def test_what_is_no_truetype_font_is_refused_by_its_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "customer.ttf").write_bytes(content)
    with pytest.raises(FontRefused, match=r"customer\.ttf"):
        FontStack.load(DEFAULT_FOLDER, {"title": tmp_path / "customer.ttf"})


def test_a_font_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = latin_only()
    for length in range(0, len(whole) - 4, 199):
        (tmp_path / f"cut-{length}.ttf").write_bytes(whole[:length])
        with pytest.raises(FontRefused):
            Face(tmp_path / f"cut-{length}.ttf")


def test_a_setting_without_a_file_or_for_an_unknown_use_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="file"):
        Fonts(body=tmp_path / "nothing.ttf")
    with pytest.raises(FontsMissing, match=r"nothing\.ttf"):
        FontStack.load(DEFAULT_FOLDER, {"body": tmp_path / "nothing.ttf"})
    with pytest.raises(ValueError, match="not for poems"):
        FontStack.load(DEFAULT_FOLDER, {"poems": CUSTOMER})


def test_the_command_prints_with_a_customers_font_or_says_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "v.json").write_text(template("pledge"))
    wanted = ["make-form", "pledge", "--json", "--values", str(tmp_path / "v.json"), str(tmp_path / "out.pdf")]
    assert main([*wanted, "--font", f"body={CUSTOMER}"]) == 0
    assert any(name.startswith("NotoSansSC-Regular") for name in families((tmp_path / "out.pdf").read_bytes()))
    capsys.readouterr()
    (tmp_path / "out.pdf").unlink()
    assert main([*wanted, "--font", f"body={with_rights(2, tmp_path)}"]) == 1
    assert "must not be embedded" in json.loads(capsys.readouterr().out)["faults"][0]["en"]
    assert not (tmp_path / "out.pdf").exists()
    for wrong in ("body", f"poems={CUSTOMER}", "body=nothing.ttf"):
        with pytest.raises(SystemExit):
            main([*wanted, "--font", wrong])


def test_the_signed_example_and_the_print_for_ink_take_a_customers_font_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    own, forbidden = ["--font", f"body={CUSTOMER}"], ["--font", f"body={with_rights(2, tmp_path)}"]
    signed, root, printed = (str(tmp_path / name) for name in ("a.pdf", "root.pem", "print.pdf"))
    assert main(["sign-example", signed, "--root", root, *forbidden]) == 1
    assert not Path(root).exists()
    assert main(["sign-example", signed, "--root", root, *own]) == 0
    assert any(name.startswith("NotoSansSC-Regular") for name in families(Path(signed).read_bytes()))
    Path(signed).write_bytes(play().steps["party-2"])
    to_print = ["wet-ink", "print", signed, printed, "--url", "https://localhost/verify/1", "--json"]
    assert main([*to_print, *forbidden]) == 1
    assert "must not be embedded" in capsys.readouterr().err + capsys.readouterr().out
    assert not Path(printed).exists()
    assert main([*to_print, *own]) == 0
    assert any(name.startswith("NotoSansSC-Regular") for name in families(Path(printed).read_bytes()))


def test_the_fonts_are_not_held_in_memory() -> None:
    """55 MB of fonts lie on the disk; what the process holds of them is less than half of that."""
    program = (
        "import re; from pathlib import Path; from documents import examples; from documents.render import render\n"
        "from documents.fonts import FILES, FontStack\n"
        "def held(): return int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        "before = held(); fonts = FontStack.default(); [fonts.pick(use, '甲') for use in FILES]\n"
        "print((held() - before) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 27
