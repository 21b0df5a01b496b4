"""People at the doors of a running platform: each has a cookie jar of their own and posts forms as a browser does."""

import re
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer


class Answer:
    """A finished answer: status, text, headers, where it led."""

    def __init__(self, status: int, content: bytes, url: str, headers: Any) -> None:
        self.status = status
        self.content = content
        self.url = url
        self.headers = headers

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def path(self) -> str:
        return re.sub(r"^https?://[^/]+", "", self.url)

    def json(self) -> Any:
        import json

        return json.loads(self.content)


class Person:
    """One browser."""

    def __init__(self, server: TestServer, name: str = "") -> None:
        self.name = name
        self._base = str(server.make_url("/")).rstrip("/")
        self._client = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._client.headers["Accept-Language"] = "zh-CN"

    async def close(self) -> None:
        await self._client.close()

    def cookie(self, name: str) -> str:
        return next((cookie.value for cookie in self._client.cookie_jar if cookie.key == name), "")

    async def get(self, path: str, **options: Any) -> Answer:
        return await self._ask("GET", path, **options)

    async def post(self, path: str, **form: Any) -> Answer:
        """Post a form; a list value repeats the field; (filename, bytes) is a file."""
        await self._have_token()
        body = aiohttp.FormData()
        body.add_field("csrf", self.cookie("yt_csrf"))
        for name, value in form.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, tuple):
                    body.add_field(name, one[1], filename=one[0])
                else:
                    body.add_field(name, str(one))
        return await self._ask("POST", path, data=body)

    async def api(self, method: str, path: str, json: Any = None, **headers: str) -> Answer:
        """Call the JSON API as our TypeScript does."""
        await self._have_token()
        sent = {"X-CSRF-Token": self.cookie("yt_csrf"), "Accept": "application/json", **headers}
        return await self._ask(method, path, json=json, headers=sent)

    async def _have_token(self) -> None:
        if not self.cookie("yt_csrf"):
            await self.get("/healthz")

    async def _ask(self, method: str, path: str, **options: Any) -> Answer:
        options.setdefault("allow_redirects", True)
        async with self._client.request(method, self._base + path, **options) as answer:
            return Answer(answer.status, await answer.read(), str(answer.url), answer.headers)
