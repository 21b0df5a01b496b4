"""A receiver of webhooks that checks them with LiveKit's own library, and can be out of order for a while."""

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from interop.signaling_server import KEY, SECRET
from livekit import api


class Hooks:
    def __init__(self) -> None:
        self.events: list[api.WebhookEvent] = []
        self.refuse = 0
        self.refused = 0
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        receiver = api.WebhookReceiver(api.TokenVerifier(KEY, SECRET))
        event = receiver.receive((await request.read()).decode(), request.headers["Authorization"])
        if self.refuse:
            self.refuse -= 1
            self.refused += 1
            return web.Response(status=503)
        self.events.append(event)
        return web.Response()

    def names(self, room: str = "room") -> list[str]:
        return [event.event for event in self.events if event.room.name == room]


@contextlib.asynccontextmanager
async def hooks() -> AsyncIterator[Hooks]:
    there = Hooks()
    app = web.Application()
    app.router.add_post("/hooks", there.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    try:
        yield there
    finally:
        await runner.cleanup()
