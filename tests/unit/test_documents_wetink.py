"""The bridge to paper: what is printed can be matched when it comes back, and nothing else passes for it."""

import functools
import hashlib
import io
import random
import struct
import zlib

import pikepdf
import pytest
from documents_play import play
from documents_wetink import DAY, DIGEST, ORIGINAL, URL, packed, photographed, printed, returned, signed
from pikepdf import pdfa
from PIL import Image, ImageChops, ImageStat

from documents.papers.base import FieldFault
from documents.report import Verdict
from documents.validation import verify
from documents.wetink import codes, printing
from documents.wetink.matching import Matched, match
from documents.wetink.printing import PrintRefused, print_version
from documents.wetink.scanning import MOST_BYTES, MOST_KEPT, MOST_SHEETS, read_sheets


@functools.cache
def whole() -> Matched:
    return match(read_sheets(returned()), DIGEST, 3)


def told(*files: bytes) -> str:
    """Every fault that these files have, in both languages."""
    return "\n".join(f"{one.zh} {one.en}" for one in match(read_sheets(files), DIGEST, 3).faults)


def test_a_pages_code_goes_to_text_and_back() -> None:
    code = codes.PageCode(URL, DIGEST[:32], 2, 3)
    assert codes.read(code.text()) == code
    assert code.of(DIGEST)
    assert not code.of("0" * 64)
    for text in (URL, f"{URL}#p4-3-{DIGEST[:32]}", f"javascript:1#p1-1-{DIGEST[:32]}", f"{URL}#p1-3-{DIGEST[:31]}", ""):
        assert codes.read(text) is None


def test_the_print_is_archival_the_same_again_and_carries_no_field() -> None:
    assert printed() == print_version(ORIGINAL, URL, play().ceremony.fonts, on=DAY, development=True)
    assert list(pdfa.validate_written(io.BytesIO(printed()), "2b").findings) == []
    with pikepdf.open(io.BytesIO(printed())) as opened:
        assert len(opened.pages) == 4
        assert "/AcroForm" not in opened.Root
        assert all("/Annots" not in page for page in opened.pages)
        assert str(opened.docinfo["/Title"]) == "人民调解协议书（打印件）"


def test_no_script_of_a_file_that_somebody_worked_on_gets_into_its_print() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(ORIGINAL)) as pdf:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        pdf.Root.OpenAction, pdf.Root.AA = script, pikepdf.Dictionary(WC=script)
        pdf.pages[0].obj.AA = pikepdf.Dictionary(O=script)
        pdf.save(out)
    made = print_version(out.getvalue(), URL, play().ceremony.fonts, on=DAY)
    assert list(pdfa.validate_written(io.BytesIO(made), "2b").findings) == []
    with pikepdf.open(io.BytesIO(made)) as pdf:
        acting = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and ("/AA" in one or "/JS" in one)]
        assert acting == []
        assert "/OpenAction" not in pdf.Root


def test_who_signed_electronically_before_is_seen_on_the_print() -> None:
    """The place of 刘志强 is drawn in; on the print of the unsigned file it is white."""
    place = (620, 330, 1000, 430)
    dark = [sum(photographed(step)[3].crop(place).histogram()[:128]) for step in ("party-2", "frozen")]
    assert dark[0] > dark[1] + 1000


def test_the_print_itself_claims_no_signature() -> None:
    assert verify(printed(), play().roots, now=play().clock.now()).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda: b"no", "no PDF"),
        (lambda: b"%PDF-1.7\n" + bytes(33 * 2**20), "too large"),
        (lambda: encrypted(ORIGINAL), "encrypted"),
        (printed, "not certified"),
        (lambda: play().whole, "everybody has signed"),
    ],
    ids=["none", "200 MB", "encrypted", "a draft", "signed"],
)
def test_what_cannot_be_printed_is_refused(content, reason: str) -> None:
    with pytest.raises(PrintRefused, match=reason):
        print_version(content(), URL, play().ceremony.fonts, on=DAY)


def test_a_print_without_an_address_is_refused() -> None:
    with pytest.raises(FieldFault, match="查验地址"):
        print_version(ORIGINAL, "", play().ceremony.fonts, on=DAY)


def test_more_pages_than_anybody_scans_are_refused_before_they_are_printed(monkeypatch) -> None:
    monkeypatch.setattr(printing, "MOST_PAGES", 2)
    with pytest.raises(PrintRefused, match="more than 2 pages"):
        print_version(ORIGINAL, URL, play().ceremony.fonts, on=DAY)


