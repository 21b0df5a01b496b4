"""Browser tests: a platform whose address is the one in the address bar, a Chromium, screenshots of failures."""

from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp.test_utils import unused_port
from browser.browsers import keep_screenshots, launch
from conftest import Town, running_town
from fakes import Clock
from playwright.async_api import Browser, async_playwright, expect

from server.demo.stage import PATIENCE
from server.settings import Settings

expect.set_options(timeout=PATIENCE)
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[misc]
    if report.failed:
        item.stash[FAILED] = True
    return report  # type: ignore[return-value]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Passkeys and links need the address that the browser sees."""
    return settings.model_copy(update={"public_url": f"http://localhost:{unused_port()}"})


@pytest.fixture
async def town(settings: Settings, clock: Clock) -> AsyncIterator[Town]:
    async with running_town(settings, clock, int(settings.public_url.rpartition(":")[2])) as found:
        yield found


@pytest.fixture
def base(settings: Settings) -> str:
    return settings.public_url


@pytest.fixture
async def chromium(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        if request.node.stash.get(FAILED, False):
            await keep_screenshots(browser, request.node.name)
        await browser.close()
