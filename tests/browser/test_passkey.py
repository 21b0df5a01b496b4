"""Passkeys in a real browser, with an authenticator that Chromium plays."""

import re

from browser.browsers import DESK, seat
from conftest import Town
from playwright.async_api import Browser, Page, expect

from server.demo.town import PASSWORD

FINGER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def with_authenticator(page: Page) -> None:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": FINGER})


async def sign_in_by_password(page: Page) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("用户名").fill("wang")
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.wait_for_url("**/workbench")


async def add_passkey(page: Page) -> None:
    await page.goto("/passkeys")
    await page.get_by_role("button", name="在这台设备上加一个").click()


async def sign_out(page: Page) -> None:
    await page.get_by_role("button", name="退出").click()
    await expect(page).to_have_url(re.compile(r"://[^/]+/$"))


async def test_a_passkey_is_added_and_opens_the_door_without_a_password(
    town: Town, chromium: Browser, base: str
) -> None:
    async with seat(chromium, base, viewport=DESK) as page:
        await with_authenticator(page)
        await sign_in_by_password(page)
        await add_passkey(page)
        await expect(page.get_by_role("button", name="删掉")).to_have_count(1)
        await sign_out(page)
        await page.goto("/sign-in")
        await page.get_by_role("button", name="用通行密钥登录").click()
        await page.wait_for_url("**/workbench")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("王敏")


async def test_a_removed_passkey_opens_nothing_and_the_page_says_so(town: Town, chromium: Browser, base: str) -> None:
    async with seat(chromium, base, viewport=DESK) as page:
        await with_authenticator(page)
        await sign_in_by_password(page)
        await add_passkey(page)
        await page.get_by_role("button", name="删掉").click()
        await expect(page.get_by_text("还没有通行密钥")).to_be_visible()
        await sign_out(page)
        await page.goto("/sign-in")
        await page.get_by_role("button", name="用通行密钥登录").click()
        await expect(page.get_by_role("alert")).to_contain_text("没有通过核对")
        await expect(page).to_have_url(f"{base}/sign-in")


async def test_the_same_device_is_not_added_twice_and_says_it_in_words(
    town: Town, chromium: Browser, base: str
) -> None:
    async with seat(chromium, base, viewport=DESK) as page:
        await with_authenticator(page)
        await sign_in_by_password(page)
        await add_passkey(page)
        await expect(page.get_by_role("button", name="删掉")).to_have_count(1)
        await add_passkey(page)
        await expect(page.get_by_role("alert")).to_contain_text("这台设备上已经有一个了")
        await expect(page.get_by_role("button", name="删掉")).to_have_count(1)


async def test_whoever_turns_the_browsers_question_away_can_still_use_the_password(
    town: Town, chromium: Browser, base: str
) -> None:
    async with seat(chromium, base, viewport=DESK) as page:
        await with_authenticator(page)
        await page.goto("/sign-in")
        await page.get_by_role("button", name="用通行密钥登录").click()
        await expect(page.get_by_role("alert")).to_contain_text("用密码登录")
        await sign_in_by_password(page)
