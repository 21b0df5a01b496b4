"""The verdict on a file, in words a person and a program can read. (pure)"""

import datetime as dt
import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class Verdict(enum.IntEnum):
    """From good to bad; a report has the worst that any of its reasons brings."""

    VALID = 0
    INCOMPLETE = 1
    UNKNOWN = 2
    INVALID = 3

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Reason:
    """Why: a stable code, one sentence in Chinese and one in English."""

    code: str
    zh: str
    en: str


_INVALID, _UNKNOWN, _INCOMPLETE = Verdict.INVALID, Verdict.UNKNOWN, Verdict.INCOMPLETE
# code → (verdict, Chinese, English); {} takes the name of a field or another detail
REASONS: dict[str, tuple[Verdict, str, str]] = {
    "genuine": (
        Verdict.VALID,
        "所有签名和印章都是真的，签完以后一个字没动",
        "All signatures are genuine; nothing was changed",
    ),
    "genuine_electronic": (
        Verdict.VALID,
        "所有电子签名和印章都是真的，签完以后一个字没动",
        "All electronic signatures and seals are genuine; nothing was changed",
    ),
    "on_paper": (
        Verdict.VALID,
        "在纸上签名的，由调解员用电子签名证明：{}；纸上的笔迹没有查验",
        "Signed on paper, as the mediator attests by an electronic signature: {}; the handwriting was not judged",
    ),
    "not_pdf": (_INVALID, "这不是一份PDF文件", "This is no PDF file"),
    "too_large": (_UNKNOWN, "文件太大，无法查验", "The file is too large to be judged"),
    "unpacks_too_far": (
        _UNKNOWN,
        "文件里压缩的内容展开后大得不正常，无法查验",
        "The file unpacks to an abnormal size and cannot be judged",
    ),
    "too_long": (_UNKNOWN, "查验时间太长，已停止", "Judging took too long and was stopped"),
    "encrypted": (_UNKNOWN, "文件加了密码，无法查验", "The file is encrypted and cannot be judged"),
    "broken": (_INVALID, "文件结构有问题：{}", "The file's structure is at fault: {}"),
    "no_signature": (_UNKNOWN, "文件里没有电子签名，无法判断", "There is no signature in the file"),
    "not_certified": (_UNKNOWN, "文件的文本没有经平台固定，无法判断", "The text was never certified by a platform"),
    "removed": (_INVALID, "文件里的签名被人拿掉了", "Signatures were taken out of the file"),
    "renamed": (_INVALID, "签名以后，文件的名称或编号被改过", "The file's title or number was changed after signing"),
    "unaccounted": (
        _INVALID,
        "文件里夹着不属于任何一次签名的内容（{}）",
        "The file holds content that belongs to none of its revisions ({})",
    ),
    "wrapped": (_INVALID, "签名所盖住的范围被动过手脚（{}）", "What a signature covers was tampered with ({})"),
    "active": (
        _INVALID,
        "文件里有会自己运行或者变样的内容（{}）",
        "The file holds content that acts or changes by itself ({})",
    ),
    "fillable": (_INVALID, "文件里有签完还能改写的栏目（{}）", "The file has a field that can be overwritten ({})"),
    "lax": (_INVALID, "平台固定文本时允许了别的改动（{}）", "The text was certified too loosely ({})"),
    "altered": (_INVALID, "签名以后，文件里的内容被改过（{}）", "The content was changed after signing ({})"),
    "altered_after": (
        _INVALID,
        "签名以后，文件又被追加或改动过（{}）",
        "The file was added to or changed after signing ({})",
    ),
    "appended": (_INVALID, "最后的时间戳之后，文件又被追加过内容", "Something was appended after the last time stamp"),
    "signature_broken": (_INVALID, "签名和签名人的证书对不上（{}）", "A signature does not fit its certificate ({})"),
    "wrong_role": (_INVALID, "签名人的证书不能用在这个位置（{}）", "The certificate may not sign in this place ({})"),
    "unexpected": (_INVALID, "多出了不该有的签名（{}）", "There is a signature nobody asked for ({})"),
    "revoked": (_INVALID, "签名时证书已经被吊销（{}）", "The certificate had been revoked ({})"),
    "expired": (_INVALID, "签名不在证书的有效期内（{}）", "Signed outside the certificate's life ({})"),
    "refused": (_INVALID, "签名没有通过查验（{}）", "A signature did not pass ({})"),
    "unknown_issuer": (
        _UNKNOWN,
        "签名证书不是我们认识的机构签发的（{}）",
        "The certificate's issuer is not known ({})",
    ),
    "not_proven": (_UNKNOWN, "缺少证据，无法判断这个签名（{}）", "Evidence for this signature is lacking ({})"),
    "no_time": (_UNKNOWN, "签名没有可信的时间（{}）", "The signature has no trusted time ({})"),
    "future": (_UNKNOWN, "文件里的时间在将来，请检查时钟", "The file states a time to come: is the clock right?"),
    "archive_untrusted": (_UNKNOWN, "长期保存的时间戳不可信", "The archive time stamp is not trusted"),
    "archive_broken": (_INVALID, "长期保存的时间戳对不上文件", "The archive time stamp does not fit the file"),
    "print_differs": (
        _INVALID,
        "随附的电子文件不是打印出来签名的那一份",
        "The file attached is not the one that was printed for signing",
    ),
    "print_refused": (_INVALID, "打印出来签名的那一份没有通过查验", "The file that was printed did not pass"),
    "print_unknown": (
        _UNKNOWN,
        "打印出来签名的那一份无法判断真假",
        "The file that was printed for signing cannot be judged",
    ),
    "both_ways": (
        _INVALID,
        "说是在纸上签的地方，已经有电子签名（{}）",
        "A place said to be signed on paper has an electronic signature ({})",
    ),
    "missing": (_INCOMPLETE, "还没有签名：{}", "Not signed yet: {}"),
    "no_archive": (_INCOMPLETE, "还没有长期保存的时间戳", "There is no archive time stamp yet"),
}


