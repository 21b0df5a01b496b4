"""The embedded authority: what it issues, to whom, and what it keeps to itself."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from documents import certificates
from documents.authority import Authority, AuthorityFault, DevelopmentAuthorityWarning
from documents.keys import (
    PossessionRefused,
    SigningKey,
    der_from_raw,
    holds,
    public_key_of,
    raw_from_der,
    verify_possession,
)

NOW = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("ca") / "a", "某签发机构", NOW, "secret")


def spki(key) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, form)


def loaded(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def test_an_event_certificate_is_short_names_its_person_and_signs_documents_only(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made = loaded(authority.issue_event_certificate(spki(key), "张桂兰", "EV-7", NOW))
    assert made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "张桂兰"
    assert made.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value == "EV-7"
    assert made.not_valid_before_utc <= NOW <= made.not_valid_after_utc == NOW + dt.timedelta(days=1)
    usage = made.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.content_commitment and not usage.key_cert_sign
    purposes = set(made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    assert purposes == {certificates.DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION}
    oids = {one.oid for one in made.extensions}
    assert certificates.NO_REVOCATION_AVAILABLE in oids and certificates.SHORT_TERM in oids
    assert ExtensionOID.CRL_DISTRIBUTION_POINTS not in oids
    assert ExtensionOID.AUTHORITY_INFORMATION_ACCESS in oids
    made.verify_directly_issued_by(authority.issuing.certificate)


def test_a_long_event_certificate_is_not_called_short(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made = loaded(authority.issue_event_certificate(spki(key), "张桂兰", "EV-7", NOW, dt.timedelta(days=365)))
    assert made.not_valid_after_utc == NOW + dt.timedelta(days=365)
    oids = {one.oid for one in made.extensions}
    assert certificates.NO_REVOCATION_AVAILABLE in oids
    assert certificates.SHORT_TERM not in oids


def test_the_time_certificate_stands_under_the_root_without_a_word_on_revocation(authority: Authority) -> None:
    made = loaded(authority.time.certificate_pem)
    made.verify_directly_issued_by(authority.root.certificate)
    oids = {one.oid for one in made.extensions}
    assert certificates.NO_REVOCATION_AVAILABLE not in oids
    assert ExtensionOID.CRL_DISTRIBUTION_POINTS not in oids
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def test_each_kind_of_key_carries_its_own_policy(authority: Authority) -> None:
    person = authority.issue_event_certificate(spki(ec.generate_private_key(ec.SECP256R1())), "甲", "1", NOW)
    made = {
        certificates.PERSON: person,
        certificates.ORGANISATION: authority.issue_organisation_key("某调委会", NOW).certificate_pem,
        certificates.PLATFORM: authority.platform_key("平台", NOW).certificate_pem,
        certificates.TIME: authority.time.certificate_pem,
    }
    for policy, pem in made.items():
        stated = loaded(pem).extensions.get_extension_for_class(x509.CertificatePolicies).value
        assert [one.policy_identifier.dotted_string for one in stated] == [policy]


def test_an_organisation_keeps_its_key_until_it_nears_its_end_or_is_revoked(authority: Authority) -> None:
    first = authority.issue_organisation_key("望海调委会", NOW)
    assert authority.issue_organisation_key("望海调委会", NOW).certificate_pem == first.certificate_pem
    assert authority.issue_organisation_key("别的调委会", NOW).certificate_pem != first.certificate_pem
    later = NOW + dt.timedelta(days=705)
    renewed = authority.issue_organisation_key("望海调委会", later)
    assert renewed.certificate_pem != first.certificate_pem
    authority.revoke(renewed.certificate_pem, later)
    assert authority.issue_organisation_key("望海调委会", later).certificate_pem != renewed.certificate_pem


def test_two_who_ask_for_one_seal_at_once_get_one_key(authority: Authority) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: authority.issue_organisation_key("同时的调委会", NOW), range(8)))
    assert len({one.certificate_pem for one in made}) == 1
    public = x509.load_pem_x509_certificate(made[0].certificate_pem.encode()).public_key()
    assert all(one.kept.public_key == public for one in made)


def test_a_revoked_certificate_stands_on_the_next_list(authority: Authority) -> None:
    key = authority.issue_organisation_key("要吊销的", NOW)
    authority.revoke(key.certificate_pem, NOW)
    listed = x509.load_der_x509_crl(authority.crl(NOW))
    assert listed.is_signature_valid(authority.issuing.certificate.public_key())
    assert listed.get_revoked_certificate_by_serial_number(loaded(key.certificate_pem).serial_number) is not None
    assert NOW - dt.timedelta(minutes=1) < listed.last_update_utc <= NOW
    assert x509.load_der_x509_crl(authority.root_crl(NOW)).issuer == authority.root.certificate.subject


def test_it_opens_again_with_its_passphrase_and_with_no_other(tmp_path: Path) -> None:
    made = Authority.create(tmp_path / "a", "某签发机构", NOW, "right")
    seal = made.issue_organisation_key("某调委会", NOW)
    again = Authority.open(tmp_path / "a", "right")
    assert again.root_pem == made.root_pem
    assert again.issue_organisation_key("某调委会", NOW).certificate_pem == seal.certificate_pem
    with pytest.raises(AuthorityFault):
        Authority.open(tmp_path / "a", "wrong")
    with pytest.raises(AuthorityFault):
        Authority.open(tmp_path / "nothing", "right")
    with pytest.raises(AuthorityFault, match="already"):
        Authority.create(tmp_path / "a", "某签发机构", NOW, "right")


def test_no_key_lies_open_in_the_folder(tmp_path: Path) -> None:
    made = Authority.create(tmp_path / "a", "某签发机构", NOW, "secret")
    made.issue_organisation_key("某调委会", NOW)
    files = sorted((tmp_path / "a").glob("*.key"))
    assert len(files) == 4
    for one in files:
        assert one.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert one.stat().st_mode & 0o077 == 0
    assert "secret" not in repr(made)


def test_a_development_authority_says_so_and_warns(tmp_path: Path) -> None:
    with pytest.warns(DevelopmentAuthorityWarning, match="没有法律效力"):
        made = Authority.create(tmp_path / "a", "云调演示签发机构", NOW, "secret")
    assert made.is_development
    assert "演示" in loaded(made.root_pem).subject.rfc4514_string()


def test_a_request_is_answered_only_when_its_own_key_signed_it(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(certificates.distinguished("李四"))
    pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    made = loaded(authority.issue_event_certificate(pem, "张桂兰", "1", NOW))
    assert made.public_key() == key.public_key()
    der = bytearray(request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(PossessionRefused, match="not signed"):
        authority.issue_event_certificate(forged, "张桂兰", "1", NOW)


def test_possession_is_proved_over_the_challenge_and_the_key_itself() -> None:
    mine, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    sign = SigningKey(mine, "", (), "").sign
    verify_possession(spki(mine), b"challenge", sign(b"challenge" + spki(mine)))
    for public, challenge, signature in (
        (spki(mine), b"another", sign(b"challenge" + spki(mine))),
        (spki(other), b"challenge", sign(b"challenge" + spki(other))),
        (spki(mine), b"challenge", b"\0" * 64),
        (spki(mine), b"challenge", b"short"),
    ):
        with pytest.raises(PossessionRefused):
            verify_possession(public, challenge, signature)


def test_only_keys_on_p256_get_a_certificate(authority: Authority) -> None:
    wrong = (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1()))
    for key in wrong:
        with pytest.raises(PossessionRefused, match="P-256"):
            authority.issue_event_certificate(spki(key), "甲", "1", NOW)
    for rubbish in (b"", b"rubbish", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"):
        with pytest.raises(PossessionRefused):
            public_key_of(rubbish)


def test_raw_signatures_go_to_der_and_back() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    raw = SigningKey(key, "", (), "").sign(b"content")
    assert len(raw) == 64
    assert raw_from_der(der_from_raw(raw)) == raw
    assert holds(key.public_key(), b"content", raw)
    assert not holds(key.public_key(), b"other", raw)
