"""Stand-ins for the outside that really answer: a clock, a message gateway, a room server."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from server.errors import NotAllowed, Upstream

MONDAY = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)  # 9:00 in Beijing


class Clock:
    """A clock that moves only when told, but never stands still for two readings."""

    def __init__(self, start: dt.datetime = MONDAY) -> None:
        self.moment = start

    def now(self) -> dt.datetime:
        self.moment += dt.timedelta(milliseconds=1)
        return self.moment

    def forward(self, **amount: float) -> None:
        self.moment += dt.timedelta(**amount)


class FakeGateway:
    """Keeps what was sent; `down` makes it refuse, as a gateway does."""

    development = True

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.down = False

    async def send(self, message_id: str, phone: str, text: str) -> str:
        if self.down:
            raise Upstream("gateway_down", "短信发不出去。")
        if all(known != message_id for known, _phone, _text in self.sent):
            self.sent.append((message_id, phone, text))
        return f"fake-{message_id}"

    def to(self, phone: str) -> list[str]:
        return [text for _id, known, text in self.sent if known == phone]


class FakeRooms:
    """A room server in memory: rooms, who is in them, what was asked of it. A token is readable JSON."""

    def __init__(self) -> None:
        self.members: dict[str, set[str]] = defaultdict(set)
        self.rooms: set[str] = set()
        self.calls: list[tuple[Any, ...]] = []

    def token(self, room: str, identity: str, name: str, *, grants: Mapping[str, Any], minutes: int) -> str:
        return json.dumps(
            {"room": room, "identity": identity, "name": name, "grants": dict(grants), "minutes": minutes}
        )

    async def create_room(self, room: str) -> None:
        self.rooms.add(room)

    async def delete_room(self, room: str) -> None:
        self.rooms.discard(room)
        self.members.pop(room, None)
        self.calls.append(("delete", room))

    async def participants(self, room: str) -> Sequence[str]:
        return sorted(self.members[room])

    async def remove(self, room: str, identity: str) -> None:
        self.members[room].discard(identity)
        self.calls.append(("remove", room, identity))

    async def mute(self, room: str, identity: str, *, kind: str) -> None:
        self.calls.append(("mute", room, identity, kind))

    async def send(self, room: str, topic: str, body: bytes, to: Sequence[str] = ()) -> None:
        self.calls.append(("send", room, topic, body, tuple(to)))

    def read_webhook(self, body: str, authorization: str) -> Mapping[str, Any]:
        if authorization != "fake-signature":
            raise NotAllowed("webhook_signature", "签名不对。")
        found: Mapping[str, Any] = json.loads(body)
        return found
