"""Signing in real Chromium: keys that never leave it, everybody at once, and a page that signs nothing else."""

import asyncio
import base64
import json
from contextlib import AsyncExitStack
from typing import Any

from asn1crypto import cms
from browser.browsers import DESK, seat
from conftest import Town
from journey_agreements import frozen
from journey_cases import audit_of
from people import Person
from playwright.async_api import Browser, Page, Route, expect

from documents.report import Verdict
from documents.validation import verify

STROKES = (((0.2, 0.1), (0.8, 0.12)), ((0.5, 0.04), (0.45, 0.28)), ((0.3, 0.5), (0.75, 0.6)))
HELD = """async () => {
  const db = await new Promise((resolve, reject) => {
    const asked = indexedDB.open("yuntiao-keys", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("held");
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const all = await new Promise((resolve) => {
    const asked = db.transaction("held").objectStore("held").getAll();
    asked.onsuccess = () => resolve(asked.result);
  });
  db.close();
  return Promise.all(all.map(async (one) => {
    const out = { type: one.key.type, extractable: one.key.extractable, curve: one.key.algorithm.namedCurve, left: "" };
    for (const format of ["jwk", "pkcs8"]) {
      await crypto.subtle.exportKey(format, one.key).then(() => (out.left += format), () => undefined);
    }
    return out;
  }));
}"""


async def draw(page: Page) -> None:
    """Draw a name on the pad with the finger."""
    box = await page.locator("#pad").bounding_box()
    assert box is not None
    for start, end in STROKES:
        await page.mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
        await page.mouse.down()
        await page.mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=4)
        await page.mouse.up()
    await expect(page.locator("#pad-done")).to_be_disabled()  # nobody's consent is ticked for them
    await page.check("#pad-agree")


async def read_to_the_pad(page: Page, case_id: str) -> None:
    """Read the three places, one after the other, and open the pad."""
    await page.goto(f"/cases/{case_id}/agreement/sign")
    await expect(page.locator("#reading")).to_contain_text("捌仟陆佰元整")
    for _place in range(3):
        await page.click("#next")
    await page.get_by_role("button", name="看清了，我来签名").click()
    await draw(page)


async def file_of(person: Person, case_id: str) -> bytes:
    return (await person.get(f"/cases/{case_id}/agreement/file.pdf")).content


async def test_two_people_and_the_mediator_sign_at_once_and_all_signatures_hold(
    town: Town, chromium: Browser, base: str
) -> None:
    case_id = await frozen(town)
    wang = await town.staff("wang")
    async with AsyncExitStack() as stack:
        pages = []
        for name in ("张桂兰", "刘志强"):
            page = await stack.enter_async_context(seat(chromium, base, await town.party(case_id, name)))
            await read_to_the_pad(page, case_id)
            pages.append(page)
        desk = await stack.enter_async_context(seat(chromium, base, wang, viewport=DESK))
        await desk.goto(f"/cases/{case_id}/agreement/signing")
        await expect(desk.locator("[data-act=sign]:not([aria-disabled=true])")).to_have_count(0)
        await asyncio.gather(*(page.click("#pad-done") for page in pages))
        for page in pages:
            await expect(page.get_by_role("heading", name="您签好了")).to_be_visible()
        await desk.click("[data-act=sign]:not([aria-disabled=true])")  # the button came by itself
        await draw(desk)
        await desk.click("#pad-done")
        await expect(desk.locator("[data-field=mediator]")).to_have_attribute("data-signed", "yes")
        assert [await page.evaluate(HELD) for page in (*pages, desk)] == [[], [], []]  # one paper, one key
    assert (await (await town.staff("zhou")).api("POST", f"/api/cases/{case_id}/agreement/seal", {})).status == 200
    pdf = await file_of(wang, case_id)
    report = await asyncio.to_thread(verify, pdf, town.platform.signer.roots, now=town.clock.now())
    assert report.verdict is Verdict.VALID, report.to_json()
    assert {one.field for one in report.signers} == {"platform", "party-1", "party-2", "mediator", "seal"}


async def test_a_file_that_was_changed_on_the_way_is_not_signed(town: Town, chromium: Browser, base: str) -> None:
    case_id = await frozen(town)

    async def other_file(route: Route) -> None:
        answer = await route.fetch()
        body = bytearray(await answer.body())
        body[len(body) // 3] ^= 1
        await route.fulfill(response=answer, body=bytes(body))

    async with seat(chromium, base, await town.party(case_id, "张桂兰")) as page:
        await page.route("**/signatures/*/file", other_file)
        await read_to_the_pad(page, case_id)
        await page.click("#pad-done")
        await expect(page.locator("#error")).to_contain_text("和要签的对不上")
        held = await page.evaluate(HELD)
    assert held == [{"type": "private", "extractable": False, "curve": "P-256", "left": ""}]
    assert "agreement.sign" not in await audit_of(town, case_id)


async def test_attributes_with_anything_else_in_them_are_not_signed(town: Town, chromium: Browser, base: str) -> None:
    case_id = await frozen(town)

    async def one_more_attribute(route: Route) -> None:
        answer = await route.fetch()
        told: dict[str, Any] = json.loads(await answer.body())
        asked = cms.CMSAttributes.load(base64.b64decode(told["attributes"]))
        asked.append(cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": town.clock.now()})]}))
        told["attributes"] = base64.b64encode(asked.dump()).decode()
        await route.fulfill(response=answer, body=json.dumps(told))

    async with seat(chromium, base, await town.party(case_id, "张桂兰")) as page:
        await page.route("**/agreement/signatures", one_more_attribute)
        await read_to_the_pad(page, case_id)
        await page.click("#pad-done")
        await expect(page.locator("#error")).to_contain_text("和要签的对不上")
    assert "agreement.sign" not in await audit_of(town, case_id)
