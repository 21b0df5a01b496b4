"""Bring a database to the schema of this version, by Alembic; safe to run at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData

from server.db.engine import Database

SCRIPTS = Path(__file__).with_name("migrations")


def configuration(connection: Connection | None, metadata: MetaData | None) -> Config:
    """Return Alembic's configuration; the connection is ours, so that both databases go the same way."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes.update(connection=connection, metadata=metadata)
    return config


async def upgrade(database: Database, metadata: MetaData) -> None:
    """Apply what is missing, all in one transaction; an interrupted start changes nothing."""
    async with database.engine.execution_options(writing=True).begin() as connection:
        await connection.run_sync(_upgrade, metadata)


def _upgrade(connection: Connection, metadata: MetaData) -> None:
    command.upgrade(configuration(connection, metadata), "head")
