"""How soon two parties see each other: from the second "please come in" to a picture on both sides.

Run by hand: `.venv/bin/python benchmarks/first_picture.py [--rounds N] [--out FILE]`. One party sits in Chromium, the
other in Firefox, the mediator in Chromium, all on this machine with generated cameras; the platform and its media
server run as `make run` starts them. Each round both are asked to leave, open the waiting room again and are let in.
Prints each round, the median and the machine; the promise is 3 s.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform as machine
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser.fox import Fox  # noqa: E402 - the drivers of the tests, once their folder is known
from browser.test_room import meeting  # noqa: E402
from playwright.async_api import Error, Page, expect  # noqa: E402

from server.demo import acts  # noqa: E402
from server.demo.acts import ZHANG  # noqa: E402
from server.demo.stage import Stage  # noqa: E402

PROMISE = 3.0
PATIENCE = 60
OTHER = """() => [...document.querySelectorAll("[data-place=joint] video[data-identity^=party]")].some((video) =>
  video.dataset.identity !== document.querySelector("[data-meeting]").dataset.identity
  && video.videoWidth > 0 && video.readyState >= 2 && video.currentTime > 0)"""


async def chromium_sees(page: Page) -> float:
    """Return when this page shows the other party."""
    while True:
        with contextlib.suppress(Error):  # the page is just moving from the waiting room to the room
            if await page.evaluate(OTHER):
                return time.monotonic()
        await asyncio.sleep(0.02)


async def firefox_sees(fox: Fox) -> float:
    """Return when this page shows the other party."""
    await fox.until(OTHER, seconds=PATIENCE)
    return time.monotonic()


async def one_round(stage: Stage, fox: Fox) -> tuple[float, float]:
    """Let both in; return after how many seconds Chromium and Firefox saw the other."""
    page = stage.pages["wang"]
    buttons = page.locator("[data-waiting] button, [data-removed] button")
    await expect(buttons).to_have_count(2, timeout=PATIENCE * 1000)
    await buttons.first.click()
    await expect(buttons).to_have_count(1)
    begun = time.monotonic()
    await buttons.first.click()
    async with asyncio.timeout(PATIENCE):
        ends = await asyncio.gather(chromium_sees(stage.pages[ZHANG[0]]), firefox_sees(fox))
    return ends[0] - begun, ends[1] - begun


async def out_again(stage: Stage, fox: Fox, address: str) -> None:
    """Ask both to leave; both open the waiting room again."""
    page = stage.pages["wang"]
    for left in (1, 0):
        await page.locator("[data-inside]").first.get_by_role("button", name="请离开").click()
        await page.get_by_role("dialog").get_by_role("button", name="请离开").click()
        await expect(page.locator("[data-inside]")).to_have_count(left)
    await stage.pages[ZHANG[0]].goto(address)
    await fox.browser.goto(address)
    await fox.until("() => document.querySelector('#why') !== null")


async def measured(rounds: int) -> list[tuple[float, float]]:
    """Play the case up to the meeting once, then let both in as often as asked."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        async with meeting(Path(folder)) as (stage, fox):
            wang = stage.pages["wang"]
            await wang.goto(f"{stage.url}/cases/{stage.case_id}")
            await wang.click("#primary")
            address = stage.pages[ZHANG[0]].url
            for number in range(1, rounds + 1):
                found.append(await one_round(stage, fox))
                print(f"round {number}: Chromium {found[-1][0]:.2f} s, Firefox {found[-1][1]:.2f} s", flush=True)
                await acts.until(
                    wang, "() => document.querySelectorAll('video[data-identity^=party]').length", "", 2, ""
                )
                if number < rounds:
                    await out_again(stage, fox, address)
    return found


def main() -> int:
    """Measure and print; 1 when the median breaks the promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = asyncio.run(measured(options.rounds))
    both = [max(pair) for pair in found]
    report: dict[str, Any] = {
        "machine": f"{machine.machine()}, {os.cpu_count()} cores, Python {machine.python_version()}",
        "rounds": [{"chromium": pair[0], "firefox": pair[1]} for pair in found],
        "median_seconds_until_both_see": statistics.median(both),
        "promise_seconds": PROMISE,
    }
    print(json.dumps(report, indent=2))
    if options.out:
        options.out.write_text(json.dumps(report, indent=2))
    return 0 if statistics.median(both) <= PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
