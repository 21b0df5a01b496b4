"""kill -9 after every step that the platform acknowledged: the step is there, and what was promised to others arrives."""

import asyncio
import contextlib
import datetime as dt
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import unused_port
from conftest import SECRET
from fakes import FakeGateway, FakeRooms
from journey_cases import audit_of, state_of
from journey_court import confirmation_of, served
from people import Answer, Person
from sqlalchemy import select
from yarl import URL

from server.app import Fakes, build_app
from server.court.lifecycle import State
from server.demo.court import CourtReceiver, receiver
from server.demo.town import PASSWORD, build_town
from server.messages.models import Message
from server.outbox.store import OutboxEvent
from server.settings import Settings
from server.wiring import PLATFORM

ROOT = Path(__file__).resolve().parents[2]
STEPS = re.compile(
    r"/api/reports$|/accept$|/ask-mediator$|/conflict$|/consent$|/cases/\w+/meetings$|/admit$|/end$|/freeze$|/seal$"
    r"|/api/cases/\w+/agreement$|/signatures(/\w+)?$|/cases/\w+/confirmation$|/docket$|/hear$|/rule$|/serve$"
)


class Mortal:
    """The real platform in a process of its own, killed and started again after acknowledged steps."""

    def __init__(self, folder: Path, database_url: str, court: CourtReceiver) -> None:
        self.port = unused_port()
        self.folder = folder
        self.steps: list[str] = []
        self.every = 1 if database_url.startswith("sqlite") else 4  # a start takes seconds; one database gets them all
        self._process: asyncio.subprocess.Process | None = None
        self._environment = {
            **os.environ,
            **court.settings(),
            "YUNTIAO_SECRET": SECRET,
            "YUNTIAO_DATABASE_URL": database_url,
            "YUNTIAO_RATES": "false",
        }

    def make_url(self, path: str) -> URL:
        return URL(f"http://localhost:{self.port}").join(URL(path))

    async def start(self) -> None:
        command = [sys.executable, "-m", "server", "serve", "--demonstration", "--free-media-ports"]
        with (self.folder / "platform.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, "--folder", str(self.folder / "var"), "--port", str(self.port),
                cwd=ROOT, stdout=log, stderr=log, env=self._environment,
            )  # fmt: skip
        async with asyncio.timeout(60), aiohttp.ClientSession() as client:
            while True:
                assert self._process.returncode is None, (self.folder / "platform.log").read_text()[-2000:]
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with client.get(self.make_url("/healthz")) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def acknowledged(self, method: str, path: str) -> None:
        if method != "GET" and STEPS.search(path):
            self.steps.append(path.rpartition("/")[2])
            if len(self.steps) % self.every == 0:
                await self.kill()
                await self.start()


class Witness(Person):
    """Somebody whose every acknowledged step is followed by the platform's death."""

    def __init__(self, mortal: Mortal) -> None:
        super().__init__(mortal)  # type: ignore[arg-type]  # asked only for make_url
        self._mortal = mortal

    async def _ask(self, method: str, path: str, **options: Any) -> Answer:
        answer = await super()._ask(method, path, **options)
        if answer.status < 300:
            await self._mortal.acknowledged(method, path)
        return answer


class Letters:
    """The messages as the telephones have them: what the database promised to send."""

    def __init__(self) -> None:
        self.every: list[tuple[str, str]] = []

    def to(self, phone: str) -> list[str]:
        return [text for known, text in self.every if known == phone]


class Remote:
    """The town seen from outside; the journeys go through it as through the town of the other tests."""

    def __init__(self, mortal: Mortal, settings: Settings) -> None:
        self.mortal = mortal
        self.platform = build_app(settings, Fakes(messages=FakeGateway(), rooms=FakeRooms(), background=False))[
            PLATFORM
        ]  # to look into the database only
        self.gateway = Letters()
        self.known: dict[str, Any] = {}
        self.ids: dict[str, str] = {}
        self._people: dict[str, Witness] = {}

    @property
    def clock(self) -> Any:
        class Now:
            moment = dt.datetime.now(dt.UTC)

        return Now

    def stranger(self) -> Witness:
        person = Witness(self.mortal)
        self._people[f"stranger {len(self._people)}"] = person
        return person

    async def staff(self, username: str) -> Witness:
        if username not in self._people:
            person = self.stranger()
            assert (await person.post("/sign-in", username=username, password=PASSWORD)).status == 200
            self._people[username] = person
        return self._people[username]

    async def party(self, case_id: str, name: str) -> Witness:
        from journey_accounts import enter_by_invitation

        if name not in self._people:
            self._people[name] = self.stranger()
            await enter_by_invitation(self, self._people[name], case_id, name)
        return self._people[name]

    async def messages_delivered(self) -> None:
        async with self.platform.database.reading() as db:
            rows = list(await db.scalars(select(Message).order_by(Message.queued_at)))
        self.gateway.every = [(row.phone, row.text) for row in rows]

    async def close(self) -> None:
        for person in set(self._people.values()):
            await person.close()
        await self.platform.database.engine.dispose()


@pytest.mark.timeout(900)
async def test_a_platform_killed_after_every_acknowledged_step_loses_nothing(tmp_path: Path, database_url: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        court = await stack.enter_async_context(receiver())
        mortal = Mortal(tmp_path, database_url, court)
        stack.push_async_callback(mortal.kill)
        await mortal.start()
        settings = Settings(
            development=True, demonstration=True, folder=tmp_path / "var", secret=SECRET, database_url=database_url
        )
        town = Remote(mortal, settings)
        stack.push_async_callback(town.close)
        async with town.platform.database.writing() as db:
            town.ids = await build_town(db)
        case_id, _confirmation_id = await served(town)
        assert await state_of(town, case_id) == "confirmed"
        assert (await confirmation_of(town, case_id)).state is State.CONFIRMED_SERVED
        assert len(mortal.steps) >= 25
        export = (await (await town.staff("wang")).get(f"/cases/{case_id}/audit.json")).json()
        assert export["first_break"] is None
        await _everything_was_told(town, court, case_id)
        actions = await audit_of(town, case_id)
        for once in ("case.report", "case.freeze", "confirmation.docket", "confirmation.serve"):
            assert actions.count(once) == 1, once


async def _everything_was_told(town: Remote, court: CourtReceiver, case_id: str) -> None:
    """Every event that a transaction promised reaches the court, in the order of the case."""
    async with town.platform.database.reading() as db:
        wanted = select(OutboxEvent.id).where(OutboxEvent.case_id == case_id).order_by(OutboxEvent.number)
        promised = list(await db.scalars(wanted))
    async with asyncio.timeout(90):
        while not set(promised) <= set(court.told):
            await asyncio.sleep(0.1)
    assert [one for one in court.told if one in promised] == promised
    assert court.forged == 0
