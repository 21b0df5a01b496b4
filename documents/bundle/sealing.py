"""The platform's signature over a bundle: detached CAdES with a trusted time (ETSI EN 319 122-1, level B-T)."""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, core
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1
from cryptography.x509 import load_pem_x509_certificate
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_timestamp_validation, ades_with_time_validation
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    SignatureValidationSpec,
    bootstrap_validation_data_handlers,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.poe import POEManager
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from documents import certificates
from documents.cades import Signature, container, der_of, signed_attributes
from documents.judging import CLOCKS_DIFFER, IF_DECLARED, OFFLINE, roots_of
from documents.keys import CertifiedKey, der_from_raw
from documents.timestamp import Timestamper, token


@dataclass(frozen=True)
class Sealed:
    """Who sealed a bundle and when; `code` is empty when it holds, else one of the verdict's."""

    code: str
    name: str = ""
    time: dt.datetime | None = None


def seal(content: bytes, key: CertifiedKey, timestamper: Timestamper) -> bytes:
    """A detached signature (DER) over these bytes. Raises TimestampFailed when there is no trusted time."""
    certificate = load_pem_x509_certificate(key.certificate_pem.encode())
    chain = [der_of(one) for one in (key.certificate_pem, *key.chain_pems)]
    attributes = signed_attributes(hashlib.sha256(content).digest(), chain[0])
    value = der_from_raw(key.sign(attributes))
    granted = token(timestamper, hashlib.sha256(value).digest()).dump()
    return container(Signature(certificate, attributes, value), chain, time_token=granted)


def judge_seal(
    content: bytes, signature: bytes, roots: Sequence[str], crls: Sequence[bytes], now: dt.datetime
) -> Sealed:
    """Judge a bundle's seal: its time stamp as of now, the seal itself as of the time stamped then.

    The revocation lists are those that were sealed in with the files. Raises ValueError for what is no CMS.
    """
    stated = cms.ContentInfo.load(signature, strict=True)
    if stated["content_type"].native != "signed_data" or len(stated["content"]["signer_infos"]) != 1:
        raise ValueError("no signature of one signer")
    signed = stated["content"]
    return asyncio.run(_judged(signed, hashlib.sha256(content).digest(), _Known.of(roots, signed, crls), now))


@dataclass(frozen=True)
class _Known:
    """What a seal is judged by."""

    roots: list[asn1.Certificate]
    certificates: list[asn1.Certificate]
    lists: list[CRLContainer]

    @classmethod
    def of(cls, roots: Sequence[str], signed: Any, crls: Sequence[bytes]) -> "_Known":
        held = [one.chosen for one in signed["certificates"] if one.name == "certificate"]
        return cls(roots_of(roots), held, [CRLContainer(asn1_crl.CertificateList.load(one)) for one in crls])

    def specified(self) -> SignatureValidationSpec:
        policy = CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=self.roots),
            revinfo_policy=CertRevTrustPolicy(IF_DECLARED),
        )
        knowledge = LocalKnowledge(known_certs=self.certificates, known_crls=self.lists)
        return SignatureValidationSpec(
            cert_validation_policy=policy, revinfo_gathering_policy=OFFLINE, local_knowledge=knowledge
        )


def _as_of(specified: SignatureValidationSpec, moment: dt.datetime) -> dict[str, Any]:
    timing = ValidationTimingInfo(validation_time=moment, best_signature_time=moment, point_in_time_validation=True)
    proofs = POEManager(current_dt_override=moment)
    handlers = bootstrap_validation_data_handlers(specified, timing_info=timing, poe_manager_override=proofs)
    return {"timing_info": timing, "validation_data_handlers": handlers}


async def _judged(signed: Any, digest: bytes, known: _Known, now: dt.datetime) -> Sealed:
    specified = known.specified()
    stated = await _stamped(signed, specified, now)
    time = stated or now
    result = await ades_with_time_validation(signed, specified, raw_digest=digest, **_as_of(specified, time))
    status = result.api_status
    if status is None or not (status.intact and status.valid):
        return Sealed("seal_broken")
    signer = status.signing_cert
    name = str(signer.subject.native.get("common_name", ""))
    if stated is None:
        return Sealed("seal_no_time", name)
    if stated > now + CLOCKS_DIFFER:
        return Sealed("seal_future", name, stated)
    if result.ades_subindic is not AdESPassed.OK or not status.bottom_line:
        return Sealed("seal_unknown", name, stated)
    if not signer.not_valid_before <= stated <= signer.not_valid_after:
        return Sealed("seal_expired", name, stated)
    policies = signer.certificate_policies_value or []
    by_platform = certificates.PLATFORM in {one["policy_identifier"].dotted for one in policies}
    return Sealed("" if by_platform else "seal_wrong_role", name, stated)


async def _stamped(signed: Any, specified: SignatureValidationSpec, now: dt.datetime) -> dt.datetime | None:
    """The time of the seal's own time stamp, if that can be trusted as of now."""
    signer = signed["signer_infos"][0]
    imprint = hashlib.sha256(signer["signature"].native).digest()
    for stamp in extract_tst_data_iter(signer, signed=False):
        result = await ades_timestamp_validation(stamp, specified, lambda _: imprint, **_as_of(specified, now))
        status = result.api_status
        if status and status.intact and status.valid and result.ades_subindic is AdESPassed.OK:
            time: dt.datetime = status.timestamp
            return time
    return None


def exact(signature: bytes) -> bool:
    """Whether the signature is one structure and nothing after it."""
    try:
        return len(core.Sequence.load(signature, strict=True).dump()) == len(signature)
    except ValueError:
        return False
