"""Room events as signed POSTs, as LiveKit signs them: a JWT with the body's SHA-256, in order for each room."""

import asyncio
import base64
import hashlib
import time
from collections import deque
from collections.abc import Mapping

import aiohttp
from google.protobuf import json_format
from livekit.protocol import egress, models, webhook

from signaling import tokens, wire
from signaling.config import Webhook
from signaling.logs import Log
from signaling.participant import Participant
from signaling.room import Room

log = Log("webhook")
MOST_WAITING = 1000
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
GIVE_UP_SECONDS = 600.0
POST_SECONDS = 10


class _Line:
    """What waits for one address about one room."""

    def __init__(self) -> None:
        self.events: deque[webhook.WebhookEvent] = deque()
        self.dropped = 0
        self.task: asyncio.Task[None] | None = None


class Webhooks:
    """Takes events at once, sends them in its own time: media never waits for it."""

    def __init__(self, settings: Webhook, keys: Mapping[str, str]) -> None:
        self._settings, self._secret = settings, keys.get(settings.api_key, "")
        self._lines: dict[tuple[str, str], _Line] = {}
        self._client: aiohttp.ClientSession | None = None

    def emit(
        self, event: str, room: Room, participant: Participant | None = None, track: models.TrackInfo | None = None
    ) -> None:
        """Queue one event for every address."""
        if not self._settings.urls:
            return
        message = webhook.WebhookEvent(
            event=event,
            id=wire.new_sid("EV_"),
            created_at=int(time.time()),
            room=room.described(),
            participant=participant.described() if participant is not None else None,
            track=track,
        )
        self._queue(room.name, message)

    def emit_egress(self, event: str, described: egress.EgressInfo) -> None:
        """Queue one event about a recording, in order with its room's."""
        now = int(time.time())
        message = webhook.WebhookEvent(event=event, id=wire.new_sid("EV_"), created_at=now, egress_info=described)
        self._queue(described.room_name, message)

    def _queue(self, room: str, message: webhook.WebhookEvent) -> None:
        for url in self._settings.urls:
            line = self._lines.setdefault((url, room), _Line())
            line.events.append(message)
            if len(line.events) > MOST_WAITING:
                line.events.popleft()
                line.dropped += 1
            if line.task is None:
                line.task = asyncio.create_task(self._drain(url, room, line))

    async def _drain(self, url: str, room: str, line: _Line) -> None:
        """Send what waits, one after the other; the line ends when nothing waits."""
        while line.events:
            message = line.events[0]
            message.num_dropped, line.dropped = line.dropped, 0
            await self._deliver(url, message)
            if line.events and line.events[0] is message:
                line.events.popleft()
        del self._lines[url, room]

    async def _deliver(self, url: str, message: webhook.WebhookEvent) -> None:
        """Post until it is taken; the receiver knows a repeated event by its id."""
        pause, began = FIRST_PAUSE, time.monotonic()
        while not await self._post(url, message):
            if time.monotonic() - began > GIVE_UP_SECONDS:
                log.error("webhook.given_up", webhook=message.event, id=message.id)
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _post(self, url: str, message: webhook.WebhookEvent) -> bool:
        body = json_format.MessageToJson(message, indent=None).encode()
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers = {
            "Content-Type": "application/webhook+json",
            "Authorization": tokens.webhook_token(self._settings.api_key, self._secret, digest, time.time()),
        }
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=POST_SECONDS))
        try:
            async with self._client.post(url, data=body, headers=headers) as answer:
                taken = answer.status < 300
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("webhook.failed", webhook=message.event, id=message.id, error=type(error).__name__)
            return False
        if not taken:
            log.warning("webhook.refused", webhook=message.event, id=message.id, status=status)
        return taken

    async def close(self, patience: float = 1.0) -> None:
        """Give what waits a moment, then stop."""
        tasks = [line.task for line in self._lines.values() if line.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        if self._client is not None:
            await self._client.close()
