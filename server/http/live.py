"""Server-sent events by topic: a page is told to look again, and fetches what it may see itself.

In memory within one process; on PostgreSQL through NOTIFY (sent inside the transaction), so that any number of
processes may serve. Events carry only the topic: who may know what is decided when the page asks.

Between the making of a page and its first listening something may happen. So a page says as of when it knows (`since`,
which it got when it was made), and is told at once what has changed after that.
"""

import asyncio
import contextlib
import time
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
MOST_REMEMBERED = 10_000
AUTHORIZERS = web.AppKey("live_authorizers", dict[str, Authorizer])


def moment() -> int:
    """The machine's own clock in microseconds: what is compared must not stand still when a test's clock does."""
    return time.time_ns() // 1000


class Hub:
    """Who watches what in this process, and when each topic changed last."""

    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self._changed: dict[str, int] = {}
        self._knows_from = moment()

    def publish(self, topic: str) -> None:
        """Tell every watcher of the topic; a watcher who is behind already knows that something changed."""
        if len(self._changed) >= MOST_REMEMBERED:
            self._forget()
        self._changed[topic] = moment()
        for queue in tuple(self._queues.get(topic, ())):
            if not queue.full():
                queue.put_nowait(topic)

    def _forget(self) -> None:
        self._changed.clear()
        self._knows_from = moment()

    def was_deaf(self) -> None:
        """News may have been missed: everybody looks again, and so does whoever comes with an older page."""
        self._forget()
        for topic in tuple(self._queues):
            self.publish(topic)

    def changed(self, topics: list[str], since: int) -> list[str]:
        """Return which of these changed since then; what is older than this process's memory may have."""
        if since < self._knows_from:
            return topics
        return [topic for topic in topics if self._changed.get(topic, -1) >= since]

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
BEGUN = web.RequestKey("begun", int)


def as_of(request: web.Request) -> int:
    """As of when an answer to this request knows: it was begun before anything was read."""
    begun: int = request.get(BEGUN, 0)
    return begun


async def events(request: web.Request) -> web.StreamResponse:
    """GET /live?since=MOMENT&topic=case:ID&topic=...: one `event: changed` with the topic for each change."""
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
        for topic in hub.changed(topics, _since(request)):
            await answer.write(_told(topic))
        while True:
            with contextlib.suppress(TimeoutError):
                topic = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
                await answer.write(_told(topic))
                continue
            await answer.write(b": still here\n\n")
    except ConnectionResetError:
        return answer
    finally:
        hub.leave(topics, queue)


def _since(request: web.Request) -> int:
    """As of when the page knows; one that does not say so looks for itself."""
    said = request.query.get("since", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else moment()


def _told(topic: str) -> bytes:
    return f"event: changed\ndata: {topic}\n\n".encode()


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
            app[HUB].was_deaf()
            try:
                await gone.wait()
            finally:
                await connection.close()
        except (OSError, asyncpg.PostgresError) as error:
            log.warning("live.postgres_lost", kind=type(error).__name__)
        await asyncio.sleep(1)
