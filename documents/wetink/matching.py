"""Are these sheets all pages of that file? Decided by the codes that were read on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from documents.papers.base import Fault
from documents.papers.wet_ink import SignedPage
from documents.wetink.scanning import Scans, Sheet


@dataclass(frozen=True)
class Matched:
    """What the sheets are: `pages` in order where all are there; else every fault at once and no page."""

    pages: tuple[SignedPage, ...]
    faults: tuple[Fault, ...] = ()
    missing: tuple[int, ...] = ()


def match(scans: Scans, sha256: str, count: int) -> Matched:
    """Which of the `count` pages of the file with this hash the sheets are; the sheet of explanations may be there."""
    strange = [fault for sheet in scans.sheets if (fault := _strange(sheet, sha256, count))]
    mine: dict[int, list[Sheet]] = {}
    for sheet in scans.sheets:
        if sheet.code and sheet.code.page and not _strange(sheet, sha256, count):
            mine.setdefault(sheet.code.page, []).append(sheet)
    missing = tuple(page for page in range(1, count + 1) if page not in mine)
    faults = [*scans.faults, *strange, *(_twice(page, held) for page, held in sorted(mine.items()) if len(held) > 1)]
    if missing:
        listed = ", ".join(map(str, missing))
        faults.append(Fault(f"缺第{'、'.join(map(str, missing))}页", f"pages missing: {listed}"))
    if faults:
        return Matched((), tuple(faults), missing)
    return Matched(tuple(SignedPage(mine[page][0].jpeg, mine[page][0].sha256, page) for page in sorted(mine)))


def _strange(sheet: Sheet, sha256: str, count: int) -> Fault | None:
    """Why the sheet is none of this file's."""
    if sheet.code is None:
        return _told(sheet, "看不清方块码，请重拍", "has no code that can be read: photograph it again")
    if not sheet.code.of(sha256) or sheet.code.count != count:
        return _told(sheet, "不是这份文书的", "is of another paper")
    return None


def _told(sheet: Sheet, zh: str, en: str) -> Fault:
    return Fault(sheet.where.zh + zh, f"{sheet.where.en} {en}")


def _twice(page: int, held: Sequence[Sheet]) -> Fault:
    places = "、".join(one.where.zh for one in held)
    return Fault(f"第{page}页来了{len(held)}张：{places}", f"page {page} came {len(held)} times")