def verdict_of(codes: Iterable[str]) -> Verdict:
    return max((REASONS[code][0] for code in codes), default=Verdict.VALID)


def reason(code: str, detail: str = "") -> Reason:
    _, zh, en = REASONS[code]
    return Reason(code, zh.replace("{}", detail), en.replace("{}", detail))


@dataclass(frozen=True)
class Signer:
    """One signature: where it stands, whose it is, when it was made, how much of it holds."""

    field: str
    role: str
    name: str
    time: dt.datetime | None
    level: str
    intact: bool
    trusted: bool
    label: str = ""


@dataclass(frozen=True)
class OnPaper:
    """Somebody who signed with a pen, as the mediator states: no signature that a program could judge.

    `place` is the field of the printed file that stayed empty for the pen, `time` the stated one. `attested_by` is
    whose electronic signature holds over the statement, at a trusted time; empty while nobody has signed it.
    """

    place: str
    role: str
    name: str
    time: dt.datetime | None
    attested_by: str = ""
    attested_at: dt.datetime | None = None


@dataclass(frozen=True)
class Report:
    """What verify found. `signers` are in the order of signing; the platform's certification is the first of them.

    `on_paper` and `printed` are of an attestation alone: who signed with a pen, and the verdict on the file that was
    printed for it, with those who had signed that electronically.

    `history` says what each revision brought, oldest first; `provable_until` when the last archive time stamp must
    have been renewed.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    signers: tuple[Signer, ...] = ()
    missing: tuple[str, ...] = ()
    document_timestamp: dt.datetime | None = None
    sha256: str = ""
    title: str = ""
    number: str = ""
    checked_at: dt.datetime | None = None
    history: tuple[Reason, ...] = ()
    provable_until: dt.datetime | None = None
    on_paper: tuple[OnPaper, ...] = ()
    printed: "Report | None" = None

    def to_json(self) -> str:
        """Canonical enough to be stored: keys in this order, times in ISO 8601 UTC."""
        return json.dumps(self.plain(), ensure_ascii=False, indent=2)

    def plain(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.word,
            "reasons": [{"code": one.code, "zh": one.zh, "en": one.en} for one in self.reasons],
            "title": self.title,
            "number": self.number,
            "sha256": self.sha256,
            "signers": [
                {
                    "field": one.field,
                    "role": one.role,
                    "name": one.name,
                    "label": one.label,
                    "time": _iso(one.time),
                    "level": one.level,
                    "intact": one.intact,
                    "trusted": one.trusted,
                }
                for one in self.signers
            ],
            "missing": list(self.missing),
            "document_timestamp": _iso(self.document_timestamp),
            "checked_at": _iso(self.checked_at),
            "history": [{"code": one.code, "zh": one.zh, "en": one.en} for one in self.history],
            "provable_until": _iso(self.provable_until),
            "on_paper": [
                {
                    "place": one.place,
                    "role": one.role,
                    "name": one.name,
                    "time": _iso(one.time),
                    "attested_by": one.attested_by,
                    "attested_at": _iso(one.attested_at),
                }
                for one in self.on_paper
            ],
            "printed": self.printed.plain() if self.printed else None,
        }

    @classmethod
    def from_plain(cls, kept: dict[str, Any]) -> "Report":
        """The report that `plain` wrote, as it comes back from storage or from another process."""
        signers = tuple(Signer(**{**one, "time": _time(one["time"])}) for one in kept["signers"])
        return cls(
            verdict=Verdict[kept["verdict"].upper()],
            reasons=tuple(Reason(**one) for one in kept["reasons"]),
            signers=signers,
            missing=tuple(kept["missing"]),
            document_timestamp=_time(kept["document_timestamp"]),
            sha256=kept["sha256"],
            title=kept["title"],
            number=kept["number"],
            checked_at=_time(kept["checked_at"]),
            history=tuple(Reason(**one) for one in kept.get("history", ())),
            provable_until=_time(kept.get("provable_until")),
            on_paper=tuple(
                OnPaper(**{**one, "time": _time(one["time"]), "attested_at": _time(one["attested_at"])})
                for one in kept.get("on_paper", ())
            ),
            printed=cls.from_plain(kept["printed"]) if kept.get("printed") else None,
        )


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).isoformat()


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
