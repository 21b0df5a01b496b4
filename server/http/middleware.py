"""The border of the web: request id, errors to problem+json or a page, security headers, CSRF.

Every answer gets the same strict headers. A `PlatformError` becomes RFC 9457 problem+json for programs and a page for
people; a refusal that concerns a case is written into its audit chain here, after the failed transaction is gone.
"""

import json
import secrets
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from server.audit import log as audit
from server.errors import NotAllowed, NotFound, NotNow, PlatformError, Stale, TooLarge, _
from server.http import live, pages
from server.http.body import close_uploads, read_form, storable
from server.http.metrics import observe
from server.http.visitor import CASE_ID, visitor_of
from server.wiring import platform_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OUTSIDE_CSRF = ("/hooks/", "/rtc", "/twirp/")
CSRF_COOKIE = "yt_csrf"
REQUEST_ID = web.RequestKey("request_id", str)
log = structlog.get_logger("http")


@web.middleware
async def request_border(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, time it, translate errors, set the headers."""
    request[REQUEST_ID] = secrets.token_hex(8)
    request[live.BEGUN] = live.moment()
    structlog.contextvars.bind_contextvars(request_id=request[REQUEST_ID])
    begun = time.perf_counter()
    try:
        answer = await _answered(request, handler)
    finally:
        close_uploads(request)
        structlog.contextvars.unbind_contextvars("request_id")
    if not answer.prepared:
        set_headers(request, answer)
    observe(request, answer.status, time.perf_counter() - begun)
    return answer


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        _check_characters(request)
        return await handler(request)
    except PlatformError as error:
        await _write_refusal(request, error)
        return await told(request, error)
    except web.HTTPException as answer:
        if answer.status < 400:
            return web.Response(status=answer.status, headers={"Location": answer.headers.get("Location", "/")})
        if request.path.startswith("/rtc"):
            raise
        return await told(request, _from_http(answer))
    except StaleDataError:
        return await told(request, Stale("stale", _("刚才有别人也改了这里。请看看最新的内容，再做一次。")))
    except (IntegrityError, OperationalError) as error:
        log.exception("database.refused", kind=type(error).__name__)
        return await told(request, NotNow("busy", _("这会儿忙不过来，您的内容没有丢。请再点一次。")))
    except Exception:  # the border: our bug, logged once with the request id
        log.exception("request.failed", method=request.method, route=_route_of(request))
        return await told(
            request,
            PlatformFailed("failed", _("系统出了点问题，您已存好的内容没有丢。请过一会儿再试，或打电话找我们。")),
        )


def _check_characters(request: web.Request) -> None:
    """Refuse an address, cookie or token that no page of ours ever made: bytes that are no UTF-8, or NUL."""
    asked = [request.path, *request.query.values(), *request.cookies.values(), request.headers.get("X-CSRF-Token", "")]
    if not storable(asked):
        raise PlatformError("unreadable", _("收到的内容读不懂。"))


class PlatformFailed(PlatformError):
    """Our bug, told without particulars."""

    status = 500


def _from_http(answer: web.HTTPException) -> PlatformError:
    if answer.status == 404:
        return NotFound("page_unknown", _("没有这个页面。可能是网址抄错了一个字，或者链接已经作废。"))
    if answer.status == 413:
        return TooLarge("too_large", _("文件太大了，请换一个小一点的。"))
    error = PlatformError("http_refused", _("这个请求办不了。"))
    error.status = answer.status
    return error


async def told(request: web.Request, error: PlatformError) -> web.StreamResponse:
    """Answer an error: problem+json for programs, a page for people."""
    wants_json = request.path.startswith(("/api/", "/hooks/")) or "json" in request.headers.get("Accept", "")
    text = pages.translated(request, error.text, error.values)
    fields = {name: pages.translated(request, said, {}) for name, said in error.fields.items()}
    if wants_json or "json" in request.headers.get("Content-Type", ""):
        problem = {
            "type": f"urn:yuntiao:{error.code}",
            "title": text,
            "status": error.status,
            "code": error.code,
            "request_id": request[REQUEST_ID],
            "fields": fields,
        }
        body = json.dumps(problem, ensure_ascii=False)
        return web.Response(text=body, status=error.status, content_type="application/problem+json")
    return await pages.render(
        request,
        "errors/told.html",
        status=error.status,
        told=text,
        code=error.code,
        fields=fields,
        request_id=request[REQUEST_ID],
    )


async def _write_refusal(request: web.Request, error: PlatformError) -> None:
    case_id = error.case_id or request.get(CASE_ID)
    if request.method in SAFE_METHODS and error.status != NotAllowed.status and not error.case_id:
        return
    if case_id is None and error.status not in (401, 403, 429):
        return
    platform = platform_of(request)
    async with platform.database.writing() as db:
        await audit.append(
            db,
            visitor_of(request),
            f"refused.{error.code}",
            case_id or "place:platform",
            {"route": _route_of(request), "method": request.method},
            now=platform.now(),
        )


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def set_headers(request: web.Request, answer: web.StreamResponse) -> None:
    """Set the same strict headers on every answer (no inline script or style anywhere)."""
    media = platform_of(request).settings.media.public_url
    connect = f"'self' {media}" if media else "'self'"
    headers = answer.headers
    headers["X-Request-Id"] = request[REQUEST_ID]
    headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; "
        f"media-src 'self' blob:; connect-src {connect}; worker-src 'self' blob:; manifest-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = "camera=(self), microphone=(self), display-capture=(self), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"


@web.middleware
async def csrf_border(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a changing request that does not come from one of our own pages (double-submit cookie + Origin)."""
    token = request.cookies.get(CSRF_COOKIE, "")
    if request.method not in SAFE_METHODS and not request.path.startswith(OUTSIDE_CSRF):
        _check_origin(request)
        sent = request.headers.get("X-CSRF-Token", "")
        if not sent and request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
            sent = str((await read_form(request)).get("csrf", ""))
        if not token or not secrets.compare_digest(token.encode(), sent.encode()):
            raise NotAllowed("form_too_old", _("这个页面放得太久了。请刷新页面，再点一次。"))
    request[pages.CSRF] = token or secrets.token_urlsafe(24)
    answer = await handler(request)
    if not token and not answer.prepared:
        answer.set_cookie(CSRF_COOKIE, request[pages.CSRF], httponly=True, samesite="Lax", secure=request.secure)
    return answer


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin", "")
    if origin in ("", "null"):
        return
    ours = {platform_of(request).settings.base_url, f"{request.scheme}://{request.host}"}
    if origin not in ours:
        raise NotAllowed("foreign_page", _("这个请求不是从云调的页面发出的，没有执行。"))
