"""Files of recordings: made anew, never over another, inside one folder; what is written stays if the process dies."""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOST_TRIES = 100
HASHED_AT_ONCE = 1 << 20


def create(folder: Path, relative: str) -> tuple[Path, int]:
    """Make a file and return its path and descriptor; a name that is taken gets a number. Raises OSError.

    `relative` was checked by `paths`; a link inside the folder that leads out of it is refused here.
    """
    wanted = folder / relative
    wanted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not wanted.parent.resolve().is_relative_to(folder.resolve()):
        raise PermissionError(f"the folder of {relative} lies outside the recordings folder")
    for attempt in range(MOST_TRIES):
        name = f"{wanted.stem}-{attempt + 1}{wanted.suffix}" if attempt else wanted.name
        path = wanted.with_name(name)
        with contextlib.suppress(FileExistsError):
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            _sync_folder(path.parent)
            return path, opened
    raise FileExistsError(f"{relative} and its numbered names exist")


def write_at(descriptor: int, content: bytes, offset: int) -> None:
    """Write all of it. Raises OSError, also where the disk takes only a part."""
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def digest(descriptor: int, size: int) -> str:
    """Return the SHA-256 of a file as it stands on the disk, in hexadecimal. Raises OSError."""
    found, at = hashlib.sha256(), 0
    while at < size:
        piece = os.pread(descriptor, HASHED_AT_ONCE, at)
        if not piece:
            break
        found.update(piece)
        at += len(piece)
    return found.hexdigest()


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Write what is known of a recording beside it, all or nothing. Raises OSError."""
    target = manifest_of(path)
    draft = target.with_name(f".{target.name}.part")
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def manifest_of(path: Path) -> Path:
    """Return where the manifest of a recording stands."""
    return path.with_name(f"{path.name}.json")


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
