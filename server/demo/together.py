"""The acts in the joint room: a photograph is shown and pointed at, a fact is put and agreed to by both."""

from playwright.async_api import expect

from server.demo.acts import LIU, ZHANG
from server.demo.stage import Failed, Stage

FACT = "10月20日602室装修动了卫生间地面，没有做闭水试验。"
SEEN = "() => document.querySelector('#stage img')?.naturalWidth > 0"


async def show_and_point(stage: Stage) -> None:
    """The mediator shows the grid worker's photograph; a party points, and the others see who and where."""
    page, others = stage.pages["wang"], [stage.pages[ZHANG[0]], stage.pages[LIU[0]]]
    await page.click("#exhibit")
    await page.locator("[data-picture]").first.click()
    for each in (page, *others):
        await expect(each.locator("#stage figcaption")).to_contain_text("卫生间顶棚.png", timeout=15_000)
        await each.wait_for_function(SEEN)
    await stage.pages[LIU[0]].locator("#stage .touch").click()
    for each in (page, others[0]):
        await expect(each.locator(".pointer")).to_have_text(f"{LIU[0]}指着：这里")
    if await others[1].locator(".pointer").inner_text() != "您指着：这里":
        raise Failed("not so: who points sees the own mark")


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
