"""Check a bundle offline: container, seal, list, manifest, hashes, audit chain, and every signed paper in it."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from documents.bundle.chain import first_break
from documents.bundle.container import BundleRefused, unpack
from documents.bundle.contents import faults_of
from documents.bundle.references import LIST, SIGNATURE, listed
from documents.bundle.sealing import Sealed, exact, judge_seal
from documents.report import Reason, Report, Verdict
from documents.validation import verify

_INVALID, _UNKNOWN = Verdict.INVALID, Verdict.UNKNOWN
# code → (verdict, Chinese, English); {} takes a detail
REASONS: dict[str, tuple[Verdict, str, str]] = {
    "genuine": (Verdict.VALID, "证据包完整，封装以后没有动过", "The bundle is whole and untouched since it was sealed"),
    "not_bundle": (_INVALID, "这不是一个证据包：{}", "This is no evidence bundle: {}"),
    "too_large": (_INVALID, "证据包里的东西大得不正常：{}", "Something in the bundle is abnormally large: {}"),
    "bad_name": (_INVALID, "包里有不该有的文件名：{}", "The bundle holds a file name that is not allowed: {}"),
    "not_a_file": (_INVALID, "包里有不是文件的东西：{}", "The bundle holds what is no plain file: {}"),
    "twice": (_INVALID, "包里有两个同名的文件：{}", "Two files of the bundle have one name: {}"),
    "not_sealed": (_INVALID, "证据包没有封装签名", "The bundle is not sealed"),
    "list_differs": (_INVALID, "包里的文件和封装时的清单不一样", "The files are not those that were sealed"),
    "seal_broken": (_INVALID, "封装签名对不上清单", "The seal does not fit the list of files"),
    "seal_wrong_role": (_INVALID, "封装的不是平台的钥匙", "The seal is not by a platform's key"),
    "seal_expired": (_INVALID, "封装时平台的证书不在有效期内", "Sealed outside the certificate's life"),
    "seal_unknown": (
        _UNKNOWN,
        "封装用的证书不是我们认识的机构签发的",
        "The seal's certificate is of an unknown issuer",
    ),
    "seal_no_time": (_UNKNOWN, "封装没有可信的时间", "The seal has no trusted time"),
    "seal_future": (_UNKNOWN, "封装的时间在将来，请检查时钟", "Sealed in a time to come: is the clock right?"),
    "bad_manifest": (_INVALID, "清单不合格式：{}", "The manifest breaks its schema: {}"),
    "file_differs": (_INVALID, "文件和清单对不上：{}", "A file is not what the manifest says: {}"),
    "chain_broken": (_INVALID, "过程记录从第{}条起断了", "The audit chain breaks at entry {}"),
    "paper": (_INVALID, "包里有一份文书不能相信：{}", "A paper of the bundle is not valid: {}"),
    "paper_unknown": (_UNKNOWN, "包里有一份文书无法判断：{}", "A paper of the bundle cannot be judged: {}"),
    "paper_incomplete": (Verdict.INCOMPLETE, "包里有一份文书还没签完：{}", "A paper of the bundle is not complete: {}"),
    "recording": (_INVALID, "录像和清单里的指纹对不上：{}", "A recording is not the one of the manifest: {}"),
    "recording_missing": (_UNKNOWN, "没有找到清单里的录像：{}", "A recording of the manifest was not found: {}"),
}
OF_PAPER = {Verdict.INVALID: "paper", Verdict.UNKNOWN: "paper_unknown", Verdict.INCOMPLETE: "paper_incomplete"}
Fault = tuple[str, str]


@dataclass(frozen=True)
class BundleReport:
    """What was found. `papers` holds each signed paper's own report by path, judged now, not as the bundle says."""

    reasons: tuple[Reason, ...]
    verdict: Verdict
    sha256: str
    sealed: Sealed | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    papers: Mapping[str, Report] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.word,
            "reasons": [{"code": one.code, "zh": one.zh, "en": one.en} for one in self.reasons],
            "sha256": self.sha256,
            "sealed_by": self.sealed.name if self.sealed else None,
            "sealed_at": self.sealed.time.isoformat() if self.sealed and self.sealed.time else None,
            "manifest": dict(self.manifest),
            "papers": {path: one.plain() for path, one in self.papers.items()},
        }


