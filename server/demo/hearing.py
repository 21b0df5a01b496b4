"""The acts of the court's inquiry: the judge calls both, both come as they came to the mediation, both are asked."""

import re

from playwright.async_api import expect

from server.demo.acts import LIU, LOUD, MOVES, SEAT, ZHANG, sign_in, until
from server.demo.papers import go
from server.demo.stage import Stage

ASKED = ("协议是你们自己愿意签的吗？内容都明白吗？", "有没有串通、损害别人的地方？")


async def call(stage: Stage) -> None:
    """The judge reads the packet and calls both to a video hearing."""
    page = await sign_in(stage, "gao", speaks=587)
    await page.goto(f"{stage.url}/court/reviews")
    await page.locator("[data-confirmation] a").first.click()
    await expect(page.locator("#pages canvas").first).to_be_visible()
    await page.click("#call")
    await page.get_by_role("button", name="约好，通知双方").click()
    await expect(page.locator("#inquiry")).to_contain_text("约好了")


async def come(stage: Stage) -> None:
    """Each party opens the own page, tries the devices and waits for the judge."""
    for name, _phone in (ZHANG, LIU):
        page = stage.pages[name]
        await go(page, f"{stage.url}/cases/{stage.case_id}/confirmation")
        await expect(page.locator("#status")).to_contain_text("法官约您视频问几句")
        await page.click("#primary")
        await expect(page.locator("#light-camera")).to_have_class(re.compile("ok"))
        await page.click("#enter")
        await expect(page.get_by_role("heading", name="您已经到了")).to_be_visible()
        await expect(page.locator("#why")).to_contain_text("法官知道您到了")


async def ask(stage: Stage) -> None:
    """The judge lets both in; all see and hear each other; what is asked is written down; the hearing ends."""
    page = stage.pages["gao"]
    await page.click("#enter")
    await expect(page.locator("[data-waiting]")).to_have_count(2)
    for left in (1, 0):
        await page.locator("[data-waiting] button").first.click()
        await expect(page.locator("[data-waiting]")).to_have_count(left)
    judge = await page.locator(SEAT).get_attribute("data-identity") or ""
    for name, _phone in (ZHANG, LIU):
        party = stage.pages[name]
        await expect(party.locator("[data-place=joint]")).to_be_visible()
        await until(party, MOVES, judge, 10, f"{name} sees the judge move")
        await until(party, LOUD, judge, 0.02, f"{name} hears the judge")
        own = await party.locator(SEAT).get_attribute("data-identity") or ""
        await until(page, MOVES, own, 10, f"the judge sees {name} move")
    await page.locator("#minute-speaker").select_option("高远")
    for number, line in enumerate(ASKED, 1):
        await page.fill("#minute-text", line)
        await page.click("#minute-write")
        await expect(page.locator("#minutes li")).to_have_count(number)


async def end(stage: Stage) -> None:
    """The hearing ends; both were there together; its minutes lie before the judge, who goes on to the review."""
    page = stage.pages["gao"]
    await page.click("#conclude")
    await page.get_by_role("button", name="结束询问", exact=True).click()
    await expect(page.locator("#inquiry[data-together=yes]")).to_be_visible()
    await expect(page.locator("#f-note")).to_have_value(re.compile(ASKED[0]))
    await page.get_by_role("button", name="问过了，进入审查").click()
    await expect(page.locator("[data-state=review]")).to_be_visible()
