"""Firefox ESR driven by its own Marionette protocol: enough to open a page and run scripts in it."""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

FIREFOX = "/usr/bin/firefox-esr"
PREFERENCES = {
    "intl.accept_languages": "zh-CN, zh",
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.gmp-manager.updateEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "extensions.update.enabled": False,
    "toolkit.cosmeticAnimations.enabled": False,
}
SCRIPT = """
const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);
Promise.resolve((%s)(...given)).then((value) => done({value}), (error) => done({error: String(error)}));
"""


class Marionette:
    """One Firefox."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._number = reader, writer, 0

    async def message(self) -> Any:
        size = (await self._reader.readuntil(b":"))[:-1]
        return json.loads(await self._reader.readexactly(int(size)))

    async def command(self, name: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        body = json.dumps([0, self._number, name, parameters]).encode()
        self._writer.write(b"%d:" % len(body) + body)
        while True:
            _kind, number, error, result = await self.message()
            if number == self._number:
                assert not error, error
                return result

    async def goto(self, url: str) -> None:
        await self.command("WebDriver:Navigate", {"url": url})

    async def evaluate(self, function: str, *given: Any) -> Any:
        """Call a JavaScript function in the page and wait for what it promises."""
        parameters = {"script": SCRIPT % function, "args": list(given), "newSandbox": False, "sandbox": None}
        answer = (await self.command("WebDriver:ExecuteAsyncScript", parameters))["value"]
        assert answer is not None, "the page went away meanwhile"
        assert "error" not in answer, answer["error"]
        return answer.get("value")


def _preference(name: str, value: object) -> str:
    return f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"


async def _connect(port: int) -> Marionette:
    for _ in range(150):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            return Marionette(reader, writer)
    raise AssertionError("Firefox did not open its Marionette port")


@contextlib.asynccontextmanager
async def firefox(profile: Path) -> AsyncIterator[Marionette]:
    """Run a headless Firefox with a new profile and false devices."""
    profile.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    preferences = {**PREFERENCES, "marionette.port": port}
    (profile / "user.js").write_text("".join(_preference(*each) for each in preferences.items()))
    process = await asyncio.create_subprocess_exec(
        FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(profile),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile)},
    )  # fmt: skip
    browser = None
    try:
        browser = await _connect(port)
        await browser.message()
        await browser.command("WebDriver:NewSession", {})
        await browser.command("WebDriver:SetTimeouts", {"script": 60_000})
        yield browser
    finally:
        process.terminate()
        await process.wait()
        if browser is not None:
            browser._writer.close()
            with contextlib.suppress(ConnectionError):
                await browser._writer.wait_closed()
