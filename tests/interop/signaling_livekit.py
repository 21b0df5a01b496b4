"""A real livekit-server as a process: the reference that the tests of the protocol are run against too."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from interop.signaling_server import ROOT, Server, until

BINARY = ROOT / ".venv/tools/livekit-server"
OURS, LIVEKIT = "ours", "livekit"
TRIES = 5


def free_ports(count: int) -> list[int]:
    """It knows no port 0: ports that were free a moment ago, the same for UDP and TCP."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class LivekitServer(Server):
    """The same to a test as our own, with the same sections of configuration."""

    def __init__(self, folder: Path, **sections: Any) -> None:
        super().__init__(folder, **sections)
        self._sections["logging"] = {"level": "debug"}

    async def start(self, *, standby: bool = False) -> None:
        """Start; when somebody else took a port in the meantime, it ends, and other ports are tried."""
        assert not standby, "this server knows no standby"
        for _turn in range(TRIES):
            port, tcp, udp = free_ports(3)
            self._sections["port"] = port
            self._sections["rtc"] = {"udp_port": udp, "tcp_port": tcp, "use_external_ip": False}
            self._file.write_text(yaml.safe_dump(self._sections))
            with self.log.open("ab") as log:
                process = self._process = await asyncio.create_subprocess_exec(
                    BINARY, "--config", str(self._file), stdout=log, stderr=log
                )
            await until(self._answers_or_ended, what="livekit-server answers")
            if process.returncode is None:
                return
        raise AssertionError(f"livekit-server does not start: {self.log.read_text()[-2000:]}")

    async def _answers_or_ended(self) -> bool:
        return (self._process is not None and self._process.returncode is not None) or await self._answers()

    async def _answers(self) -> bool:
        try:
            async with aiohttp.ClientSession() as client, client.get(self.http) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def stop(self) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()  # asked politely it waits for everybody to leave
        return await self._process.wait()


@contextlib.asynccontextmanager
async def running_as(kind: str, folder: Path, **sections: Any) -> AsyncIterator[Server]:
    """Run ours or the reference."""
    server = Server(folder, **sections) if kind == OURS else LivekitServer(folder, **sections)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