def check(
    bundle: bytes, roots: Sequence[str], *, now: dt.datetime, recordings: Mapping[str, str] | None = None
) -> BundleReport:
    """Judge a bundle as of now by the roots (PEM) alone.

    `recordings` gives the SHA-256 of the recordings at hand by name; None leaves them unchecked.
    """
    digest = hashlib.sha256(bundle).hexdigest()
    try:
        files = unpack(bundle)
        sealed = _sealed(files, roots, now)
        stated = _manifest(files)
        audit = json.loads(files["audit.json"]) if "audit.json" in files else {}
    except BundleRefused as refused:
        return _reported([(refused.code, refused.detail)], digest)
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        return _reported([("not_bundle", type(fault).__name__)], digest)
    faults = [(sealed.code, "")] if sealed.code else []
    faults += [*_differing(files, stated), *_chain(audit, stated), *_missed(stated, recordings)]
    papers = {
        one["path"]: verify(files[one["path"]], roots, now=now)
        for one in stated["files"]
        if one["signed"] and one["path"] in files
    }
    faults += [(OF_PAPER[one.verdict], path) for path, one in papers.items() if one.verdict is not Verdict.VALID]
    return _reported(faults, digest, sealed, stated, papers)


def _reported(
    faults: list[Fault],
    digest: str,
    sealed: Sealed | None = None,
    stated: Mapping[str, Any] | None = None,
    papers: Mapping[str, Report] | None = None,
) -> BundleReport:
    found = sorted(faults, key=lambda one: -REASONS[one[0]][0]) or [("genuine", "")]
    reasons = tuple(
        Reason(code, REASONS[code][1].replace("{}", detail), REASONS[code][2].replace("{}", detail))
        for code, detail in found
    )
    verdict = max(REASONS[code][0] for code, _ in found)
    return BundleReport(reasons, verdict, digest, sealed, stated or {}, papers or {})


def _sealed(files: Mapping[str, bytes], roots: Sequence[str], now: dt.datetime) -> Sealed:
    """The seal over the list, once the list is that of the files. Raises BundleRefused."""
    if {LIST, SIGNATURE} != {name for name in files if name.startswith("META-INF/")}:
        raise BundleRefused("not_sealed", "")
    if files[LIST] != listed(files):
        raise BundleRefused("list_differs", "")
    if not exact(files[SIGNATURE]):
        raise BundleRefused("seal_broken", "")
    crls = [content for name, content in sorted(files.items()) if name.endswith(".crl")]
    return judge_seal(files[LIST], files[SIGNATURE], roots, crls, now)


def _manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    stated = json.loads(files.get("manifest.json", b"null"))
    faults = faults_of(stated)
    if faults:
        raise BundleRefused("bad_manifest", faults[0])
    kept: dict[str, Any] = stated
    return kept


def _differing(files: Mapping[str, bytes], stated: Mapping[str, Any]) -> Iterator[Fault]:
    """Files that are not as the manifest says, are missing, or are not named at all."""
    named = [one["path"] for one in stated["files"]]
    held = {name for name in files if not name.startswith("META-INF/") and name != "manifest.json"}
    yield from (("file_differs", name) for name in sorted(held ^ set(named)))
    yield from (("twice", name) for name in sorted({name for name in named if named.count(name) > 1}))
    for one in stated["files"]:
        content = files.get(one["path"])
        if content is not None and (hashlib.sha256(content).hexdigest(), len(content)) != (one["sha256"], one["bytes"]):
            yield "file_differs", one["path"]


def _chain(audit: Any, stated: Mapping[str, Any]) -> Iterator[Fault]:
    entries = audit.get("entries") if isinstance(audit, dict) else None
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        yield "chain_broken", "1"
        return
    broken = first_break(entries, str(stated["audit"]["head"]))
    if broken is None and len(entries) != stated["audit"]["entries"]:
        broken = len(entries) + 1
    if broken is not None:
        yield "chain_broken", str(broken)


def _missed(stated: Mapping[str, Any], recordings: Mapping[str, str] | None) -> Iterator[Fault]:
    """Recordings at hand that are others than the manifest's, or not at hand."""
    if recordings is None:
        return
    for one in stated["recordings"]:
        digest = recordings.get(one["name"])
        if digest is None:
            yield "recording_missing", one["name"]
        elif digest != one["sha256"]:
            yield "recording", one["name"]
