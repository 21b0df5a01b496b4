"""The rooms while people are in them, for everybody: WCAG 2.2 AA, no tile over another, in every mode and language."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from browser.browsers import DESK, NARROW, axe_faults, chinese_left, sideways
from playwright.async_api import Page, async_playwright, expect

from server.demo import acts
from server.demo.acts import LIU, ZHANG
from server.demo.stage import Stage, free_port, platform

PHONE = {"width": 390, "height": 844}
SIDE = {"width": 740, "height": 360}  # a phone on its side
WIDE = {"width": 1440, "height": 900}
SIZES = {"wang": (WIDE, DESK, NARROW), ZHANG[0]: (PHONE, SIDE, NARROW), LIU[0]: (PHONE, SIDE, NARROW)}
SPOKEN = {"王敏", "张桂兰", "刘志强", "楼上漏水到楼下", "张", "刘", "王"}  # names, and what people wrote themselves
FACTS = {
    "standard": "10月20日602室装修动了卫生间地面，没有做闭水试验。",
    "elder": "楼下502室的顶棚因此渗水。",
    "english": "The ceiling below was repaired once.",
}
SPOKEN |= {*FACTS.values(), "卫生间顶棚.png", "出示：卫生间顶棚.png"}
LAID_OUT = """() => {
  const faults = [], room = document.querySelector("#tiles").getBoundingClientRect();
  const tiles = [...document.querySelectorAll("#tiles > .tile")].map((tile) => [tile, tile.getBoundingClientRect()]);
  for (const [tile, box] of tiles) {
    const name = tile.innerText.trim(), small = tile.matches(".duo > .me");
    if (box.width < 64 || box.height < 64) faults.push(`${name}: only ${Math.round(box.width)} by ${Math.round(box.height)}`);
    if (box.left < room.left - 1 || box.right > room.right + 1) faults.push(`${name}: sticks out of the room`);
    for (const [other, theirs] of tiles)
      if (other !== tile && !small && !other.matches(".duo > .me") && box.left < theirs.right - 1
        && theirs.left < box.right - 1 && box.top < theirs.bottom - 1 && theirs.top < box.bottom - 1)
        faults.push(`${name} over ${other.innerText.trim()}`);
  }
  for (const control of document.querySelectorAll("#mic, #camera, #leave, #settle, #gather")) {
    const at = control.getBoundingClientRect();
    const top = document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2);
    if (at.width && at.bottom <= innerHeight && !control.contains(top)) faults.push(`#${control.id} is covered`);
  }
  return faults;
}"""


@contextlib.asynccontextmanager
async def talking(folder: Path) -> AsyncIterator[Stage]:
    """Both parties and the mediator are in the joint room."""
    (folder / "media").mkdir()
    async with platform(folder, free_port()) as url, async_playwright() as playwright:
        stage = Stage(playwright, url, folder)
        await acts.report(stage)
        await acts.accept(stage)
        await acts.take_on(stage)
        for who, pitch in ((ZHANG, 523), (LIU, 330)):
            await acts.come_in(stage, who, pitch)
        await acts.admit(stage)
        yield stage


async def come_again(stage: Stage, mode: str, language: str) -> None:
    """Everybody opens the room again, in another mode and language."""
    for name in SIZES:
        page = stage.pages[name]
        cookies = [
            {"name": "mode", "value": mode, "url": stage.url},
            {"name": "lang", "value": language, "url": stage.url},
        ]
        await page.context.add_cookies(cookies)  # type: ignore[arg-type]
        await page.reload()
    await all_there(stage, "joint", SIZES, 2)


async def all_there(stage: Stage, place: str, names: Iterable[str], others: int) -> None:
    """Wait until each of these is in the room and has everybody's picture there."""
    for name in names:
        page = stage.pages[name]
        await expect(page.locator(f"[data-place={place}]")).to_be_visible()
        await expect(page.locator(".tile video")).to_have_count(others + 1)
        playing = "() => [...document.querySelectorAll('.tile video')].every((video) => video.videoWidth > 0)"
        await page.wait_for_function(playing)


async def faults_of(page: Page, name: str, language: str) -> list[str]:
    """Everything wrong with the page as it stands, at each of its sizes."""
    found = await axe_faults(page)
    if language == "en":
        left = [line.strip() for line in await chinese_left(page, SPOKEN)]
        found += [line for line in left if line]
    for size in SIZES[name]:
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        found += [f"{size['width']}: {fault}" for fault in [*await page.evaluate(LAID_OUT), *await sideways(page)]]
    await page.set_viewport_size(SIZES[name][0])  # type: ignore[arg-type]
    return found


async def picture(stage: Stage, label: str) -> None:
    """Keep what everybody sees, for whoever looks."""
    for name in SIZES:
        await stage.pages[name].screenshot(path=stage.out / f"{label}-{name}.png")


@pytest.mark.timeout(900)
async def test_the_rooms_are_for_everybody_while_people_are_in_them(tmp_path: Path) -> None:
    found = {}
    async with talking(tmp_path) as stage:
        for label, mode, language in (("standard", "", "zh"), ("elder", "elder", "zh"), ("english", "", "en")):
            await come_again(stage, mode, language)
            await picture(stage, f"joint-{label}")
            for name in SIZES:
                found[f"joint {label} {name}"] = await faults_of(stage.pages[name], name, language)
            await shown_and_asked(stage, label)
            await picture(stage, f"staged-{label}")
            for name in SIZES:
                found[f"staged {label} {name}"] = await faults_of(stage.pages[name], name, language)
            await into_caucus(stage)
            await picture(stage, f"caucus-{label}")
            for name in SIZES:
                found[f"caucus {label} {name}"] = await faults_of(stage.pages[name], name, language)
            await stage.pages["wang"].click("#gather")
            await all_there(stage, "joint", SIZES, 2)
    assert [f"{where}: {fault}" for where, faults in found.items() for fault in faults] == []


async def shown_and_asked(stage: Stage, label: str) -> None:
    """A photograph lies on the stage, a party points at it, and a fact is put to both that nobody has answered yet."""
    page = stage.pages["wang"]
    for _old in range(await page.locator("[data-fact]").count()):
        before = await page.locator("[data-fact]").count()
        await page.locator("[data-fact] .text-btn").last.click()
        await expect(page.locator("[data-fact]")).to_have_count(before - 1)
    await page.click("#exhibit")
    await expect(page.locator("dialog[open] [data-picture]")).to_be_visible()
    assert await axe_faults(page) == []
    await page.locator("[data-picture]").click()
    await page.fill("#fact-text", FACTS[label])
    await page.click("#fact-put")
    for name in SIZES:
        seen = stage.pages[name]
        await seen.wait_for_function("() => document.querySelector('#stage img')?.naturalWidth > 0")
        await expect(seen.locator("#facts")).to_contain_text(FACTS[label])
    await stage.pages[LIU[0]].locator(".touch").click()
    await expect(stage.pages[ZHANG[0]].locator(".pointer")).to_be_visible()


async def into_caucus(stage: Stage) -> None:
    """The mediator talks to 张桂兰 alone, 刘志强 waits; what is asked before is for everybody too."""
    page = stage.pages["wang"]
    await page.locator("[data-caucus]").first.click()
    await expect(page.locator("dialog[open]")).to_be_visible()
    assert await axe_faults(page) == []
    await stage.pages["wang"].screenshot(path=stage.out / f"ask-{stage.step}.png")
    await page.locator("dialog .btn.big").click()
    await all_there(stage, "caucus", ("wang", ZHANG[0]), 1)
    await expect(stage.pages[LIU[0]].locator("[data-place=lobby]")).to_be_visible()
