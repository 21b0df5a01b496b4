"""Server-sent events by topic: a page is told to look again, and fetches what it may see itself.

In memory within one process; on PostgreSQL through NOTIFY (sent inside the transaction), so that any number of
processes may serve. Events carry only the topic: who may know what is decided when the page asks.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from aiohttp import web

from server.errors import NotAllowed, _
from server.wiring import PLATFORM

log = structlog.get_logger("live")
Authorizer = Callable[[web.Request, str], Awaitable[bool]]
KEEP_ALIVE_SECONDS = 15
MOST_TOPICS = 8
AUTHORIZERS = web.AppKey("live_authorizers", dict[str, Authorizer])


class Hub:
    """Who watches what in this process."""

    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)

    def publish(self, topic: str) -> None:
        """Tell every watcher of the topic; a watcher who is behind already knows that something changed."""
        for queue in tuple(self._queues.get(topic, ())):
            if not queue.full():
                queue.put_nowait(topic)

    def watch(self, topics: list[str]) -> asyncio.Queue[str]:
        """Begin to watch."""
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=64)
        for topic in topics:
            self._queues[topic].add(queue)
        return queue

    def leave(self, topics: list[str], queue: asyncio.Queue[str]) -> None:
        """End watching."""
        for topic in topics:
            self._queues[topic].discard(queue)
            if not self._queues[topic]:
                del self._queues[topic]


HUB = web.AppKey("hub", Hub)


async def events(request: web.Request) -> web.StreamResponse:
    """GET /live?topic=case:ID&topic=...: one `event: changed` with the topic for each change."""
    topics = request.query.getall("topic", [])[:MOST_TOPICS]
    for topic in topics:
        kind, _colon, name = topic.partition(":")
        authorizer = request.app[AUTHORIZERS].get(kind)
        if authorizer is None or not await authorizer(request, name):
            raise NotAllowed("live_not_yours", _("这里的动静不归您看。"))
    hub = request.app[HUB]
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    queue = hub.watch(topics)
    try:
        await answer.prepare(request)
        await answer.write(b"event: ready\ndata: ready\n\n")
        while True:
            with contextlib.suppress(TimeoutError):
                topic = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
                await answer.write(f"event: changed\ndata: {topic}\n\n".encode())
                continue
            await answer.write(b": still here\n\n")
    except ConnectionResetError:
        return answer
    finally:
        hub.leave(topics, queue)


def _setter(gone: asyncio.Event) -> Callable[..., None]:
    """Return a listener that sets the event, whatever it is called with."""
    return lambda *_args: gone.set()


async def listen_to_postgres(app: web.Application) -> None:
    """Pass NOTIFY on to this process's hub until cancelled; a lost connection is made again."""
    url = app[PLATFORM].database.url.replace("postgresql+asyncpg://", "postgresql://")
    while True:
        try:
            connection = await asyncpg.connect(url)
            gone = asyncio.Event()
            connection.add_termination_listener(_setter(gone))
            await connection.add_listener("yuntiao_live", lambda *args: app[HUB].publish(str(args[3])))
            try:
                await gone.wait()
            finally:
                await connection.close()
        except (OSError, asyncpg.PostgresError) as error:
            log.warning("live.postgres_lost", kind=type(error).__name__)
        await asyncio.sleep(1)
