"""The database: `reading()` and `writing()`, the same on SQLite and PostgreSQL.

SQLite runs in WAL mode; writers begin with BEGIN IMMEDIATE, so that two read-modify-writes queue instead of failing,
and a writer never waits for an open reader. Topics announced in a writing transaction are published after it commits.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from server.db.cipher import Cipher

SNAPSHOT = "REPEATABLE READ"
TOPICS = "yuntiao.topics"
PUBLISH = "SELECT pg_notify('yuntiao_live', :topic)"
Publisher = Callable[[str], None]


def announce(db: AsyncSession, topic: str) -> None:
    """Tell the pages that watch `topic` to look again, if and only if this transaction commits."""
    db.info.setdefault(TOPICS, set()).add(topic)


class Database:
    """Opens transactions; holds the engine and nothing else."""

    def __init__(self, url: str, cipher: Cipher) -> None:
        self.url = url
        self.engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.engine.sync_engine.dialect.yuntiao_cipher = cipher  # type: ignore[attr-defined]  # read by db.base.Sealed
        self._writer = self.engine.execution_options(writing=True)
        # one view for the whole of a reading; SQLite's readers have that anyway
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level=SNAPSHOT)
        self.publish: Publisher = _nobody_listens
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A consistent view of the database; whatever is changed in it is thrown away."""
        async with AsyncSession(self._reader, expire_on_commit=False) as db:
            yield db

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end, rolls back on any error, publishes its topics after the commit."""
        async with AsyncSession(self._writer, expire_on_commit=False) as db:
            async with db.begin():
                yield db
                await db.flush()
                topics: set[str] = db.info.pop(TOPICS, set())
                if not self.is_sqlite:
                    for topic in sorted(topics):
                        await db.execute(text(PUBLISH), {"topic": topic})
            if self.is_sqlite:
                for topic in sorted(topics):
                    self.publish(topic)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _nobody_listens(topic: str) -> None:
    """Before the live hub is attached nobody watches."""


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
