"""Alembic's entry: uses the connection that `server.db.migrate` hands over."""

from typing import Literal

from alembic import context

from server.db.base import Sealed, UtcDateTime

connection = context.config.attributes["connection"]
metadata = context.config.attributes["metadata"]


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our column types as the plain types they are stored as."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Sealed):
        return "sa.LargeBinary()"
    return False


context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=render_item,
    render_as_batch=connection is not None and connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
context.run_migrations()
