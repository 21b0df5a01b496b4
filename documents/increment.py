"""An incremental update of a PDF (ISO 32000-1, 7.5.6): what is new and what changed, appended; not a byte before moves.

The file is read by pikepdf; what is appended is written here, because each signature is one small update of a file that
is read again and again, and only what is written by hand leaves a gap of known place for the signature.
"""

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import pikepdf

from documents.papers.base import Fault, FieldFault

RANGE = "/ByteRange [0 {} {} {}]"
WIDTH = len(RANGE.format("0" * 10, "0" * 10, "0" * 10))


@dataclass(frozen=True)
class Placed:
    """A revision with an empty signature: the gap reaches from `start` (its <) to just before `end` (after its >)."""

    content: bytes
    start: int
    end: int

    @property
    def digest(self) -> bytes:
        """SHA-256 of everything but the gap."""
        hashed = hashlib.sha256(memoryview(self.content)[: self.start])
        hashed.update(memoryview(self.content)[self.end :])
        return hashed.digest()

    @property
    def byte_range(self) -> tuple[int, int, int, int]:
        return 0, self.start, self.end, len(self.content) - self.end


def filled(content: bytes, start: int, end: int, der: bytes) -> bytes:
    """The revision with the signature in its gap; ValueError when it is too long for it."""
    room = end - start - 2
    told = der.hex().encode()
    if len(told) > room:
        raise ValueError(f"a signature of {len(told)} hex digits does not fit into {room}")
    return b"%b<%b>%b" % (content[:start], told.ljust(room, b"0"), content[end:])


class Increment:
    """One update in the making: change objects of `pdf`, name them by `change`, add new ones, then write."""

    def __init__(self, base: bytes) -> None:
        """Open the newest revision; pikepdf.PdfError when it is none that can be read."""
        self._base = base
        self.pdf = pikepdf.open(io.BytesIO(base))
        if self.pdf.is_encrypted:
            raise FieldFault([Fault("加了密的文件不能签名", "an encrypted file cannot be signed")])
        self._changed: dict[int, Any] = {}
        self._size = int(self.pdf.trailer.Size)
        self._first = 0

    def add(self, made: Any) -> Any:
        """A new indirect object; the first is added before anything else is brought into `pdf`."""
        added = self.pdf.make_indirect(made)
        while added.objgen[0] < self._size:  # a number in use already, by a cross-reference stream
            added = self.pdf.make_indirect(made)
        self._first = self._first or added.objgen[0]
        return added

    def change(self, *objects: Any) -> None:
        """Indirect objects of the file that the update writes anew."""
        for one in objects:
            number, generation = one.objgen
            assert number
            assert not generation
            self._changed[number] = one

    def write(self) -> bytes:
        """The file with this update."""
        return self._written(None, 0).content

    def write_signature(self, signature: Any, reserved: int) -> Placed:
        """The file with this update, in which the new dictionary `signature` has a gap of `reserved` hex digits."""
        return self._written(signature, reserved)

    def _objects(self) -> dict[int, Any]:
        last = self.add(pikepdf.Dictionary()).objgen[0]
        made = {number: self.pdf.get_object((number, 0)) for number in range(self._first or last, last)}
        return {**self._changed, **made}

    def _written(self, signature: Any, reserved: int) -> Placed:
        out, offsets, start = bytearray(self._base), {}, 0
        if not out.endswith(b"\n"):
            out += b"\n"
        for number, one in sorted(self._objects().items()):
            offsets[number] = len(out)
            out += b"%d 0 obj\n" % number
            if signature is not None and number == signature.objgen[0]:
                out += b"<< /Contents "
                start = len(out)
                out += b"<%b> %b %b" % (b"0" * reserved, b" " * WIDTH, one.unparse(resolved=True)[2:])
            else:
                out += _serialised(one)
            out += b"\nendobj\n"
        self._close(out, offsets)
        end = start + reserved + 2
        if signature is not None:
            told = RANGE.format(start, end, len(out) - end).encode()
            out[end + 1 : end + 1 + WIDTH] = told.ljust(WIDTH)
        return Placed(bytes(out), start, end)

    def _close(self, out: bytearray, offsets: dict[int, int]) -> None:
        """The cross-reference section, of the kind the file had before, its trailer, and where it begins."""
        previous = int(self._base[self._base.rindex(b"startxref") + 9 :].split()[0])
        table = self._base[previous : previous + 4] == b"xref"
        begin, size = len(out), max(self._size, *(number + 1 for number in offsets))
        known = self.pdf.trailer
        trailer = pikepdf.Dictionary(Root=known.Root, Prev=previous)
        if "/Info" in known:
            trailer.Info = known.Info
        fresh = hashlib.sha256(memoryview(out)[len(self._base) :]).digest()[:16]
        trailer.ID = pikepdf.Array([known.ID[0] if "/ID" in known else pikepdf.String(fresh), pikepdf.String(fresh)])
        if table:
            trailer.Size = size
            out += b"xref\n%b" % b"".join(_section(run, offsets) for run in _runs(offsets))
            out += b"trailer\n%b\n" % trailer.unparse()
        else:
            offsets[size] = begin
            trailer.Size = size + 1
            out += b"%d 0 obj\n%b\nendobj\n" % (size, _stream(trailer, offsets))
        out += b"startxref\n%d\n%%%%EOF\n" % begin


def _serialised(one: Any) -> bytes:
    if not isinstance(one, pikepdf.Stream):
        return bytes(one.unparse(resolved=True))
    content = one.read_raw_bytes()
    described = one.stream_dict
    described.Length = len(content)
    return b"%b\nstream\n%b\nendstream" % (described.unparse(), content)


def _runs(offsets: dict[int, int]) -> list[list[int]]:
    """The numbers in order, as unbroken runs."""
    runs: list[list[int]] = []
    for number in sorted(offsets):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _section(run: list[int], offsets: dict[int, int]) -> bytes:
    lines = b"".join(b"%010d 00000 n \n" % offsets[number] for number in run)
    return b"%d %d\n%b" % (run[0], len(run), lines)


def _stream(trailer: pikepdf.Dictionary, offsets: dict[int, int]) -> bytes:
    """A cross-reference stream (7.5.8), uncompressed: rows of one, eight and two bytes."""
    rows = b"".join(b"\x01%b\0\0" % offsets[number].to_bytes(8, "big") for number in sorted(offsets))
    trailer.Type = pikepdf.Name.XRef
    trailer.W = pikepdf.Array([1, 8, 2])
    trailer.Index = pikepdf.Array([value for run in _runs(offsets) for value in (run[0], len(run))])
    trailer.Length = len(rows)
    return b"%b\nstream\n%b\nendstream" % (trailer.unparse(), rows)
