"""The stage of the demonstration: the platform as a child process, a browser for each person, steps with their time."""

import asyncio
import contextlib
import re
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from playwright.async_api import BrowserContext, Page, Playwright, expect

from server.demo.court import CourtReceiver
from server.demo.pictures import camera, voice

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
COLOURS = ((90, 100, 160), (120, 150, 110), (80, 130, 130))
START_SECONDS = 60
PATIENCE = 60_000  # ms; what comes at once on a quiet machine takes its time on a crowded one, and that is no fault


class Failed(Exception):
    """A person did not see what they should have seen."""


@dataclass
class Stage:
    """What every act uses."""

    playwright: Playwright
    url: str
    out: Path
    court: CourtReceiver = field(default_factory=CourtReceiver)
    pages: dict[str, Page] = field(default_factory=dict)
    step: int = 0
    case_id: str = ""

    def __post_init__(self) -> None:
        expect.set_options(timeout=PATIENCE)

    async def person(self, name: str, *, phone: bool = False, speaks: int = 0) -> Page:
        """Open a browser of somebody's own; `speaks` is the pitch of their voice, 0 for no camera."""
        flags = list(FLAGS)
        if speaks:
            colour = COLOURS[speaks % len(COLOURS)]
            flags.append(f"--use-file-for-fake-video-capture={camera(self.out / 'media' / f'{speaks}.y4m', colour)}")
            flags.append(f"--use-file-for-fake-audio-capture={voice(self.out / 'media' / f'{speaks}.wav', speaks)}")
        path = next((found for one in CHROMIUM if (found := shutil.which(one))), None)
        if path is None:
            raise Failed("no Chromium: run `make demo`, which installs it")
        browser = await self.playwright.chromium.launch(executable_path=path, args=flags, headless=True)
        context: BrowserContext = await browser.new_context(
            viewport={"width": 390, "height": 844} if phone else {"width": 1440, "height": 900},
            locale="zh-CN",
            permissions=["camera", "microphone"],
            accept_downloads=True,
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        self.pages[name] = page
        return page

    @contextlib.asynccontextmanager
    async def act(self, words: str, *seen_by: str) -> AsyncIterator[None]:
        """One step: say it, time it, keep a picture of what these people see at its end."""
        self.step += 1
        begun = time.monotonic()
        sys.stdout.write(f"{self.step:2d}  {words} … ")
        sys.stdout.flush()
        try:
            yield
        except Exception:
            sys.stdout.write("没成\n")
            for name, page in self.pages.items():
                with contextlib.suppress(Exception):
                    await page.screenshot(path=self.out / f"failed-{self.step:02d}-{name}.png")
            raise
        for name in seen_by:
            await self.pages[name].wait_for_function(DRAWN)
            await self.pages[name].screenshot(path=self.out / f"{self.step:02d}-{name}.png")
        sys.stdout.write(f"{time.monotonic() - begun:.1f} s\n")
        sys.stdout.flush()


DRAWN = """() => {  // a paper that is being opened is awaited, so that the picture shows it
  const pages = document.querySelector("#pages"), reading = document.querySelector("#reading");
  return (!pages || pages.closest("details:not([open])") || pages.querySelector("canvas[data-drawn]"))
    && (!reading || reading.textContent.trim() !== "");
}"""


async def arrived(page: Page, where: str) -> None:
    """Wait until a page's address ends so (a regular expression); which of two loads brought it there does not matter.

    A page that follows the case moves on by itself at the moment in which an answer moves it: one of the two is
    broken off then, and that is no failure.
    """
    await expect(page).to_have_url(re.compile(f"{where}$"))
    await page.wait_for_load_state()


def free_port() -> int:
    """Return a port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def platform(folder: Path, port: int, environment: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """Run the platform as a stranger would, in a process of its own; yield its address."""
    command = [sys.executable, "-m", "server", "serve", "--demonstration", "--free-media-ports"]
    log = (folder / "platform.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *command,
        "--folder",
        str(folder / "var"),
        "--port",
        str(port),
        cwd=ROOT,
        stdout=log,
        stderr=log,
        env=environment,
    )
    try:
        await _answers(f"http://localhost:{port}/healthz", process)
        yield f"http://localhost:{port}"
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await process.wait()
        log.close()


async def _answers(url: str, process: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with aiohttp.ClientSession() as client:
        while time.monotonic() < deadline:
            if process.returncode is not None:
                raise Failed("the platform ended while starting; see platform.log")
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with client.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.2)
    raise Failed("the platform did not answer")
