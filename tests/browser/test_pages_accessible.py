"""Every page for everybody: WCAG 2.2 AA in both modes, nothing sideways on a narrow phone, English to the end."""

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import unused_port
from browser.browsers import (
    DESK,
    NARROW,
    PHONE,
    axe_faults,
    chinese_left,
    keep_screenshots,
    launch,
    seat,
    sideways,
    take_cookies,
)
from conftest import SECRET, Town, running_town
from fakes import Clock
from journey_accounts import enter_by_invitation, link_for
from journey_agreements import CLAUSES, DRAFT, drafted, frozen
from journey_cases import LEAK, accepted, reported
from journey_court import call, docketed
from journey_meetings import meeting_open, scheduled
from people import Person
from playwright.async_api import Browser, async_playwright

from server.demo.town import PLACES, STAFF
from server.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = {  # name: (who, address); one letter for each case, see Walk
    "front": ("", "/"),
    "sign-in": ("", "/sign-in"),
    "apply": ("", "/apply"),
    "verify": ("", "/verify"),
    "verified": ("", "/verify/{code}"),
    "an address that is none": ("", "/nowhere"),
    "invitation": ("", "{invitation}"),
    "identity": ("", "{invitation}/identity"),
    "messages": ("", "/dev/messages"),
    "consent": ("new party", "/my/{new}/consent"),
    "my case": ("party", "/my/{planned}"),
    "device check": ("party", "/meetings/{planned_meeting}/check"),
    "waiting": ("party", "/meetings/{planned_meeting}/waiting"),
    "room of a party": ("open party", "/meetings/{open_meeting}/room"),
    "sign": ("frozen party", "/cases/{frozen}/agreement/sign"),
    "live draft": ("draft party", "/cases/{draft}/agreement/live"),
    "effective": ("court party", "/cases/{court}/agreement/effective"),
    "confirmation": ("court party", "/cases/{court}/confirmation"),
    "report": ("chen", "/report"),
    "my reports": ("chen", "/report/mine"),
    "intake": ("zhou", "/intake"),
    "case to accept": ("zhou", "/cases/{lead}"),
    "case to assign": ("zhou", "/cases/{new}"),
    "workbench": ("wang", "/workbench"),
    "case": ("wang", "/cases/{planned}"),
    "set a time": ("wang", "/cases/{planned}/meetings"),
    "room of the mediator": ("wang", "/meetings/{open_meeting}/room"),
    "draft": ("wang", "/cases/{draft}/agreement/draft"),
    "signing": ("wang", "/cases/{frozen}/agreement/signing"),
    "passkeys": ("wang", "/passkeys"),
    "inbox": ("sun", "/court/inbox"),
    "court case of the clerk": ("sun", "/court/confirmations/{confirmation}"),
    "reviews": ("gao", "/court/reviews"),
    "call an inquiry": ("gao", "/court/confirmations/{confirmation}/inquiry"),
    "room of the judge": ("gao", "/meetings/{inquiry}/room"),
    "invitation of the court": ("", "{court_invitation}"),
    "waiting for the judge": ("court party", "/meetings/{inquiry}/waiting"),
    "court case of the judge": ("gao", "/court/confirmations/{confirmation}"),
    "deliveries": ("admin", "/admin/deliveries"),
}
DESKS = frozenset({"zhou", "wang", "sun", "gao", "admin"})
PEOPLE = {*(person.name for person in STAFF), LEAK["applicant_name"], LEAK["respondent_name"]}
INITIALS = {name[0] for name in PEOPLE}  # drawn where a photograph would be
NUMBERS = range(1, 9)
CASE_NUMBERS = {f"（2026）滨望人调字第{n}号" for n in NUMBERS} | {f"（2026）连0202诉前调确{n}号" for n in NUMBERS}
OWN_WORDS = (  # names, and what people wrote themselves
    {text for place in PLACES for text in (place.name, place.short_name, place.address) if text}
    | {text for clause in CLAUSES for text in clause.values()}
    | {text for text in (*LEAK.values(), *DRAFT.values()) if isinstance(text, str)}
    | {"刘*强", "张*兰", "王*", "云调平台", *CASE_NUMBERS, *PEOPLE}
)


def phones(number: int) -> dict[str, str]:
    """Telephones of one case only: the links and codes of the cases must not be mixed up."""
    return {"applicant_phone": f"1380000{number}111", "respondent_phone": f"1380000{number}222"}


