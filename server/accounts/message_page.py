"""GET /dev/messages: what would have been sent; only with the development gateway."""

from aiohttp import web
from sqlalchemy import select

from server.accounts.auth import public
from server.errors import NotFound, _
from server.http.pages import render
from server.messages.models import Message
from server.wiring import platform_of

SHOWN = 60


@public
async def development_page(request: web.Request) -> web.Response:
    """Show the latest messages; 404 wherever real messages are sent."""
    platform = platform_of(request)
    if not (platform.settings.development and platform.messages.development):
        raise NotFound("page_unknown", _("没有这个页面。可能是网址抄错了一个字，或者链接已经作废。"))
    async with platform.database.reading() as db:
        found = await db.scalars(select(Message).order_by(Message.queued_at.desc()).limit(SHOWN))
        messages = list(found)
    return await render(request, "messages/development.html", messages=messages)
