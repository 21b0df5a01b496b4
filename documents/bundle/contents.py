"""What goes into a bundle, as values, and the manifest that names all of it (schema.json is its open format). (pure)"""

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft202012Validator

FORMAT = "yuntiao-bundle/1"
SCHEMA = Path(__file__).with_name("schema.json")
Kind = Literal["agreement", "paper", "scan", "certificate_page", "audit", "verification", "index", "trust", "evidence"]
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".html": "text/html",
    ".pem": "application/x-pem-file",
    ".crl": "application/pkix-crl",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".tif": "image/tiff",
}


@dataclass(frozen=True)
class Piece:
    """One paper of the case: `expected` says that its verdict is to be valid (a signed PDF), not merely its hash."""

    title: str
    content: bytes
    kind: Kind = "paper"
    signed: bool = True


@dataclass(frozen=True)
class RecordingHash:
    """A recording that stays where it is: the bundle proves which one it was."""

    name: str
    sha256: str
    bytes: int
    started_at: dt.datetime
    ended_at: dt.datetime


@dataclass(frozen=True)
class CaseContents:
    """All of a case that leaves the platform. `audit` is the chain's export: chain, entries, head."""

    number: str
    title: str
    installation: str
    made_at: dt.datetime
    pieces: tuple[Piece, ...]
    audit: Mapping[str, Any]
    recordings: tuple[RecordingHash, ...] = ()
    parties: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filed:
    """A piece under its name in the container."""

    path: str
    kind: Kind
    title: str
    content: bytes
    signed: bool = False

    def entry(self) -> dict[str, Any]:
        """How the manifest names it."""
        return {
            "path": self.path,
            "kind": self.kind,
            "title": self.title,
            "media_type": MEDIA_TYPES[Path(self.path).suffix],
            "bytes": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "signed": self.signed,
        }


def manifest(contents: CaseContents, files: Sequence[Filed]) -> dict[str, Any]:
    """The manifest of these files, which names each with its hash."""
    return {
        "format": FORMAT,
        "case": {"number": contents.number, "title": contents.title, "parties": list(contents.parties)},
        "installation": contents.installation,
        "made_at": iso(contents.made_at),
        "audit": {"chain": str(contents.audit["chain"]), "head": str(contents.audit["head"]),
                  "entries": len(contents.audit["entries"])},
        "recordings": [
            {
                "name": one.name,
                "sha256": one.sha256,
                "bytes": one.bytes,
                "started_at": iso(one.started_at),
                "ended_at": iso(one.ended_at),
            }
            for one in contents.recordings
        ],
        "files": [one.entry() for one in files],
    }  # fmt: skip


def iso(moment: dt.datetime) -> str:
    """UTC in ISO 8601; a time without a zone is a fault of the caller."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")


@functools.cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text()))


def faults_of(stated: object) -> list[str]:
    """What the open schema finds wrong with a manifest; empty when it is one."""
    found = sorted(_schema().iter_errors(stated), key=lambda one: one.json_path)
    return [f"{one.json_path}: {one.message[:200]}" for one in found[:20]]
