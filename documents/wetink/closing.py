"""The attestation certified, signed by the mediator, sealed and archived at one go, with keys that are at hand.

A platform does these steps one by one, for its mediators sign in their own browsers.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from documents import wording
from documents.authority import Evidence
from documents.cades import der_of
from documents.fonts import FontStack
from documents.keys import CertifiedKey
from documents.marks import Appearance
from documents.papers.wet_ink import InkAttestation
from documents.signing import certify, complete_long_term, lay_out_fields, sign_with_key
from documents.timestamp import Timestamper


@dataclass(frozen=True)
class Closing:
    """Whose keys sign, who states the time, and what a validator will need in years."""

    platform: CertifiedKey
    mediator: CertifiedKey
    seal: CertifiedKey
    timestamper: Timestamper
    evidence: Evidence
    now: dt.datetime

    def close(self, drawn: bytes, paper: InkAttestation, fonts: FontStack) -> bytes:
        """The finished attestation (PAdES B-LTA). Raises SignatureRefused and TimestampFailed."""
        pdf = certify(lay_out_fields(drawn, paper.fields()), self.platform, self.timestamper, self.now)
        digest = hashlib.sha256(der_of(self.mediator.certificate_pem)).hexdigest()
        look = Appearance(self.mediator.name, wording.moment(self.now), digest, "person", None, fonts)
        pdf = sign_with_key(pdf, "mediator", self.mediator, look, self.timestamper, self.now)
        day = wording.date(self.now.astimezone(wording.BEIJING))
        look = Appearance(self.seal.name, day, hashlib.sha256(pdf).hexdigest(), "seal", None, fonts)
        pdf = sign_with_key(pdf, "seal", self.seal, look, self.timestamper, self.now)
        return complete_long_term(pdf, self.timestamper, self.evidence)
