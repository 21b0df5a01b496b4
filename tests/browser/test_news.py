"""News while somebody does something: no press is lost, no focus, no words, and no news either."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from browser.browsers import DESK, seat
from conftest import Town
from journey_cases import reported
from journey_court import call, docketed
from journey_meetings import meeting_open, party_id, scheduled
from playwright.async_api import Browser, Page, Request, Route, expect

ZHANG, LIU = "张桂兰", "刘志强"
NO_CLOCK = "window.setInterval = () => 0;"  # what is shown is shown by news, not because some seconds passed


async def arrives(town: Town, case_id: str, meeting_id: str, name: str) -> str:
    """A party opens the waiting page; return who they are in the room."""
    assert (await (await town.party(case_id, name)).get(f"/meetings/{meeting_id}/waiting")).status == 200
    return f"party-{await party_id(town, case_id, name)}"


async def unanswered(route: Route) -> None:
    """Leave a request without an answer, as a bad network does."""


@contextlib.asynccontextmanager
async def room(town: Town, chromium: Browser, base: str, meeting_id: str, *dead: str) -> AsyncIterator[Page]:
    """The mediator's room in which nothing comes by itself; addresses that are `dead` never answer."""
    async with seat(chromium, base, await town.staff("wang"), viewport=DESK) as page:
        await page.add_init_script(NO_CLOCK)
        for address in dead:
            await page.route(address, unanswered)
        await page.goto(f"/meetings/{meeting_id}/room")
        yield page


async def test_a_press_begun_before_news_come_is_an_act_after_them(town: Town, chromium: Browser, base: str) -> None:
    case_id, meeting_id = await scheduled(town)
    liu = await arrives(town, case_id, meeting_id, LIU)
    async with room(town, chromium, base, meeting_id) as page:
        await page.hover(f'[data-waiting="{liu}"] button')
        await page.mouse.down()
        await arrives(town, case_id, meeting_id, ZHANG)
        await expect(page.locator("[data-waiting]")).to_have_count(2)
        await page.mouse.up()
        await expect(page.locator(f'[data-inside="{liu}"]')).to_be_visible()


async def test_the_focus_and_a_running_act_outlive_news(town: Town, chromium: Browser, base: str) -> None:
    case_id, meeting_id = await meeting_open(town)
    zhang = f"party-{await party_id(town, case_id, ZHANG)}"
    async with room(town, chromium, base, meeting_id, "**/mute") as page:
        row = page.locator(f'[data-inside="{zhang}"]')
        await row.get_by_role("button", name="静音").press("Enter")
        await expect(row.locator("[aria-busy=true]")).to_have_text("静音")
        up = await (await town.party(case_id, ZHANG)).api("POST", f"/api/meetings/{meeting_id}/hand", {"up": True})
        assert up.status == 200, up.text
        await expect(row).to_contain_text("没听懂")
        await expect(row.locator("[aria-busy=true]")).to_have_text("静音")
        await expect(row.get_by_role("button", name="静音")).to_be_focused()


async def test_who_waits_is_shown_and_let_in_while_the_media_is_still_connecting(
    town: Town, chromium: Browser, base: str
) -> None:
    case_id, meeting_id = await scheduled(town)
    async with room(town, chromium, base, meeting_id, "**/join") as page:
        await expect(page.locator("#heard-who")).to_have_text("正在接通")
        for name in (LIU, ZHANG):
            who = await arrives(town, case_id, meeting_id, name)
            await page.locator(f'[data-waiting="{who}"] button').click()
            await expect(page.locator(f'[data-inside="{who}"]')).to_be_visible()


async def test_what_comes_of_ones_own_act_is_shown_without_waiting_for_news(
    town: Town, chromium: Browser, base: str
) -> None:
    case_id, meeting_id = await scheduled(town)
    liu = await arrives(town, case_id, meeting_id, LIU)
    async with room(town, chromium, base, meeting_id, "**/live?*") as page:
        await page.locator(f'[data-waiting="{liu}"] button').click()
        await expect(page.locator(f'[data-inside="{liu}"]')).to_be_visible()


async def test_lines_written_faster_than_they_arrive_all_arrive_in_their_order(
    town: Town, chromium: Browser, base: str
) -> None:
    _case_id, meeting_id = await meeting_open(town)
    arriving = asyncio.Event()

    async def slowly(route: Route) -> None:
        await arriving.wait()
        await route.continue_()

    async with room(town, chromium, base, meeting_id) as page:
        await page.route("**/minutes", slowly)
        for line in ("第一句", "第二句"):
            await page.fill("#minute-text", line)
            await page.press("#minute-text", "Control+Enter")
        await page.fill("#minute-text", "还没写完")
        arriving.set()
        await expect(page.locator("#minutes li > span")).to_contain_text(["第一句", "第二句"])
        await expect(page.locator("#minute-text")).to_have_value("还没写完")


async def test_a_page_goes_on_following_after_a_fetch_that_failed(town: Town, chromium: Browser, base: str) -> None:
    async with seat(chromium, base, await town.staff("zhou"), viewport=DESK) as page:
        await page.goto("/intake")
        async with page.expect_event("requestfailed"):
            await page.route("**/intake", lambda route: route.abort())
            await reported(town, title="第一件事")
        await page.unroute("**/intake")
        await reported(town, title="第二件事")
        await expect(page.locator("#board")).to_contain_text("第二件事")
        await expect(page.locator("#board")).to_contain_text("第一件事")


@pytest.mark.parametrize("happens", [True, False])
async def test_what_happens_before_a_page_listens_is_shown_and_nothing_is_loaded_for_nothing(
    town: Town, chromium: Browser, base: str, *, happens: bool
) -> None:
    listening = asyncio.Event()
    fetched: list[str] = []

    async def late(route: Route) -> None:
        await listening.wait()
        await route.continue_()

    def note(request: Request) -> None:
        if request.resource_type == "fetch" and request.url.endswith("/intake"):
            fetched.append(request.url)

    async with seat(chromium, base, await town.staff("zhou"), viewport=DESK) as page:
        page.on("request", note)
        await page.route("**/live?*", late)
        async with page.expect_request("**/live?*"):
            await page.goto("/intake")
        if happens:
            await reported(town, title="还没听就来了")
        async with page.expect_response("**/live?*"):
            listening.set()
        if happens:
            await expect(page.locator("#board")).to_contain_text("还没听就来了")
        await reported(town, title="听着的时候来的")
        await expect(page.locator("#board")).to_contain_text("听着的时候来的")
    assert len(fetched) == (2 if happens else 1)


async def test_a_region_is_shown_anew_around_the_words_that_somebody_is_writing(
    town: Town, chromium: Browser, base: str
) -> None:
    case_id, confirmation_id = await docketed(town)
    async with seat(chromium, base, await town.staff("gao"), viewport=DESK) as page:
        await page.goto(f"/court/confirmations/{confirmation_id}")
        await page.locator("#f-note").press_sequentially("双方到场，")
        await call(town, case_id, confirmation_id)
        await expect(page.locator("#inquiry")).to_contain_text("约好了")
        await expect(page.locator("#f-note")).to_be_focused()
        await page.keyboard.type("均称自愿。")
        await expect(page.locator("#f-note")).to_have_value("双方到场，均称自愿。")
