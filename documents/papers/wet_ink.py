"""Papers about signing with a pen: the sheet before a print, and the attestation that ends it. (pure)"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Imprint, Said, SignatureField
from documents.papers.people import sealed_by

ATTESTATION = "纸面签名见证书"
Mode = Literal["electronic", "paper"]


@dataclass(frozen=True, kw_only=True)
class PrintCover(Fielded):
    """打印签署说明: the first sheet of a print, which says what to do with the rest.

    `sha256` and `pages` are of the file that is printed; `signers` are the places that wait for a pen.
    """

    title: Annotated[str, Said("文书名称", "the title of the paper")]
    number: str
    sha256: Annotated[str, Said("文件指纹", "the fingerprint of the file", checks.digest)]
    pages: Annotated[int, Said("页数", "the number of pages", checks.positive)]
    verify_url: Annotated[str, Said("查验地址", "the address to verify")]
    date: dt.date
    signers: tuple[str, ...] = ()
    development: bool = False

    def imprint(self) -> Imprint:
        return Imprint("打印签署说明", f"{self.title}　{self.number}".strip(), self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        """Nobody signs it."""
        return ()


@dataclass(frozen=True, kw_only=True)
class HowSigned(Fielded):
    """One signer of a paper that was signed in two ways: `place` is the field in the printed file.

    `at` is aware: of an electronic signature its trusted time, of ink the time that the mediator states. `level` is the
    electronic signature's by the verdict.
    """

    place: Annotated[str, Said("签名位置", "the place to sign")]
    name: Annotated[str, Said("姓名", "the name")]
    role: Annotated[str, Said("身份", "the part")]
    mode: Mode
    at: Annotated[dt.datetime, Said("签名时间", "the time of signing", checks.zoned)]
    level: str = ""


@dataclass(frozen=True)
class SignedPage:
    """A page as it came back from the pen: the picture (JPEG), its SHA-256, its number in the printed file from one."""

    jpeg: bytes
    sha256: str
    page: int


@dataclass(frozen=True, kw_only=True)
class InkAttestation(Fielded):
    """纸面签名见证书: the mediator states by an electronic signature that these people signed these sheets before him.

    `sha256` is of the file that was printed; `pages` are the scans in the order of the file.
    """

    title: Annotated[str, Said("文书名称", "the title of the paper")]
    number: str
    sha256: Annotated[str, Said("文件指纹", "the fingerprint of the file", checks.digest)]
    signers: Annotated[tuple[HowSigned, ...], Said("签名人", "the signer")]
    mediator: Annotated[str, Said("调解员姓名", "the mediator's name")]
    committee: Annotated[str, Said("人民调解委员会名称", "the name of the committee")]
    pages: Annotated[tuple[SignedPage, ...], Said("扫描页", "the scanned page")]
    date: dt.date
    verify_url: Annotated[str, Said("查验地址", "the address to verify")]
    development: bool = False

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if self.signers and not self.in_ink:
            yield "signers", Fault("没有人在纸上签名，不用见证", "nobody signed in ink: there is nothing to attest")
        if [one.page for one in self.pages] != list(range(1, len(self.pages) + 1)):
            yield "pages", Fault("扫描页不齐或者顺序不对", "scanned pages are missing or out of order")

    @property
    def in_ink(self) -> tuple[HowSigned, ...]:
        """Those who signed on paper."""
        return tuple(one for one in self.signers if one.mode == "paper")

    def imprint(self) -> Imprint:
        return Imprint(ATTESTATION, f"{self.title}　{self.number}".strip(), self.date)

    def fields(self) -> tuple[SignatureField, ...]:
        """The mediator attests, the committee seals."""
        label = f"见证人、调解员{self.mediator}签名"
        return (SignatureField(name="mediator", role="mediator", label=label), sealed_by(self.committee))
