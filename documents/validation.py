"""Is this file genuine? One verdict by one rule, for the public page, the command line and the court alike.

A file is valid only if every signature passes AdES validation with long-term evidence, its whole chain of trust holds,
nothing was changed after it, every expected field is signed by the right kind of key, and the last time stamp covers
every byte.
"""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace

from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from documents import activity, soundness
from documents.description import described, renamed
from documents.fields import ARCHIVE_FIELD, PLATFORM_FIELD
from documents.judging import Judged, covers_file, judge, judge_archive, roots_of
from documents.limits import MOST_REVISIONS, MOST_SIGNATURES, too_large
from documents.reading import opened
from documents.report import Reason, Report, Verdict, reason, verdict_of
from documents.revisions import history
from documents.unpacking import unpacks_too_far
from documents.wetink.judging import Judge, carried, weighed

__all__ = ["Report", "Verdict", "verify"]


def verify(pdf: bytes, roots: Sequence[str], expected: Sequence[str] | None = None, *, now: dt.datetime) -> Report:
    """Judge a file as of `now`, trusting the roots (PEM).

    `expected` names fields that must be signed besides those which the certified first revision holds anyway.
    """
    trusted = roots_of(roots)

    def judge_printed(printed: bytes, at: dt.datetime | None) -> Report:
        return _guarded(printed, trusted, (), at or now)

    return _guarded(pdf, trusted, tuple(expected or ()), now, judge_printed)


def _guarded(
    pdf: bytes, roots: list[asn1.Certificate], expected: tuple[str, ...], now: dt.datetime, ink: Judge | None = None
) -> Report:
    """The report whatever the file does to a parser; `ink` judges the printed file inside an attestation."""
    try:
        report = _judged(pdf, roots, expected, now, ink)
    except MemoryError:
        report = _only("too_large")
    except Exception as fault:  # noqa: BLE001 - hostile input: whatever breaks a parser makes the file invalid
        report = _only("broken", type(fault).__name__)
    return replace(report, sha256=hashlib.sha256(pdf).hexdigest(), checked_at=now)


def _only(code: str, detail: str = "") -> Report:
    return Report(verdict_of([code]), (reason(code, detail),))


def _judged(
    pdf: bytes, roots: list[asn1.Certificate], expected: tuple[str, ...], now: dt.datetime, ink: Judge | None
) -> Report:
    if not pdf.startswith(b"%PDF-"):
        return _only("not_pdf")
    if too_large(pdf):
        return _only("too_large")
    if unpacks_too_far(pdf):
        return _only("unpacks_too_far")
    reader = opened(pdf)
    if reader.encrypted:
        return _only("encrypted")
    signatures = list(reader.embedded_regular_signatures)
    stamps = list(reader.embedded_timestamp_signatures)
    if not signatures and not stamps:
        return _only("removed" if reader.xrefs.total_revisions > 1 and b"/ByteRange" in pdf else "no_signature")
    if len(signatures) + len(stamps) > MOST_SIGNATURES or reader.xrefs.total_revisions > MOST_REVISIONS:
        return _only("too_large")
    first = signatures[0] if signatures else None
    if first is None or str(first.field_name) != PLATFORM_FIELD or not _is_certification(reader, first):
        return _named(reader, reader.xrefs.total_revisions - 1, _only("not_certified"))
    wanted = _wanted(reader, first, expected)
    unsound = soundness.faults(reader, pdf, [*signatures, *stamps]) + activity.faults(reader, first)
    unsound += [("renamed", "")] if renamed(reader, first.signed_revision) else []
    report = asyncio.run(_weighed(pdf, roots, (signatures, stamps), wanted, now))
    report = replace(report, history=_history(reader, pdf), provable_until=_provable_until(report, stamps))
    report = _named(reader, first.signed_revision, _worsened(report, unsound))
    return weighed(report, carried(reader, first.signed_revision), ink) if ink else report


def _history(reader: PdfFileReader, pdf: bytes) -> tuple[Reason, ...]:
    return tuple(Reason(one.kind, one.zh, one.en) for one in history(reader, pdf))


