"""Processes that die in the middle: nothing that was acknowledged is lost, nobody has to tap anything."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from journey_cases import LEAK
from people import Person
from playwright.async_api import async_playwright
from yarl import URL

from server.demo import acts
from server.demo.acts import LIU, ZHANG
from server.demo.stage import ROOT, Stage, free_port, platform
from server.demo.town import PASSWORD

BACK_SECONDS = 60  # promised are 10, a quiet machine takes 3; a crowded one shall not fail for being crowded


def media_processes(folder: Path) -> list[int]:
    """The media servers that run with this folder's configuration."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and str(folder / "media.yaml") in (entry / "cmdline").read_text().split("\0"):
                found.append(int(entry.name))
    return found


NOTE = """() => {
  const root = document.querySelector("[data-meeting]");
  window.wasLost = false;
  new MutationObserver(() => { if (root.dataset.place === "lost") window.wasLost = true; })
    .observe(root, { attributes: true, attributeFilter: ["data-place"] });
  for (const video of document.querySelectorAll("video")) video.dataset.before = "";
}"""
BACK = """(others) => window.wasLost && document.querySelector("[data-meeting]").dataset.place === "joint"
  && others.every((identity) => {
    const video = document.querySelector(`video[data-identity="${identity}"]:not([data-before])`);
    return video && video.getVideoPlaybackQuality().totalVideoFrames >= 3;
  })"""


@pytest.mark.timeout(900)
async def test_after_the_media_server_is_killed_everybody_is_back_without_a_tap(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    async with platform(tmp_path, free_port()) as url, async_playwright() as playwright:
        stage = Stage(playwright, url, tmp_path)
        await acts.report(stage)
        await acts.accept(stage)
        await acts.take_on(stage)
        for who, pitch in ((ZHANG, 523), (LIU, 330)):
            await acts.come_in(stage, who, pitch)
        await acts.admit(stage)
        await acts.see_and_hear(stage)
        for turn in (1, 2):
            passed = await killed_and_back(stage, tmp_path / "var")
            print(f"turn {turn}: everybody was back {passed:.1f} s after the kill")
            assert passed < BACK_SECONDS
            await acts.see_and_hear(stage)


async def killed_and_back(stage: Stage, folder: Path) -> float:
    """Kill the media server that serves; return the seconds until everybody sees new pictures of everybody."""
    people = [stage.pages[name] for name in ("wang", ZHANG[0], LIU[0])]
    root = "[data-meeting]"
    own = [await page.locator(root).get_attribute("data-identity") for page in people]
    for page in people:
        await page.evaluate(NOTE)
    serving = await with_a_reserve(folder)
    began = asyncio.get_running_loop().time()
    os.kill(serving, signal.SIGKILL)
    back = (
        page.wait_for_function(BACK, arg=[one for one in own if one != mine], polling=100, timeout=BACK_SECONDS * 1000)
        for page, mine in zip(people, own, strict=True)
    )
    await asyncio.gather(*back)
    return asyncio.get_running_loop().time() - began


async def with_a_reserve(folder: Path) -> int:
    """Wait until two media servers run; return the one that serves: it is the older."""
    async with asyncio.timeout(60):
        while len(found := media_processes(folder)) < 2:
            await asyncio.sleep(0.2)
    return min(found, key=begun)


def begun(pid: int) -> int:
    """When a process began, in the kernel's ticks (proc(5), field 22)."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


class Address:
    """What Person asks of a server: where it is."""

    def __init__(self, url: str) -> None:
        self._url = URL(url)

    def make_url(self, path: str) -> URL:
        return self._url.join(URL(path))


@contextlib.asynccontextmanager
async def started(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    command = [sys.executable, "-m", "server", "serve", "--demonstration", "--free-media-ports"]
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, "--folder", str(folder / "var"), "--port", str(port), cwd=ROOT, stdout=log, stderr=log
        )
        try:
            await answering(f"http://localhost:{port}/healthz")
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def answering(url: str) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession() as client:
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with client.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


async def test_a_platform_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    port = free_port()
    address = Address(f"http://localhost:{port}")
    async with started(tmp_path, port) as process:
        grid = Person(address)  # type: ignore[arg-type]
        await grid.post("/sign-in", username="chen", password=PASSWORD)
        titles = [f"第{number}件事" for number in range(6)]
        for title in titles:
            assert (await grid.post("/api/reports", **{**LEAK, "title": title})).status == 200
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with started(tmp_path, port):
        page = await grid.get("/report/mine")
        for title in titles:
            assert title in page.text
        zhou = Person(address)  # type: ignore[arg-type]
        await zhou.post("/sign-in", username="zhou", password=PASSWORD)
        board = await zhou.get("/intake")
        case_id = re.findall(r'data-case="(\w+)"', board.text)[0]
        assert (await zhou.post(f"/cases/{case_id}/accept")).status == 200
        export = (await zhou.get(f"/cases/{case_id}/audit.json")).json()
        assert export["first_break"] is None
        await grid.close()
        await zhou.close()
    async with asyncio.timeout(60):
        while media_processes(tmp_path / "var"):  # a killed platform leaves no media server behind for long
            await asyncio.sleep(0.2)
