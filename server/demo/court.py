"""A court's own system as the demonstration plays it: it takes the platform's webhooks and checks their signature."""

import asyncio
import base64
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

WAIT_SECONDS = 60


@dataclass
class CourtReceiver:
    """What came, each event once however often it was sent; `forged` counts what bore no true signature."""

    secret: str = field(default_factory=lambda: f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}")
    url: str = ""
    forged: int = 0
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def settings(self) -> dict[str, str]:
        """Return what a platform must be started with to tell this court."""
        return {"YUNTIAO_COURT__WEBHOOK_URL": self.url, "YUNTIAO_COURT__WEBHOOK_SECRET": self.secret}

    async def take(self, request: web.Request) -> web.Response:
        """Take one webhook (Standard Webhooks)."""
        body = await request.text()
        try:
            event = Webhook(self.secret).verify(body, {name.lower(): value for name, value in request.headers.items()})
        except WebhookVerificationError:
            self.forged += 1
            return web.Response(status=401)
        async with self._news:
            self.told[request.headers["webhook-id"]] = event
            self._news.notify_all()
        return web.Response(status=204)

    def found(self, kind: str, **values: str) -> dict[str, Any] | None:
        """Return what was told by an event of this kind with these values."""
        for event in self.told.values():
            content: dict[str, Any] = event["data"]
            if event["type"] == kind and all(content.get(key) == value for key, value in values.items()):
                return content
        return None

    async def came(self, kind: str, **values: str) -> dict[str, Any]:
        """Wait until it was told; raises TimeoutError."""
        async with asyncio.timeout(WAIT_SECONDS), self._news:
            await self._news.wait_for(lambda: self.found(kind, **values) is not None)
        return self.found(kind, **values) or {}

    def keep(self, path: Path) -> None:
        """Write down everything that was told, in the order in which it came."""
        path.write_text(json.dumps(list(self.told.values()), ensure_ascii=False, indent=2))


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[CourtReceiver]:
    """Listen on a port of this machine for as long as the demonstration lasts."""
    court = CourtReceiver()
    app = web.Application()
    app.router.add_post("/events", court.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    court.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    try:
        yield court
    finally:
        await runner.cleanup()
