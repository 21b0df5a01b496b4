"""The border of the web: headers, CSRF, errors for programs and for people, rate limits."""

import pytest
from conftest import Town

from server.settings import Settings


async def test_every_answer_carries_the_strict_headers(town: Town) -> None:
    for path in ("/healthz", "/nowhere"):
        answer = await town.stranger().get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_program_gets_problem_json_and_a_person_a_page(town: Town) -> None:
    told = await town.stranger().get("/nowhere", headers={"Accept": "application/json"})
    assert told.status == 404
    assert told.headers["Content-Type"].startswith("application/problem+json")
    assert told.json()["code"] == "page_unknown"
    page = await town.stranger().get("/nowhere", headers={"Accept": "text/html"})
    assert page.status == 404
    assert "没有这个页面" in page.text


async def test_the_error_page_speaks_the_readers_language(town: Town) -> None:
    page = await town.stranger().get("/nowhere", headers={"Accept": "text/html", "Accept-Language": "en-GB"})
    assert "没有这个页面" not in page.text
    assert 'lang="en"' in page.text


async def test_a_form_without_the_token_of_our_page_changes_nothing(town: Town) -> None:
    person = town.stranger()
    refused = await person._ask("POST", "/sign-in", data={"username": "wang", "password": "yuntiao-demo"})
    assert refused.status == 403
    assert not person.cookie("yt_login")


async def test_a_form_from_a_foreign_page_is_refused(town: Town) -> None:
    person = town.stranger()
    await person.get("/healthz")
    refused = await person._ask(
        "POST",
        "/sign-in",
        data={"csrf": person.cookie("yt_csrf"), "username": "wang", "password": "yuntiao-demo"},
        headers={"Origin": "https://elsewhere.example"},
    )
    assert refused.status == 403


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'{"a":' * 2000, "调".encode("gb18030")])
async def test_a_body_that_is_no_json_is_told_and_is_never_our_failure(town: Town, body: bytes) -> None:
    person = await town.staff("wang")
    headers = {"X-CSRF-Token": person.cookie("yt_csrf"), "Content-Type": "application/json"}
    answer = await person._ask("POST", "/api/verify", data=body, headers=headers)
    assert 400 <= answer.status < 500


async def test_metrics_name_routes_and_never_addresses(town: Town) -> None:
    await town.stranger().get("/i/some-secret-token")
    text = (await town.stranger().get("/metrics")).text
    assert "yuntiao_requests_total" in text
    assert "some-secret-token" not in text


class TestRates:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rates": True})

    async def test_a_door_that_is_hammered_closes_for_a_while(self, town: Town) -> None:
        person = town.stranger()
        statuses = [(await person.post("/sign-in", username="wang", password="wrong")).status for _ in range(40)]
        assert 429 in statuses
        assert 200 not in statuses
