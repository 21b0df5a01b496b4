"""A real Chromium at the doors of a running platform: starting it, signing in, what a page must keep."""

import contextlib
import functools
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from people import Person
from playwright.async_api import Browser, BrowserContext, Page, Playwright

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "test-output"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE = {"width": 360, "height": 740}
NARROW = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 800}
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
]


@functools.lru_cache
def script_of(module: str, name: str) -> str:
    """One module of the front end (a path within web/src) as a script that puts its exports into `name`."""
    command = ["node_modules/.bin/esbuild", f"src/{module}", "--bundle", "--format=iife", f"--global-name={name}"]
    return subprocess.run(command, cwd=ROOT / "web", capture_output=True, text=True, check=True).stdout


def chromium_path() -> str:
    """Where this machine has its Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "no Chromium on this machine"
    return found


async def launch(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)


@contextlib.asynccontextmanager
async def seat(browser: Browser, base: str, person: Person | None = None, **options: Any) -> AsyncIterator[Page]:
    """A page of a browser of one's own; signed in as `person` when given."""
    options = {"viewport": PHONE, "locale": "zh-CN", **options}
    context = await browser.new_context(base_url=base, permissions=["camera", "microphone"], **options)
    try:
        if person is not None:
            await take_cookies(context, base, {name: person.cookie(name) for name in ("yt_login", "yt_csrf")})
        yield await context.new_page()
    finally:
        await context.close()


async def take_cookies(context: BrowserContext, base: str, cookies: dict[str, str]) -> None:
    await context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])


async def axe_faults(page: Page) -> list[str]:
    """What breaks WCAG 2.2 A or AA on this page: rule, place, and why."""
    await page.evaluate(AXE.read_text())
    result = await page.evaluate("levels => axe.run(document, {runOnly: levels})", LEVELS)
    return [
        f"{rule['id']}: {node['target'][0]} {json.dumps(node['failureSummary'].splitlines()[1:3], ensure_ascii=False)}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


async def sideways(page: Page) -> list[str]:
    """What sticks out to the right of the window, if the page can be scrolled sideways."""
    found: list[str] = await page.evaluate(
        """() => {
          const root = document.documentElement;
          if (root.scrollWidth <= root.clientWidth) return [];
          const wide = [...document.querySelectorAll('body *')].filter(
            (element) => element.getBoundingClientRect().right > root.clientWidth + 1);
          return wide.slice(0, 6).map((element) => `${element.tagName} .${element.getAttribute('class')} ` +
            `${Math.round(element.getBoundingClientRect().right)} ${(element.textContent ?? '').slice(0, 30)}`);
        }"""
    )
    return found


async def chinese_left(page: Page, known: Iterable[str]) -> list[str]:
    """Chinese on an English page that is neither marked as Chinese nor a name or somebody's own words (`known`)."""
    text = await page.evaluate(
        """() => {
          document.querySelectorAll('body [lang="zh-CN"]').forEach((element) => element.remove());
          const spoken = ['aria-label', 'placeholder', 'title', 'alt'].flatMap((name) =>
            [...document.querySelectorAll(`[${name}]`)].map((element) => element.getAttribute(name)));
          return [document.title, document.body.innerText, ...spoken].join('\\n');
        }"""
    )
    for one in sorted(known, key=len, reverse=True):
        text = text.replace(one, "")
    return re.findall(r".*[\u3400-\u9fff].*", text)


async def keep_screenshots(browser: Browser, name: str) -> None:
    """Keep what every open page shows, for whoever looks why a test failed."""
    KEPT.mkdir(exist_ok=True)
    stem = re.sub(r"[^\w-]+", "-", name)
    for number, page in enumerate(page for context in browser.contexts for page in context.pages):
        with contextlib.suppress(Exception):  # a crashed page has no picture
            await page.screenshot(path=KEPT / f"{stem}-{number}.png", full_page=True)