@dataclass
class Walk:
    """One town with a case at every stage, and a browser."""

    town: Town
    browser: Browser
    base: str
    places: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    async def prepare(self) -> None:
        town, places = self.town, self.places
        places["court"], places["confirmation"] = await docketed(town, **phones(1))
        places["inquiry"] = await call(town, places["court"], places["confirmation"])
        places["court_invitation"] = await link_for(town, places["court"], "张桂兰")
        places["draft"] = await drafted(town, **phones(2))
        places["frozen"] = await frozen(town, **phones(3))
        places["open"], places["open_meeting"] = await meeting_open(town, **phones(4))
        places["planned"], places["planned_meeting"] = await scheduled(town, **phones(5))
        places["new"] = await accepted(town, **phones(6))
        places["lead"] = await reported(town, **phones(7))
        places["invitation"] = await link_for(town, places["new"], "张桂兰")
        places["code"] = await self._code(places["court"])
        self.people[""] = town.stranger()
        await self.people[""].post(places["invitation"])
        for stage in ("court", "draft", "frozen", "open", "planned"):
            self.people[f"{stage} party"] = await town.party(places[stage], "张桂兰")
        self.people["party"] = self.people["planned party"]
        self.people["new party"] = town.stranger()
        await enter_by_invitation(town, self.people["new party"], places["new"], "刘志强", consent=False)
        for name in ("chen", *DESKS):
            self.people[name] = await town.staff(name)

    async def _code(self, case_id: str) -> str:
        from sqlalchemy import select

        from server.agreements.models import Version

        async with self.town.platform.database.reading() as db:
            found: Any = await db.scalars(select(Version).where(Version.case_id == case_id))
            return str(found.first().verify_code)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def walk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Walk]:
    folder, port = tmp_path_factory.mktemp("pages"), unused_port()
    settings = Settings(
        development=True,
        demonstration=True,
        folder=folder,
        secret=SECRET,
        rates=False,
        public_url=f"http://localhost:{port}",
        media={"url": "http://127.0.0.1:1", "api_key": "key", "api_secret": SECRET},
    )
    async with running_town(settings, Clock(), port) as town, async_playwright() as playwright:
        browser = await launch(playwright)
        found = Walk(town, browser, settings.public_url)
        await found.prepare()
        yield found
        await browser.close()


def viewport(who: str) -> dict[str, int]:
    return DESK if who in DESKS else PHONE


@pytest.mark.parametrize("mode", ["standard", "elder"])
@pytest.mark.parametrize("name", PAGES)
async def test_the_page_is_for_everybody(walk: Walk, name: str, mode: str) -> None:
    who, path = PAGES[name]
    async with seat(walk.browser, walk.base, walk.people[who], viewport=viewport(who)) as page:
        await take_cookies(page.context, walk.base, {"mode": "elder" if mode == "elder" else ""})
        answer = await page.goto(path.format(**walk.places))
        assert answer is not None
        assert answer.status == (404 if name.startswith("an address") else 200), page.url
        await page.wait_for_load_state("load")
        faults = await axe_faults(page)
        headings = await page.locator("h1").count()
        await page.set_viewport_size(NARROW)  # a narrow phone, or a desk at 400 %
        wide = await sideways(page)
        if faults or wide or headings != 1:
            await keep_screenshots(walk.browser, f"{name}-{mode}")
        assert (faults, wide, headings) == ([], [], 1)
        assert await page.locator("html").get_attribute("lang") == "zh-CN"
        assert await page.title() != " · 云调"


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"messages"}))
async def test_the_english_page_is_english_to_the_end(walk: Walk, name: str) -> None:
    who, path = PAGES[name]
    async with seat(walk.browser, walk.base, walk.people[who], viewport=viewport(who), locale="en-GB") as page:
        await take_cookies(page.context, walk.base, {"lang": "en", "mode": ""})
        await page.goto(path.format(**walk.places))
        await page.wait_for_load_state("load")
        assert await page.locator("html").get_attribute("lang") == "en"
        await page.set_viewport_size(NARROW)
        wide = await sideways(page)
        left = [line for line in await chinese_left(page, OWN_WORDS) if line.strip() not in INITIALS]
        if left or wide:
            await keep_screenshots(walk.browser, f"{name}-english")
        assert (left, wide) == ([], [])


@pytest.mark.parametrize("name", ["front", "sign-in", "my case", "workbench"])
async def test_the_keyboard_reaches_the_content_first_and_every_act(walk: Walk, name: str) -> None:
    who, path = PAGES[name]
    async with seat(walk.browser, walk.base, walk.people[who], viewport=viewport(who)) as page:
        await page.goto(path.format(**walk.places))
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        wanted = await page.locator("a:visible, button:visible, input:visible, select:visible, summary:visible").count()
        reached = set()
        for _press in range(wanted + 5):
            reached.add(
                await page.evaluate(
                    "[...document.querySelectorAll('a, button, input, select, summary')].indexOf(document.activeElement)"
                )
            )
            await page.keyboard.press("Tab")
        assert len(reached - {-1}) >= wanted - 1


async def test_large_letters_are_larger_and_targets_bigger(walk: Walk) -> None:
    sizes = {}
    for mode in ("", "elder"):
        async with seat(walk.browser, walk.base, walk.people["party"]) as page:
            await take_cookies(page.context, walk.base, {"mode": mode})
            await page.goto(PAGES["my case"][1].format(**walk.places))
            button = await page.locator("#primary").bounding_box()
            assert button is not None
            letters = await page.evaluate("parseFloat(getComputedStyle(document.querySelector('.nnw dd')).fontSize)")
            sizes[mode] = (button["height"], letters)
    assert sizes[""][0] >= 56
    assert sizes["elder"][0] >= 76
    assert sizes["elder"][1] > sizes[""][1]


async def test_times_on_the_page_are_beijing_time_wherever_the_reader_is(walk: Walk) -> None:
    starts = (walk.town.clock.moment + dt.timedelta(hours=1)).astimezone(dt.timezone(dt.timedelta(hours=8)))
    async with seat(walk.browser, walk.base, walk.people["party"], timezone_id="America/Lima") as page:
        await page.goto(PAGES["my case"][1].format(**walk.places))
        assert f"{starts.month}月{starts.day}日" in await page.locator(".nnw").inner_text()
