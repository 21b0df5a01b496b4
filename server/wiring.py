"""Platform: what every request may use, put together once in `app` and never changed after.

The outside things are small protocols defined here, where they are used; the real ones, the development ones (which
warn) and the fakes of the tests are chosen in `app.build_app`.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from server.db.blobs import Blobs
from server.db.engine import Database
from server.settings import Settings


class MessageGateway(Protocol):
    """Sends a short message to a telephone."""

    @property
    def development(self) -> bool:
        """Is this the stand-in that shows messages instead of sending them?"""
        ...

    async def send(self, message_id: str, phone: str, text: str) -> str:
        """Send; return the gateway's reference. Raises server.errors.Upstream when it does not take it."""
        ...


class RoomServer(Protocol):
    """The room API of a LiveKit-protocol media server, as far as the platform needs it, and its access tokens."""

    def token(self, room: str, identity: str, name: str, *, grants: Mapping[str, Any], minutes: int) -> str:
        """Make an access token for one room."""
        ...

    async def create_room(self, room: str) -> None:
        """Make the room, if there is none yet."""
        ...

    async def delete_room(self, room: str) -> None:
        """End the room; everybody in it leaves."""
        ...

    async def participants(self, room: str) -> Sequence[str]:
        """Return the identities connected now."""
        ...

    async def remove(self, room: str, identity: str) -> None:
        """Put somebody out of the room; no error when they are not there."""
        ...

    async def mute(self, room: str, identity: str, *, kind: str) -> None:
        """Mute somebody's published tracks of a kind ("audio" or "video")."""
        ...

    async def send(self, room: str, topic: str, body: bytes, to: Sequence[str] = ()) -> None:
        """Send a data packet into the room."""
        ...

    def read_webhook(self, body: str, authorization: str) -> Mapping[str, Any]:
        """Verify a webhook and return {event, room, identity, id, at}; raises NotAllowed for a false signature."""
        ...


class Live(Protocol):
    """Server-sent events by topic."""

    def publish(self, topic: str) -> None:
        """Tell whoever watches the topic to look again."""
        ...


@dataclass(frozen=True)
class Platform:
    """Everything opened once. `now` is the only clock. `signer` is documents' authority, timestamper and fonts."""

    settings: Settings
    database: Database
    blobs: Blobs
    rooms: RoomServer
    messages: MessageGateway
    signer: Any  # server.agreements.signer.Signer; Any here because agreements is a later stage than wiring
    live: Live
    now: Callable[[], dt.datetime]


PLATFORM = web.AppKey("platform", Platform)


def platform_of(request: web.Request) -> Platform:
    """Return the platform of the application that serves this request."""
    return request.app[PLATFORM]
