"""From a printed file and its scans to the attestation that the mediator signs: one PDF with everything in it.

Who signed electronically is read from the printed file by the verdict, never taken from the caller; who signed on paper
is what the mediator states, and only for places that are still empty in that file.
"""

import datetime as dt
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pikepdf

from documents.fields import fields_of, signed_in
from documents.fonts import FontStack
from documents.judging import role_of
from documents.limits import LARGEST
from documents.papers.base import Fault, FieldFault
from documents.papers.wet_ink import HowSigned, InkAttestation, SignedPage
from documents.render import render
from documents.report import Report, Signer, Verdict
from documents.validation import verify
from documents.wetink.matching import match
from documents.wetink.record import attachments
from documents.wetink.scanning import Scans

SIGNED = "签名"
NOT_JUDGED = Fault("打印的文件没有通过查验", "the printed file did not pass the verdict")
TOO_LARGE = Fault("扫描件太多太大，做成的文件查验不了", "the scans make a file too large to be judged")
ROOM = 1024 * 1024  # for signatures and time stamps
SEALED = Fault("打印的文件已经盖章", "the printed file is sealed already")


@dataclass(frozen=True)
class Pen:
    """Somebody who signed with a pen: the place in the printed file, the name, the aware time the mediator states."""

    place: str
    name: str
    at: dt.datetime


@dataclass(frozen=True)
class Witness:
    """Who attests and who seals, and where the result can be verified."""

    mediator: str
    committee: str
    verify_url: str
    date: dt.date
    development: bool = False


@dataclass(frozen=True)
class Printed:
    """The printed file as it lies in the store, with what the verdict says of it and what its places are called."""

    pdf: bytes
    report: Report
    labels: Mapping[str, str]
    empty: tuple[str, ...]
    pages: int

    @classmethod
    def opened(cls, pdf: bytes, roots: Sequence[str], now: dt.datetime) -> "Printed":
        """Judge the file and look at its places. Raises FieldFault for one that is not genuine as far as it goes."""
        report = verify(pdf, roots, now=now)
        if report.verdict > Verdict.INCOMPLETE:
            raise FieldFault([NOT_JUDGED, *(Fault(one.zh, one.en) for one in report.reasons)])
        with pikepdf.open(io.BytesIO(pdf)) as paper:
            labels = {name: str(one.get("/TU", name)) for name, one in fields_of(paper)}
            return cls(pdf, report, labels, tuple(signed_in(paper)[1]), len(paper.pages))

    @property
    def judged_at(self) -> dt.datetime:
        """The moment as of which the file was judged."""
        assert self.report.checked_at is not None
        return self.report.checked_at

    @property
    def people(self) -> tuple[str, ...]:
        """The places of people that are empty."""
        return tuple(name for name in self.empty if role_of(name) == "person")

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.pdf).hexdigest()


def attestation(printed: Printed, scans: Scans, pens: Sequence[Pen], witness: Witness) -> InkAttestation:
    """The attestation as a paper. Raises FieldFault with all that is missing or wrong, of scans and pens, at once."""
    matched = match(scans, printed.sha256, printed.pages)
    faults = [*_faults_of(printed, pens), *matched.faults]
    if faults:
        raise FieldFault(faults)
    return _paper(printed, matched.pages, pens, witness)


def rendered(paper: InkAttestation, printed: Printed, fonts: FontStack) -> bytes:
    """The attestation as PDF/A-3b, the printed file attached, ready for its fields, the platform and the mediator.

    Raises FieldFault for one so large that no verdict would look at it.
    """
    made = render(paper, fonts, attachments(paper, printed.pdf))
    if len(made) > LARGEST - ROOM:
        raise FieldFault([TOO_LARGE])
    return made


def _paper(printed: Printed, pages: tuple[SignedPage, ...], pens: Sequence[Pen], witness: Witness) -> InkAttestation:
    electronic = [_electronic(one) for one in printed.report.signers if one.role in ("person", "mediator")]
    inked = [_inked(one, printed.labels[one.place]) for one in pens]
    return InkAttestation(
        title=printed.report.title,
        number=printed.report.number,
        sha256=printed.sha256,
        signers=tuple(sorted([*electronic, *inked], key=lambda one: one.place)),
        mediator=witness.mediator,
        committee=witness.committee,
        pages=pages,
        date=witness.date,
        verify_url=witness.verify_url,
        development=witness.development,
    )


def _faults_of(printed: Printed, pens: Sequence[Pen]) -> list[Fault]:
    found = [SEALED] if "seal" in printed.labels and "seal" not in printed.empty else []
    places = [one.place for one in pens]
    for one in pens:
        if one.place not in printed.people or places.count(one.place) > 1:
            found.append(_no_place(one.place))
        elif one.name not in printed.labels[one.place]:
            label = printed.labels[one.place]
            found.append(Fault(f"{label}：不是{one.name}的位置", f"{one.place} is not the place of {one.name}"))
        if one.at.tzinfo is None:
            found.append(Fault(f"{one.name}的签名时间没有时区", f"the time of signing of {one.name} has no time zone"))
        elif one.at > printed.judged_at:
            found.append(Fault(f"{one.name}的签名时间在将来", f"the time of signing of {one.name} lies ahead"))
    missing = [name for name in printed.people if name not in places]
    return found + [Fault(f"还没有签：{printed.labels[name]}", f"not signed yet: {name}") for name in missing]


def _no_place(place: str) -> Fault:
    return Fault(f"不是空着的签名位置：{place}", f"is no empty place to sign: {place}")


def _electronic(one: Signer) -> HowSigned:
    assert one.time is not None, "a signature without a trusted time would not have passed"
    role = _role(one.label or one.field, one.name)
    return HowSigned(place=one.field, name=one.name, role=role, mode="electronic", at=one.time, level=one.level)


def _inked(one: Pen, label: str) -> HowSigned:
    return HowSigned(place=one.place, name=one.name, role=_role(label, one.name), mode="paper", at=one.at)


def _role(label: str, name: str) -> str:
    """申请人 of 申请人张桂兰签名."""
    return label.removesuffix(SIGNED).removesuffix(name) or label
