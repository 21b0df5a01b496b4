"""Marks on the picture that all look at (web/src/room/stage.ts): the word of a pointing may be faster than the picture."""

from typing import Any

import pytest
from browser.browsers import script_of
from playwright.async_api import Browser, Page

STAGE = """() => {
  document.body.innerHTML = '<main><figure id="stage" hidden></figure></main>';
  window.exhibits = new staging.Exhibits({ id: "m", act: async () => ({}), tell: async () => ({}) }, "party-me", false);
  window.show = (id) => exhibits.show({ id, name: id, number: 1, of: 1, sha256: "ab", by: "", handed_in: "2026-03-02", since: "" });
  window.point = (exhibit) => exhibits.pointed(new TextEncoder().encode(JSON.stringify({ identity: "party-other", name: "o", exhibit, x: 0.5, y: 0.5 })));
  window.marks = () => document.querySelectorAll(".pointer").length;
}"""


@pytest.fixture
async def page(chromium: Browser) -> Page:
    found = await chromium.new_page()
    await found.add_script_tag(content=script_of("room/stage.ts", "staging"))
    await found.evaluate(STAGE)
    return found


@pytest.mark.parametrize(
    ("happens", "marks"),
    [
        ("show('a'); point('a');", 1),
        ("point('a'); show('a');", 1),
        ("show('b'); point('a'); show('a');", 1),
        ("point('b'); show('a');", 0),
        ("show('a'); point('a'); exhibits.show(null);", 0),
        ("point('a'); const now = Date.now(); Date.now = () => now + 60_000; show('a');", 0),
    ],
)
async def test_a_mark_is_seen_on_its_picture_whichever_comes_first(page: Page, happens: str, marks: int) -> None:
    found: Any = await page.evaluate(f"() => {{ {happens} return marks(); }}")
    assert found == marks