def encrypted(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


def test_signed_turned_and_speckled_sheets_in_any_order_are_put_in_order() -> None:
    assert whole().faults == ()
    assert [one.page for one in whole().pages] == [1, 2, 3]


def test_the_sheet_of_explanations_may_be_among_them() -> None:
    assert told(packed(photographed()[0]), *returned()) == ""


def test_a_scanners_pdf_and_png_are_read_like_photographs() -> None:
    first, *others = [signed(one) for one in photographed()[1:]]
    assert told(packed(first, "PDF", save_all=True, append_images=others)) == ""
    assert told(*(packed(one, "PNG") for one in (first, *others))) == ""


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_sheet_that_lay_sideways_is_kept_upright(turned: int) -> None:
    sheet = photographed()[1]
    kept = read_sheets([packed(sheet.rotate(turned, expand=True))]).sheets[0]
    upright = Image.open(io.BytesIO(kept.jpeg)).convert("L")
    assert upright.size == sheet.size
    assert unlike(upright, sheet) < 2 < unlike(upright.rotate(180), sheet)


def unlike(one: Image.Image, other: Image.Image) -> float:
    return ImageStat.Stat(ImageChops.difference(one, other.convert("L"))).mean[0]


def test_a_small_code_in_a_large_photograph_is_found() -> None:
    sheet = photographed()[1].convert("L")
    table = Image.new("L", (5200, 7000), 90)
    table.paste(sheet, (1800, 2500))
    assert read_sheets([packed(table)]).sheets[0].code is not None


def test_sheets_missing_twice_and_unreadable_are_all_told_at_once() -> None:
    first, second, _ = returned()
    found = told(first, second, second, packed(Image.new("L", (800, 1100), 255)), b"x")
    assert "第4个文件看不清方块码，请重拍 file 4 has no code" in found
    assert "第2页来了2张：第2个文件、第3个文件 page 2 came 2 times" in found
    assert "缺第1页 pages missing: 1" in found
    assert "第5个文件不是JPEG、PNG、WebP、TIFF或PDF file 5 is neither" in found
    assert match(read_sheets([first]), DIGEST, 3).pages == ()


def test_sheets_of_another_text_are_never_taken_for_this_one() -> None:
    """The same words, but another file: the hash decides."""
    found = match(read_sheets(returned()), "f" * 64, 3)
    assert [one.en for one in found.faults[:3]] == [f"file {number} is of another paper" for number in (1, 2, 3)]
    assert found.pages == ()
    assert "第3个文件不是这份文书的" in told(*returned()[:2], packed(photographed("frozen")[1]))


def test_a_code_that_states_fewer_pages_than_the_file_has_is_foreign() -> None:
    assert "another paper" in match(read_sheets(returned()), DIGEST, 4).faults[0].en


def test_what_is_kept_is_a_new_picture_without_metadata() -> None:
    marked = Image.Exif()
    marked[0x010E], marked[0x0112] = "secret place", 6
    sheet = read_sheets([packed(signed(photographed()[1]).rotate(90, expand=True), exif=marked)]).sheets[0]
    assert b"secret place" not in sheet.jpeg
    assert sheet.code is not None
    assert sheet.sha256 == hashlib.sha256(sheet.jpeg).hexdigest()
    kept = Image.open(io.BytesIO(sheet.jpeg))
    assert not kept.getexif()
    assert max(kept.size) <= 2600


def test_a_sheet_however_noisy_is_kept_small_enough_for_all_of_them_to_be_judged() -> None:
    noise = Image.frombytes("RGB", (1800, 2500), random.Random(1).randbytes(1800 * 2500 * 3))
    noise.paste(photographed()[1].convert("RGB").crop((900, 1550, 1241, 1754)), (1400, 2200))
    (sheet,) = read_sheets([packed(noise)]).sheets
    assert len(sheet.jpeg) <= MOST_KEPT
    assert sheet.code is not None


def test_webp_and_a_tiff_of_several_pages_are_read_like_photographs() -> None:
    first, *others = [signed(one) for one in photographed()[1:]]
    assert told(*(packed(one, "WEBP") for one in (first, *others))) == ""
    for how in ({}, {"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}):
        assert told(packed(first, "TIFF", save_all=True, append_images=others, **how)) == ""
    ink = [one.point(lambda grey: 255 * (grey > 128), "1") for one in (first, *others)]
    assert told(packed(ink[0], "TIFF", save_all=True, append_images=ink[1:], compression="group4")) == "", (
        "as faxes are"
    )


def test_a_page_of_a_tiff_is_told_by_its_number() -> None:
    first, second, _ = [signed(one) for one in photographed()[1:]]
    blank = Image.new("L", first.size, 255)
    found = told(packed(first, "TIFF", save_all=True, append_images=[blank, second]))
    assert "第1个文件第2页看不清方块码，请重拍 file 1, page 2 has no code" in found
    assert "pages missing: 3" in found
    many = [Image.new("1", (9, 9)) for _ in range(MOST_SHEETS + 1)]
    assert "more than 41 pages" in told(packed(many[0], "TIFF", save_all=True, append_images=many[1:]))


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic", b"heix\0\0\0\0"])
def test_a_photograph_that_only_some_telephones_read_is_answered_with_how_to_make_a_jpeg(brands: bytes) -> None:
    content = (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands + bytes(200)
    (fault, *_) = match(read_sheets([content]), DIGEST, 3).faults
    assert fault.zh.startswith("第1个文件是HEIC照片，这里打不开：苹果手机请在“设置→相机→格式”里选“兼容性最佳”")
    assert "安卓手机" in fault.zh and "Most Compatible" in fault.en and "save it as JPEG" in fault.en
    film = content.replace(b"heic", b"isom").replace(b"heix", b"mp42").replace(b"mif1", b"isom")
    assert "neither" in told(film), "a film is none"


def tiff(width: int, height: int, *, tile: int = 0, following: int = 0) -> bytes:
    """One directory of a TIFF by its words alone: without a picture, or with tiles larger than any."""
    place = [(322, tile), (323, tile), (324, 8), (325, 9)] if tile else [(273, 8), (278, height), (279, 9)]
    entries = sorted([(256, width), (257, height), (258, 8), (259, 5), (262, 1), (277, 1), *place])
    words = b"".join(struct.pack("<HHII", tag, 4, 1, stated) for tag, stated in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + words + struct.pack("<I", following)


def huge_webp() -> bytes:
    """The largest canvas that WebP can state, in a hundred bytes."""
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (16382).to_bytes(3, "little") * 2
    drawn = packed(Image.new("RGB", (16, 16)), "WEBP", lossless=True)[12:]
    return b"RIFF" + struct.pack("<I", len(canvas + drawn) + 4) + b"WEBP" + canvas + drawn


def huge_png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


def in_pdf(width: int, height: int, content: bytes, filters: str = "/FlateDecode") -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        image = pdf.make_stream(content, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=width,
                                Height=height, BitsPerComponent=8, ColorSpace=pikepdf.Name.DeviceGray,
                                Filter=pikepdf.Name(filters))  # fmt: skip
        pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
        pdf.save(out, compress_streams=False)
    return out.getvalue()


def of_pages(count: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(count):
            pdf.add_blank_page()
        pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda: b"", "neither"),
        (lambda: b"GIF89a", "neither"),
        (lambda: b"\xff\xd8\xff", "neither"),
        (lambda: b"%PDF-1.7\n", "cannot be opened"),
        (huge_png, "too many pixels"),
        (lambda: tiff(60_000, 60_000), "too many pixels"),
        (lambda: tiff(10, 10, tile=60_000), "too many pixels"),
        (lambda: tiff(1000, 1000), "cannot be opened"),
        (lambda: tiff(1000, 1000, following=8), "cannot be opened"),
        (lambda: b"II*\0" + bytes(99), "neither"),
        (huge_webp, "too many pixels"),
        (lambda: in_pdf(60_000, 60_000, zlib.compress(bytes(1000))), "too many pixels"),
        (lambda: in_pdf(100, 100, zlib.compress(bytes(200 * 2**20), 9)), "too many pixels"),
        (lambda: in_pdf(100, 100, b"\x80" * 100, "/RunLengthDecode"), "cannot be opened"),
        (lambda: in_pdf(100, 100, zlib.compress(b"short")), "cannot be opened"),
        (lambda: returned()[0][:2000], "cannot be opened"),
        (lambda: b"\x89PNG" + bytes(MOST_BYTES), "larger than 25 MB"),
        (lambda: encrypted(ORIGINAL), "encrypted"),
        (lambda: of_pages(MOST_SHEETS + 1), "more than 41 pages"),
        (lambda: ORIGINAL, "page 3 is no scan"),
    ],
    ids=["empty", "gif", "head only", "no pages", "huge png", "huge tiff", "huge tile", "tiff of words",
         "tiff with a loop", "no tiff", "huge webp", "huge in pdf", "bomb in pdf", "strange filter",
         "short in pdf", "cut", "too long", "encrypted", "many pages", "no scan"],
)  # fmt: skip
def test_what_is_no_picture_or_too_much_of_one_is_told_and_not_taken(content, reason: str) -> None:
    scans = read_sheets([content()])
    assert scans.sheets == ()
    assert all(one.zh.startswith("第1个文件") for one in scans.faults)
    assert reason in scans.faults[-1].en


def test_too_many_files_or_bytes_in_all_are_refused() -> None:
    assert read_sheets([]).faults
    assert read_sheets([b"x"] * 42).faults
    assert "150 MB" in read_sheets([bytes(24 * 2**20)] * 7).faults[0].en
