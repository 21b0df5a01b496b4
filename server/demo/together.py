"""The acts in the joint room: a photograph is shown and pointed at, a fact is put and agreed to by both."""

import asyncio

from playwright.async_api import expect

from server.demo.acts import LIU, ZHANG
from server.demo.stage import Stage

FACT = "10月20日602室装修动了卫生间地面，没有做闭水试验。"
SEEN = "() => document.querySelector('#stage img')?.naturalWidth > 0"


async def show_and_point(stage: Stage) -> None:
    """The mediator shows the grid worker's photograph; a party points, and the others see who and where."""
    page, others = stage.pages["wang"], [stage.pages[ZHANG[0]], stage.pages[LIU[0]]]
    await page.click("#exhibit")
    await page.locator("[data-picture]").first.click()
    for each in (page, *others):
        await expect(each.locator("#stage figcaption")).to_contain_text("卫生间顶棚.png")
        await each.wait_for_function(SEEN)
    marks = [expect(each.locator(".pointer")).to_have_text(f"{LIU[0]}指着：这里") for each in (page, others[0])]
    own = expect(others[1].locator(".pointer")).to_have_text("您指着：这里")
    # a mark is shown for some seconds only, so all look while the finger comes down
    await asyncio.gather(*marks, own, others[1].locator("#stage .touch").click())


async def agree(stage: Stage) -> None:
    """The mediator puts a fact; each party says it is so; it stands in the minutes."""
    page = stage.pages["wang"]
    await page.fill("#fact-text", FACT)
    await page.click("#fact-put")
    for name in (ZHANG[0], LIU[0]):
        seat = stage.pages[name]
        await expect(seat.locator("#facts .said")).to_have_text(FACT)
        await seat.locator("#facts").get_by_role("button", name="是这样").click()
        await expect(page.locator("#facts-list .yes").filter(has_text=name)).to_be_visible()
    await expect(page.locator("#minutes")).to_contain_text(f"都认：{FACT}")
    await page.click("#put-away")
    await expect(stage.pages[ZHANG[0]].locator("#stage")).to_be_hidden()
