"""The administrator's page: what is on its way to other systems, what failed, and sending it again."""

from aiohttp import web
from sqlalchemy import select, update

from server.accounts.auth import allow
from server.accounts.permissions import Action
from server.http.pages import render
from server.outbox.store import Delivery, Endpoint, OutboxEvent
from server.wiring import platform_of

SHOWN = 100


@allow(Action.ADMINISTER)
async def deliveries(request: web.Request) -> web.Response:
    """GET /admin/deliveries: names, states and tries; no content of a case."""
    async with platform_of(request).database.reading() as db:
        rows = await db.execute(
            select(Delivery, OutboxEvent.name, Endpoint.name)
            .join(OutboxEvent, Delivery.event_id == OutboxEvent.id)
            .join(Endpoint, Delivery.endpoint_id == Endpoint.id)
            .order_by(Delivery.due_at.desc())
            .limit(SHOWN)
        )
        found = [(delivery, event, endpoint) for delivery, event, endpoint in rows]
    return await render(request, "admin/deliveries.html", rows=found)


@allow(Action.ADMINISTER)
async def resend(request: web.Request) -> web.StreamResponse:
    """POST /admin/deliveries/{delivery}/resend: a failed delivery is due again."""
    platform = platform_of(request)
    async with platform.database.writing() as db:
        await db.execute(
            update(Delivery)
            .where(Delivery.id == request.match_info["delivery"], Delivery.state == "failed")
            .values(state="waiting", tries=0, due_at=platform.now(), leased_until=platform.now())
        )
    raise web.HTTPSeeOther("/admin/deliveries")


def routes() -> list[web.RouteDef]:
    """This feature's addresses."""
    return [
        web.get("/admin/deliveries", deliveries, name="admin.deliveries"),
        web.post("/admin/deliveries/{delivery}/resend", resend),
    ]
