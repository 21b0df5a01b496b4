"""Counters for /metrics (Prometheus text format)."""

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

REGISTRY = CollectorRegistry()
REQUESTS = Counter("yuntiao_requests", "Answers by route and status", ["route", "status"], registry=REGISTRY)
SECONDS = Histogram("yuntiao_request_seconds", "Time to answer", ["route"], registry=REGISTRY)


def observe(request: web.Request, status: int, seconds: float) -> None:
    """Count one answer; the route's pattern is the label, never the address."""
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "unknown"
    REQUESTS.labels(route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)


async def metrics(request: web.Request) -> web.Response:  # noqa: ARG001
    """GET /metrics."""
    return web.Response(body=generate_latest(REGISTRY), content_type="text/plain")
