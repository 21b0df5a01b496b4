"""AuditEntry: who did what when, chained per case (or per place, for what concerns no case)."""

import datetime as dt
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.db.base import Base, new_id


class AuditEntry(Base):
    """One link. `chain` is a case's id or `place:<organization id>`; `number` counts from 1 inside it."""

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("chain", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    chain: Mapped[str] = mapped_column(String(60), index=True)
    number: Mapped[int]
    at: Mapped[dt.datetime]
    actor_kind: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[str] = mapped_column(String(40))
    actor_name: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(60))
    detail: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(String(64))

    def content(self) -> dict[str, Any]:
        """What the digest covers."""
        return {
            "chain": self.chain,
            "number": self.number,
            "at": self.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "actor": {"kind": self.actor_kind, "id": self.actor_id, "name": self.actor_name},
            "action": self.action,
            "detail": self.detail,
        }
