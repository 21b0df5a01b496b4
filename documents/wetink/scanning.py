"""Sheets that come back as photographs or a scanner's PDF: opened with suspicion, turned upright, written anew.

What is kept is never the file that was sent but a picture decoded and encoded again, without any of its metadata. A
PDF is still parsed by a program that others wrote: run this where memory and time are bounded (`console.limit`).
"""

import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pikepdf
import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

from documents.limits import too_large
from documents.papers.base import Fault
from documents.photographs import FORMATS, HEIC, is_heic, page_count, turn_to
from documents.unpacking import UnpacksTooFar, opened
from documents.wetink.codes import MOST_PAGES, PageCode, read

MOST_SHEETS = MOST_FILES = MOST_PAGES + 1  # with the sheet of explanations
MOST_BYTES, MOST_TOGETHER = 25 * 2**20, 150 * 2**20
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2600  # 222 dpi of A4
FINEST = 2 * LONGEST_SIDE  # where the code is too small in what is kept
QUALITIES = (80, 65, 50, 35)
MOST_KEPT = 400 * 1024  # of one sheet: all of them must make a file that can be judged
CHANNELS = 4
FILTERS = ("/FlateDecode", "/DCTDecode", "/CCITTFaxDecode", "/JPXDecode", "/JBIG2Decode")
QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
EMPTY = Fault(f"要一到{MOST_FILES}个文件", f"there must be one to {MOST_FILES} files")
TOO_MUCH = Fault(f"加起来大于{MOST_TOGETHER // 2**20}MB", f"more than {MOST_TOGETHER // 2**20} MB in all")
TOO_MANY = Fault(f"多于{MOST_SHEETS}页", f"more than {MOST_SHEETS} pages")
TOO_LARGE = Fault(f"大于{MOST_BYTES // 2**20}MB", f"is larger than {MOST_BYTES // 2**20} MB")
NO_PICTURE = Fault("不是JPEG、PNG、WebP、TIFF或PDF", "is neither JPEG, PNG, WebP, TIFF nor PDF")
NO_SCAN = Fault("不是扫描的图", "is no scan")
ENCRYPTED = Fault("加了密码", "is encrypted")
BROKEN = Fault("打不开", "cannot be opened")
ABNORMAL = Fault("的结构大得不正常", "has an abnormally large structure")
UNPACKS = Fault("压缩的内容展开后大得不正常", "unpacks to an abnormal size")
TOO_FINE = Fault("像素太多", "has too many pixels")


