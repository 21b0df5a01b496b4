"""What the platform tells other systems: one frozen dataclass an event, a name and a schema version (pure).

Names are `subject.state-reached`. Events carry identifiers, states and hashes, never personal data: whoever receives
one asks for the rest with its own rights.
"""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """What every event has."""

    name: ClassVar[str] = ""
    schema: ClassVar[int] = 1
    case_id: str

    def payload(self) -> dict[str, Any]:
        """Return the body's `data` part as plain values."""
        return {
            key: value.isoformat() if isinstance(value, dt.datetime | dt.date) else value
            for key, value in asdict(self).items()
        }


@dataclass(frozen=True)
class CaseReached(Event):
    """A case reached a state."""

    name: ClassVar[str] = "case.reached"
    case_number: str | None
    state: str
    previous: str | None


@dataclass(frozen=True)
class AgreementEffective(Event):
    """Everybody signed, the seal is on it: the agreement binds."""

    name: ClassVar[str] = "agreement.effective"
    agreement_id: str
    sha256: str
    effective_at: dt.datetime


@dataclass(frozen=True)
class ConfirmationSubmitted(Event):
    """Both parties applied jointly: the court is now master of the matter."""

    name: ClassVar[str] = "confirmation.submitted"
    confirmation_id: str
    court_id: str
    agreement_sha256: str
    last_day: dt.date


@dataclass(frozen=True)
class ConfirmationReached(Event):
    """The confirmation reached a further state at the court."""

    name: ClassVar[str] = "confirmation.reached"
    confirmation_id: str
    state: str
    case_number: str | None


@dataclass(frozen=True)
class RulingIssued(Event):
    """The ruling is signed and sealed."""

    name: ClassVar[str] = "ruling.issued"
    confirmation_id: str
    outcome: str
    sha256: str
