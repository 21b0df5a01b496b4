"""What programs that others wrote say of our files: NSS (pdfsig), OpenSSL, qpdf, poppler, pikepdf's PDF/A rules."""

import datetime as dt
import io
import shutil
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from documents_play import Clock, new_ceremony, play
from pikepdf import pdfa
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

from documents import examples

pytestmark = pytest.mark.interop
# What pikepdf's list of rules does not know, allowed by ISO 19005-2; veraPDF, which knows it, finds nothing.
NOT_JUDGED = ("/AcroForm", "/Perms", "/DSS", "pdfaExtension", "pdfaSchema", "pdfaProperty", "pdfuaid")


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    here = tmp_path_factory.mktemp("tools")
    (here / "root.pem").write_text(play().roots[0])
    (here / "agreement.pdf").write_bytes(play().whole)
    (here / "ruling.pdf").write_bytes(play().ceremony.ruling(examples.ruling()))
    return here


@pytest.fixture(scope="module")
def today(tmp_path_factory) -> Path:
    """Files signed by the machine's clock, which NSS judges by: it knows no archive time stamps."""
    here = tmp_path_factory.mktemp("today")
    ceremony = new_ceremony(here, Clock(dt.datetime.now(dt.UTC)))
    (here / "root.pem").write_text(ceremony.authority.root_pem)
    (here / "agreement.pdf").write_bytes(ceremony.agreement(examples.agreement()))
    (here / "ruling.pdf").write_bytes(ceremony.ruling(examples.ruling()))
    return here


@pytest.fixture(scope="module")
def nss(today: Path) -> str:
    store = f"sql:{today / 'nss'}"
    (today / "nss").mkdir()
    certutil = needs("certutil")
    run(certutil, "-N", "-d", store, "--empty-password")
    run(certutil, "-A", "-d", store, "-n", "root", "-t", "CT,C,C", "-i", today / "root.pem")
    return store


@pytest.mark.parametrize(("name", "count"), [("agreement", 5), ("ruling", 3)])
def test_nss_finds_every_signature_valid_and_trusted(today: Path, nss: str, name: str, count: int) -> None:
    told = run(needs("pdfsig"), "-nssdir", nss, today / f"{name}.pdf")
    assert told.count("Signature Validation: Signature is Valid.") == count
    assert told.count("Certificate Validation: Certificate is Trusted.") == count
    assert "Total document signed" in told


@pytest.mark.parametrize("name", ["agreement", "ruling"])
def test_signed_files_break_no_rule_of_pdf_a_2b(folder: Path, name: str) -> None:
    for one in pdfa.validate_written(folder / f"{name}.pdf", "2b").findings:
        assert any(key in str(one) for key in NOT_JUDGED), str(one)


def test_qpdf_and_mupdf_find_the_files_sound(folder: Path) -> None:
    for name in ("agreement", "ruling"):
        assert "No syntax or stream encoding errors" in run(needs("qpdf"), "--check", folder / f"{name}.pdf")
        assert "warning" not in run(needs("mutool"), "info", folder / f"{name}.pdf").lower()


def test_poppler_draws_every_page_without_a_complaint(folder: Path) -> None:
    assert run(needs("pdftoppm"), "-r", "30", "-png", folder / "agreement.pdf", folder / "page") == ""
    assert len(list(folder.glob("page-*.png"))) == 3


def parts(folder: Path):
    """(field, CMS, signed bytes, signature value, time token or nothing) of every signature in the agreement."""
    content = (folder / "agreement.pdf").read_bytes()
    for one in PdfFileReader(io.BytesIO(content)).embedded_signatures:
        start, before, after, length = (int(value) for value in one.byte_range)
        signed = content[start:before] + content[after : after + length]
        der = cms.ContentInfo({"content_type": "signed_data", "content": one.signed_data}).dump()
        stamps = list(extract_tst_data_iter(one.signer_info, signed=False))
        token = cms.ContentInfo({"content_type": "signed_data", "content": stamps[0]}).dump() if stamps else None
        yield str(one.field_name), der, signed, one.signer_info["signature"].native, token


def test_openssl_verifies_every_signature_by_the_root_alone(folder: Path) -> None:
    openssl, at = needs("openssl"), str(int(play().clock.now().timestamp()))
    seen = 0
    for field, der, signed, _, token in parts(folder):
        if token is None:
            continue
        (folder / f"{field}.p7s").write_bytes(der)
        (folder / f"{field}.bin").write_bytes(signed)
        told = run(openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", folder / f"{field}.p7s", "-content",
                   folder / f"{field}.bin", "-CAfile", folder / "root.pem", "-cades", "-attime", at, "-out", "/dev/null")  # fmt: skip
        assert "CAdES Verification successful" in told or "CMS Verification successful" in told
        seen += 1
    assert seen == 5


def test_openssl_accepts_every_time_stamp(folder: Path) -> None:
    openssl = needs("openssl")
    tokens = [(f"{field}-time", token, value) for field, _, _, value, token in parts(folder) if token]
    tokens += [(field, der, signed) for field, der, signed, _, token in parts(folder) if token is None]
    assert len(tokens) == 6
    at = str(int(play().clock.now().timestamp()))
    for name, token, content in tokens:
        (folder / f"{name}.tst").write_bytes(token)
        (folder / f"{name}.dat").write_bytes(content)
        told = run(openssl, "ts", "-verify", "-token_in", "-in", folder / f"{name}.tst", "-data", folder / f"{name}.dat",
                   "-CAfile", folder / "root.pem", "-attime", at)  # fmt: skip
        assert "Verification: OK" in told


def test_openssl_reads_the_chain_and_the_revocation_lists(folder: Path) -> None:
    openssl, authority, now = needs("openssl"), play().ceremony.authority, play().clock.now()
    (folder / "issuing.pem").write_text(authority.chain_pems[0])
    (folder / "person.pem").write_text(play().keys["party-1"].certificate_pem)
    lists = [x509.load_der_x509_crl(one) for one in (authority.crl(now), authority.root_crl(now))]
    (folder / "crl.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in lists))
    told = run(openssl, "verify", "-CAfile", folder / "root.pem", "-untrusted", folder / "issuing.pem", "-CRLfile",
               folder / "crl.pem", "-crl_check_all", "-attime", str(int(now.timestamp())), folder / "person.pem")  # fmt: skip
    assert "OK" in told
