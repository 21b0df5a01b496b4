"""The room with a party in Chromium and one in Firefox: they see and hear each other, are muted, asked to leave, let back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from browser.fox import HEARS, Fox
from interop.signaling_marionette import firefox
from playwright.async_api import async_playwright, expect

from server.demo import acts
from server.demo.acts import LIU, LOUD, MOVES, SEAT, ZHANG
from server.demo.stage import Stage, free_port, platform

SILENCE = 0.005  # of full scale; the false microphones are far above it


@contextlib.asynccontextmanager
async def meeting(folder: Path) -> AsyncIterator[tuple[Stage, Fox]]:
    """张桂兰 in Chromium and 刘志强 in Firefox wait for 王敏, who is in Chromium."""
    (folder / "media").mkdir()
    async with (
        platform(folder, free_port()) as url,
        async_playwright() as playwright,
        firefox(folder / "firefox") as browser,
    ):
        stage, fox = Stage(playwright, url, folder), Fox(browser)
        await acts.report(stage)
        await acts.accept(stage)
        await acts.take_on(stage)
        await acts.come_in(stage, ZHANG, 523)
        await fox.come_in(stage, LIU[1])
        yield stage, fox


async def identities(stage: Stage, fox: Fox) -> tuple[str, str, str]:
    """Who 王敏, 张桂兰 and 刘志强 are in the room."""
    own = [await stage.pages[name].locator(SEAT).get_attribute("data-identity") for name in ("wang", ZHANG[0])]
    fox_own = await fox.until("() => document.querySelector('[data-identity]')?.dataset.identity")
    return own[0] or "", own[1] or "", fox_own


@pytest.mark.timeout(900)
async def test_chromium_and_firefox_see_and_hear_each_other_and_the_mediator_rules_the_room(tmp_path: Path) -> None:
    async with meeting(tmp_path) as (stage, fox):
        await acts.admit(stage)
        await fox.until("() => document.querySelector('[data-place=joint]') !== null")
        wang, zhang, liu = await identities(stage, fox)
        for identity in (wang, zhang):
            await fox.until(f"async (identity) => (await ({MOVES})(identity)) >= 10", identity)
            await fox.until(HEARS, identity)
        for name in ("wang", ZHANG[0]):
            await acts.until(stage.pages[name], MOVES, liu, 10, f"{name} sees Firefox move")
            await acts.until(stage.pages[name], LOUD, liu, 0.02, f"{name} hears Firefox")
        await _shown(stage, fox)
        await _muted(stage, fox, liu)
        await _removed(stage, zhang)


async def _shown(stage: Stage, fox: Fox) -> None:
    """What the mediator shows is seen in both browsers, and who points in Firefox is named in Chromium."""
    page, other = stage.pages["wang"], stage.pages[ZHANG[0]]
    await page.click("#exhibit")
    await page.locator("[data-picture]").click()
    await fox.until("() => document.querySelector('#stage img')?.naturalWidth > 0")
    mark = expect(other.locator(".pointer")).to_have_text(f"{LIU[0]}指着：这里")  # shown for some seconds only
    await asyncio.gather(mark, fox.until("() => { document.querySelector('#stage .touch').click(); return true; }"))
    await page.click("#put-away")
    await fox.until("() => document.querySelector('#stage').hidden")


async def _muted(stage: Stage, fox: Fox, liu: str) -> None:
    """Who is muted reads it, is silent to the others, and may speak again by an own tap."""
    page, other = stage.pages["wang"], stage.pages[ZHANG[0]]
    await page.locator(f'[data-inside="{liu}"]').get_by_role("button", name="静音").click()
    await fox.until("() => document.querySelector('#mic').innerText.includes('已静音')")
    await acts.until(
        other, f"async (who) => 1 - Math.sign(Math.max(0, (await ({LOUD})(who)) - {SILENCE}))", liu, 1, "silent"
    )
    await fox.until("() => { document.querySelector('#mic').click(); return true; }")
    await fox.until("() => document.querySelector('#mic').innerText.includes('话筒开着')")
    await acts.until(other, LOUD, liu, 0.02, "heard again")


async def _removed(stage: Stage, zhang: str) -> None:
    """Who was asked to leave reads why and whom to call, hears nobody, and comes back only when let in again."""
    page, other = stage.pages["wang"], stage.pages[ZHANG[0]]
    await page.locator(f'[data-inside="{zhang}"]').get_by_role("button", name="请离开").click()
    await page.get_by_role("dialog").get_by_role("button", name="请离开").click()
    await expect(other.locator("#aside-why")).to_contain_text("请您先离开了")
    await expect(other.locator("#aside-why")).to_contain_text("请打电话")
    await expect(other.locator("audio")).to_have_count(0)
    await expect(page.locator(f'video[data-identity="{zhang}"]')).to_have_count(0)
    await other.reload()
    await expect(other.locator("#why, #aside-why").first).to_contain_text("请您先离开了")
    await page.locator(f'[data-removed="{zhang}"] button').click()
    await expect(other.locator("[data-place=joint]")).to_be_visible()
    await expect(other.locator("audio")).to_have_count(2)
