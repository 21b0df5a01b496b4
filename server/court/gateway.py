"""A court with a system of its own: our signed events go out by the outbox, its signed callbacks come in here.

Standard Webhooks both ways (webhook-id, webhook-timestamp, webhook-signature). The same id twice is one act.
"""

import datetime as dt
import json
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from server.accounts.auth import public
from server.accounts.permissions import Actor, Post, Role
from server.court import operations, queries
from server.court.lifecycle import GROUNDS_NOT_ACCEPT
from server.court.models import Confirmation, CourtHook
from server.errors import Invalid, NotFound, NotSignedIn, _
from server.http.limits import limit
from server.outbox.store import Endpoint
from server.settings import Settings
from server.wiring import platform_of

SYSTEM_NAME = "法院系统"
CALLBACKS = ("confirmation.docket", "confirmation.not_accept")


async def ensure_endpoint(db: AsyncSession, settings: Settings) -> None:
    """Register the court's address from the settings, once; a changed secret is taken over."""
    url, secret = settings.court.webhook_url, settings.court.webhook_secret.get_secret_value()
    if not url:
        return
    known = await db.scalar(select(Endpoint).where(Endpoint.url == url))
    if known is None:
        db.add(Endpoint(name=SYSTEM_NAME, url=url, secret=secret, wants=[]))
    elif known.secret != secret:
        known.secret = secret


@public
async def court_hook(request: web.Request) -> web.Response:
    """POST /hooks/court: verify, take once, turn into an operation."""
    limit(request, "court-hook", per_minute=600)
    platform = platform_of(request)
    body = await request.text()
    call = _verified(platform.settings, body, dict(request.headers))
    hook_id = request.headers["webhook-id"]
    async with platform.database.writing() as db:
        if await db.get(CourtHook, hook_id) is not None:
            return web.json_response({"taken": False})
        db.add(CourtHook(id=hook_id, at=platform.now()))
        await _act(db, call, platform.now())
    return web.json_response({"taken": True})


def _verified(settings: Settings, body: str, headers: dict[str, str]) -> dict[str, Any]:
    secret = settings.court.webhook_secret.get_secret_value()
    refused = NotSignedIn("court_signature", _("签名不对。"))
    if not secret:
        raise refused
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        Webhook(secret).verify(body, lower)
        found = json.loads(body)
    except (WebhookVerificationError, json.JSONDecodeError, RecursionError) as error:
        raise refused from error
    if not isinstance(found, dict) or found.get("type") not in CALLBACKS or not isinstance(found.get("data"), dict):
        raise Invalid("call_unknown", _("收到的内容读不懂。"))
    return found


async def _act(db: AsyncSession, call: dict[str, Any], now: dt.datetime) -> None:
    confirmation_id = str(call["data"].get("confirmation_id", ""))
    confirmation = await queries.get_confirmation(db, confirmation_id) if confirmation_id else None
    if confirmation is None:
        raise NotFound("confirmation_unknown", _("找不到这份申请。"))
    actor = _court(confirmation)
    if call["type"] == "confirmation.docket":
        await operations.docket(db, confirmation, actor, now)
        return
    ground = str(call["data"].get("ground", ""))
    if ground not in GROUNDS_NOT_ACCEPT:
        raise Invalid("ground_needed", _("请选一条法定的理由。"))
    await operations.not_accept(db, confirmation, actor, ground, now)


def _court(confirmation: Confirmation) -> Actor:
    post = Post(Role.CLERK, confirmation.court_id, "")
    return Actor(kind="staff", id="court-system", name=SYSTEM_NAME, posts=(post,))


def routes() -> list[web.RouteDef]:
    """The callback's address."""
    return [web.post("/hooks/court", court_hook, name="court.hook")]
