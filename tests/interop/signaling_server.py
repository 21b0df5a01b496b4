"""A media server of our own as a process, and tokens for it."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from livekit import api

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90  # Python and its libraries, on a machine that is busy with ten other things
KEY, SECRET = "key-of-tests", "a secret that only the tests know, long enough"


class Server:
    """One `python -m signaling` at ports that stay the same when it is started again.

    `inside` is what its command begins with where it has a network of its own.
    """

    def __init__(self, folder: Path, *, workers: int = 1, inside: Sequence[str] = (), **sections: Any) -> None:
        self._inside = inside
        self._words = ["--workers", str(workers)] if workers > 1 else []
        self.workers: list[int] = []
        self._file = folder / "media.yaml"
        self._sections: dict[str, Any] = {
            "port": 0, "bind_addresses": ["127.0.0.1"], "keys": {KEY: SECRET}, "rtc": {"udp_port": 0}, **sections,
        }  # fmt: skip
        self.log = folder / "media.log"
        self._process: asyncio.subprocess.Process | None = None
        self._standby: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"ws://{self._host}:{self._sections['port']}"

    @property
    def http(self) -> str:
        return f"http://{self._host}:{self._sections['port']}"

    @property
    def _host(self) -> str:
        address = self._sections["bind_addresses"][0]
        return f"[{address}]" if ":" in address else address

    async def start(self, *, standby: bool = False) -> None:
        """Start; with `standby` only prepare: `go` then opens the ports."""
        self._file.write_text(yaml.safe_dump(self._sections))
        before = self._process
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._inside, sys.executable, "-m", "signaling", "--config", str(self._file), *self._words, *(["--standby"] if standby else []),
                cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        if standby:
            assert self._process.stdout is not None
            assert json.loads(await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS))["standby"]
            self._standby, self._process = self._process, before
        else:
            await self._ready()

    async def take_over(self) -> None:
        """Let the prepared process serve in place of the one that is gone."""
        assert self._standby is not None
        assert self._standby.stdin is not None
        self._process, self._standby = self._standby, None
        self._process.stdin.write(b"\n")  # type: ignore[union-attr]
        await self._ready()

    async def _ready(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        ready = json.loads(await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS))
        self._sections["port"] = ready["port"]
        self._sections["rtc"].update(udp_port=ready["udp_port"], tcp_port=ready["tcp_port"])
        self.workers = ready.get("workers", [])

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), 30)

    def token(self, identity: str, room: str = "room", **grants: Any) -> str:
        granted = api.VideoGrants(room_join=True, room=room, **grants)
        return api.AccessToken(KEY, SECRET).with_identity(identity).with_grants(granted).to_jwt()

    @contextlib.asynccontextmanager
    async def room_api(self) -> AsyncIterator[api.LiveKitAPI]:
        client = api.LiveKitAPI(self.http, KEY, SECRET)
        try:
            yield client
        finally:
            await client.aclose()


@contextlib.asynccontextmanager
async def running(
    folder: Path, *, workers: int = 1, inside: Sequence[str] = (), **sections: Any
) -> AsyncIterator[Server]:
    server = Server(folder, workers=workers, inside=inside, **sections)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def until(condition: Any, seconds: float = 60.0, what: str = "") -> None:
    """Wait for something that another process does; it has no other way to tell us.

    Long, as it costs only a test that fails: a crowded machine shall not fail for being crowded.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        result = condition()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return
        assert loop.time() < end, f"not within {seconds} s: {what or condition}"
        await asyncio.sleep(0.1)