class Refused(ValueError):
    """One file or one page of it cannot be taken; `fault` is the end of a sentence."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(f"{fault.zh} ({fault.en})")


@dataclass(frozen=True)
class Sheet:
    """One sheet as it is kept: a plain JPEG, upright where its code could be read; `where` it came from."""

    jpeg: bytes
    code: PageCode | None
    where: Fault

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.jpeg).hexdigest()


@dataclass(frozen=True)
class Scans:
    """All that could be read of the files that came, and everything that could not."""

    sheets: tuple[Sheet, ...]
    faults: tuple[Fault, ...] = ()


def read_sheets(files: Sequence[bytes]) -> Scans:
    """Every sheet in these files; what is wrong with any file or page is told with the others."""
    if not 0 < len(files) <= MOST_FILES:
        return Scans((), (EMPTY,))
    if sum(map(len, files)) > MOST_TOGETHER:
        return Scans((), (TOO_MUCH,))
    sheets: list[Sheet] = []
    faults: list[Fault] = []
    for number, content in enumerate(files, 1):
        for where, attempt in _attempts(number, content):
            try:
                sheets.append(_sheet(attempt(), where))
            except Refused as refused:
                faults.append(Fault(where.zh + refused.fault.zh, f"{where.en} {refused.fault.en}"))
            except Exception:  # noqa: BLE001 - hostile input: whatever breaks a decoder makes the page unreadable
                faults.append(Fault(where.zh + BROKEN.zh, f"{where.en} {BROKEN.en}"))
        if len(sheets) > MOST_SHEETS:
            return Scans((), (*faults, TOO_MANY))
    return Scans(tuple(sheets), tuple(faults))


def _attempts(number: int, content: bytes) -> Iterator[tuple[Fault, Callable[[], Image.Image]]]:
    """Each sheet of a file: where it is, and how to open it; a file that gives none gives one attempt that refuses."""
    where = Fault(f"第{number}个文件", f"file {number}")
    if len(content) > MOST_BYTES or not content.startswith(b"%PDF-"):
        yield from _frames(where, content)
        return
    if too_large(content):
        yield where, lambda: _refuse(Refused(ABNORMAL))
        return
    try:
        file = opened(content)
        count = len(file.pages)
    except Exception as fault:  # noqa: BLE001 - hostile input, as above; a bomb ends in MemoryError
        refused = Refused(_why_closed(fault))
        yield where, lambda: _refuse(refused)
        return
    with file:
        if not 0 < count <= MOST_SHEETS:
            yield where, lambda: _refuse(Refused(TOO_MANY if count else BROKEN))
            return
        for place in range(count):
            yield _page(where, place), lambda place=place: _picture_of(file.pages[place])  # type: ignore[misc]


def _why_closed(fault: Exception) -> Fault:
    if isinstance(fault, UnpacksTooFar):
        return UNPACKS
    return ENCRYPTED if isinstance(fault, pikepdf.PasswordError) else BROKEN


def _page(where: Fault, place: int) -> Fault:
    return Fault(f"{where.zh}第{place + 1}页", f"{where.en}, page {place + 1}")


def _refuse(refused: Refused) -> Image.Image:
    raise refused


def _frames(where: Fault, content: bytes) -> Iterator[tuple[Fault, Callable[[], Image.Image]]]:
    """The pages of a picture: one, but for a scanner that wrote several into one TIFF."""
    count = page_count(content, MOST_SHEETS + 1) if len(content) <= MOST_BYTES else 1
    if count > MOST_SHEETS:
        yield where, lambda: _refuse(Refused(TOO_MANY))
        return
    for place in range(count):
        at = _page(where, place) if count > 1 else where
        yield at, lambda place=place: _picture(content, place)  # type: ignore[misc]


def _picture(content: bytes, place: int) -> Image.Image:
    if len(content) > MOST_BYTES:
        raise Refused(TOO_LARGE)
    if is_heic(content):
        raise Refused(HEIC)
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise Refused(TOO_FINE) from fault
    except UnidentifiedImageError as fault:
        raise Refused(NO_PICTURE) from fault
    _check_size(turn_to(picture, place), min(picture.size))
    picture.draft(None, (FINEST, FINEST))  # a JPEG is decoded no finer than its code may need
    return picture


def _picture_of(page: pikepdf.Page) -> Image.Image:
    """The largest picture of one page of a scanner's PDF; nothing of it is run or drawn."""
    held: list[Any] = [one for one in page.get_images().values() if isinstance(one, pikepdf.Stream)]
    if not held:
        raise Refused(NO_SCAN)
    largest = max(held, key=lambda one: int(one.Width) * int(one.Height))
    width, height = int(largest.Width), int(largest.Height)
    _check_size(width * height, min(width, height))
    _check_packing(largest)
    return pikepdf.PdfImage(largest).as_pil_image()


def _check_size(pixels: int, side: int) -> None:
    if pixels > MOST_PIXELS or side < 1:
        raise Refused(TOO_FINE)


def _check_packing(image: Any) -> None:
    """Refuse a stream that unpacks to more than its picture can hold: few bytes must not fill the memory."""
    stated = image.get("/Filter", pikepdf.Array())
    filters = [str(one) for one in (stated if isinstance(stated, pikepdf.Array) else [stated])]
    if any(one not in FILTERS for one in filters) or filters.count("/FlateDecode") > 1:
        raise Refused(BROKEN)
    if filters[:1] != ["/FlateDecode"]:
        return
    room = int(image.Width) * int(image.Height) * CHANNELS * 2 + 2**20
    unpacking, waiting = zlib.decompressobj(), image.read_raw_bytes()
    while waiting and room > 0:
        room -= len(unpacking.decompress(waiting, 2**20))
        waiting = unpacking.unconsumed_tail
    if room <= 0:
        raise Refused(TOO_FINE)


def _sheet(picture: Image.Image, where: Fault) -> Sheet:
    """Decode, bound, look for the code, turn upright by it, encode anew."""
    whole = ImageOps.exif_transpose(picture).convert("RGB")
    kept = whole.copy()
    kept.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    code, turned = _code(kept)
    if code is None and kept.size != whole.size:
        code, turned = _code(whole)
    if turned:
        kept = kept.rotate(turned, expand=True)
    return Sheet(_encoded(kept), code, where)


def _encoded(picture: Image.Image) -> bytes:
    """A plain JPEG without metadata, as good as fits; a sheet that never does is made smaller."""
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)
    while True:
        for quality in QUALITIES:
            out = io.BytesIO()
            plain.save(out, "JPEG", quality=quality, optimize=False, progressive=False)
            if out.tell() <= MOST_KEPT:
                return out.getvalue()
        plain = plain.resize((plain.width * 3 // 4, plain.height * 3 // 4), Image.Resampling.LANCZOS)


def _code(picture: Image.Image) -> tuple[PageCode | None, int]:
    """The page's code, and by how many degrees (of 90) the sheet must be turned for it to stand upright."""
    for one in zxingcpp.read_barcodes(picture.convert("L"), formats=QR):
        code = read(one.text) if one.valid else None
        if code is not None:
            return code, round(one.orientation / 90) % 4 * 90
    return None, 0
