"""Files (photographs, PDFs) by their SHA-256, encrypted at rest, on disk before the row that names them commits."""

import hashlib
import os
from pathlib import Path

from server.db.cipher import Cipher
from server.errors import NotFound, _


class Blobs:
    """A folder of sealed files; the same content is stored once."""

    def __init__(self, folder: Path, cipher: Cipher) -> None:
        self._folder = folder
        self._cipher = cipher

    def put(self, content: bytes) -> str:
        """Store and return the SHA-256 in hexadecimal; returns only after the bytes are on the disk."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if path.exists():
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
        with draft.open("wb") as file:
            file.write(self._cipher.seal(content))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
        return digest

    def get(self, digest: str) -> bytes:
        """Read; raises NotFound when there is none, ValueError when the file was altered on disk."""
        try:
            content = self._cipher.open(self._path(digest).read_bytes())
        except FileNotFoundError:
            raise NotFound("file_unknown", _("找不到这个文件。")) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError("a stored file is not what its name says")
        return content

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not digest.isalnum():
            raise NotFound("file_unknown", _("找不到这个文件。"))
        return self._folder / digest[:2] / digest


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too (the rename itself lives in the folder)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
