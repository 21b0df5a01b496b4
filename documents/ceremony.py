"""A whole signing with keys made on the spot: the command line's example, and what the tests play through."""

import datetime as dt
import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from documents import wording
from documents.authority import Authority
from documents.cades import der_of
from documents.fonts import FontStack
from documents.keys import SigningKey
from documents.marks import Appearance, Stroke
from documents.papers.ruling import RulingDocument
from documents.papers.settlement import AgreementDocument
from documents.phases import AnyPhase, Complete, Gathering, begun, from_json, to_json
from documents.render import render
from documents.signing import Prepared, certify, complete_long_term, embed, lay_out_fields, prepare, sign_with_key
from documents.timestamp import LocalTimestamper, Timestamper

PLATFORM = "云调平台（演示）"
AUTHORITY = "云调演示签发机构"


def scribble(name: str) -> tuple[Stroke, ...]:
    """Strokes that differ from name to name, as a finger would leave them on the pad."""
    strokes = []
    for place, byte in enumerate(hashlib.sha256(name.encode()).digest()[:5]):
        left, turn = 0.08 + 0.17 * place, 1 + byte % 5
        points = [(left + 0.14 * t / 11, 0.5 + 0.35 * math.sin(turn * t / 3 + byte)) for t in range(12)]
        strokes.append(tuple(points))
    return tuple(strokes)


@dataclass
class Ceremony:
    """An authority, a time authority and people with keys, all in one process."""

    folder: Path
    now: Callable[[], dt.datetime]
    passphrase: str = "example"  # noqa: S105 - the authority lives as long as the example
    authority: Authority = field(init=False)
    timestamper: Timestamper = field(init=False)
    fonts: FontStack = field(default_factory=FontStack.default)
    seal_picture: bytes | None = None

    def __post_init__(self) -> None:
        self.authority = Authority.create(self.folder, AUTHORITY, self.now(), self.passphrase)
        self.timestamper = LocalTimestamper(self.authority, self.now)

    def person(self, name: str, validity: dt.timedelta = dt.timedelta(days=1)) -> SigningKey:
        """Somebody with a key of their own and a certificate for this event."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        evidence = f"EV-{hashlib.sha256(public).hexdigest()[:12]}"
        certificate = self.authority.issue_event_certificate(public, name, evidence, self.now(), validity)
        return SigningKey(key, certificate, self.authority.chain_pems, name)

    def frozen(self, paper: AgreementDocument | RulingDocument) -> bytes:
        """Rendered, with its fields, certified by the platform."""
        drawn = render(paper, self.fonts)
        platform = self.authority.platform_key(PLATFORM, self.now())
        return certify(lay_out_fields(drawn, paper.fields()), platform, self.timestamper, self.now())

    def look(self, name: str, fingerprint: str, *, seal: bool = False) -> Appearance:
        moment = self.now()
        text = wording.date(moment.astimezone(wording.BEIJING)) if seal else wording.moment(moment)
        strokes, picture = (None, self.seal_picture) if seal else (scribble(name), None)
        return Appearance(name, text, fingerprint, "seal" if seal else "person", strokes, self.fonts, picture)

    def prepared(self, pdf: bytes, place: str, key: SigningKey) -> Prepared:
        look = self.look(key.name, hashlib.sha256(der_of(key.certificate_pem)).hexdigest())
        return prepare(pdf, place, key.certificate_pem, key.chain_pems, look, self.now())

    def signed(self, pdf: bytes, place: str, key: SigningKey) -> bytes:
        """One person signs in two steps, as a browser does."""
        waiting = Prepared.from_json(self.prepared(pdf, place, key).to_json())
        return embed(waiting, key.sign(waiting.signed_attributes), self.timestamper)

    def sealed(self, pdf: bytes, organisation: str) -> bytes:
        """The seal, which closes the paper."""
        key = self.authority.issue_organisation_key(organisation, self.now())
        look = self.look(organisation, hashlib.sha256(pdf).hexdigest(), seal=True)
        return sign_with_key(pdf, "seal", key, look, self.timestamper, self.now())

    def archived(self, pdf: bytes) -> bytes:
        return complete_long_term(pdf, self.timestamper, self.authority.evidence(self.now()))

    def agreement(self, paper: AgreementDocument) -> bytes:
        """Everybody signs, the last party first; then mediator, seal, archive: between any two steps it is kept."""
        pdf = self.frozen(paper)
        phase: AnyPhase = begun(pdf)
        people = [(f"party-{place}", one.name) for place, one in enumerate(paper.parties, 1)]
        for place, name in (*reversed(people), ("mediator", paper.mediator)):
            phase = from_json(to_json(phase))
            assert isinstance(phase, Gathering)
            phase, pdf = self.joined(phase, pdf, place, self.person(name))
        assert isinstance(phase, Complete)
        key = self.authority.issue_organisation_key(paper.committee, self.now())
        look = self.look(paper.committee, phase.revision, seal=True)
        sealed, pdf = phase.seal(pdf, key, look, self.timestamper, self.now())
        return sealed.archive(pdf, self.timestamper, self.authority.evidence(self.now()))[1]

    def joined(self, phase: Gathering, pdf: bytes, place: str, key: SigningKey) -> tuple[AnyPhase, bytes]:
        """One person takes the lease and signs."""
        now = self.now()
        leased = phase.take(place, key.name, now)
        look = self.look(key.name, hashlib.sha256(der_of(key.certificate_pem)).hexdigest())
        waiting = leased.prepare(pdf, (key.certificate_pem, key.chain_pems), look, now)
        return leased.embed(waiting, key.name, key.sign(waiting.signed_attributes), self.timestamper, now)

    def ruling(self, paper: RulingDocument) -> bytes:
        """The judge signs, the court seals, archive."""
        pdf = self.signed(self.frozen(paper), "judge", self.person(paper.judge))
        return self.archived(self.sealed(pdf, paper.court))
