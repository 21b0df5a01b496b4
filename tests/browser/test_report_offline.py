"""A grid worker's report on a bad connection: nothing is lost, nothing arrives twice, and the page says where it is."""

import asyncio
import re
from typing import Any

import pytest
from browser.browsers import seat
from conftest import Town
from playwright.async_api import Browser, FilePayload, Page, Route, expect
from sqlalchemy import select

from server.accounts.models import Membership
from server.accounts.permissions import Role
from server.cases.models import Attachment, Case
from server.demo.pictures import photo
from server.demo.town import PASSWORD

FIELDS = {
    "place": "望海街道海晏路9号楼502",
    "summary": "602室装修动了卫生间地面，502室顶棚渗水。",
    "applicant_name": "张桂兰",
    "applicant_phone": "13800001111",
    "respondent_name": "刘志强",
    "respondent_phone": "13800002222",
}
PHOTO = FilePayload(name="leak.png", mimeType="image/png", buffer=photo())


PUT_AWAY = """async () => {
  const cache = await caches.open("report-1");
  return Boolean(await cache.match("/report")) && (await cache.keys()).length > 3;
}"""


async def fill(page: Page, title: str, **changes: str) -> None:
    await page.set_input_files("#f-photos", files=PHOTO)
    for name, value in {"title": title, **FIELDS, **changes}.items():
        await page.fill(f"#f-{name}", value)


async def arrived(town: Town) -> list[str]:
    async with town.platform.database.reading() as db:
        return list(await db.scalars(select(Case.title).order_by(Case.reported_at)))


async def has_arrived(town: Town, *titles: str) -> None:
    async with asyncio.timeout(60):
        while sorted(await arrived(town)) != sorted(titles):
            await asyncio.sleep(0.1)


async def visited(page: Page) -> None:
    """Visit once with a signal, until everything is put away for a visit without one."""
    await page.goto("/report")
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    async with asyncio.timeout(60):
        while not await page.evaluate(PUT_AWAY):
            await asyncio.sleep(0.1)


async def test_a_report_filled_in_without_a_signal_arrives_with_its_photo_when_there_is_one(
    town: Town, chromium: Browser, base: str
) -> None:
    async with seat(chromium, base, await town.staff("chen")) as page:
        await visited(page)
        await page.context.set_offline(True)
        await page.goto("/report")
        await expect(page.get_by_role("heading", name="报一件事")).to_be_visible()
        for title in ("楼上漏水", "楼道堆东西"):
            await fill(page, title)
            await page.click("#send")
            await expect(page.locator("#f-title")).to_have_value("")
        await expect(page.locator("#offline")).to_contain_text("还有 2 件存在手机里，有网自动上报")
        await page.reload()
        await expect(page.locator("#offline")).to_contain_text("还有 2 件")
        assert await arrived(town) == []
        await page.context.set_offline(False)
        await has_arrived(town, "楼上漏水", "楼道堆东西")
        await expect(page.locator("#offline")).to_be_hidden()
    async with town.platform.database.reading() as db:
        photos = list(await db.scalars(select(Attachment)))
    assert [len(town.platform.blobs.get(one.sha256)) for one in photos] == [len(PHOTO["buffer"])] * 2


async def test_a_report_whose_answer_was_lost_is_sent_again_and_is_one_report(
    town: Town, chromium: Browser, base: str
) -> None:
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        lost += 1
        await route.fetch()
        await route.abort("connectionreset")

    async with seat(chromium, base, await town.staff("chen")) as page:
        await page.goto("/report")
        await page.route("**/api/reports", lose, times=1)
        await fill(page, "楼上漏水")
        await page.click("#send")
        await expect(page.locator("#offline")).to_contain_text("还有 1 件")
        assert await arrived(town) == ["楼上漏水"]
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(page.locator("#offline")).to_be_hidden()
    assert (lost, await arrived(town)) == (1, ["楼上漏水"])


async def test_a_sign_in_that_ran_out_is_told_and_after_the_next_one_the_report_arrives(
    town: Town, chromium: Browser, base: str
) -> None:
    async with seat(chromium, base, await town.staff("chen")) as page:
        await visited(page)
        await page.context.clear_cookies()
        await fill(page, "楼上漏水")
        await page.click("#send")
        await expect(page.locator("#offline")).to_contain_text("登录过期了。还有 1 件存在手机里，一件没丢")
        assert await arrived(town) == []
        await page.click("#sign-in-again")
        await page.fill("#f-username", "chen")
        await page.fill("#f-password", PASSWORD)
        await page.click("main form button")
        await page.wait_for_url("**/report")
        await has_arrived(town, "楼上漏水")
        await expect(page.locator("#offline")).to_be_hidden()


async def test_what_somebody_else_kept_on_the_same_phone_is_not_sent_in_my_name(
    town: Town, chromium: Browser, base: str
) -> None:
    async with town.platform.database.writing() as db:
        db.add(Membership(user_id=town.ids["tang"], organization_id=town.ids["grid"], role=Role.GRID))
    async with seat(chromium, base, await town.staff("chen")) as page:
        await visited(page)
        await page.context.set_offline(True)
        await fill(page, "楼上漏水")
        await page.click("#send")
        await expect(page.locator("#offline")).to_contain_text("还有 1 件")
        owner = await page.locator("#report").get_attribute("data-owner")
        await page.goto("about:blank")
        await page.context.set_offline(False)
        await page.context.clear_cookies()
        await page.goto(f"{base}/sign-in?next=/report")
        await page.fill("#f-username", "tang")
        await page.fill("#f-password", PASSWORD)
        await page.click("main form button")
        await page.wait_for_url(re.compile(r"(?<!sign-in\?next=/report)$"))
        await page.goto("/report")
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        assert await page.locator("#report").get_attribute("data-owner") != owner
        await expect(page.locator("#offline")).to_be_hidden()
        assert await arrived(town) == []


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
async def test_a_report_that_is_refused_comes_back_into_the_form_with_its_photo(
    town: Town, chromium: Browser, base: str, lang: str
) -> None:
    async with seat(chromium, base, await town.staff("chen"), locale=lang) as page:
        await page.context.add_cookies([{"name": "lang", "value": lang, "url": base}])
        await page.goto("/report")
        await fill(page, "楼上漏水", applicant_phone="12345")
        await page.click("#send")
        told = {"zh-CN": "有几项还要改一改", "en": "need"}[lang]
        await expect(page.locator("#error")).to_contain_text(told)
        assert await page.locator("#f-title").input_value() == "楼上漏水"
        assert await page.evaluate("document.querySelector('#f-photos').files[0].size") == len(PHOTO["buffer"])
        wrong: Any = await page.evaluate("document.querySelector('#f-applicant_phone').validationMessage")
        assert wrong
        await page.fill("#f-applicant_phone", "13800001111")
        await page.click("#send")
        await page.wait_for_url("**/report/mine")
    assert await arrived(town) == ["楼上漏水"]
