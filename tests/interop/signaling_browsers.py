"""Browsers with livekit-client: a small page for the media server's tests, in Chromium and in Firefox."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web
from interop.signaling_marionette import firefox
from interop.signaling_server import ROOT, Server, until
from playwright.async_api import async_playwright

SCRIPT = "dist/livekit-client.umd.js"
CURRENT = ROOT / "web/node_modules/livekit-client" / SCRIPT
OLDEST = ROOT / "tests/interop/clients/node_modules/livekit-client-oldest" / SCRIPT  # of the 2.x line
PAGE = (
    "<!doctype html><meta charset=utf-8><title>test</title><script src=client.js></script><script src=page.js></script>"
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip

SEEN_SECONDS = 60
BLACK = 5  # of 255, the mean of a picture


class Tab(Protocol):
    async def goto(self, url: str) -> Any: ...
    async def evaluate(self, function: str, *given: Any) -> Any: ...


class ChromiumTab:
    def __init__(self, page: Any) -> None:
        self._page = page

    async def goto(self, url: str) -> None:
        await self._page.goto(url)

    async def evaluate(self, function: str, *given: Any) -> Any:
        return await self._page.evaluate(f"(given) => ({function})(...given)", list(given))


class Visitor:
    """A person in a browser."""

    def __init__(self, identity: str, tab: Tab) -> None:
        self.identity, self.tab = identity, tab

    async def join(self, server: Server, room: str = "room", **options: Any) -> None:
        token = server.token(self.identity, room)
        await self.tab.evaluate("(u, t, o) => join(u, t, o)", server.url, token, options)

    async def state(self) -> Any:
        return await self.tab.evaluate("() => state()")

    async def received(self) -> Any:
        return await self.tab.evaluate("() => received()")

    async def track(self, who: str) -> str:
        """The video track of somebody that is shown now, or was last."""
        return await self.tab.evaluate("(w) => (elements[w + ':video'] || {track: {sid: ''}}).track.sid", who)

    async def sees_and_hears(self, who: str, *, more: int = 10, after: str = "") -> None:
        """Wait until that many more pictures and more sound came, and the picture is not black.

        `after` is the track of a lost connection: wait for the tracks of a new one, whose counts begin at nothing.
        """
        before = {"frames": {}, "energy": {}} if after else await self.received()

        async def there() -> bool:
            if after and await self.track(who) == after:
                return False
            now = await self.received()
            frames = now["frames"].get(who, 0) - before["frames"].get(who, 0)
            if frames < more or now["energy"].get(who, 0) <= before["energy"].get(who, 0):
                return False
            return await self.tab.evaluate("(w) => brightness(w)", who) > BLACK

        try:
            await until(there, SEEN_SECONDS, f"{self.identity} sees and hears {who}")
        except AssertionError as error:
            found = [await self.tab.evaluate(f"() => {asked}()") for asked in ("received", "sent", "state")]
            raise AssertionError(f"{error}: {found}") from None


@contextlib.asynccontextmanager
async def served_page(client: Path = CURRENT) -> AsyncIterator[str]:
    """Serve the page with a release of livekit-client; http://localhost is a secure origin."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def script(request: web.Request) -> web.FileResponse:
        files = {"client.js": client, "page.js": Path(__file__).with_name("signaling_page.js")}
        return web.FileResponse(files[request.match_info["name"]])

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get(r"/{name:\w+\.js}", script)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def chromium(url: str, *identities: str) -> AsyncIterator[list[Visitor]]:
    """Open a Chromium for each person.

    One for all would share one camera: a full reconnection stops and opens it again, and when two tabs do so at the
    same moment Chromium's false camera may give neither a picture any more.
    """
    async with contextlib.AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        visitors = []
        for identity in identities:
            browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", headless=True, args=FLAGS)
            stack.push_async_callback(browser.close)
            context = await browser.new_context(permissions=["camera", "microphone"])
            tab = ChromiumTab(await context.new_page())
            await tab.goto(url)
            visitors.append(Visitor(identity, tab))
        yield visitors


@contextlib.asynccontextmanager
async def fox(folder: Path, url: str, identity: str) -> AsyncIterator[Visitor]:
    """Open one Firefox with one person."""
    async with firefox(folder / "firefox") as browser:
        await browser.goto(url)
        yield Visitor(identity, browser)
