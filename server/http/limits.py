"""Rate limits: a token bucket per door and caller, in memory (one-time codes count in the database)."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from server.errors import TooMany, _
from server.wiring import platform_of

MOST_CALLERS = 20_000


@dataclass
class Bucket:
    """Tokens left, and when they were counted."""

    tokens: float
    at: float


class Limiter:
    """Doors with so many passes a minute for each caller."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def take(self, door: str, caller: str, *, per_minute: int) -> float:
        """Take one pass; return 0, or the seconds until there is one again."""
        now = self._clock()
        if len(self._buckets) > MOST_CALLERS:
            self._forget(now)
        bucket = self._buckets.setdefault((door, caller), Bucket(per_minute, now))
        bucket.tokens = min(per_minute, bucket.tokens + (now - bucket.at) * per_minute / 60)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) * 60 / per_minute

    def _forget(self, now: float) -> None:
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < 60}


LIMITER = web.AppKey("limiter", Limiter)


def caller_of(request: web.Request) -> str:
    """The caller's address; behind a known proxy the last one it names."""
    if platform_of(request).settings.proxied:
        return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or (request.remote or "-")
    return request.remote or "-"


def limit(request: web.Request, door: str, *, per_minute: int, caller: str | None = None) -> None:
    """Let the request through this door, or raise TooMany."""
    if not platform_of(request).settings.rates:
        return
    wait = request.app[LIMITER].take(door, caller or caller_of(request), per_minute=per_minute)
    if wait:
        raise TooMany("too_many", _("点得太快了，请等 {seconds} 秒再试。"), seconds=int(wait) + 1)
