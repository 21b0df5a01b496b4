"""The acts from the report to the meeting, as people do them in their browsers."""

import asyncio
import re

from playwright.async_api import FilePayload, Page, expect

from server.demo.pictures import photo
from server.demo.stage import Failed, Stage, arrived
from server.demo.town import PASSWORD

ZHANG, LIU = ("张桂兰", "13800001111"), ("刘志强", "13800002222")
TURNS = 60  # of asking again; each takes a moment
SEAT = "[data-meeting][data-identity]"  # the room itself: the waiting page has a meeting too, but no seat yet
MOVES = """async (identity) => {
  const video = document.querySelector(`video[data-identity="${identity}"]`);
  if (!video || !video.videoWidth) return 0;
  const canvas = document.createElement("canvas");
  canvas.width = 64; canvas.height = 48;
  const context = canvas.getContext("2d");
  const look = () => { context.drawImage(video, 0, 0, 64, 48); return context.getImageData(0, 0, 64, 48).data; };
  const first = look();
  await new Promise((resolve) => setTimeout(resolve, 700));
  const second = look();
  let changed = 0;
  for (let index = 0; index < first.length; index += 4) if (Math.abs(first[index] - second[index]) > 24) changed += 1;
  return changed;
}"""
LOUD = """async (identity) => {
  const audio = document.querySelector(`audio[data-identity="${identity}"]`);
  if (!audio || !audio.srcObject) return 0;
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(audio.srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  for (let turn = 0; turn < 15; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    analyser.getFloatTimeDomainData(samples);
    for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
  }
  await context.close();
  return loudest;
}"""


async def sign_in(stage: Stage, username: str, *, speaks: int = 0) -> Page:
    """A member of staff signs in."""
    page = await stage.person(username, speaks=speaks, phone=username == "chen")
    await page.goto(f"{stage.url}/sign-in")
    await page.fill("#f-username", username)
    await page.fill("#f-password", PASSWORD)
    await page.click("main form button")
    await arrived(page, "(?<!sign-in)")
    return page


async def report(stage: Stage) -> None:
    """The grid worker reports what was seen, with a photograph."""
    page = await sign_in(stage, "chen")
    await page.goto(f"{stage.url}/report")
    await page.set_input_files(
        "#f-photos", files=FilePayload(name="卫生间顶棚.png", mimeType="image/png", buffer=photo())
    )
    fields = {
        "title": "楼上漏水到楼下",
        "place": "望海街道海晏路9号楼502",
        "summary": "602室装修动了卫生间地面，没做闭水试验，502室顶棚渗水，墙皮脱落。",
        "applicant_name": ZHANG[0],
        "applicant_phone": ZHANG[1],
        "respondent_name": LIU[0],
        "respondent_phone": LIU[1],
        "demands": "做好防水，赔偿修复费用",
        "amount": "8600",
    }
    for name, value in fields.items():
        await page.fill(f"#f-{name}", value)
    await page.click("#send")
    await arrived(page, "/report/mine")
    stage.case_id = await page.locator("[data-case]").first.get_attribute("data-case") or ""


async def accept(stage: Stage) -> None:
    """The committee accepts and asks a mediator."""
    page = await sign_in(stage, "zhou")
    await page.goto(f"{stage.url}/intake")
    await page.click(f'[data-case="{stage.case_id}"] a')
    await page.get_by_role("button", name="受理", exact=True).click()
    await page.locator("#f-mediator").select_option(label="王敏")
    await page.get_by_role("button", name="问他有没有利害关系").click()
    await expect(page.locator("#ask")).to_contain_text("已经在问")


async def take_on(stage: Stage) -> None:
    """The mediator answers the conflict question and makes a date."""
    page = await sign_in(stage, "wang", speaks=440)
    await page.goto(f"{stage.url}/workbench")
    await page.click(f'[data-asked="{stage.case_id}"] a')
    await page.get_by_role("button", name="都没有，我来办").click()
    # the page that answers, not this one with the news of it
    await expect(page.locator("#conflict")).to_have_count(0)
    await page.click("#primary")
    await page.get_by_role("button", name="约好，通知双方").click()
    await expect(page.locator("[data-state=scheduled]")).to_be_visible()


