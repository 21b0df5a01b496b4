"""A court with a system of its own: our signed events go out by the outbox, its signed callbacks come in here.

Standard Webhooks both ways (webhook-id, webhook-timestamp, webhook-signature). The same id twice is one act.
"""

import json
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Base64Bytes, BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from documents.report import Report
from server.accounts.auth import public
from server.accounts.permissions import Actor, Post, Role
from server.court import operations, queries, received
from server.court.lifecycle import GROUNDS_NOT_ACCEPT
from server.court.models import Confirmation, CourtHook
from server.court.ruling import Decision
from server.errors import Invalid, NotSignedIn, _
from server.http.body import read_text, storable
from server.http.limits import limit
from server.outbox.store import Endpoint
from server.settings import Settings
from server.wiring import Platform, platform_of

SYSTEM_NAME = "法院系统"
MOST_ID = 80  # characters, as wide as it is kept
CASE_NUMBER = r"^（\d{4}）\S{2,40}号$"  # 案号规定: （收案年度）法院代字 类型代字 编号 号


class About(BaseModel):
    """Which application a callback is about."""

    confirmation_id: str = Field(min_length=1, max_length=60)


class Docketed(About):
    """立案; without a number of the court's own the platform draws the next."""

    case_number: str = Field(default="", max_length=60, pattern=rf"{CASE_NUMBER}|^$")


class NotAccepted(About):
    """不予受理, with a ground of INT 355."""

    ground: str = Field(max_length=200)


class Ruled(About):
    """裁定: the court's own paper, PDF in base64."""

    outcome: Literal["confirm", "reject"]
    ground: str = Field(default="", max_length=200)
    pdf: Base64Bytes


class DocketCall(BaseModel):
    """`confirmation.docket`."""

    type: Literal["confirmation.docket"]
    about: Docketed = Field(alias="data")  # the name that Standard Webhooks gives


class NotAcceptCall(BaseModel):
    """`confirmation.not_accept`."""

    type: Literal["confirmation.not_accept"]
    about: NotAccepted = Field(alias="data")


class RuleCall(BaseModel):
    """`confirmation.rule`."""

    type: Literal["confirmation.rule"]
    about: Ruled = Field(alias="data")


Call = DocketCall | NotAcceptCall | RuleCall
CALLS: TypeAdapter[Call] = TypeAdapter(Annotated[Call, Field(discriminator="type")])


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
    hook_id, call = _verified(platform.settings, await read_text(request), request)
    async with platform.database.reading() as db:
        taken = await db.get(CourtHook, hook_id) is not None
        confirmation = await queries.get_confirmation(db, call.about.confirmation_id)
    if taken:
        return web.json_response({"taken": False})
    kept = await received.keep(platform, confirmation, call.about.pdf) if isinstance(call, RuleCall) else None
    async with platform.database.writing() as db:
        if await db.get(CourtHook, hook_id) is not None:
            return web.json_response({"taken": False})
        db.add(CourtHook(id=hook_id, at=platform.now()))
        await _act(platform, db, call, kept)
    return web.json_response({"taken": True})


def _verified(settings: Settings, body: str, request: web.Request) -> tuple[str, Call]:
    secret = settings.court.webhook_secret.get_secret_value()
    refused = NotSignedIn("court_signature", _("签名不对。"))
    if not secret:
        raise refused
    try:
        Webhook(secret).verify(body, {name.lower(): value for name, value in request.headers.items()})
    except (WebhookVerificationError, ValueError) as error:  # ValueError: a signature that is no base64
        raise refused from error
    unreadable = Invalid("call_unknown", _("收到的内容读不懂。"))
    hook_id = request.headers["webhook-id"]
    try:
        found = json.loads(body)
        if not storable(found) or not storable(hook_id) or len(hook_id) > MOST_ID:
            raise unreadable
        return hook_id, CALLS.validate_python(found)
    except ValidationError as error:
        places = {".".join(str(part) for part in fault["loc"]) for fault in error.errors(include_url=False)}
        unreadable.fields = {place or "body": _("这一项写得不对。") for place in sorted(places)}
        raise unreadable from error
    except (ValueError, RecursionError) as error:
        raise unreadable from error


async def _act(platform: Platform, db: AsyncSession, call: Call, kept: tuple[str, Report] | None) -> None:
    now = platform.now()
    confirmation = await queries.get_confirmation(db, call.about.confirmation_id)
    actor = _court(confirmation)
    match call:
        case DocketCall():
            await operations.docket(db, confirmation, actor, now, call.about.case_number)
        case NotAcceptCall():
            if call.about.ground not in GROUNDS_NOT_ACCEPT:
                raise Invalid("ground_needed", _("请选一条法定的理由。")).about(confirmation.case_id)
            await operations.not_accept(db, confirmation, actor, call.about.ground, now)
        case RuleCall():
            assert kept is not None
            decision = Decision(call.about.outcome, call.about.ground)
            await received.issue(platform, db, confirmation, actor, decision, kept, now)


def _court(confirmation: Confirmation) -> Actor:
    posts = tuple(Post(role, confirmation.court_id, "") for role in (Role.CLERK, Role.JUDGE))
    return Actor(kind="staff", id="court-system", name=SYSTEM_NAME, posts=posts)


def routes() -> list[web.RouteDef]:
    """The callback's address."""
    return [web.post("/hooks/court", court_hook, name="court.hook")]
