"""What a dossier is made from, as a file: dossier.json beside its papers; every fault in it is told at once.

{"cover": {the fields of DossierCover}, "papers": [{"section", "title", "file", "note"}]}. Files are named relative to
the folder of dossier.json and lie inside it. `schema()` is the whole format as JSON Schema.
"""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter

from documents import examples
from documents.dossier.leaves import Piece, leaf_of
from documents.forms.values import fielded_from
from documents.papers.base import Fault, Fielded, FieldFault, Said
from documents.papers.dossier import DossierCover, lacking

NAME = "dossier.json"
MOST_PAPERS = 500
KEYS = {"cover", "papers"}


@dataclass(frozen=True, kw_only=True)
class Listed(Fielded):
    """One line of the list."""

    section: Annotated[str, Said("类别", "the section")]
    title: Annotated[str, Said("文书名称", "the title")]
    file: Annotated[str, Said("文件名", "the file's name")]
    note: Annotated[str, Said("备注", "the remark")] = ""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The whole list."""

    cover: DossierCover
    papers: tuple[Listed, ...]


COVER = DossierCover(
    title="张桂兰与刘志强邻里渗水纠纷", number=examples.NUMBER, mediators=("王敏",),
    mediated_from=dt.date(2026, 11, 17), mediated_to=dt.date(2026, 11, 24), filed_by="赵云",
    filed_on=dt.date(2026, 12, 10), retention="10年", committee=examples.COMMITTEE, outcome="written",
    checked_by="周立", development=True,
)  # fmt: skip
LISTED = Listed(section="application", title="人民调解申请书", file="01.pdf")


def schema() -> dict[str, Any]:
    """The format of dossier.json as JSON Schema (2020-12)."""
    return TypeAdapter(Listing).json_schema()


def written(listing: Listing) -> str:
    """A list as the text of dossier.json."""
    plain = TypeAdapter(Listing).dump_python(listing, mode="json")
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def read(place: Path) -> tuple[DossierCover, list[Piece]]:
    """Cover and papers of a folder with a dossier.json, or of such a file.

    Raises FieldFault with everything that is wrong with the list, OSError and ValueError when it cannot be read.
    """
    file = place / NAME if place.is_dir() else place
    stated = json.loads(file.read_bytes())
    if not isinstance(stated, dict):
        raise TypeError(f"{file} holds no object")
    faults = [Fault(f"没有这一栏：{key}", f"there is no field {key}") for key in stated if key not in KEYS]
    cover = _cover(stated.get("cover"), faults)
    listed = _papers(stated.get("papers"), faults)
    pieces = [piece for place, one in enumerate(listed, 1) if (piece := _piece(file.parent, one, place, faults))]
    if cover is not None and len(pieces) == len(listed):
        faults += lacking([one.section for one in pieces], cover)
    if faults or cover is None:
        unfit = [found for one in pieces if isinstance(found := leaf_of(one), Fault)]
        raise FieldFault([*faults, *unfit])
    return cover, pieces


def _cover(stated: Any, faults: list[Fault]) -> DossierCover | None:
    if not isinstance(stated, dict):
        faults.append(Fault("缺少卷宗封面（cover）", "the cover is missing"))
        return None
    try:
        made: DossierCover = fielded_from(DossierCover, stated, COVER)
    except FieldFault as found:
        faults += found.faults
        return None
    return made


def _papers(stated: Any, faults: list[Fault]) -> list[Listed]:
    if not isinstance(stated, list) or not 0 < len(stated) <= MOST_PAPERS:
        faults.append(Fault(f"文书（papers）要有1到{MOST_PAPERS}件", f"papers must be a list of 1 to {MOST_PAPERS}"))
        return []
    found = []
    for place, one in enumerate(stated, 1):
        owner = Said(f"第{place}件文书", f"paper {place}")
        if not isinstance(one, dict):
            faults.append(owner.wrong(Fault("填得不对", "is no object")))
            continue
        try:
            found.append(fielded_from(Listed, one, LISTED))
        except FieldFault as wrong:
            faults += [owner.has(fault) for fault in wrong.faults]
    return found


def _piece(folder: Path, one: Listed, place: int, faults: list[Fault]) -> Piece | None:
    """The paper as a piece, its file inside the folder: a list from elsewhere must not pick files of this machine."""
    file = (folder / one.file).resolve()
    if not file.is_relative_to(folder.resolve()):
        owner = Said(f"第{place}件文书", f"paper {place}")
        faults.append(
            owner.has(Fault(f"文件不在卷宗的文件夹里：{one.file}", f"file lies outside the folder: {one.file}"))
        )
        return None
    return Piece(one.section, one.title, file, one.note)
