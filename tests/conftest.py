"""The harness: a real application on a real database, with a town in it and fakes that answer for the outside."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis

# Tests look inside and put fakes in place of parts, which machine code does not allow: in their own process the media
# server is interpreted. The processes that they start are compiled, and test_signaling_compiled runs many tests so.
if not os.environ.get("TESTS_COMPILED"):
    os.environ["SIGNALING_INTERPRETED"] = "1"
    import signaling

    del signaling, os.environ["SIGNALING_INTERPRETED"]

import pytest
from aiohttp.test_utils import TestServer
from fakes import Clock, FakeGateway, FakeRooms
from people import Person
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from server import features
from server.app import Fakes, build_app
from server.demo.town import PASSWORD, build_town
from server.settings import Settings
from server.wiring import PLATFORM, Platform
from signaling import native

# A crowded machine is slow, and that proves nothing. Who lands a change is to be refused for it and for nothing else: the
# examples are the same each time. `make search` looks for others.
SEARCHES = bool(os.environ.get("SEARCHES"))
hypothesis.settings.register_profile(
    "any machine",
    hypothesis.settings.default,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=not SEARCHES,
    database=None,
)
hypothesis.settings.load_profile("any machine")

SECRET = "a secret only for tests, long enough to pass"


def pytest_report_header() -> str:
    """Say how the media server runs in this process; test_signaling_compiled reads it."""
    return f"media server: {'interpreted' if native.folder() is None else 'compiled'}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="run api tests on this")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL server of our own on a free port; the address without a database name."""
    if request.config.getoption("--database") != "postgresql":
        yield ""
        return
    folder = tmp_path_factory.mktemp("postgres")
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        for path in (folder, *list(folder.parents)[:3]):
            if path.stat().st_uid == 0 and path != Path("/tmp"):
                path.chmod(0o755)
        shutil.chown(folder, "postgres")
    cluster = folder / "cluster"
    run: dict[str, Any] = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        [*as_user, binaries / "initdb", "-D", cluster, "-A", "trust", "-U", "yuntiao", "-E", "UTF8"], check=True, **run
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run(
        [*as_user, binaries / "pg_ctl", "-D", cluster, "-w", "-l", folder / "log", "-o", options, "start"],
        check=True,
        **run,
    )
    yield f"postgresql+asyncpg://yuntiao@127.0.0.1:{port}"
    subprocess.run([*as_user, binaries / "pg_ctl", "-D", cluster, "-m", "immediate", "stop"], check=True, **run)


@pytest.fixture
async def database_url(tmp_path: Path, postgres: str) -> str:
    """An empty database for one test."""
    if not postgres:
        return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"
    name = f"t{os.urandom(6).hex()}"
    engine = create_async_engine(f"{postgres}/postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return f"{postgres}/{name}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(
        development=True,
        demonstration=True,
        folder=tmp_path / "var",
        database_url=database_url,
        secret=SECRET,
        rates=False,
        public_url="http://localhost:8000",
        media={"url": "http://127.0.0.1:1", "api_key": "key", "api_secret": SECRET},
    )


class Town:
    """A running platform with the demonstration town."""

    def __init__(self, server: TestServer, clock: Clock, gateway: FakeGateway, rooms: FakeRooms) -> None:
        self.server = server
        self.clock = clock
        self.gateway = gateway
        self.rooms = rooms
        self.ids: dict[str, str] = {}
        self.known: dict[str, Any] = {}  # what journeys keep for later stages
        self._people: dict[str, Person] = {}

    @property
    def platform(self) -> Platform:
        return self.server.app[PLATFORM]

    def stranger(self) -> Person:
        person = Person(self.server)
        self._people[f"stranger {len(self._people)}"] = person
        return person

    async def staff(self, username: str) -> Person:
        if username not in self._people:
            person = self.stranger()
            answer = await person.post("/sign-in", username=username, password=PASSWORD)
            assert answer.status == 200, answer.text
            self._people[username] = person
        return self._people[username]

    async def party(self, case_id: str, name: str) -> Person:
        """Sign a party in as they do: the invitation link from the message, then the code."""
        from journey_accounts import enter_by_invitation

        key = f"{case_id}/{name}"
        if key not in self._people:
            person = self.stranger()
            await enter_by_invitation(self, person, case_id, name)
            self._people[key] = person
        return self._people[key]

    def everybody_comes_anew(self) -> None:
        """Forget every login, as browsers do after weeks."""
        self._people = {f"earlier {number}": person for number, person in enumerate(set(self._people.values()))}

    async def messages_delivered(self) -> None:
        """Send every queued message now (in tests no loop runs)."""
        from server.messages.dispatcher import MessageDispatcher

        while await MessageDispatcher(self.platform).round():
            pass

    async def close(self) -> None:
        for person in set(self._people.values()):
            await person.close()


@contextlib.asynccontextmanager
async def running_town(settings: Settings, clock: Clock, port: int | None = None) -> AsyncIterator[Town]:
    """The platform on a loopback port, fakes outside, the town inside."""
    gateway, rooms = FakeGateway(), FakeRooms()
    app = build_app(settings, Fakes(messages=gateway, rooms=rooms, now=clock.now, background=False))
    async with app[PLATFORM].database.engine.begin() as connection:
        await connection.run_sync(features.tables().create_all)
    async with TestServer(app, port=port) as server:
        found = Town(server, clock, gateway, rooms)
        async with found.platform.database.writing() as db:
            found.ids = await build_town(db)
        try:
            yield found
        finally:
            await found.close()


@pytest.fixture
async def town(settings: Settings, clock: Clock) -> AsyncIterator[Town]:
    async with running_town(settings, clock) as found:
        yield found
