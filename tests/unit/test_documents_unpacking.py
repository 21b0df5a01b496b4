"""A small file that unpacks to gigabytes: refused with a word by every tool, long before it is unpacked."""

import io
import random
import subprocess
import sys
import zlib
from pathlib import Path

import pikepdf
import pytest
from documents_bombs import BOMBS, lzw, of_page, packed
from documents_play import play
from documents_wetink import DAY, DIGEST, URL

from documents import unpacking
from documents.apart import REPOSITORY
from documents.bundle.checking import OF_PAPER
from documents.dossier import figures
from documents.dossier.leaves import Leaf, Piece, leaf_of
from documents.inspection import Unreadable, inspect
from documents.report import Verdict
from documents.unpacking import UnpacksTooFar, lzw_length, opened, run_length, unpacks_too_far
from documents.validation import verify
from documents.wetink.matching import match
from documents.wetink.printing import PrintRefused, print_version
from documents.wetink.scanning import read_sheets


def test_every_kind_of_bomb_is_refused_without_the_memory_that_it_asks_for(tmp_path: Path) -> None:
    for name in BOMBS:
        (tmp_path / name).write_bytes(BOMBS[name]())
    program = (
        "import sys; from pathlib import Path; from documents import console; console.limit(120, 1500)\n"
        "from documents.unpacking import UnpacksTooFar, opened\n"
        "for file in Path(sys.argv[1]).iterdir():\n"
        "    try:\n        opened(file.read_bytes())\n"
        "    except UnpacksTooFar:\n        print(file.name)\n"
        # not getrusage: its peak is also that of the process before exec, which is the one that runs these tests
        "status = dict(line.split(':', 1) for line in Path('/proc/self/status').read_text().splitlines())\n"
        "print(int(status['VmHWM'].split()[0]) // 1024, file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert sorted(done.stdout.split()) == sorted(BOMBS), done.stderr
    assert int(done.stderr) < 400, "mebibytes, the program's own included"


def test_the_dossier_the_verdict_the_print_and_the_scans_all_say_so_in_two_languages() -> None:
    bomb = BOMBS["of_page"]()
    assert leaf_of(Piece("evidence", "材料", bomb)) == (
        "“材料”里压缩的内容展开后大得不正常，不能收",
        "“材料” unpacks to an abnormal size and is not taken",
    )
    report = verify(bomb, play().roots, now=play().clock.now())
    assert (report.verdict, [one.code for one in report.reasons]) == (Verdict.UNKNOWN, ["unpacks_too_far"])
    assert OF_PAPER[report.verdict] == "paper_unknown", "and so no bundle with it passes"
    with pytest.raises(Unreadable, match=r"展开后大得不正常 \(unpacks to an abnormal size"):
        inspect(bomb)
    with pytest.raises(PrintRefused, match="unpacks to an abnormal size"):
        print_version(bomb, URL, play().ceremony.fonts, on=DAY)
    (told, *_) = match(read_sheets([bomb]), DIGEST, 3).faults
    assert told == ("第1个文件压缩的内容展开后大得不正常", "file 1 unpacks to an abnormal size")


def test_qpdf_itself_stops_where_one_stream_grows_too_large() -> None:
    with pikepdf.new() as pdf, pytest.raises(pikepdf.QpdfRuntimeError, match="memory limit"):
        pdf.make_stream(packed(1024), Filter=pikepdf.Name.FlateDecode).read_bytes()


def test_papers_of_ours_and_a_scan_of_many_coloured_pages_are_opened() -> None:
    assert not unpacks_too_far(play().whole)
    row = random.Random(1).randbytes(2480 * 3)
    scan = zlib.compress(row * 3508, 1)
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(6):
            page = pdf.add_blank_page()
            image = pdf.make_stream(scan, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=2480,
                                    Height=3508, BitsPerComponent=8, ColorSpace=pikepdf.Name.DeviceRGB,
                                    Filter=pikepdf.Name.FlateDecode)  # fmt: skip
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
        pdf.save(out, compress_streams=False)
    with opened(out.getvalue()) as file:
        assert len(file.pages) == 6


@pytest.mark.parametrize(
    "content", [b"-----A---B" * 40, random.Random(2).randbytes(9000), bytes(90_000), b"q 1 0 0 1 2 2 cm Q " * 900]
)
def test_what_lzw_and_run_lengths_unpack_to_is_counted_as_qpdf_unpacks_it(content: bytes) -> None:
    runs = b"".join(b"\x03" + content[at : at + 4] + b"\xfe" + content[at : at + 1] for at in range(0, 400, 4))
    with pikepdf.new() as pdf:
        assert pdf.make_stream(lzw(content), Filter=pikepdf.Name.LZWDecode).read_bytes() == content
        assert lzw_length(lzw(content), 10**9) == len(content)
        packed_by_runs = pdf.make_stream(runs + b"\x80", Filter=pikepdf.Name.RunLengthDecode)
        unpacked = packed_by_runs.read_bytes(pikepdf.StreamDecodeLevel.specialized)
        assert run_length(runs + b"\x80rest") == len(unpacked) == 700
    assert lzw_length(lzw(bytes(90_000)), 1000) < 10_000, "counting stops soon after what is allowed"


def test_lzw_that_unpacks_too_far_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 50_000)
    with pytest.raises(UnpacksTooFar):
        opened(of_page(lzw(bytes(90_000)), b"/Filter/LZWDecode"))
    with opened(of_page(lzw(bytes(30_000)), b"/Filter/LZWDecode/DecodeParms<</EarlyChange 1>>")) as file:
        assert len(file.pages) == 1


def test_letters_that_are_none_hide_nothing_and_a_second_packing_that_nobody_uses_is_refused() -> None:
    with opened(of_page(b"\x01\x02~>", b"/Filter[/ASCII85Decode/FlateDecode]")) as file:
        assert len(file.pages) == 1
    with pytest.raises(UnpacksTooFar, match="nobody packs"):
        opened(of_page(b"00>", b"/Filter[/RunLengthDecode/LZWDecode]"))


def test_more_streams_than_any_file_has_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_STREAMS", 3)
    assert unpacks_too_far(b"%PDF-1.7\n" + b"stream\nx\x9c" * 4)
    assert not unpacks_too_far(b"%PDF-1.7\n" + b"stream\nx\x9c" * 3)


def test_a_drawing_too_busy_to_be_checked_is_attached_and_a_page_says_so() -> None:
    """Honest maps are; a checker would take minutes and gigabytes for one, however small its file."""
    leaf = leaf_of(Piece("evidence", "地图", of_page(packed(5, b"0 0 1 1 re f Q q "))))
    assert isinstance(leaf, Leaf)
    assert (leaf.pdf, leaf.reason, leaf.attached) == (None, "画得太复杂，不能转换", True)
    busy = of_page(packed(1, b"q Q ")).replace(b"/Contents 4 0 R", b"/Contents[4 0 R 4 0 R 4 0 R 4 0 R 4 0 R]")
    with pikepdf.open(io.BytesIO(busy)) as source:
        assert figures.pages_as_figures(source, "x") == (None, "画得太复杂，不能转换"), "drawn five times"
