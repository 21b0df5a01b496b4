"""Make a bundle: papers judged, everything listed with its hash, the list sealed with the platform's key."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass

from documents.authority import Evidence
from documents.bundle.chain import canonical
from documents.bundle.container import MOST_BYTES, MOST_EACH, pack
from documents.bundle.contents import CaseContents, Filed, Piece, faults_of, manifest
from documents.bundle.index import page
from documents.bundle.references import LIST, SIGNATURE, listed
from documents.bundle.sealing import seal
from documents.keys import CertifiedKey
from documents.photographs import suffix_of
from documents.report import Report
from documents.timestamp import Timestamper
from documents.validation import verify

Judge = Callable[[bytes], Report]


class ContentsFault(ValueError):
    """The case cannot be bundled: the message names everything that is wrong with it."""


@dataclass(frozen=True)
class Sealer:
    """Whoever seals bundles: the platform's key, trusted time, and the evidence to judge it by years later."""

    key: CertifiedKey
    timestamper: Timestamper
    evidence: Evidence
    roots: tuple[str, ...]


def make(contents: CaseContents, sealer: Sealer, *, now: dt.datetime, judge: Judge | None = None) -> bytes:
    """The sealed container. Raises ContentsFault, and TimestampFailed when there is no trusted time.

    `judge` gives the verdict on a signed paper, by default `verify` as of now.
    """
    files = laid_out(contents, sealer, judge or (lambda pdf: verify(pdf, sealer.roots, now=now)))
    if sum(map(len, files.values())) > MOST_BYTES or max(map(len, files.values())) > MOST_EACH:
        raise ContentsFault(
            f"文件太大：一份最多{MOST_EACH // 2**20}MB，一共最多{MOST_BYTES // 2**20}MB "
            f"(too large: at most {MOST_EACH // 2**20} MB a file and {MOST_BYTES // 2**20} MB in all)"
        )
    references = listed(files)
    return pack({**files, LIST: references, SIGNATURE: seal(references, sealer.key, sealer.timestamper)})


def laid_out(contents: CaseContents, sealer: Sealer, judge: Judge) -> dict[str, bytes]:
    """Every file but the seal: the same contents give the same bytes. Raises ContentsFault."""
    pieces = [_filed(place, one) for place, one in enumerate(contents.pieces, 1)]
    reports = {one.path: judge(one.content) for one in pieces if one.signed}
    told = {path: report.plain() for path, report in sorted(reports.items())}
    extra = [
        Filed("audit.json", "audit", "过程记录 Audit chain", canonical(dict(contents.audit))),
        Filed("verification.json", "verification", "查验报告 Verification report", _json(told)),
        *(Filed(f"trust/root-{n}.pem", "trust", "根证书 Root certificate", pem.encode())
          for n, pem in enumerate(sealer.roots, 1)),
        *(Filed(f"evidence/{n}.crl", "evidence", "吊销列表 Revocation list", crl)
          for n, crl in enumerate(sealer.evidence.crls, 1)),
    ]  # fmt: skip
    index = Filed("index.html", "index", "目录 Index", page(manifest(contents, pieces), reports))
    files = [index, *pieces, *extra]
    stated = manifest(contents, files)
    faults = faults_of(stated)
    if faults:
        raise ContentsFault("；".join(faults))
    return {"manifest.json": _json(stated), **{one.path: one.content for one in files}}


def _filed(place: int, piece: Piece) -> Filed:
    suffix = ".pdf" if piece.content.startswith(b"%PDF-") else suffix_of(piece.content)
    if suffix is None:
        raise ContentsFault(f"第{place}份“{piece.title}”不是PDF、JPEG、PNG、WebP或TIFF (neither PDF nor picture)")
    signed = piece.signed and suffix == ".pdf"
    return Filed(f"papers/{place:03}{suffix}", piece.kind, piece.title, piece.content, signed)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
