"""签署证明页: how each person came to sign, by the records; it stands beside an agreement, not in it. (pure)"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField
from documents.wording import BEIJING

Mode = Literal["electronic", "paper"]


@dataclass(frozen=True, kw_only=True)
class SignerRecord(Fielded):
    """One signer: times are aware; `consent` is the sentence that was agreed to, `device` what they signed with.

    `level` is the signature's by the verdict (B-LTA) or empty; on paper, `attested_by` names who saw the pen.
    """

    name: Annotated[str, Said("姓名", "the name")]
    role: Annotated[str, Said("身份", "the part")]
    identity: Annotated[str, Said("核验方式", "the way of checking identity")]
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

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.mode == "paper" and not self.attested_by.strip():
            yield "attested_by", Fault("纸面签名缺少见证人", "the signature on paper has no witness")
        times = (*self.invited, *self.viewed, self.consented_at, self.signed_at)
        if any(one is not None and one.tzinfo is None for one in times):
            yield "signed_at", Fault("时间没有时区", "a time has no time zone")


@dataclass(frozen=True, kw_only=True)
class SigningProof(Fielded):
    """签署证明页 of one agreement: `sha256` names the very file, `time_authority` who stated the times."""

    platform: Annotated[str, Said("平台名称", "the platform")]
    paper_title: Annotated[str, Said("文书名称", "the title of the paper")]
    paper_number: str
    sha256: Annotated[str, Said("文件指纹", "the fingerprint of the file", checks.digest)]
    verdict: Annotated[str, Said("查验结论", "the verdict")]
    time_authority: str
    made_at: Annotated[dt.datetime, Said("制作时间", "the time of making", checks.zoned)]
    signers: Annotated[tuple[SignerRecord, ...], Said("签名人", "the signer")]
    archived_at: dt.datetime | None = None
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if any(one.mode == "electronic" for one in self.signers) and not self.time_authority.strip():
            yield "time_authority", Said("时间戳机构", "the time authority").missing()

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
