"""The declarative base: naming convention, UTC times, enums by value, sealed (encrypted) text, ids."""

import datetime as dt
import secrets
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Dialect, Enum, LargeBinary, MetaData, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import DateTime

from server.db.cipher import Cipher

ID_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0/o, 1/l/i: ids are read aloud on the telephone
Json = JSON().with_variant(JSONB(), "postgresql")


def new_id() -> str:
    """Make a random identifier of 20 characters (98 bits)."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(20))


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC time; a naive one is our bug and is refused before it reaches the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Sealed(TypeDecorator[str]):
    """Personal text, encrypted at rest; the engine's dialect carries the cipher (see `Database`)."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _cipher(dialect).seal(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _cipher(dialect).open(bytes(value)).decode()


def _cipher(dialect: Dialect) -> Cipher:
    cipher = getattr(dialect, "yuntiao_cipher", None)
    if not isinstance(cipher, Cipher):
        raise TypeError("this engine carries no cipher: open it through server.db.engine.Database")
    return cipher


def enum_by_value(kind: type[StrEnum]) -> Enum:
    """Store an enum as its value in a plain text column, so that adding a member needs no migration."""
    return Enum(kind, native_enum=False, create_constraint=False, length=40, values_callable=_values)


def _values(kind: Any) -> list[str]:
    return [str(member.value) for member in kind]


class Base(DeclarativeBase):
    """Every table's base."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        dt.datetime: UtcDateTime(),
        str: String(),
        dict[str, Any]: Json,
        list[Any]: Json,
    }
