"""Trusted time: what the authority answers, and that nothing else will do."""

import datetime as dt
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from asn1crypto import core, tsp
from documents_play import play

from documents.outside.time_authorities import HttpTimestamper, NobodyAnswers
from documents.timestamp import POLICY, TimestampFailed, time_of, token, trusted_now

DIGEST = hashlib.sha256(b"content").digest()


def request(**changes) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": DIGEST}
    return tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True, **changes}).dump()


def status_of(answer: bytes) -> tsp.PKIStatusInfo:
    return tsp.PKIStatusInfo.load(core.Sequence.load(answer).contents)


class Says:
    """A time authority that always gives the same answer."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def respond(self, request: bytes) -> bytes:
        return self.answer


def test_a_token_states_the_authoritys_time_and_what_was_asked() -> None:
    ceremony = play().ceremony
    granted = token(ceremony.timestamper, DIGEST)
    assert time_of(granted) == play().clock.now()
    stated = granted["content"]["encap_content_info"]["content"].parsed
    assert stated["message_imprint"]["hashed_message"].native == DIGEST
    assert stated["policy"].dotted == POLICY
    assert trusted_now(ceremony.timestamper) == play().clock.now()


def test_two_tokens_have_two_serial_numbers() -> None:
    tokens = [token(play().ceremony.timestamper, DIGEST) for _ in range(2)]
    assert len({t["content"]["encap_content_info"]["content"].parsed["serial_number"].native for t in tokens}) == 2


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (b"rubbish", "bad_data_format"),
        (b"", "bad_data_format"),
        (request() + b"\0", "bad_data_format"),
        (request(message_imprint={"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)}), "bad_alg"),
        (
            request(message_imprint={"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"x"}),
            "bad_data_format",
        ),
        (request(req_policy="1.2.3.4"), "unaccepted_policy"),
        (request(extensions=[{"extn_id": "1.2.3", "critical": True, "extn_value": b""}]), "unaccepted_extensions"),
    ],
)
def test_a_faulty_request_is_rejected_with_its_reason(asked: bytes, why: str) -> None:
    status = status_of(play().ceremony.timestamper.respond(asked))
    assert status["status"].native == "rejection"
    assert status["fail_info"].native == {why}


def test_the_certificate_comes_only_when_asked_for() -> None:
    answer = tsp.TimeStampResp.load(play().ceremony.timestamper.respond(request(cert_req=False)))
    assert not answer["time_stamp_token"]["content"]["certificates"].native


def test_an_answer_to_another_question_is_refused() -> None:
    other = play().ceremony.timestamper.respond(request(nonce=7))
    with pytest.raises(TimestampFailed, match="another question"):
        token(Says(other), DIGEST)


@pytest.mark.parametrize("answer", [b"", b"rubbish", b"0\x03\x02\x01\x05", b"0\x80"])
def test_what_is_no_answer_is_refused(answer: bytes) -> None:
    with pytest.raises(TimestampFailed):
        token(Says(answer), DIGEST)


def test_a_rejection_is_a_failure() -> None:
    rejected = play().ceremony.timestamper.respond(b"rubbish")
    with pytest.raises(TimestampFailed, match="refused: rejection"):
        token(Says(rejected), DIGEST)


@contextmanager
def served(answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if body is not None else 503)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_an_outside_authority_is_asked_over_http() -> None:
    with served(play().ceremony.timestamper.respond) as url:
        assert time_of(token(HttpTimestamper(url), DIGEST)) == play().clock.now()


def test_an_outside_authority_that_fails_or_floods_is_a_failure_not_a_time() -> None:
    with served(lambda _: None) as url, pytest.raises(TimestampFailed, match="does not answer"):
        token(HttpTimestamper(url), DIGEST)
    with served(lambda _: bytes(70_000)) as url, pytest.raises(TimestampFailed, match="too long"):
        token(HttpTimestamper(url), DIGEST)
    with pytest.raises(TimestampFailed):
        token(HttpTimestamper(url, seconds=0.5), DIGEST)


def test_of_many_authorities_the_first_right_answer_counts_and_each_failure_is_told() -> None:
    right = play().ceremony.timestamper.respond
    other = right(request(nonce=7))

    def broken(asked: bytes) -> bytes:
        answer = bytearray(right(asked))
        answer[-5] ^= 1  # in the signature
        return bytes(answer)

    down = "http://127.0.0.1:9/"
    with (
        served(lambda _: b"garbage") as garbage,
        served(lambda _: right(b"rubbish")) as rejecting,
        served(lambda _: other) as elsewhere,
        served(broken) as damaged,
        served(right) as good,
    ):
        asked = HttpTimestamper(down, garbage, rejecting, elsewhere, damaged, good, seconds=5)
        assert time_of(token(asked, DIGEST)) == play().clock.now()
        assert [one.address for one in asked.refusals] == [down, garbage, rejecting, elsewhere, damaged]
        for one, why in zip(
            asked.refusals, ["not answer", "no RFC 3161", "rejection", "another", "not signed"], strict=True
        ):
            assert why in one.why
        with pytest.raises(NobodyAnswers, match=r"not answer.*no RFC 3161") as caught:
            token(HttpTimestamper(down, garbage, seconds=5), DIGEST)
        assert len(caught.value.refusals) == 2


def test_only_http_addresses_are_asked() -> None:
    with pytest.raises(ValueError, match="http"):
        HttpTimestamper("file:///etc/passwd")


def test_time_is_told_in_utc_to_the_second() -> None:
    assert trusted_now(play().ceremony.timestamper).tzinfo == dt.UTC
    assert trusted_now(play().ceremony.timestamper).microsecond == 0
