"""The acts from the settlement to the served ruling, and what they leave behind."""

import asyncio
import hashlib
import sys
from pathlib import Path

from playwright.async_api import Error, Page, expect

from server.demo.acts import LIU, ZHANG, sign_in
from server.demo.stage import ROOT, Failed, Stage, arrived

CLAUSES = (
    ("付款", "刘志强于2027年1月10日前，通过银行转账一次性付给张桂兰8,600元（大写：捌仟陆佰元整）。"),
    ("防水", "刘志强于2027年1月20日前做好602室卫生间防水，闭水24小时，请张桂兰当场查看。"),
    ("不照做怎么办", "刘志强逾期不付的，每逾期一日按未付金额的万分之二付给张桂兰。"),
)


async def go(page: Page, url: str) -> None:
    """Open an address; a page that moves on by itself at the same moment (it follows the case) is let go first."""
    for turn in range(4):
        try:
            await page.goto(url)
        except Error as error:
            if turn == 3 or not any(word in error.message for word in ("ERR_ABORTED", "interrupted")):
                raise
            await page.wait_for_load_state()
        else:
            return


async def settle(stage: Stage) -> None:
    """谈成了: the video ends, the editor opens."""
    page = stage.pages["wang"]
    await page.click("#settle")
    await page.get_by_role("button", name="去写协议").click()
    await arrived(page, "/agreement/draft")


async def write(stage: Stage) -> None:
    """The mediator writes, a party watches the words appear, the text is frozen."""
    page, watcher = stage.pages["wang"], stage.pages[ZHANG[0]]
    await go(watcher, f"{stage.url}/cases/{stage.case_id}/agreement/live")
    for heading, text in CLAUSES:
        await page.get_by_role("button", name="空白的一条").click()
        last = page.locator("[data-clause]").last
        await last.locator("[data-heading]").fill(heading)
        await last.locator("[data-text]").fill(text)
    await expect(watcher.locator("#text")).to_contain_text("闭水24小时")
    await page.click("#freeze")
    await arrived(page, "/agreement/signing")


STROKES = (((0.3, 0.3), (0.7, 0.35)), ((0.5, 0.15), (0.45, 0.85)), ((0.35, 0.6), (0.65, 0.8)))


async def draw(page: Page) -> None:
    """Draw a name on the pad."""
    box = await page.locator("#pad").bounding_box()
    if box is None:
        raise Failed("no pad")
    squares = await page.locator(".pad .cell").count()
    high = box["height"] / squares
    for square in range(squares):
        top = box["y"] + high * square
        for start, end in STROKES:
            await page.mouse.move(box["x"] + box["width"] * start[0], top + high * start[1])
            await page.mouse.down()
            await page.mouse.move(box["x"] + box["width"] * end[0], top + high * end[1], steps=8)
            await page.mouse.up()
    await page.check("#pad-agree")
    await page.click("#pad-done")


async def read_and_draw(stage: Stage, name: str) -> Page:
    """A party reads the three spots and draws the name."""
    page = stage.pages[name]
    await go(page, f"{stage.url}/cases/{stage.case_id}/agreement/sign")
    await expect(page.locator("#reading")).to_contain_text("捌仟陆佰元整")
    for _turn in range(3):
        await page.click("#next")
    await page.get_by_role("button", name="看清了，我来签名").click()
    return page


async def parties_sign(stage: Stage) -> None:
    """Both sign at the same moment, each with a key that never leaves the own browser."""
    pages = [await read_and_draw(stage, name) for name, _phone in (ZHANG, LIU)]
    await asyncio.gather(*(draw(page) for page in pages))
    for page in pages:
        await expect(page.get_by_role("heading", name="您签好了")).to_be_visible()


async def mediator_signs(stage: Stage) -> None:
    """The mediator signs after both."""
    page = stage.pages["wang"]
    await page.reload()
    await page.click("[data-act=sign]")
    await draw(page)
    await expect(page.locator("[data-field=mediator]")).to_have_attribute("data-signed", "yes")


async def seal(stage: Stage) -> None:
    """The committee's seal last; the agreement binds."""
    page = stage.pages["zhou"]
    await go(page, f"{stage.url}/cases/{stage.case_id}/agreement/signing")
    await page.click("[data-act=seal]")
    await arrived(page, "/agreement/effective")


async def apply(stage: Stage) -> None:
    """Both apply jointly, one tap each."""
    for name, _phone in (ZHANG, LIU):
        page = stage.pages[name]
        await go(page, f"{stage.url}/cases/{stage.case_id}/confirmation")
        await page.get_by_role("button", name="我申请法院确认").click()
        await expect(page.get_by_role("button", name="我申请法院确认")).to_have_count(0)


