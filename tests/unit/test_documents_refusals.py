"""One table: whatever people hand in that is no paper, to every reader of files that there is, and what each says."""

from collections.abc import Callable
from functools import cache

import pytest
from documents_bombs import BOMBS
from documents_hostile import encrypted, many_updates, page_loop
from documents_play import play
from documents_wetink import DAY, DIGEST, URL

from documents.bundle.making import ContentsFault, _filed
from documents.bundle.making import Piece as Filed
from documents.dossier.leaves import Leaf, Piece, leaf_of
from documents.inspection import Unreadable, inspect
from documents.papers.base import Fault
from documents.report import Verdict
from documents.validation import verify
from documents.wetink.matching import match
from documents.wetink.printing import PrintRefused, print_version
from documents.wetink.scanning import read_sheets


def to_the_verdict(content: bytes) -> str:
    report = verify(content, play().roots, now=play().clock.now())
    assert report.verdict in (Verdict.INVALID, Verdict.UNKNOWN)
    return " ".join(one.zh + one.en for one in report.reasons)


def to_inspection(content: bytes) -> str:
    with pytest.raises(Unreadable) as told:
        inspect(content)
    return str(told.value)


def to_the_dossier(content: bytes) -> str:
    found = leaf_of(Piece("evidence", "材料", content))
    assert isinstance(found, Fault), found
    return found.zh + found.en


def to_the_print(content: bytes) -> str:
    with pytest.raises(PrintRefused) as told:
        print_version(content, URL, play().ceremony.fonts, on=DAY)
    return str(told.value)


def to_the_scans(content: bytes) -> str:
    found = match(read_sheets([content]), DIGEST, 3)
    assert found.pages == ()
    return " ".join(one.zh + one.en for one in found.faults)


READERS: dict[str, Callable[[bytes], str]] = {
    "verdict": to_the_verdict,
    "inspection": to_inspection,
    "dossier": to_the_dossier,
    "print": to_the_print,
    "scans": to_the_scans,
}


@cache
def large() -> bytes:
    return b"%PDF-1.7\n" + bytes(200 * 2**20)


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "none": (lambda: b"PK\x03\x04 a spreadsheet", "PDF"),
    "empty": (lambda: b"", "PDF"),
    "encrypted": (encrypted, "encrypted"),
    "loop": (page_loop, "broken|structure|readable|opened|printed"),
    "200 MB": (large, "large|150 MB"),
    "10,000 updates": (many_updates, "large"),
    "bomb": (BOMBS["of_page"], "abnormal size"),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", BAD)
def test_every_reader_refuses_it_in_both_languages(name: str, reader: str) -> None:
    content, word = BAD[name]
    told = READERS[reader](content())
    assert any(one in told for one in word.split("|")), told
    assert any("\u4e00" <= character <= "\u9fff" for character in told)


def test_what_is_neither_paper_nor_picture_is_not_bundled() -> None:
    with pytest.raises(ContentsFault, match="“材料”不是PDF"):
        _filed(1, Filed("材料", b"PK\x03\x04"))
    assert not isinstance(leaf_of(Piece("evidence", "材料", b"")), Leaf)
