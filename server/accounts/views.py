"""Doors: the front page, signing in and out, language and elder mode."""

from urllib.parse import urlsplit

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import invitation_views, message_page, passkey_views
from server.accounts.auth import COOKIE, public
from server.accounts.logins import sign_in, sign_out
from server.accounts.navigation import home
from server.accounts.permissions import Actor
from server.http.body import read_body
from server.http.limits import limit
from server.http.pages import render
from server.http.visitor import ACTOR
from server.wiring import platform_of

YEAR_SECONDS = 365 * 24 * 3600


class SignIn(BaseModel):
    """The sign-in form."""

    username: str = Field(max_length=40)
    password: str = Field(max_length=200)
    next: str = Field(default="", max_length=300)


class Choice(BaseModel):
    """Language or mode, and the page to go back to."""

    mode: str = Field(default="", max_length=10)
    lang: str = Field(default="zh-CN", max_length=10)
    back: str = Field(default="/", max_length=500)


def inside(path: str, otherwise: str = "/") -> str:
    """Return a path on our own site, never another site's address."""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and path.isprintable()
    return path if ours else otherwise


@public
async def front(request: web.Request) -> web.Response:
    """GET /: three doors."""
    return await render(request, "accounts/front.html")


@public
async def sign_in_page(request: web.Request) -> web.Response:
    """GET /sign-in."""
    return await render(request, "accounts/sign_in.html", next=inside(request.query.get("next", ""), ""))


@public
async def sign_in_post(request: web.Request) -> web.StreamResponse:
    """POST /sign-in: user name and password."""
    limit(request, "sign-in", per_minute=20)
    form = await read_body(request, SignIn)
    limit(request, "sign-in-name", per_minute=10, caller=form.username)
    platform = platform_of(request)
    async with platform.database.writing() as db:
        token, actor = await sign_in(db, form.username, form.password, platform.now())
    return signed_in(request, token, inside(form.next, "") or home(actor))


def signed_in(request: web.Request, token: str, where: str) -> web.Response:
    """Set the login's cookie and go on."""
    answer = web.Response(status=303, headers={"Location": where})
    answer.set_cookie(COOKIE, token, httponly=True, samesite="Lax", secure=request.secure, max_age=7 * 24 * 3600)
    return answer


@public
async def sign_out_post(request: web.Request) -> web.StreamResponse:
    """POST /sign-out."""
    platform = platform_of(request)
    token = request.cookies.get(COOKIE, "")
    async with platform.database.writing() as db:
        await sign_out(db, token, platform.now())
    answer = web.Response(status=303, headers={"Location": "/"})
    answer.del_cookie(COOKIE)
    return answer


@public
async def work(request: web.Request) -> web.StreamResponse:
    """GET /work: where this member of staff begins the day."""
    actor = request.get(ACTOR)
    where = home(actor) if isinstance(actor, Actor) and actor.kind == "staff" else "/sign-in"
    return web.Response(status=303, headers={"Location": where})


@public
async def choose_mode(request: web.Request) -> web.StreamResponse:
    """POST /ui/mode: 大字 on this seat."""
    choice = await read_body(request, Choice)
    answer = web.Response(status=303, headers={"Location": inside(choice.back)})
    answer.set_cookie("mode", "elder" if choice.mode == "elder" else "", max_age=YEAR_SECONDS, samesite="Lax")
    return answer


@public
async def choose_language(request: web.Request) -> web.StreamResponse:
    """POST /ui/lang."""
    choice = await read_body(request, Choice)
    answer = web.Response(status=303, headers={"Location": inside(choice.back)})
    answer.set_cookie("lang", "en" if choice.lang == "en" else "zh-CN", max_age=YEAR_SECONDS, samesite="Lax")
    return answer


def routes() -> list[web.RouteDef]:
    """This feature's addresses."""
    return [
        web.get("/", front, name="accounts.front"),
        web.get("/sign-in", sign_in_page, name="accounts.sign_in"),
        web.post("/sign-in", sign_in_post),
        web.post("/sign-out", sign_out_post, name="accounts.sign_out"),
        web.get("/work", work, name="accounts.work"),
        web.post("/ui/mode", choose_mode, name="accounts.mode"),
        web.post("/ui/lang", choose_language, name="accounts.language"),
        web.get("/dev/messages", message_page.development_page, name="accounts.messages"),
        *invitation_views.routes(),
        *passkey_views.routes(),
    ]