async def court_told(stage: Stage) -> None:
    """The court's own system was told of the application by a signed webhook."""
    await stage.court.came("confirmation.submitted", case_id=stage.case_id)


async def docket(stage: Stage) -> None:
    """The clerk dockets."""
    page = await sign_in(stage, "sun")
    await page.goto(f"{stage.url}/court/inbox")
    await page.locator("[data-confirmation] a").first.click()
    await expect(page.locator("[data-verdict=valid]")).to_be_visible()
    await page.get_by_role("button", name="立案").click()
    await expect(page.locator(".crumb")).to_contain_text("诉前调确1号")


async def rule(stage: Stage) -> None:
    """The judge rules, signs with a key of the own browser; the court's seal follows."""
    page = stage.pages["gao"]
    await page.get_by_role("button", name="拟确认有效的裁定").click()
    # the page that answers, not this one with the news of it
    await expect(page.locator("main[data-ruling$='/ruling.pdf']")).to_be_visible()
    await page.click("#sign-ruling")
    await draw(page)
    await expect(page.locator("[data-state=confirmed]")).to_be_visible()
    await expect(page.locator("#pages canvas").first).to_be_visible()


async def serve(stage: Stage) -> None:
    """The clerk serves; each party sees the ruling on the own page."""
    page = stage.pages["sun"]
    await page.reload()
    await page.get_by_role("button", name="送达双方").click()
    for name, _phone in (ZHANG, LIU):
        own = stage.pages[name]
        await go(own, f"{stage.url}/cases/{stage.case_id}/confirmation")
        await expect(own.locator("#served")).to_be_visible()


async def fetch(page: Page, url: str, path: Path) -> None:
    """Keep what an address gives to this person."""
    answer = await page.context.request.get(url)
    if answer.status != 200:
        raise Failed(f"{url}: {answer.status}")
    path.write_bytes(await answer.body())


async def collect(stage: Stage) -> None:
    """Leave the papers, the root certificate, the audit export and the verification reports."""
    party, wang, out = stage.pages[ZHANG[0]], stage.pages["wang"], stage.out
    await fetch(party, f"{stage.url}/cases/{stage.case_id}/agreement/file.pdf", out / "agreement.pdf")
    href = await party.locator("#ruling").get_attribute("href")
    await fetch(party, f"{stage.url}{href}", out / "ruling.pdf")
    await fetch(party, f"{stage.url}/verify/root.pem", out / "root.pem")
    await fetch(wang, f"{stage.url}/cases/{stage.case_id}/audit.json", out / "audit.json")
    for name in ("agreement", "ruling"):
        report, code = await verified(out / f"{name}.pdf", out / "root.pem")
        (out / f"{name}.verify.json").write_bytes(report)
        if code != 0:
            raise Failed(f"{name}.pdf does not verify")
    content = bytearray((out / "agreement.pdf").read_bytes())
    content[len(content) // 2] ^= 1
    flipped = out / "media" / "flipped.pdf"
    flipped.write_bytes(content)
    _report, code = await verified(flipped, out / "root.pem")
    if code == 0:
        raise Failed("a file with a flipped byte verifies")


async def court_knows(stage: Stage) -> None:
    """The court's own system knows the end, and the hash it was told is the hash of the paper that was served."""
    digest = hashlib.sha256((stage.out / "ruling.pdf").read_bytes()).hexdigest()
    await stage.court.came("ruling.issued", case_id=stage.case_id, outcome="confirm", sha256=digest)
    await stage.court.came("confirmation.reached", case_id=stage.case_id, state="confirmed_served")
    if stage.court.forged:
        raise Failed(f"{stage.court.forged} webhooks bore no true signature")
    stage.court.keep(stage.out / "court-events.json")


async def verified(file: Path, root: Path) -> tuple[bytes, int]:
    """Run the offline verifier; return its report and exit code."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "documents", "verify", str(file), "--root", str(root), "--json",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    report, _errors = await process.communicate()
    return report, process.returncode or 0


async def public_check(stage: Stage) -> None:
    """A stranger drops the agreement on the public page and sees the verdict."""
    page = await stage.person("stranger", phone=True)
    await page.goto(f"{stage.url}/verify")
    await page.set_input_files("#f-file", stage.out / "agreement.pdf")
    await expect(page.locator("[data-verdict=valid]")).to_be_visible()
