"""X.509 certificates of the embedded authority (RFC 5280): what each kind of key may do, and for how long."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
NO_REVOCATION_AVAILABLE = ObjectIdentifier("2.5.29.56")  # RFC 9608
SHORT_TERM = ObjectIdentifier("0.4.0.194121.2.1")  # ETSI EN 319 412-1, validity assured short term
DER_NULL = b"\x05\x00"

# What kind of signer a certificate speaks for. The verdict checks it against the field it stands in: a person's key
# never makes a seal. Our own arc below 2.25 (ITU-T X.667).
ARC = "2.25.4071839265518220517"
PERSON, ORGANISATION, PLATFORM, TIME = f"{ARC}.1", f"{ARC}.2", f"{ARC}.3", f"{ARC}.4"

DAY = dt.timedelta(days=1)
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Issuer:
    """Somebody who signs certificates: its own certificate and key, and where others find the former."""

    certificate: x509.Certificate
    key: Key
    address: str


@dataclass(frozen=True)
class Profile:
    """What distinguishes one kind of certificate from another."""

    policy: str
    validity: dt.timedelta
    backdated: dt.timedelta = dt.timedelta(hours=1)
    short_term: bool = False
    revocable: bool = True
    usages: Sequence[ObjectIdentifier] = (DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION)
    critical_usage: bool = field(default=False)


def person(validity: dt.timedelta) -> Profile:
    """An event certificate: one person, one paper; its key is destroyed after the signature, so it is never revoked.

    Within a day it also carries the short-term marker; a longer one, which simple viewers do not show as expired the
    day after, says only that no revocation is published (RFC 9608).
    """
    backdated = dt.timedelta(seconds=30)
    return Profile(PERSON, validity, backdated, short_term=validity <= DAY, revocable=False)


def organisation() -> Profile:
    return Profile(ORGANISATION, 730 * DAY)


def platform() -> Profile:
    return Profile(PLATFORM, 730 * DAY)


def time_authority() -> Profile:
    """No noRevAvail and no CRL point: the root's CRL in the file serves, and validators then accept the time stamps."""
    return Profile(TIME, 3650 * DAY, revocable=False, usages=(ExtendedKeyUsageOID.TIME_STAMPING,), critical_usage=True)


def distinguished(common: str, organisation_name: str | None = None, serial: str | None = None) -> x509.Name:
    """A subject; X.520 allows 64 characters for a common name and RFC 5280 for an organisation."""
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if organisation_name:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation_name[:64]))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common[:64]))
    if serial:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial[:64]))
    return x509.Name(parts)


def _start(
    subject: x509.Name, public_key: ec.EllipticCurvePublicKey, issuer: x509.Name, begin: dt.datetime, end: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs, content_commitment=signs, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=not signs, crl_sign=not signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def authority_certificate(
    subject: x509.Name, key: Key, issuer: Issuer | None, begin: dt.datetime, years: int
) -> x509.Certificate:
    """A root (no issuer) or an issuing authority below it."""
    signer = issuer.key if issuer else key
    issuer_name = issuer.certificate.subject if issuer else subject
    builder = _start(subject, key.public_key(), issuer_name, begin, begin + years * 365 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0 if issuer else 1), critical=True)
    builder = builder.add_extension(_key_usage(signs=False), critical=True)
    builder = _pointers(builder, issuer, name="root") if issuer else builder
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(authority, critical=False).sign(signer, hashes.SHA256())


def _pointers(builder: x509.CertificateBuilder, issuer: Issuer, name: str) -> x509.CertificateBuilder:
    crl = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{issuer.address}/{name}.crl")], None, None, None)
    builder = builder.add_extension(x509.CRLDistributionPoints([crl]), critical=False)
    return _issuer_pointer(builder, issuer, name)


def _issuer_pointer(builder: x509.CertificateBuilder, issuer: Issuer, name: str) -> x509.CertificateBuilder:
    where = x509.UniformResourceIdentifier(f"{issuer.address}/{name}.cer")
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
    return builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)


def leaf_certificate(
    subject: x509.Name, public_key: ec.EllipticCurvePublicKey, issuer: Issuer, profile: Profile, now: dt.datetime
) -> x509.Certificate:
    """A certificate for somebody who signs papers or times."""
    begin = now - profile.backdated
    builder = _start(subject, public_key, issuer.certificate.subject, begin, now + profile.validity)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(signs=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(list(profile.usages)), critical=profile.critical_usage)
    policy = x509.PolicyInformation(ObjectIdentifier(profile.policy), None)
    builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    name = "root" if profile.policy == TIME else "issuing"
    builder = _pointers(builder, issuer, name) if profile.revocable else _issuer_pointer(builder, issuer, name)
    if profile.policy == PERSON:
        builder = builder.add_extension(x509.UnrecognizedExtension(NO_REVOCATION_AVAILABLE, DER_NULL), critical=False)
    if profile.short_term:
        builder = builder.add_extension(x509.UnrecognizedExtension(SHORT_TERM, DER_NULL), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return builder.add_extension(authority, critical=False).sign(issuer.key, hashes.SHA256())


def revocation_list(
    issuer: Issuer, revoked: Sequence[tuple[int, dt.datetime]], now: dt.datetime, validity: dt.timedelta
) -> x509.CertificateRevocationList:
    """A CRL whose thisUpdate lies after every notBefore (validators want it), just before time stamps to come."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now - dt.timedelta(seconds=5))
        .next_update(now + validity)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    for serial, when in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
        builder = builder.add_revoked_certificate(
            entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False).build()
        )
    return builder.sign(issuer.key, hashes.SHA256())
