"""Whatever bytes arrive at a door, it is never our failure: an answer below 500, and the platform still runs."""

import asyncio
import contextlib
import datetime as dt
import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from conftest import SECRET, Town
from fakes import Clock, FakeGateway, FakeRooms
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from journey_accounts import link_for
from journey_meetings import scheduled
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from server import features
from server.app import Fakes, build_app
from server.demo.town import build_town
from server.settings import Court, Settings
from server.wiring import PLATFORM

FEW = settings(max_examples=60, suppress_health_check=list(HealthCheck))
COURT_SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DOORS = (
    ("POST", "/sign-in", ""),
    ("POST", "/ui/mode", ""),
    ("POST", "/apply", ""),
    ("POST", "/verify", ""),
    ("POST", "/api/verify", ""),
    ("POST", "/hooks/rooms", ""),
    ("POST", "/hooks/court", ""),
    ("POST", "/i/{token}/identity", ""),
    ("PUT", "/api/passkeys/sign-in", ""),
    ("PUT", "/api/passkeys", "wang"),
    ("POST", "/api/reports", "chen"),
    ("POST", "/cases/{case_id}/refuse", "zhou"),
    ("POST", "/cases/{case_id}/ask-mediator", "zhou"),
    ("POST", "/cases/{case_id}/conflict", "wang"),
    ("POST", "/cases/{case_id}/meetings", "wang"),
    ("PUT", "/api/cases/{case_id}/agreement", "wang"),
    ("POST", "/api/meetings/{meeting_id}/admit", "wang"),
    ("POST", "/api/meetings/{meeting_id}/caucus", "wang"),
    ("POST", "/api/meetings/{meeting_id}/minutes", "wang"),
)
NAMES = (
    *("csrf", "username", "password", "next", "mode", "lang", "back", "title", "category", "place", "summary"),
    *("amount", "applicant_name", "applicant_phone", "respondent_name", "committee", "code", "file", "id"),
    *("credential", "reason", "mediator", "clear", "relation", "starts_at", "minutes", "clauses", "facts", "revision"),
    *("identity", "text", "speaker", "photos", "client_key", "heading"),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


class Running:
    """The platform in a thread of its own, and the keys to its doors."""

    def __init__(self, loop: asyncio.AbstractEventLoop, town: Town, places: dict[str, str]) -> None:
        self.loop = loop
        self.town = town
        self.places = places
        self.port = town.server.port
        self.cookies: dict[str, dict[str, str]] = {}

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, Any]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port or 0, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status

    def knock(self, door: tuple[str, str, str], body: bytes, media_type: str) -> int:
        method, path, who = door
        cookies = self.cookies[who]
        headers = {
            "Content-Type": media_type,
            "X-CSRF-Token": cookies["yt_csrf"],
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        }
        return self.ask(method, path.format(**self.places), body, headers)


async def begun(folder: Path) -> tuple[Town, dict[str, str], dict[str, dict[str, str]]]:
    clock, gateway, rooms = Clock(), FakeGateway(), FakeRooms()
    court = Court(webhook_secret=SecretStr(COURT_SECRET))
    wanted = Settings(development=True, demonstration=True, folder=folder, secret=SECRET, rates=False, court=court)
    app = build_app(wanted, Fakes(messages=gateway, rooms=rooms, now=clock.now, background=False))
    async with app[PLATFORM].database.engine.begin() as connection:
        await connection.run_sync(features.tables().create_all)
    from aiohttp.test_utils import TestServer

    server = TestServer(app)
    await server.start_server()
    town = Town(server, clock, gateway, rooms)
    async with town.platform.database.writing() as db:
        town.ids = await build_town(db)
    case_id, meeting_id = await scheduled(town)
    link = await link_for(town, case_id, "张桂兰")
    stranger = town.stranger()
    await stranger.get("/")
    cookies = {"": {"yt_csrf": stranger.cookie("yt_csrf")}}
    for name in ("wang", "zhou", "chen"):
        person = await town.staff(name)
        cookies[name] = {key: person.cookie(key) for key in ("yt_csrf", "yt_login")}
    return town, {"case_id": case_id, "meeting_id": meeting_id, "token": link.removeprefix("/i/")}, cookies


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait(work: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, loop)
        return future.result(120)

    try:
        town, places, cookies = wait(begun(tmp_path_factory.mktemp("border")))
        found = Running(loop, town, places)
        found.cookies = cookies
        yield found
        wait(town.close())
        wait(town.server.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@FEW
@given(door=st.sampled_from(DOORS), body=st.binary(max_size=200), kind=st.integers(0, 4))
def test_arbitrary_bytes_are_refused_politely(
    running: Running, door: tuple[str, str, str], body: bytes, kind: int
) -> None:
    types = (
        *("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("multipart/form-data", "text/plain; charset=nonsense"),
    )
    assert running.knock(door, body, types[kind]) < 500


@FEW
@given(door=st.sampled_from(DOORS), content=VALUES)
@example(door=DOORS[0], content={"username": "\ud800", "password": "\x00"})
@example(door=DOORS[10], content={"title": "a\x00b", "amount": float("nan")})
@example(door=DOORS[11], content={"reason": "\x00"})
def test_arbitrary_json_is_refused_politely(running: Running, door: tuple[str, str, str], content: object) -> None:
    assert running.knock(door, json.dumps(content).encode(), "application/json") < 500


@FEW
@given(
    door=st.sampled_from(DOORS),
    fields=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30), max_size=8),
)
@example(door=DOORS[0], fields={"username": "wang", "password": "yuntiao-demo", "next": "/a\nb"})
@example(door=DOORS[14], fields={"starts_at": "0001-01-01T00:00", "minutes": "60"})
@example(door=DOORS[14], fields={"starts_at": "9999-12-31T23:59", "minutes": "60"})
@example(door=DOORS[14], fields={"starts_at": "2026-03-03T09:00", "minutes": "9" * 40})
def test_arbitrary_forms_are_refused_politely(
    running: Running, door: tuple[str, str, str], fields: dict[str, str]
) -> None:
    body = urlencode(fields, errors="surrogatepass").encode()
    assert running.knock(door, body, "application/x-www-form-urlencoded") < 500


