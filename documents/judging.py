"""One signature judged by ETSI EN 319 102-1 as pyHanko carries it out, with nothing fetched from the network.

The archive time stamps prove that all of the file existed at their times. So the last is judged as of now, each
earlier one as of the next one's time, and a signature as of the first one after it, when its certificates and
revocation lists were fresh. (pyHanko 0.38 has a past validation of its own, which finds no revocation list that the
certificate's own issuer signed, and reads the machine's clock.)
"""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from asn1crypto import cms
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed
from pyhanko.sign.validation.ades import ades_timestamp_validation, ades_with_time_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
    bootstrap_validation_data_handlers,
)
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationDataHandlers
from pyhanko_certvalidator.ltv.poe import POEManager
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from documents import certificates
from documents.changes import POLICY
from documents.der import canonical_length
from documents.fields import PLATFORM_FIELD, SEAL_FIELD
from documents.report import Signer

# What pyHanko would log as a warning with a trace is an ordinary finding here: it stands in the report.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

CLOCKS_DIFFER = dt.timedelta(minutes=5)
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
    return [asn1.Certificate.load(load_pem_x509_certificate(one.encode()).public_bytes(Encoding.DER)) for one in pems]


def specification(
    roots: Sequence[asn1.Certificate], reader: PdfFileReader, *, archived: bool
) -> SignatureValidationSpec:
    """Trust these roots only; once archived, revocation is checked where a certificate declares it, from the file."""
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=list(roots)),
        revinfo_policy=CertRevTrustPolicy(IF_DECLARED if archived else NO_REVOCATION),
    )
    return SignatureValidationSpec(
        cert_validation_policy=policy, revinfo_gathering_policy=OFFLINE, local_knowledge=_stored(reader)
    )


_STORED: WeakKeyDictionary[PdfFileReader, LocalKnowledge] = WeakKeyDictionary()


def _stored(reader: PdfFileReader) -> LocalKnowledge:
    """The certificates and revocation lists in the file's security store, parsed once for all its signatures."""
    known = _STORED.get(reader)
    if known is None:
        known = _STORED[reader] = _read_store(reader)
    return known


def _read_store(reader: PdfFileReader) -> LocalKnowledge:
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return LocalKnowledge()
    lists = [
        CRLContainer(asn1_crl.CertificateList.load(one.get_object().read_data(DecodePurpose.CRL))) for one in store.crls
    ]
    return LocalKnowledge(known_certs=list(store.load_certs()), known_crls=lists)


def _timing(as_of: dt.datetime) -> ValidationTimingInfo:
    return ValidationTimingInfo(validation_time=as_of, best_signature_time=as_of, point_in_time_validation=True)


def _handlers(specified: SignatureValidationSpec, as_of: dt.datetime) -> ValidationDataHandlers:
    """All that is known is known as of that moment, not as of the machine's clock."""
    return bootstrap_validation_data_handlers(
        specified, timing_info=_timing(as_of), poe_manager_override=POEManager(current_dt_override=as_of)
    )


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
    return "" if indication is AdESPassed.OK and result.api_status.bottom_line else "not_proven"


def _time_code(time: dt.datetime | None, certificate: asn1.Certificate) -> str:
    """A trusted time within the certificate's life: pyHanko leaves the end of it to the past validation."""
    if time is None:
        return "no_time"
    return "" if certificate.not_valid_before <= time <= certificate.not_valid_after else "expired"


async def judge(
    signature: EmbeddedPdfSignature, roots: Sequence[asn1.Certificate], as_of: dt.datetime, *, archived: bool
) -> Judged:
    """Judge one signature by what lies in the file and by the roots."""
    specified = specification(roots, signature.reader, archived=archived)
    signature.compute_integrity_info(POLICY)
    result = await ades_with_time_validation(
        signature.signed_data,
        specified,
        timing_info=_timing(as_of),
        raw_digest=signature.compute_digest(),
        validation_data_handlers=_handlers(specified, as_of),
        extra_status_kwargs=signature.summarise_integrity_info(),
        status_cls=PdfSignatureStatus,
    )
    status, certificate = result.api_status, signature.signer_cert
    stamped = status.timestamp_validity if status else None
    time = stamped.timestamp if stamped and stamped.intact and stamped.valid and stamped.trusted else None
    field = str(signature.field_name)
    code = _code(result, field, certificate) or _time_code(time, certificate)
    signer = Signer(
        field=field,
        role=role_of(field),
        name=_common_name(certificate),
        time=time,
        level="B-B" if time is None else "B-LTA" if archived else "B-T",
        intact=bool(status and status.intact and status.valid and status.docmdp_ok),
        trusted=not code,
        label=str(signature.sig_field.get("/TU", "")),
    )
    return Judged(signer, code)


def covers_file(stamp: EmbeddedPdfSignature, pdf: bytes) -> bool:
    """Whether a time stamp answers for every byte: nothing after it, and nothing in its own gap but what is signed."""
    start, before, after, length = (int(value) for value in stamp.byte_range)
    whole = (start, before < after, after + length) == (0, True, len(pdf))
    return whole and _exact(pdf[before:after], {one.sha256 for one in _stored(stamp.reader).known_certs})


async def judge_archive(
    stamp: EmbeddedPdfSignature, roots: Sequence[asn1.Certificate], as_of: dt.datetime
) -> tuple[str, dt.datetime | None]:
    """Judge one archive time stamp: code of the fault, or the time it states."""
    specified = specification(roots, stamp.reader, archived=True)
    stamp.compute_integrity_info(POLICY)
    result = await ades_timestamp_validation(
        stamp.signed_data,
        specified,
        stamp.compute_digest,
        timing_info=_timing(as_of),
        validation_data_handlers=_handlers(specified, as_of),
    )
    status = result.api_status
    if status is None or not (status.intact and status.valid) or not stamp.summarise_integrity_info()["docmdp_ok"]:
        return "archive_broken", None
    if result.ades_subindic is not AdESPassed.OK:
        return "archive_untrusted", None
    if status.timestamp > as_of + CLOCKS_DIFFER:
        return "future", None
    return "", status.timestamp


def _exact(gap: bytes, stored: set[bytes]) -> bool:
    """Whether the token says nothing but what is signed: it lies in the one gap that no byte range covers."""
    content = gap[1:-1]
    if gap[:1] + gap[-1:] != b"<>" or content not in (content.lower(), content.upper()):
        return False
    der = bytes.fromhex(content.decode("ascii"))
    length = canonical_length(der)
    if length is None or any(der[length:]):
        return False
    token = cms.ContentInfo.load(der[:length], strict=True)
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
