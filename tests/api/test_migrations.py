"""The migrations make exactly the tables that the code has, on both databases; a second start changes nothing."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from server import features
from server.db.cipher import Cipher
from server.db.engine import Database
from server.db.migrate import upgrade


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), features.tables()))


async def test_the_migrated_database_is_the_code_s(database_url: str) -> None:
    database = Database(database_url, Cipher("a secret for this test"))
    await upgrade(database, features.tables())
    await upgrade(database, features.tables())
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()