@FEW
@given(
    kind=st.sampled_from(["docket", "not_accept", "rule", "nonsense"]) | st.text(max_size=5),
    values=VALUES
    | st.fixed_dictionaries(
        {"confirmation_id": st.text(max_size=5)},
        optional={"case_number": st.text(max_size=9), "outcome": st.text(max_size=9), "pdf": st.text(max_size=9)},
    ),
    hook_id=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=100),
)
def test_what_a_court_signs_is_still_read_with_care(running: Running, kind: str, values: object, hook_id: str) -> None:
    body = json.dumps({"type": f"confirmation.{kind}", "data": values})
    now = dt.datetime.now(dt.UTC)
    headers = {
        "webhook-id": hook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(COURT_SECRET).sign(hook_id, now, body),
    }
    assert running.ask("POST", "/hooks/court", body.encode(), headers) in (404, 422)


@FEW
@given(
    parts=st.lists(st.text(max_size=12) | st.sampled_from(["cases", "my", "i", "verify", "static", ".."]), max_size=4)
)
@example(parts=["cases", "\x00"])
@example(parts=["i", "\ud800"])
@example(parts=["static", "..", "..", "pyproject.toml"])
@example(parts=["static", "\x00"])
@example(parts=["static", "a" * 3000])
def test_arbitrary_addresses_lead_nowhere_or_somewhere_but_never_to_a_failure(
    running: Running, parts: list[str]
) -> None:
    path = "/" + "/".join(quote(part, safe="", errors="surrogatepass") for part in parts)
    cookies = running.cookies["wang"]
    status = running.ask("GET", path, b"", {"Cookie": f"yt_login={cookies['yt_login']}"})
    assert status < 500
    if parts[:1] == ["static"]:
        assert status in (400, 404)


@FEW
@given(
    name=st.sampled_from(["yt_csrf", "yt_login", "lang", "mode"]),
    value=st.binary(max_size=20).filter(lambda value: not set(value) & set(b"\r\n\x00")),
)
@example(name="yt_csrf", value=b"\xff")
@example(name="yt_login", value=b"\xff\xfe")
@example(name="lang", value="英".encode())
def test_arbitrary_cookies_and_tokens_open_nothing_and_break_nothing(running: Running, name: str, value: bytes) -> None:
    headers = {"Cookie": f"{name}=".encode() + value, "X-CSRF-Token": value, "Content-Type": "application/json"}
    assert running.ask("GET", "/workbench", b"", headers) < 500
    assert running.ask("POST", "/sign-in", b"{}", headers) < 500


@FEW
@given(query=st.dictionaries(st.sampled_from(["topic", "next", "lang", "mode"]), st.text(max_size=20), max_size=3))
@example(query={"topic": "case:\x00"})
@example(query={"lang": "\ud800"})
def test_arbitrary_queries_break_nothing(running: Running, query: dict[str, str]) -> None:
    asked = urlencode(query, errors="surrogatepass")
    assert running.ask("GET", f"/sign-in?{asked}", b"", {}) < 500
    if "topic" in query:  # without a topic the stream of events would begin
        assert running.ask("GET", f"/live?{asked}", b"", {}) < 500


def test_after_all_that_the_platform_still_works(running: Running) -> None:
    assert running.ask("GET", "/healthz", b"", {}) == 200
