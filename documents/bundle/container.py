"""The zip around a bundle: packed so that the same files give the same bytes, unpacked with suspicion.

An associated signature container (ASiC-E, ETSI EN 319 162-1): `mimetype` first, signatures below META-INF. Nothing is
compressed (papers are already), and there is one way only to write it: so a reader packs again what it found and
compares bytes, and nothing can hide before, between or behind the files. Nothing is written to disk here.
"""

import io
import re
import stat
import zipfile
from collections.abc import Mapping

MEDIA_TYPE = b"application/vnd.etsi.asic-e+zip"
MIMETYPE = "mimetype"
EPOCH = (1980, 1, 1, 0, 0, 0)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")
MOST_FILES = 2000
MOST_BYTES = 128 * 2**20
MOST_EACH = 64 * 2**20
LARGEST = MOST_BYTES + 2**20  # with the names around the files
REGULAR = stat.S_IFREG | 0o644


class BundleRefused(ValueError):
    """This is no bundle that may be opened; `code` is one of the verdict's."""

    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(f"{code}: {detail}")


def pack(files: Mapping[str, bytes]) -> bytes:
    """The container of these files; equal files give equal bytes. Raises BundleRefused for a name that is not plain."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in [(MIMETYPE, MEDIA_TYPE), *sorted(files.items())]:
            if NAME.fullmatch(name) is None or (name == MIMETYPE and content != MEDIA_TYPE):
                raise BundleRefused("bad_name", name)
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, REGULAR << 16
            archive.writestr(entry, content)
    return out.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """Every file of a container but `mimetype`. Raises BundleRefused for whatever could harm or mislead."""
    if len(content) > LARGEST:
        raise BundleRefused("too_large", f"> {LARGEST} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries, content, archive.comment)
            files = {one.filename: archive.read(one) for one in entries}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError) as fault:
        if isinstance(fault, BundleRefused):
            raise
        raise BundleRefused("not_bundle", str(fault)) from fault
    if files.pop(MIMETYPE, b"") != MEDIA_TYPE or entries[0].filename != MIMETYPE:
        raise BundleRefused("not_bundle", "mimetype")
    if pack(files) != content:
        raise BundleRefused("not_bundle", "there is more in it than its files")
    return files


def _check_entries(entries: list[zipfile.ZipInfo], content: bytes, comment: bytes) -> None:
    if not entries or entries[0].header_offset != 0 or comment:
        raise BundleRefused("not_bundle", "something stands around the container")
    if len(entries) > MOST_FILES:
        raise BundleRefused("too_large", f"{len(entries)} files")
    names = [one.filename.lower() for one in entries]
    if len(set(names)) != len(names):
        raise BundleRefused("twice", next(name for name in names if names.count(name) > 1))
    for one in entries:
        _check_entry(one)
    whole = sum(one.file_size for one in entries)
    if whole > min(MOST_BYTES, len(content)):
        raise BundleRefused("too_large", f"{whole} bytes")


def _check_entry(one: zipfile.ZipInfo) -> None:
    """One file by what the directory says of it."""
    if NAME.fullmatch(one.filename) is None or one.orig_filename != one.filename:
        raise BundleRefused("bad_name", ascii(one.filename)[:120])
    kind = stat.S_IFMT(one.external_attr >> 16)
    if one.is_dir() or kind not in (0, stat.S_IFREG):
        raise BundleRefused("not_a_file", one.filename)
    if one.file_size > MOST_EACH:
        raise BundleRefused("too_large", one.filename)
    if one.flag_bits & 0x1 or one.compress_type != zipfile.ZIP_STORED or one.file_size != one.compress_size:
        raise BundleRefused("not_bundle", f"{one.filename} is encrypted or compressed")
