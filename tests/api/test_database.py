"""The database: writers queue, nothing is lost, personal text is sealed, a rollback publishes nothing."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, text

from server import features
from server.accounts.models import Kind, Organization, User
from server.accounts.permissions import SYSTEM
from server.audit import log as audit
from server.audit.chain import first_break
from server.db.cipher import Cipher
from server.db.engine import Database, announce

NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    found = Database(database_url, Cipher("a secret for this test"))
    async with found.engine.begin() as connection:
        await connection.run_sync(features.tables().create_all)
    yield found
    await found.close()


async def test_fifty_writers_at_once_lose_no_audit_entry(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.writing() as db:
            await audit.append(db, SYSTEM, "test.write", "case-1", {"number": number}, now=NOW)

    await asyncio.gather(*(write(number) for number in range(50)))
    async with database.reading() as db:
        found = await audit.entries(db, "case-1")
    assert [entry.number for entry in found] == list(range(1, 51))
    assert sorted(entry.detail["number"] for entry in found) == list(range(50))
    assert first_break((entry.content(), entry.digest) for entry in found) is None


async def test_a_changed_audit_row_is_found(database: Database) -> None:
    async with database.writing() as db:
        for number in range(3):
            await audit.append(db, SYSTEM, "test.write", "case-1", {"number": number}, now=NOW)
    async with database.writing() as db:
        await db.execute(text("UPDATE audit_entry SET actor_name = 'somebody else' WHERE number = 2"))
    async with database.reading() as db:
        assert (await audit.export(db, "case-1"))["first_break"] == 1


async def test_a_telephone_number_is_not_readable_in_the_file(database: Database) -> None:
    async with database.writing() as db:
        db.add(User(username="u", name="某人", phone="13912345678", password_hash="-"))
    async with database.reading() as db:
        raw = (await db.execute(text("SELECT phone FROM user_account"))).scalar_one()
        assert b"13912345678" not in bytes(raw)
        assert (await db.scalars(select(User))).one().phone == "13912345678"


async def test_another_key_does_not_open_what_was_sealed(database: Database, database_url: str) -> None:
    async with database.writing() as db:
        db.add(User(username="u", name="某人", phone="13912345678", password_hash="-"))
    other = Database(database_url, Cipher("another secret"))
    async with other.reading() as db:
        with pytest.raises(ValueError, match="another key"):
            (await db.scalars(select(User))).one()
    await other.close()


async def test_topics_are_published_after_the_commit_and_never_after_a_rollback(database: Database) -> None:
    heard: list[str] = []
    database.publish = heard.append
    if not database.is_sqlite:
        pytest.skip("PostgreSQL publishes by NOTIFY, tested with the live hub")
    async with database.writing() as db:
        announce(db, "case:1")
        assert heard == []
    assert heard == ["case:1"]
    with pytest.raises(RuntimeError):  # noqa: PT012 - the error is raised inside the transaction
        async with database.writing() as db:
            announce(db, "case:2")
            raise RuntimeError
    assert heard == ["case:1"]


async def test_a_writer_does_not_wait_for_an_open_reader(database: Database) -> None:
    async with database.reading() as reader:
        assert (await reader.scalars(select(Organization))).all() == []
        async with asyncio.timeout(5), database.writing() as db:
            db.add(Organization(kind=Kind.CITY, name="连湾市", path="/x/"))
        assert (await reader.scalars(select(Organization))).all() == []
    async with database.reading() as reader:
        assert len((await reader.scalars(select(Organization))).all()) == 1


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="without a zone"):
        async with database.writing() as db:
            await audit.append(db, SYSTEM, "test.write", "c", now=dt.datetime(2026, 3, 2))  # noqa: DTZ001
