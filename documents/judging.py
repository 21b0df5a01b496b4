"""One signature judged by ETSI EN 319 102-1 as pyHanko carries it out, with nothing fetched from the network."""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation, ades_timestamp_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from documents import certificates
from documents.fields import PLATFORM_FIELD, SEAL_FIELD
from documents.report import Signer

# What pyHanko would log as a warning with a trace is an ordinary finding here: it stands in the report.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

OFFLINE = RevocationInfoGatheringSpec(
    online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
    certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
)
IF_DECLARED = RevocationCheckingPolicy(
    ee_certificate_rule=RevocationCheckingRule.CHECK_IF_DECLARED,
    intermediate_ca_cert_rule=RevocationCheckingRule.CHECK_IF_DECLARED,
)
REVOKED = (AdESFailure.REVOKED, AdESIndeterminate.REVOKED_NO_POE, AdESIndeterminate.REVOKED_CA_NO_POE)
STRANGE = (AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND, AdESIndeterminate.NO_SIGNING_CERTIFICATE_FOUND)
POLICY_OF_FIELD = {SEAL_FIELD: certificates.ORGANISATION, PLATFORM_FIELD: certificates.PLATFORM}


@dataclass(frozen=True)
class Judged:
    """One signature's part of the report; `code` is empty when it holds."""

    signer: Signer
    code: str


def roots_of(pems: Sequence[str]) -> list[asn1.Certificate]:
    return [
        asn1.Certificate.load(load_pem_x509_certificate(one.encode()).public_bytes(Encoding.DER)) for one in pems
    ]


def specification(roots: Sequence[asn1.Certificate], *, archived: bool) -> SignatureValidationSpec:
    """Trust these roots only. Revocation is checked from the file where a certificate declares it, once it is archived."""
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=list(roots)),
        revinfo_policy=CertRevTrustPolicy(IF_DECLARED if archived else NO_REVOCATION),
    )
    return SignatureValidationSpec(cert_validation_policy=policy, revinfo_gathering_policy=OFFLINE)


def _timing(now: dt.datetime) -> ValidationTimingInfo:
    return ValidationTimingInfo(validation_time=now, best_signature_time=now, point_in_time_validation=True)


def role_of(field: str) -> str:
    """person, mediator, judge, seal or platform: what the field's name stands for."""
    return "person" if field.startswith(("party-", "recorder")) else field


def _common_name(certificate: asn1.Certificate) -> str:
    return str(certificate.subject.native.get("common_name", ""))


def _wrong_role(field: str, certificate: asn1.Certificate) -> bool:
    stated = certificate.certificate_policies_value
    policies = {one["policy_identifier"].dotted for one in stated} if stated is not None else set()
    return POLICY_OF_FIELD.get(field, certificates.PERSON) not in policies


def _code(result: Any, field: str, certificate: asn1.Certificate) -> str:
    """The rule of the verdict: AdES passed, and the whole chain of trust, and no change, and a trusted time."""
    status, indication = result.api_status, result.ades_subindic
    if status is None or not status.intact:
        return "altered"
    if not status.valid:
        return "signature_broken"
    if not status.docmdp_ok:
        return "altered_after"
    if _wrong_role(field, certificate) and indication not in STRANGE:
        return "wrong_role"
    return _trust_code(result, indication)


def _trust_code(result: Any, indication: Any) -> str:
    if indication in STRANGE:
        return "unknown_issuer"
    if indication in REVOKED:
        return "revoked"
    if isinstance(indication, AdESFailure):
        return "refused"
    if indication is not AdESPassed.OK or not result.api_status.bottom_line:
        return "not_proven"
    stamped = result.signature_timestamp_status
    return "" if stamped is not None and stamped.ades_subindic is AdESPassed.OK else "no_time"


async def judge(
    signature: EmbeddedPdfSignature, specified: SignatureValidationSpec, now: dt.datetime, *, archived: bool
) -> Judged:
    """Judge one signature as of `now` by what lies in the file and by the roots."""
    signature.compute_integrity_info()
    result = await ades_lta_validation(signature, PdfSignatureValidationSpec(specified), timing_info=_timing(now))
    field, certificate = str(signature.field_name), signature.signer_cert
    code = _code(result, field, certificate)
    status, stamped = result.api_status, result.signature_timestamp_status
    timed = stamped is not None and stamped.ades_subindic is AdESPassed.OK
    level = "B-B"
    if timed:
        level = "B-LTA" if archived and result.oldest_evidence_record_timestamp is not None else "B-T"
    if archived and not code and level != "B-LTA":
        code = "archive_untrusted"
    signer = Signer(
        field=field,
        role=role_of(field),
        name=_common_name(certificate),
        time=stamped.api_status.timestamp if stamped is not None and timed and stamped.api_status else None,
        level=level,
        intact=bool(status and status.intact and status.valid and status.docmdp_ok),
        trusted=not code,
        label=str(signature.sig_field.get("/TU", "")),
    )
    return Judged(signer, code)


def _store(reader: PdfFileReader) -> tuple[set[bytes], LocalKnowledge]:
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return set(), LocalKnowledge()
    loaded = list(store.load_certs())
    return {one.sha256 for one in loaded}, LocalKnowledge(known_certs=loaded)


async def judge_archive(
    stamp: EmbeddedPdfSignature, pdf: bytes, specified: SignatureValidationSpec, now: dt.datetime
) -> tuple[str, dt.datetime | None]:
    """Judge the last document time stamp, which answers for every byte of the file: code, and the time it states."""
    stored, known = _store(stamp.reader)
    if list(stamp.byte_range)[0] != 0 or stamp.byte_range[2] + stamp.byte_range[3] != len(pdf):
        return "appended", None
    if not _exact(stamp, pdf, stored):
        return "archive_broken", None
    spec = SignatureValidationSpec(
        cert_validation_policy=specified.cert_validation_policy,
        revinfo_gathering_policy=OFFLINE,
        local_knowledge=known,
    )
    stamp.compute_integrity_info()
    result = await ades_timestamp_validation(
        stamp.signed_data, spec, stamp.compute_digest, timing_info=_timing(now)
    )
    if result.api_status is None or not (result.api_status.intact and result.api_status.valid):
        return "archive_broken", None
    if result.ades_subindic is not AdESPassed.OK:
        return "archive_untrusted", None
    return "", result.api_status.timestamp


def _exact(stamp: EmbeddedPdfSignature, pdf: bytes, stored: set[bytes]) -> bool:
    """Whether the token says nothing but what is signed: it lies in the one gap that no byte range covers."""
    _, start, end, _ = (int(value) for value in stamp.byte_range)
    gap = pdf[start:end]
    content = gap[1:-1]
    if gap[:1] + gap[-1:] != b"<>" or content not in (content.lower(), content.upper()):
        return False
    der = bytes.fromhex(content.decode("ascii"))
    token = cms.ContentInfo.load(der)
    plain = token.dump(force=True)
    if der[: len(plain)] != plain or any(der[len(plain) :]):
        return False
    signed, (signer,) = token["content"], token["content"]["signer_infos"]
    by_issuer = signer["sid"].name == "issuer_and_serial_number"
    algorithms = [one["algorithm"].native for one in signed["digest_algorithms"]]
    return (
        signed["version"].native == "v3"
        and signer["version"].native == ("v1" if by_issuer else "v3")
        and algorithms == [signer["digest_algorithm"]["algorithm"].native]
        and not signed["crls"].native
        and not signer["unsigned_attrs"].native
        and all(choice.name == "certificate" and choice.chosen.sha256 in stored for choice in signed["certificates"])
    )