def _provable_until(report: Report, stamps: list[EmbeddedPdfSignature]) -> dt.datetime | None:
    """Until when the last archive time stamp can be judged: the end of its authority's certificate."""
    if report.document_timestamp is None or not stamps:
        return None
    end: dt.datetime = stamps[-1].signer_cert.not_valid_after
    return end


def _worsened(report: Report, unsound: list[tuple[str, str]]) -> Report:
    """The report with faults of the whole file before those of single signatures."""
    if not unsound:
        return report
    reasons = [reason(code, detail) for code, detail in unsound]
    reasons += [one for one in report.reasons if one.code != "genuine"]
    return replace(report, verdict=verdict_of(one.code for one in reasons), reasons=tuple(reasons))


def _is_certification(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> bool:
    permissions = reader.root.get("/Perms", {})
    return bool(permissions) and permissions.raw_get("/DocMDP") == signature.sig_field.raw_get("/V")


def _wanted(reader: PdfFileReader, first: EmbeddedPdfSignature, expected: tuple[str, ...]) -> dict[str, str]:
    """Every field of the certified revision, with what it is called: that revision nobody can have altered."""
    certified = reader.get_historical_resolver(first.signed_revision)
    wanted = {name: name for name in expected}
    for name, _, reference in fields.enumerate_sig_fields(certified):
        wanted[name] = str(reference.get_object().get("/TU", name))
    return wanted


async def _weighed(
    pdf: bytes,
    roots: list[asn1.Certificate],
    found: tuple[list[EmbeddedPdfSignature], list[EmbeddedPdfSignature]],
    wanted: dict[str, str],
    now: dt.datetime,
) -> Report:
    signatures, stamps = found
    faults, times = await _archives(pdf, roots, stamps, now)
    judged: list[Judged] = []
    for signature in signatures:
        later = [time for revision, time in times if revision > signature.signed_revision]
        one = await judge(signature, roots, later[0] if later else now, archived=bool(later))
        judged.append(one)
        faults += [(one.code, one.signer.label or one.signer.field)] if one.code else []
    if not faults and any(one.signer.level != "B-LTA" for one in judged):
        faults.append(("no_archive", ""))
    signed = [one.signer.field for one in judged]
    faults += [("unexpected", name) for name in signed if name not in wanted]
    faults += [("unexpected", str(one.field_name)) for one in stamps if not _archival(one)]
    missing = [name for name in wanted if name not in signed]
    faults += [("missing", wanted[name]) for name in missing]
    faults.sort(key=lambda fault: -verdict_of([fault[0]]))
    reasons = tuple(reason(code, detail) for code, detail in faults) or (reason("genuine"),)
    stated = times[-1][1] if times else None
    verdict = verdict_of(code for code, _ in faults)
    return Report(verdict, reasons, tuple(one.signer for one in judged), tuple(missing), stated)


async def _archives(
    pdf: bytes, roots: list[asn1.Certificate], stamps: list[EmbeddedPdfSignature], now: dt.datetime
) -> tuple[list[tuple[str, str]], list[tuple[int, dt.datetime]]]:
    """Faults of the archive time stamps, and (revision, time) of each that holds, oldest first."""
    if stamps and not covers_file(stamps[-1], pdf):
        return [("appended", "")], []
    as_of, times = now, []
    for stamp in reversed(stamps):
        code, stated = await judge_archive(stamp, roots, as_of)
        if stated is None:
            return [(code, "")], []
        times.append((stamp.signed_revision, stated))
        as_of = stated
    return [], times[::-1]


def _archival(stamp: EmbeddedPdfSignature) -> bool:
    return str(stamp.field_name).startswith(ARCHIVE_FIELD)


def _named(reader: PdfFileReader, revision: int, report: Report) -> Report:
    """The report with the title and number that the file had in a revision: the certified one, if there is one."""
    told = described(reader, revision)
    return replace(report, title=told.get("/Title", ""), number=told.get("/Subject", ""))
