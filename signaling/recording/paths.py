"""File names from LiveKit's templates, which never lead out of the recordings folder."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

LONGEST_VALUE, LONGEST_NAME, LONGEST_PATH, DEEPEST = 80, 200, 800, 12
ENDINGS = {".webm", ".mkv", ".mp4", ".ogg", ".mp3", ".ivf", ".h264"}
UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")


def clean(value: str) -> str:
    """Return a name somebody chose as a part of a file name: no separators, no leading dots, not too long."""
    cut = UNSAFE.sub("_", value)[:LONGEST_VALUE].encode()[: LONGEST_VALUE * 2].decode(errors="ignore")
    return re.sub(r"^[. ]+", "_", cut).strip() or "_"


def moment(when: datetime) -> dict[str, str]:
    """Return what {time} and {utc} stand for; `when` is in UTC."""
    return {
        "time": when.strftime("%Y-%m-%dT%H%M%S"),
        "utc": when.strftime("%Y%m%d%H%M%S") + f"{when.microsecond // 1000:03d}",
    }


def fill(template: str, names: Mapping[str, str], ending: str, *, several: bool) -> str:
    """Return the path below the recordings folder that a template stands for.

    `names` are the values of {room_name}, {track_id} and so on; `ending` comes in place of another media type's.
    `several`: more files than one come of this template, so each is named after its track. Raises ValueError for a
    path that leads elsewhere.
    """
    path = template
    if not path or path.endswith("/"):
        path += "{room_name}-{time}" + ("" if several else "-{track_id}")
    stem, dot, last = path.rpartition(".")
    if dot and f".{last}" in ENDINGS:
        path = stem
    if several and "{track_id}" not in path:
        path += "-{track_id}"
    path = re.sub(r"\{(\w+)\}", lambda found: clean(names[found[1]]) if found[1] in names else found[0], path)
    return checked(path + ending)


def checked(path: str) -> str:
    """Return the path if it stays where it is put; raises ValueError."""
    parts = path.split("/")
    if "\x00" in path or path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise ValueError("filepath must lie below the recordings folder")
    if len(parts) > DEEPEST or len(path.encode()) > LONGEST_PATH:
        raise ValueError("filepath is too long")
    if any(len(part.encode()) > LONGEST_NAME for part in parts):
        raise ValueError("a name in filepath is too long")
    return str(PurePosixPath(path))


def below(folder: str, template: str) -> str:
    """Return a template that names the recordings folder itself as what follows; others as they are."""
    prefix = folder.rstrip("/") + "/"
    return template.removeprefix(prefix) if template.startswith(prefix) else template