async def latest_message(stage: Stage, phone: str, pattern: str) -> str:
    """Read the development page of messages, as a telephone would show them."""
    page = stage.pages.get("messages") or await stage.person("messages", phone=True)
    for _turn in range(TURNS):
        await page.goto(f"{stage.url}/dev/messages")
        texts = await page.locator(f'[data-phone="{phone}"]').all_inner_texts()
        found = next((hit.group(1) for text in texts if (hit := re.search(pattern, text))), None)
        if found:
            return found
        await asyncio.sleep(0.3)
    raise Failed(f"no message for {phone} that fits {pattern}")


async def come_in(stage: Stage, who: tuple[str, str], speaks: int) -> None:
    """A party opens the link, proves the telephone, answers what is asked, tries the devices, waits."""
    name, phone = who
    page = await stage.person(name, phone=True, speaks=speaks)
    await page.goto(stage.url + await latest_message(stage, phone, r"点 \S*(/i/[\w-]+)"))
    await page.get_by_role("button", name="我来参加").click()
    await arrived(page, "/identity")
    await page.fill("#f-code", await latest_message(stage, phone, r"验证码 (\d{6})"))
    await page.get_by_role("button", name="核对，下一步").click()
    await arrived(page, "/consent")
    for kind in ("mediation", "video", "e_signature", "e_delivery"):
        await page.locator(f"input[name={kind}][value=yes]").check()
    await page.get_by_role("button", name="我听清了").click()
    await page.get_by_role("link", name="进等候室").click()
    await expect(page.locator("#light-camera")).to_have_class(re.compile("ok"))
    await expect(page.locator("#light-mic")).to_have_class(re.compile("ok"))
    await page.click("#enter")
    await expect(page.get_by_role("heading", name="您已经到了")).to_be_visible()


async def admit(stage: Stage) -> None:
    """The mediator opens the room, hears the chime, and lets both in."""
    page = stage.pages["wang"]
    await page.goto(f"{stage.url}/cases/{stage.case_id}")
    await page.click("#primary")
    await expect(page.locator("[data-waiting]")).to_have_count(2)
    await expect(page.locator("#lobby")).to_have_attribute("data-chimed", "2")
    for left in (1, 0):
        await page.locator("[data-waiting] button").first.click()
        await expect(page.locator("[data-waiting]")).to_have_count(left)


async def see_and_hear(stage: Stage) -> None:
    """Everybody sees everybody else move and hears them."""
    people = {name: stage.pages[name] for name in ("wang", ZHANG[0], LIU[0])}
    identities = {name: await page.locator(SEAT).get_attribute("data-identity") for name, page in people.items()}
    for name, page in people.items():
        for other, identity in identities.items():
            if other != name:
                await until(page, MOVES, identity or "", 10, f"{name} sees {other} move")
                await until(page, LOUD, identity or "", 0.02, f"{name} hears {other}")
        await expect(page.locator("#heard-who")).not_to_be_empty()


async def until(page: Page, script: str, identity: str, least: float, words: str) -> None:
    """Ask the page until the answer is at least so much; raises Failed with these words."""
    for _turn in range(TURNS):
        if await page.evaluate(script, identity) >= least:
            return
        await asyncio.sleep(0.3)
    raise Failed(f"not so: {words}")


async def caucus(stage: Stage) -> None:
    """A private talk with one side: the other sees and hears nobody; then all come back."""
    page, other = stage.pages["wang"], stage.pages[LIU[0]]
    await page.get_by_role("button", name="和张桂兰单独谈").click()
    await page.get_by_role("button", name="进去单独谈").click()
    await expect(page.locator("[data-place=caucus]")).to_be_visible()
    await expect(stage.pages[ZHANG[0]].locator("#heard-who")).to_have_text("王敏")
    await expect(other.locator("[data-place=lobby]")).to_be_visible()
    await expect(other.locator("audio")).to_have_count(0)
    await expect(stage.pages[ZHANG[0]].locator("video[data-identity^=staff]")).to_have_count(1)
    await page.click("#gather")
    await expect(other.locator("[data-place=joint]")).to_be_visible()
    await expect(other.locator("audio")).to_have_count(2)
