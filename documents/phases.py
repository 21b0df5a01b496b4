"""A whole signing as a value that can be kept between requests: each phase offers only what comes next.

    Gathering --people sign, one at a time, under a lease--> Complete --seal--> Sealed --archive--> Archived --renew-->

A phase knows the file by its SHA-256 and never holds it: every step takes the file, refuses another revision than the
one it knows, and gives the next phase and the next file. Both are kept together, or neither.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from documents.archive import complete_long_term
from documents.authority import Evidence
from documents.cades import der_of
from documents.fields import PLATFORM_FIELD, SEAL_FIELD, signed_and_empty
from documents.keys import CertifiedKey
from documents.marks import Appearance
from documents.signing import Prepared, SignatureRefused, embed, prepare, sign_with_key
from documents.timestamp import Timestamper

LEASE = dt.timedelta(seconds=90)


@dataclass(frozen=True)
class Signed:
    """One signature that is in the file: where, whose, by which certificate (SHA-256), when."""

    field: str
    name: str
    fingerprint: str
    at: str


@dataclass(frozen=True)
class Lease:
    """Who is signing this very moment, and until when nobody else may prepare."""

    field: str
    holder: str
    until: str


@dataclass(frozen=True)
class Phase:
    """What every phase knows: the file's revision (SHA-256) and who has signed it."""

    revision: str
    signed: tuple[Signed, ...]

    def _check(self, pdf: bytes) -> None:
        if hashlib.sha256(pdf).hexdigest() != self.revision:
            raise SignatureRefused("stale", "文件已经是另一版了，请重新来")


@dataclass(frozen=True)
class Archived(Phase):
    """Finished. Its time stamp is renewed before it ends."""

    def renew(self, pdf: bytes, timestamper: Timestamper, evidence: Evidence) -> tuple["Archived", bytes]:
        self._check(pdf)
        made = complete_long_term(pdf, timestamper, evidence)
        return Archived(_digest(made), self.signed), made


@dataclass(frozen=True)
class Sealed(Phase):
    """Closed: what lacks is the evidence for years."""

    def archive(self, pdf: bytes, timestamper: Timestamper, evidence: Evidence) -> tuple[Archived, bytes]:
        self._check(pdf)
        made = complete_long_term(pdf, timestamper, evidence)
        return Archived(_digest(made), self.signed), made


@dataclass(frozen=True)
class Complete(Phase):
    """Everybody has signed: the seal comes next, and nothing else."""

    def seal(
        self, pdf: bytes, key: CertifiedKey, look: Appearance, timestamper: Timestamper, now: dt.datetime
    ) -> tuple[Sealed, bytes]:
        self._check(pdf)
        made = sign_with_key(pdf, SEAL_FIELD, key, look, timestamper, now)
        fingerprint = hashlib.sha256(der_of(key.certificate_pem)).hexdigest()
        done = Signed(SEAL_FIELD, key.name, fingerprint, now.isoformat())
        return Sealed(_digest(made), (*self.signed, done)), made


@dataclass(frozen=True)
class Gathering(Phase):
    """People sign, in any order but for those who come `last`; whoever prepares holds the lease."""

    waiting: tuple[str, ...]
    last: tuple[str, ...] = ("mediator", "judge")
    lease: Lease | None = None

    def take(self, field: str, holder: str, now: dt.datetime) -> "Gathering":
        """Take the lease, or renew one's own. Refused: busy, people_first, already_signed, not_a_field."""
        if field in {one.field for one in self.signed}:
            raise SignatureRefused("already_signed", "这个位置已经签过了")
        if field not in self.waiting:
            raise SignatureRefused("not_a_field", f"这份文书没有签名位置：{field}")
        if field in self.last and set(self.waiting) - set(self.last):
            raise SignatureRefused("people_first", "请等各方都签完再签")
        held = self.lease
        if held is not None and held.holder != holder and dt.datetime.fromisoformat(held.until) > now:
            raise SignatureRefused("busy", "另一个人正在签，马上就轮到您")
        return replace(self, lease=Lease(field, holder, (now + LEASE).isoformat()))

    def give_back(self, holder: str) -> "Gathering":
        """Let the others sign at once; somebody else's lease stays."""
        mine = self.lease is not None and self.lease.holder == holder
        return replace(self, lease=None) if mine else self

    def prepare(self, pdf: bytes, key: tuple[str, tuple[str, ...]], look: Appearance, now: dt.datetime) -> Prepared:
        """For the holder of the lease: what their key signs. `key` is the certificate and its chain (PEM)."""
        self._check(pdf)
        if self.lease is None or dt.datetime.fromisoformat(self.lease.until) <= now:
            raise SignatureRefused("not_leased", "等得太久了，请再点一次“签名”")
        return prepare(pdf, self.lease.field, key[0], key[1], look, now)

    def embed(
        self, prepared: Prepared, name: str, signature: bytes, timestamper: Timestamper, now: dt.datetime
    ) -> tuple["Gathering | Complete", bytes]:
        """The next phase and file. Refused: stale, when somebody else's signature came between; wrong_signature."""
        if prepared.base_digest != self.revision:
            raise SignatureRefused("stale", "刚才又有人签了，请重新签一次")
        made = embed(prepared, signature, timestamper)
        fingerprint = hashlib.sha256(der_of(prepared.certificate_pem)).hexdigest()
        signed = (*self.signed, Signed(prepared.field, name, fingerprint, now.isoformat()))
        waiting = tuple(one for one in self.waiting if one != prepared.field)
        if not waiting:
            return Complete(_digest(made), signed), made
        return replace(self, revision=_digest(made), signed=signed, waiting=waiting, lease=None), made


AnyPhase = Gathering | Complete | Sealed | Archived
PHASES: dict[str, type[AnyPhase]] = {
    "gathering": Gathering,
    "complete": Complete,
    "sealed": Sealed,
    "archived": Archived,
}


def begun(certified: bytes) -> Gathering:
    """The ceremony of a certified file that nobody has signed yet: its own empty fields say who must."""
    signed, empty = signed_and_empty(certified)
    if signed != [PLATFORM_FIELD]:
        raise SignatureRefused("not_certified", "文本还没有固定，或者已经有人签过")
    return Gathering(_digest(certified), (), tuple(one for one in empty if one != SEAL_FIELD))


def to_json(phase: AnyPhase) -> str:
    """Everything of the phase but the file."""
    return json.dumps({"phase": type(phase).__name__.lower(), **asdict(phase)}, ensure_ascii=False)


def from_json(text: str) -> AnyPhase:
    """The phase that to_json wrote. Raises ValueError for what it did not."""
    try:
        kept: dict[str, Any] = json.loads(text)
        kind = PHASES[kept.pop("phase")]
        kept["signed"] = tuple(Signed(**one) for one in kept["signed"])
        if kind is Gathering:
            kept |= {"waiting": tuple(kept["waiting"]), "last": tuple(kept["last"])}
            kept["lease"] = Lease(**kept["lease"]) if kept["lease"] else None
        return kind(**kept)
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"this is no ceremony: {fault!r}") from fault


def missing(phase: AnyPhase) -> Sequence[str]:
    """Fields whose signatures are still to come before the seal."""
    return phase.waiting if isinstance(phase, Gathering) else ()


def _digest(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()
