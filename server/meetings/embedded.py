"""The embedded media server as a child process: started, watched, started again within a second when it dies."""

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
READY_SECONDS = 30
STOP_SECONDS = 5
LONGEST_PAUSE = 5.0


class ChildFailed(RuntimeError):
    """The media server did not come up; its own last words went to stderr."""


def configuration(settings: Settings, hook: str) -> dict[str, object]:
    """Return a LiveKit server configuration for the embedded server."""
    media = settings.media
    rtc: dict[str, object] = {"udp_port": media.udp_port, "use_external_ip": False}
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
    """One child; `pid` is for whoever wants to kill it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start it and wait for its ready line; raises ChildFailed."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "signaling", "--with-parent", "--config", str(self._file), cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(READY_SECONDS):
                line = await self._process.stdout.readline()
        except TimeoutError:
            line = b""
        if not line or not json.loads(line).get("ready"):
            await self.stop()
            raise ChildFailed("the media server did not start")

    async def watch(self) -> None:
        """Start it again whenever it dies, until cancelled."""
        pause = 0.1
        while True:
            assert self._process is not None
            code = await self._process.wait()
            log.warning("media.died", code=code)
            await asyncio.sleep(pause)
            try:
                await self.start()
            except ChildFailed:
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                pause = 0.1
                log.warning("media.restarted", pid=self.pid)

    async def stop(self) -> None:
        """End it: politely first."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


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
