"""The embedded media server as a child process, and a second one that is ready: when the first dies, it takes over.

Starting Python and its libraries takes most of a second, longer on a busy machine; the one in reserve has that behind
it and only opens the ports. So people in a meeting are back as fast as their browsers ask again.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import structlog
import yaml

from server.settings import Settings

log = structlog.get_logger("media")
ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
STOP_SECONDS = 5
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
Process = asyncio.subprocess.Process


class ChildFailed(RuntimeError):
    """A media server did not come up; its own last words went to stderr."""


def configuration(settings: Settings, hook: str) -> dict[str, object]:
    """Return a LiveKit server configuration for the embedded server."""
    media = settings.media
    rtc: dict[str, object] = {"udp_port": media.udp_port, "use_external_ip": False}
    if media.udp_port:  # clients without UDP come to the same number by TCP: one number to open in a firewall
        rtc["tcp_port"] = media.udp_port
    if media.node_ip:
        rtc["node_ip"] = media.node_ip
    return {
        "port": media.port,
        "bind_addresses": ["127.0.0.1"],
        "keys": {media.api_key: media.api_secret.get_secret_value()},
        "rtc": rtc,
        "webhook": {"api_key": media.api_key, "urls": [hook]},
    }


class EmbeddedMedia:
    """One child that serves, one in reserve; `pid` is for whoever wants to kill the first."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._serving: Process | None = None
        self._reserve: Process | None = None

    @property
    def pid(self) -> int | None:
        """The serving child's process id while it runs."""
        return self._serving.pid if self._serving is not None and self._serving.returncode is None else None

    async def start(self) -> None:
        """Start to serve and wait for the ready line; raises ChildFailed."""
        self._serving = await self._spawn()
        await _says(self._serving, "ready")

    async def watch(self) -> None:
        """Keep one in reserve and let it take over whenever the serving one dies, until cancelled."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                if not _alive(self._serving):
                    await self._take_over()
                if not _alive(self._reserve):
                    await self._prepare()
            except ChildFailed:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                pause = SHORTEST_PAUSE
                await self._one_dies()

    async def _one_dies(self) -> None:
        waits = [asyncio.ensure_future(one.wait()) for one in (self._serving, self._reserve) if one is not None]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _take_over(self) -> None:
        """Let the reserve serve, or a new child if there is none."""
        log.warning("media.died", code=self._serving.returncode if self._serving else None)
        reserve, self._reserve = self._reserve, None
        if reserve is None or not _alive(reserve):
            await self.start()
        else:
            self._serving = reserve
            assert reserve.stdin is not None
            with contextlib.suppress(ConnectionError):  # it died just now: the missing ready line tells
                reserve.stdin.write(b"serve\n")
                await reserve.stdin.drain()
            await _says(reserve, "ready")
        log.warning("media.restarted", pid=self.pid)

    async def _prepare(self) -> None:
        self._reserve = await self._spawn("--standby")
        await _says(self._reserve, "standby")

    async def _spawn(self, *more: str) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "signaling", "--with-parent", "--config", str(self._file), *more, cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    async def stop(self) -> None:
        """End both: politely first."""
        await asyncio.gather(*(_end(one) for one in (self._serving, self._reserve) if one is not None))


def _alive(process: Process | None) -> bool:
    return process is not None and process.returncode is None


async def _says(process: Process, word: str) -> None:
    """Wait for the line in which a child says that it is ready; raises ChildFailed and leaves none behind."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_SECONDS):
            line = await process.stdout.readline()
    except TimeoutError:
        line = b""
    if not line or not json.loads(line).get(word):
        await _end(process)
        raise ChildFailed("the media server did not start")


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def embedded_media(settings: Settings, hook: str) -> AsyncIterator[EmbeddedMedia]:
    """Run the embedded media server while the platform runs."""
    file = settings.folder / "media.yaml"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(configuration(settings, hook)))
    child = EmbeddedMedia(file)
    await child.start()
    watcher = asyncio.create_task(child.watch())
    try:
        yield child
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher
        await child.stop()
