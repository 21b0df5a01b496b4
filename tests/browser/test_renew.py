"""What is shown anew in place (web/src/renew.ts), in a real Chromium: all of it is right, and what was right stays."""

from typing import Any

import pytest
from browser.browsers import script_of
from playwright.async_api import Browser, Page

BEFORE = """(before) => {
  document.body.innerHTML = `<div id="place">${before}</div>`;
  window.place = document.querySelector("#place");
  window.renewed = (markup) => {
    const fresh = new DOMParser().parseFromString(markup, "text/html");
    window.renewing.renew(place, ...fresh.body.childNodes);
    return place.innerHTML === markup ? "" : place.innerHTML;
  };
}"""
SHUFFLED = """() => {
  let seed = 7;
  const random = (most) => (seed = (seed * 48271) % 2147483647) % most;
  const faults = [];
  const row = (key) => `<li data-key="${key}">${"x".repeat(random(3))}<button type="button">do ${key}</button>${random(2) ? "<i>more</i>" : ""}</li>`;
  for (let turn = 0; turn < 400; turn += 1) {
    const keys = [...Array(8).keys()].filter(() => random(3)).sort(() => random(3) - 1);
    const old = new Map([...place.children].map((each) => [each.dataset.key, [each, each.querySelector("button")]]));
    const focused = document.activeElement.closest("li")?.dataset.key;
    const wrong = renewed(keys.map(row).join(""));
    if (wrong) faults.push(wrong);
    for (const each of place.children) {
      const [was, button] = old.get(each.dataset.key) ?? [each, each.querySelector("button")];
      if (was !== each || button !== each.querySelector("button")) faults.push(`${turn}: ${each.dataset.key} was made anew`);
    }
    if (focused && keys.includes(Number(focused)) && document.activeElement.closest("li")?.dataset.key !== focused) faults.push(`${turn}: lost the focus`);
    if (document.activeElement === document.body) place.querySelector("button")?.focus();
  }
  return faults;
}"""


@pytest.fixture
async def page(chromium: Browser) -> Page:
    found = await chromium.new_page()
    await found.add_script_tag(content=script_of("renew.ts", "renewing"))
    return found


async def after(page: Page, before: str, markup: str, script: str) -> Any:
    """Show `before`, remember what `script` marks, show `markup`; it must be exactly that."""
    await page.evaluate(BEFORE, before)
    return await page.evaluate(f"(markup) => {{ {script} }}", markup)


async def test_rows_come_go_change_and_change_places_and_the_rest_stays_itself(page: Page) -> None:
    await page.evaluate(BEFORE, "")
    assert await page.evaluate(SHUFFLED) == []


async def test_a_button_that_would_do_something_else_is_another_one(page: Page) -> None:
    script = "const [old] = place.querySelectorAll('{0}'); const wrong = renewed(markup); return [wrong, old === place.querySelector('{0}')];"
    for before, later, what, same in (
        ("<a href='/a'>go</a>", '<a href="/b">go</a>', "a", False),
        ("<a href='/a'>go</a>", '<a href="/a">go on</a>', "a", True),
        ("<button>yes</button>", "<button>no</button>", "button", False),
        ("<button class='x'>yes</button>", '<button class="y" disabled="">yes</button>', "button", True),
        (
            "<form action='/a'><button>do</button></form>",
            '<form action="/b"><button>do</button></form>',
            "button",
            False,
        ),
        (
            "<form action='/a'><input type='hidden' name='which' value='1'><button>do</button></form>",
            '<form action="/a"><input type="hidden" name="which" value="2"><button>do</button></form>',
            "button",
            False,
        ),
        (
            "<form action='/a'><input type='hidden' name='csrf' value='1'><button>do</button></form>",
            '<form action="/a"><input type="hidden" name="csrf" value="2"><button>do</button></form>',
            "button",
            True,
        ),
    ):
        assert await after(page, before, later, script.format(what)) == ["", same], before


async def test_what_a_person_opened_chose_and_wrote_stays(page: Page) -> None:
    form = "<p>{0}</p><details><summary>s</summary>{0}</details><textarea name='a'></textarea><select name='b'><option>1</option><option>2</option></select>"
    script = """
      place.querySelector("details").open = true;
      place.querySelector("textarea").value = "half a sen";
      place.querySelector("select").value = "2";
      place.querySelector("textarea").focus();
      renewed(markup);
      return [place.querySelector("p").textContent, place.querySelector("details").open, place.querySelector("textarea").value,
        place.querySelector("select").value, document.activeElement.tagName];"""
    found = await after(page, form.format("old"), form.format("new"), script)
    assert found == ["new", True, "half a sen", "2", "TEXTAREA"]


async def test_a_field_that_nobody_has_touched_follows_the_news(page: Page) -> None:
    script = "renewed(markup); return place.querySelector('textarea').value;"
    assert await after(page, "<textarea name='a'></textarea>", "<textarea name='a'>asked</textarea>", script) == "asked"


async def test_words_not_yet_sent_are_not_thrown_away_with_their_form(page: Page) -> None:
    before = "<form action='/a'><textarea name='a'></textarea></form>"
    script = "place.querySelector('textarea').value = 'written'; renewed(markup); return [place.querySelector('textarea').value, place.textContent];"
    assert await after(page, before, "<p>over</p>", script) == ["written", "over"]
    assert await after(page, before, "<p>over</p>", "return renewed(markup);") == ""


async def test_a_running_act_stays_marked_as_running(page: Page) -> None:
    script = "place.querySelector('button').setAttribute('aria-busy', 'true'); renewed(markup); return place.innerHTML;"
    found = await after(page, "<b>1</b><button>do</button>", "<b>2</b><button>do</button>", script)
    assert found == '<b>2</b><button aria-busy="true">do</button>'
