"""What an attestation states for programs: a small file that it carries beside the one that was printed."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from documents.papers.wet_ink import InkAttestation
from documents.pdfa import Attachment

RECORD, PRINTED = "wet-ink.json", "printed.pdf"
FORMAT = "yuntiao-wet-ink/1"
MOST_BYTES, MOST_SIGNERS = 256 * 1024, 40


@dataclass(frozen=True)
class Statement:
    """Somebody who signed with a pen: the place in the printed file, part, name, the time the mediator states."""

    place: str
    role: str
    name: str
    at: dt.datetime


@dataclass(frozen=True)
class Record:
    """The SHA-256 of the printed file, and who signed it with a pen."""

    printed: str
    statements: tuple[Statement, ...]


def attachments(paper: InkAttestation, printed: bytes) -> tuple[Attachment, Attachment]:
    """The two files that the attestation carries."""
    stated = {
        "format": FORMAT,
        "printed": paper.sha256,
        "on_paper": [
            {"place": one.place, "role": one.role, "name": one.name, "at": one.at.isoformat()} for one in paper.in_ink
        ],
        "pages": [{"page": one.page, "sha256": one.sha256} for one in paper.pages],
    }
    content = json.dumps(stated, ensure_ascii=False, indent=1).encode()
    return (
        Attachment(PRINTED, "application/pdf", printed, "打印出来签名的电子文件 (the file that was printed)"),
        Attachment(RECORD, "application/json", content, "谁在纸上签名 (who signed on paper)"),
    )


def read(content: bytes) -> Record:
    """The record in these bytes. Raises ValueError for what is none."""
    if len(content) > MOST_BYTES:
        raise ValueError("a record that is too large")
    stated: dict[str, Any] = json.loads(content)
    try:
        statements = tuple(_statement(one) for one in stated["on_paper"])
        printed = str(stated["printed"])
    except (KeyError, TypeError) as fault:
        raise ValueError(f"no record of ours: {fault!r}") from fault
    if stated.get("format") != FORMAT or not 0 < len(statements) <= MOST_SIGNERS:
        raise ValueError("no record of ours")
    return Record(printed, statements)


def _statement(one: dict[str, Any]) -> Statement:
    at = dt.datetime.fromisoformat(one["at"])
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return Statement(str(one["place"]), str(one["role"]), str(one["name"]), at)
