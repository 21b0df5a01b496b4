"""Pages: the Jinja2 environment, `render`, translation (Chinese text is the key, web/translations/en the English)."""

import datetime as dt
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web
from babel.messages.pofile import read_po
from markupsafe import Markup

from server.http import live
from server.wiring import platform_of

WEB = Path(__file__).resolve().parents[2] / "web"
BEIJING = dt.timezone(dt.timedelta(hours=8))
CSRF = web.RequestKey("csrf", str)
WEEKDAYS = "一二三四五六日"
Hook = Any
ENVIRONMENT = web.AppKey("environment", jinja2.Environment)
CONTEXT = web.AppKey("page_context", list[Hook])  # functions (request) -> dict, added by features in app.py


@lru_cache(maxsize=1)
def english() -> Mapping[str, str]:
    """Return every translation, read once from the catalogues."""
    found: dict[str, str] = {}
    for path in sorted((WEB / "translations" / "en").glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file)
        found.update({str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string})
    return found


def language(request: web.Request) -> str:
    """The reader's language: ?lang, else the cookie, else Chinese when the browser knows it or says nothing."""
    asked = request.query.get("lang") or request.cookies.get("lang")
    if asked in ("zh-CN", "en"):
        return asked
    accepted = request.headers.get("Accept-Language", "zh")
    return "en" if accepted.lower().startswith("en") else "zh-CN"


def say(lang: str, text: str) -> str:
    """Translate one sentence."""
    return english().get(text, text) if lang == "en" else text


def translated(request: web.Request, text: str, values: Mapping[str, object]) -> str:
    """Translate for the reader of this request and put the values in."""
    return say(language(request), text).format(**values) if values else say(language(request), text)


def beijing(moment: dt.datetime, lang: str = "zh-CN") -> str:
    """Write a time for people: 11月24日 星期二 上午9:30 (Beijing time)."""
    local = moment.astimezone(BEIJING)
    if lang == "en":
        return f"{local:%A} {local.day} {local:%B}, {local:%H:%M} Beijing time"
    half = "上午" if local.hour < 12 else "下午"
    return f"{local.month}月{local.day}日 星期{WEEKDAYS[local.weekday()]} {half}{(local.hour - 1) % 12 + 1}:{local:%M}"


def beijing_clock(moment: dt.datetime) -> str:
    """Write the time of day, where the day is known: 14:05."""
    return f"{moment.astimezone(BEIJING):%H:%M}"


def beijing_date(moment: dt.datetime | dt.date, lang: str = "zh-CN") -> str:
    """Write a day: 2026年11月24日."""
    day = moment.astimezone(BEIJING).date() if isinstance(moment, dt.datetime) else moment
    return f"{day.day} {day:%B %Y}" if lang == "en" else f"{day.year}年{day.month}月{day.day}日"


def masked_phone(phone: str) -> str:
    """138****1234 (domain: personal data, how others see it)."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def masked_name(name: str) -> str:
    """张*, 王*明."""
    return f"{name[:1]}*{name[2:]}" if len(name) > 2 else f"{name[:1]}*"


def money(amount: float | None) -> str:
    """8,600 元 is written with comma; the unit stands in the sentence."""
    return "" if amount is None else f"{amount:,.2f}".removesuffix(".00")


@lru_cache(maxsize=1)
def manifest() -> Mapping[str, str]:
    """Read which hashed file stands for which asset (made by the front end's build)."""
    path = WEB / "static" / "build" / "manifest.json"
    return json.loads(path.read_text()) if path.exists() else {}


def asset(name: str) -> str:
    """Return the address of a built file."""
    return f"/static/build/{manifest().get(name, name)}"


def module(name: str) -> Markup:
    """Load a feature's script: {{ module('room') }}."""
    return Markup('<script type="module" src="{}"></script>').format(asset(f"features/{name}.js"))


def make_environment() -> jinja2.Environment:
    """Open the templates."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(asset=asset, module=module)
    environment.filters.update(masked_phone=masked_phone, masked_name=masked_name, money=money)
    environment.filters["beijing"] = jinja2.pass_context(lambda ctx, value: beijing(value, ctx["lang"]))
    environment.filters["beijing_clock"] = beijing_clock
    environment.filters["beijing_date"] = jinja2.pass_context(lambda ctx, value: beijing_date(value, ctx["lang"]))
    return environment


async def render(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """Render a page in the reader's language and mode."""
    lang = language(request)

    def _(text: str, **values: object) -> str:
        said = say(lang, text)
        return said.format(**values) if values else said

    settings = platform_of(request).settings
    values: dict[str, Any] = {
        "_": _,
        "lang": lang,
        "mode": "elder" if request.cookies.get("mode") == "elder" else "",
        "csrf_token": request.get(CSRF, ""),
        "as_of": live.as_of(request),
        "development": settings.development,
        "support_phone": settings.support_phone,
        "path": request.path_qs,
        "url": lambda name, **params: str(request.app.router[name].url_for(**params)),
        "now": platform_of(request).now(),
    }
    for hook in request.app[CONTEXT]:
        values.update(hook(request))
    body = request.app[ENVIRONMENT].get_template(template).render({**values, **context})
    return web.Response(text=body, status=status, content_type="text/html", charset="utf-8")
