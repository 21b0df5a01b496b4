"""What becomes of one file before it is bound: tagged A4 pages without fields, or a fault in two languages.

Our own papers keep their tags. A stranger's PDF becomes one figure a page, reduced to A4; so does a picture. One that
breaks PDF/A in a way that nobody can mend is not refused: a page says so, and the file itself is attached.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pikepdf
from pikepdf import Pdf

from documents.dossier.binding import Entangled
from documents.dossier.figures import TooManyPages, pages_as_figures
from documents.dossier.ours import is_ours, without_fields
from documents.dossier.pictures import PictureFault, picture_pages
from documents.limits import LARGEST, too_large
from documents.papers.base import Fault
from documents.photographs import HEIC, is_heic, suffix_of
from documents.unpacking import UnpacksTooFar, opened

BROKEN = (
    pikepdf.PdfError,
    pikepdf.QpdfRuntimeError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
    IndexError,
    OverflowError,
)


@dataclass(frozen=True)
class Piece:
    """One file of the dossier: its section, its title in the inside list, where its bytes are; `note` is a remark."""

    section: str
    title: str
    source: bytes | Path
    note: str = ""

    @property
    def size(self) -> int:
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size

    def read(self) -> bytes:
        return self.source if isinstance(self.source, bytes) else self.source.read_bytes()


@dataclass(frozen=True)
class Leaf:
    """A piece ready to be bound. `pdf` is None when its pages cannot be archived, for the `reason`."""

    piece: Piece
    pdf: Pdf | None
    sha256: str
    suffix: str
    signed: bool = False
    reason: str = ""

    @cached_property
    def pages(self) -> int:
        return len(self.pdf.pages) if self.pdf else 1

    @property
    def attached(self) -> bool:
        return self.signed or self.pdf is None


def leaf_of(piece: Piece) -> Leaf | Fault:
    """Read one piece, or say what is wrong: not there, too large, encrypted, broken, neither PDF nor picture."""
    title = piece.title
    try:
        if piece.size > LARGEST:
            return _too_large(title)
        content = piece.read()
    except OSError as fault:
        reason = fault.strerror or str(fault)
        return Fault(f"“{title}”的文件读不出来：{reason}", f"the file of “{title}” cannot be read: {reason}")
    suffix = suffix_of(content)
    if suffix is not None:
        return _picture(piece, content, suffix)
    if is_heic(content):
        return Fault(f"“{title}”{HEIC.zh}", f"“{title}” {HEIC.en}")
    if b"%PDF-" in content[:1024]:
        return _paper(piece, content)
    return Fault(
        f"“{title}”既不是PDF，也不是JPEG、PNG、WebP或TIFF图片",
        f"“{title}” is neither a PDF nor a JPEG, PNG, WebP or TIFF picture",
    )


def _too_large(title: str) -> Fault:
    most = LARGEST // 2**20
    return Fault(f"“{title}”太大，最多{most} MiB", f"“{title}” is too large: at most {most} MiB")


def _picture(piece: Piece, content: bytes, suffix: str) -> Leaf | Fault:
    try:
        pdf = picture_pages(content, piece.title)
    except PictureFault as fault:
        return Fault(f"“{piece.title}”{fault.zh}", f"“{piece.title}” {fault}")
    return Leaf(piece, pdf, hashlib.sha256(content).hexdigest(), suffix)


def _paper(piece: Piece, content: bytes) -> Leaf | Fault:
    title = piece.title
    if too_large(content):
        return _too_large(title)
    try:
        return _opened(piece, content)
    except pikepdf.PasswordError:
        return Fault(f"“{title}”加了密，请交一份没有加密的", f"“{title}” is encrypted: give one that is not")
    except UnpacksTooFar:
        return Fault(
            f"“{title}”里压缩的内容展开后大得不正常，不能收", f"“{title}” unpacks to an abnormal size and is not taken"
        )
    except TooManyPages as fault:
        return Fault(f"“{title}”有{fault.pages}页，太多了", f"“{title}” has too many pages: {fault.pages}")
    except Entangled:
        return Fault(f"“{title}”的结构绕成了圈", f"the structure of “{title}” goes round in a circle")
    except BROKEN:
        return Fault(f"“{title}”不是能读的PDF", f"“{title}” is no readable PDF")


def _opened(piece: Piece, content: bytes) -> Leaf | Fault:
    pdf = opened(content)
    if pdf.is_encrypted:  # with an empty password: it opens, and its bytes still cannot go into an archive
        raise pikepdf.PasswordError(piece.title)
    if len(pdf.pages) == 0:
        return Fault(f"“{piece.title}”一页也没有", f"“{piece.title}” has no page")
    signed, digest = _has_signatures(pdf), hashlib.sha256(content).hexdigest()
    if is_ours(pdf):
        without_fields(pdf)
        return Leaf(piece, pdf, digest, ".pdf", signed)
    figures, reason = pages_as_figures(pdf, piece.title)
    return Leaf(piece, figures, digest, ".pdf", signed, reason)


def _has_signatures(pdf: Pdf) -> bool:
    form = pdf.Root.get("/AcroForm", pikepdf.Dictionary())
    return any("/V" in one and one.get("/FT") == pikepdf.Name.Sig for one in form.get("/Fields", pikepdf.Array()))
