"""签署证明页: how each person came to sign, by the records; it stands beside an agreement, not in it. (pure)"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from documents.papers.base import Imprint, SignatureField, empty
from documents.wording import BEIJING

Mode = Literal["electronic", "paper"]


@dataclass(frozen=True, kw_only=True)
class SignerRecord:
    """One signer: times are aware; `consent` is the sentence that was agreed to, `device` what they signed with.

    `level` is the signature's by the verdict (B-LTA) or empty; on paper, `attested_by` names who saw the pen.
    """

    name: str
    role: str
    identity: str
    mode: Mode = "electronic"
    invited: tuple[dt.datetime, ...] = ()
    viewed: tuple[dt.datetime, ...] = ()
    consent: str = ""
    consented_at: dt.datetime | None = None
    signed_at: dt.datetime | None = None
    device: str = ""
    level: str = ""
    fingerprint: str = ""
    attested_by: str = ""

    def faults(self) -> list[str]:
        found = empty(
            [("签名人姓名", self.name), (f"{self.name}的身份", self.role), (f"{self.name}的核验方式", self.identity)]
        )
        if self.mode == "paper":
            found += empty([(f"{self.name}纸面签名的见证人", self.attested_by)])
        times = (*self.invited, *self.viewed, self.consented_at, self.signed_at)
        if any(one is not None and one.tzinfo is None for one in times):
            found.append(f"{self.name}的时间没有时区")
        return found


@dataclass(frozen=True, kw_only=True)
class SigningProof:
    """签署证明页 of one agreement: `sha256` names the very file, `time_authority` who stated the times."""

    platform: str
    paper_title: str
    paper_number: str
    sha256: str
    signers: tuple[SignerRecord, ...]
    time_authority: str
    made_at: dt.datetime
    verdict: str
    archived_at: dt.datetime | None = None
    development: bool = False

    def faults(self) -> list[str]:
        found = empty([("平台名称", self.platform), ("文书名称", self.paper_title), ("查验结论", self.verdict)])
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            found.append("文件指纹不是SHA-256")
        if any(one.mode == "electronic" for one in self.signers):
            found += empty([("时间戳机构", self.time_authority)])
        if self.made_at.tzinfo is None:
            found.append("制作时间没有时区")
        return found + empty([("签名人", self.signers)]) + [fault for one in self.signers for fault in one.faults()]

    @property
    def mixed(self) -> bool:
        """Whether somebody signed electronically and somebody on paper."""
        return len({one.mode for one in self.signers}) > 1

    def imprint(self) -> Imprint:
        return Imprint(
            "签署证明页", f"{self.paper_title}　{self.paper_number}", self.made_at.astimezone(BEIJING).date()
        )

    def fields(self) -> tuple[SignatureField, ...]:
        """Nobody signs it: the bundle's seal covers it."""
        return ()
