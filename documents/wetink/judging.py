"""What a verdict says of ink: who signed on paper is the mediator's statement, never a signature that was judged.

The statement counts only from a file whose text the platform certified, and as attested only while the mediator's own
electronic signature holds. The file that was printed lies in the attestation and is judged by the same rules: everybody
who is to sign must have done so there, or on paper, and nobody in both ways.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

from documents.fields import PLATFORM_FIELD
from documents.judging import role_of
from documents.reading import at
from documents.report import OnPaper, Reason, Report, Signer, Verdict, reason, verdict_of
from documents.wetink.record import PRINTED, RECORD, Record, read

MEDIATOR = "mediator"
Judge = Callable[[bytes, dt.datetime | None], Report]
MOST_NODES = 200


def weighed(report: Report, carried: Mapping[str, bytes], judge: Judge) -> Report:
    """The report with what an attestation adds to it; `judge` judges the printed file as of a proven time or now.

    Raises ValueError for an attestation whose record is broken.
    """
    if RECORD not in carried or not _certified(report):
        return report
    record, printed = read(carried[RECORD]), carried.get(PRINTED, b"")
    if hashlib.sha256(printed).hexdigest() != record.printed:
        return _with(report, [reason("print_differs")])
    inner = judge(printed, report.document_timestamp)
    found = _unlike(record, inner)
    mediator = next((one for one in report.signers if one.field == MEDIATOR and _holds(one)), None)
    on_paper = tuple(
        OnPaper(
            one.place,
            one.role,
            one.name,
            one.at,
            mediator.name if mediator else "",
            mediator.time if mediator else None,
        )
        for one in record.statements
    )
    if mediator and verdict_of(one.code for one in found) <= Verdict.INCOMPLETE:
        found.append(reason("on_paper", "、".join(one.name for one in record.statements)))
    return replace(_with(report, found), on_paper=on_paper, printed=inner)


def _certified(report: Report) -> bool:
    first = report.signers[0] if report.signers else None
    return first is not None and first.field == PLATFORM_FIELD and _holds(first)


def _holds(one: Signer) -> bool:
    return one.trusted and one.intact


def _unlike(record: Record, inner: Report) -> list[Reason]:
    """Why the printed file and the statement do not make one whole."""
    if inner.verdict is Verdict.INVALID:
        return [reason("print_refused")]
    if inner.verdict is Verdict.UNKNOWN:
        return [reason("print_unknown")]
    pens = {one.place for one in record.statements}
    people = {name for name in inner.missing if role_of(name) == "person"}
    found = [reason("missing", name) for name in sorted(people - pens)]
    return [reason("both_ways", name) for name in sorted(pens - people)] + found


def _with(report: Report, more: list[Reason]) -> Report:
    reasons = [reason("genuine_electronic") if one.code == "genuine" else one for one in report.reasons]
    reasons = sorted([*reasons, *more], key=lambda one: -verdict_of([one.code]))
    if verdict_of(one.code for one in reasons) is not Verdict.VALID:
        reasons = [one for one in reasons if one.code != "genuine_electronic"]
    return replace(report, verdict=verdict_of(one.code for one in reasons), reasons=tuple(reasons))


def carried(reader: PdfFileReader, revision: int) -> dict[str, bytes]:
    """The two attachments of an attestation as of a revision (from 0), those that are there."""
    root: Any = reader.get_historical_resolver(revision).root
    names = at(root, "/Names", {})
    if "/EmbeddedFiles" not in names:
        return {}
    found = {}
    for name, file in _leaves(names["/EmbeddedFiles"]):
        if name in (RECORD, PRINTED):
            found[name] = bytes(file["/EF"]["/F"].data)
    return found


def _leaves(tree: Any) -> list[tuple[str, Any]]:
    """Names and file specifications of a name tree (ISO 32000-1, 7.9.6); ValueError for one that is too large."""
    waiting, seen = [tree], 0
    found: list[tuple[str, Any]] = []
    while waiting:
        node, seen = waiting.pop(), seen + 1
        if seen > MOST_NODES or len(found) > MOST_NODES:
            raise ValueError("tree of attachments")
        waiting += [one.get_object() for one in at(node, "/Kids", ())]
        pairs = [one.get_object() for one in at(node, "/Names", ())]
        found += [(str(name), file) for name, file in zip(pairs[::2], pairs[1::2], strict=True)]
    return found
