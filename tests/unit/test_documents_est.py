"""An outside authority spoken to by EST: a real server over TLS answers, and what it answers wrongly is refused."""

import base64
import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from documents_play import Clock, new_ceremony

from documents import certificates, examples
from documents.archive import complete_long_term
from documents.authority import Authority, pem
from documents.keys import PossessionRefused, SigningKey
from documents.outside.est import EnrolmentRefused, EstAuthority
from documents.outside.revocation import ListUnavailable, lists_of
from documents.validation import Verdict, verify
from server.tls import own_certificate

NAMED = "Basic " + base64.b64encode(b"yuntiao:secret").decode()


class Server:
    """An EST server (RFC 7030) on an authority of its own; `answer` may spoil what it would say."""

    def __init__(self, now, folder: Path) -> None:
        self.now, self.answer = now, None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/root.crl":
                    self.send(outer.authority.root_crl(outer.now()))
                    return
                root = x509.load_pem_x509_certificate(outer.authority.root_pem.encode())
                self.say([outer.authority.issuing.certificate, root])

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Authorization"] != NAMED:
                    self.send_error(401)
                    return
                assert self.path == "/.well-known/est/simpleenroll"
                assert self.headers["Content-Type"] == "application/pkcs10"
                if outer.answer is not None:
                    self.send(outer.answer)
                    return
                request = x509.load_der_x509_csr(base64.b64decode(body))
                assert request.is_signature_valid
                name = request.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
                given = request.public_bytes(serialization.Encoding.PEM).decode()
                made = outer.authority.issue_event_certificate(given, str(name), "EV-1", outer.now())
                self.say([x509.load_pem_x509_certificate(made.encode())])

            def say(self, found) -> None:
                self.send(base64.encodebytes(pkcs7.serialize_certificates(found, serialization.Encoding.DER)))

            def send(self, content: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/pkcs7-mime; smime-type=certs-only")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                return

        self.http, self.https = HTTPServer(("127.0.0.1", 0), Handler), HTTPServer(("127.0.0.1", 0), Handler)
        own, _ = own_certificate(folder / "tls", "127.0.0.1", dt.datetime.now(dt.UTC))
        self.https.socket = own.wrap_socket(self.https.socket, server_side=True)
        self.trust = ssl.create_default_context(cafile=str(folder / "tls" / "127.0.0.1.pem"))
        self.address = f"https://127.0.0.1:{self.https.server_port}/.well-known/est"
        lists = f"http://127.0.0.1:{self.http.server_port}"
        self.authority = Authority.create(folder / "outside", "外部签发机构", now(), "secret", lists)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Iterator[Server]:
    made = Server(clock.now, tmp_path)
    threads = [threading.Thread(target=one.serve_forever, args=(0.01,)) for one in (made.https, made.http)]
    for thread in threads:
        thread.start()
    yield made
    for one in (made.https, made.http):
        one.shutdown()
        one.server_close()
    for thread in threads:
        thread.join()


def client(server: Server, password: str = "secret") -> EstAuthority:
    return EstAuthority(server.address, "yuntiao", password, server.trust)


def request(key: ec.EllipticCurvePrivateKey, name: str = "张桂兰") -> str:
    built = x509.CertificateSigningRequestBuilder().subject_name(certificates.distinguished(name))
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_people_certified_by_an_outside_authority_sign_and_both_roots_judge(server, clock, tmp_path) -> None:
    ceremony = new_ceremony(tmp_path, clock)
    paper = examples.agreement()
    pdf = ceremony.frozen(paper)
    for place, name in (("party-1", "张桂兰"), ("party-2", "刘志强"), ("mediator", "王敏")):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, chain = client(server).enrol(request(key, name))
        assert chain == (pem(server.authority.issuing.certificate),)
        pdf = ceremony.signed(pdf, place, SigningKey(key, certificate, chain, name))
    own = ceremony.authority.evidence(clock.now())
    evidence = replace(own, crls=(*own.crls, *lists_of((certificate, *chain))))
    pdf = complete_long_term(ceremony.sealed(pdf, paper.committee), ceremony.timestamper, evidence)
    clock.pass_(minutes=5)
    roots = [ceremony.authority.root_pem, server.authority.root_pem]
    assert verify(pdf, roots, now=clock.now()).verdict is Verdict.VALID
    assert verify(pdf, roots[:1], now=clock.now()).verdict is Verdict.UNKNOWN


def test_a_request_that_its_key_did_not_sign_is_not_even_sent(server) -> None:
    given = request(ec.generate_private_key(ec.SECP256R1()))
    der = bytearray(base64.b64decode("".join(given.splitlines()[1:-1])))
    der[-1] ^= 1
    text = base64.encodebytes(bytes(der)).decode()
    with pytest.raises(PossessionRefused):
        client(server).enrol(f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n")


def test_what_the_authority_answers_wrongly_is_refused(server, clock) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(EnrolmentRefused, match="401"):
        client(server, "wrong").enrol(request(key))
    server.answer = b"garbage!"
    with pytest.raises(EnrolmentRefused, match="no list"):
        client(server).enrol(request(key))
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    made = server.authority.issue_event_certificate(
        other.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        "某人",
        "EV-2",
        clock.now(),
    )
    found = [x509.load_pem_x509_certificate(made.encode())]
    server.answer = base64.encodebytes(pkcs7.serialize_certificates(found, serialization.Encoding.DER))
    with pytest.raises(EnrolmentRefused, match="for this key"):
        client(server).enrol(request(key))


def test_a_server_that_is_down_or_not_trusted_gives_no_certificate(server) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(EnrolmentRefused, match="does not answer"):
        EstAuthority(server.address, "yuntiao", "secret").enrol(request(key))
    with pytest.raises(EnrolmentRefused, match="does not answer"):
        EstAuthority("https://127.0.0.1:9/.well-known/est", "yuntiao", "secret", seconds=2).enrol(request(key))
    with pytest.raises(ListUnavailable, match="no revocation list"):
        lists_of(
            [
                pem(
                    certificates.leaf_certificate(
                        certificates.distinguished("x"),
                        key.public_key(),
                        certificates.Issuer(
                            server.authority.issuing.certificate, server.authority.issuing.key, "http://127.0.0.1:9"
                        ),
                        certificates.organisation(),
                        server.now(),
                    )
                )
            ]
        )
    with pytest.raises(ValueError, match="https"):
        EstAuthority("http://127.0.0.1/est", "yuntiao", "secret")
