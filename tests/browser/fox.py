"""A party in Firefox on the platform's own pages: what a hand does, by Marionette."""

import asyncio
from typing import Any

from interop.signaling_marionette import Marionette

from server.demo.acts import latest_message
from server.demo.stage import Stage

SECONDS = 60
HEARS = """(identity) => {  // a machine without a sound card measures no sound in Firefox: it plays, or it does not
  const audio = document.querySelector(`audio[data-identity="${identity}"]`);
  const track = audio?.srcObject?.getAudioTracks()[0];
  return Boolean(track) && !audio.muted && !audio.paused && track.readyState === "live" && !track.muted;
}"""
PRESS = """(words) => {
  const found = [...document.querySelectorAll("button, a.btn")].find((each) => each.textContent.trim() === words);
  if (!found) return false;
  setTimeout(() => found.click(), 0);
  return true;
}"""
TYPE = """(selector, text) => {
  const field = document.querySelector(selector);
  if (!field) return false;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}"""


class Fox:
    """One person in one Firefox."""

    def __init__(self, browser: Marionette) -> None:
        self.browser = browser

    async def until(self, function: str, *given: Any, seconds: float = SECONDS) -> Any:
        """Ask the page until the answer is true; a page that is just changing is asked again."""
        latest: object = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        latest = await self.browser.evaluate(function, *given)
                    except AssertionError as error:
                        latest = error
                    if latest and not isinstance(latest, AssertionError):
                        return latest
                    await asyncio.sleep(0.05)
        except TimeoutError:
            where = await self.browser.evaluate("() => location.href + ' ' + document.body.innerText.slice(0, 400)")
            raise AssertionError(f"not within {seconds} s: {function} {given}: {latest}: {where}") from None

    async def press(self, words: str) -> None:
        """Press the button or link with these words."""
        await self.until(PRESS, words)

    async def at(self, end: str) -> None:
        """Wait for an address that ends so."""
        await self.until("(end) => location.pathname.endsWith(end) && document.readyState === 'complete'", end)

    async def come_in(self, stage: Stage, phone: str) -> None:
        """Open the link, prove the telephone, answer what is asked, try the devices, wait."""
        await self.browser.goto(stage.url + await latest_message(stage, phone, r"点 \S*(/i/[\w-]+)"))
        await self.press("我来参加")
        await self.at("/identity")
        code = await latest_message(stage, phone, r"验证码 (\d{6})")
        await self.until(TYPE, "#f-code", code)
        await self.press("核对，下一步")
        await self.at("/consent")
        for kind in ("mediation", "video", "e_signature", "e_delivery"):
            choose = "(name) => { document.querySelector(`input[name=${name}][value=yes]`).click(); return true; }"
            await self.until(choose, kind)
        await self.press("我听清了")
        await self.press("进等候室")
        await self.until("() => document.querySelector('#light-camera')?.classList.contains('ok')")
        await self.press("进等候室")
        await self.until("() => document.querySelector('h1')?.textContent.includes('您已经到了')")
