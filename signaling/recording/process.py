"""The recorder's process, seen from the server: what goes there waits in memory, never longer than it may."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from signaling.logs import Log

log = Log("recording")
MOST_WAITING = 64_000_000  # bytes: half a minute of twenty people, then a disk that does not keep up is given up
LONGEST_LINE = 1 << 20
ROOT = Path(__file__).resolve().parents[2]


class RecorderProcess:
    """Started by the first message; ends with its standard input, or when the disk does not keep up."""

    def __init__(
        self,
        told: Callable[[Mapping[str, Any]], None],
        gone: Callable[[str], None],
        *,
        most_waiting: int,
    ) -> None:
        self._told, self._gone, self._most = told, gone, most_waiting
        self._waiting: list[bytes] = []
        self._size = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: asyncio.WriteTransport | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._failure = ""

    @property
    def pid(self) -> int | None:
        """The process's number, once there is one."""
        return self._process.pid if self._process is not None else None

    def send(self, message: bytes) -> None:
        """Take a message; it leaves with the next `flush`."""
        self._waiting.append(message)
        self._size += len(message)

    def flush(self) -> None:
        """Hand over what waits, in one piece."""
        if not self._waiting:
            return
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._ended)
        held = self._pipe.get_write_buffer_size() if self._pipe is not None else 0
        if held + self._size > self._most or self._failure:
            self._give_up("the disk does not keep up with the recording")
        elif self._pipe is not None:
            self._pipe.write(b"".join(self._waiting))
            self._waiting, self._size = [], 0

    async def close(self, patience: float) -> None:
        """Let the recorder finish its files; if that takes longer, it does so without us."""
        self._closing = True
        self.flush()
        if self._pipe is not None:
            self._pipe.close()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=patience)
            self._task.cancel()
            await asyncio.wait([self._task])

    def _give_up(self, failure: str) -> None:
        """End a process that is stuck; its end is told as any other."""
        self._waiting, self._size, self._failure = [], 0, self._failure or failure
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A mistake of ours on the way is told like the recorder's own end."""
        if not task.cancelled() and task.exception() is not None:
            log.error("recorder.failed", cause=task.exception())
            self._give_up("the recorder was lost")
            self._gone(self._failure)

    async def _run(self) -> None:
        """Start the process and listen to it until it ends."""
        try:
            # Not asyncio's own subprocess: that one kills the child when the server ends before it.
            self._process = process = subprocess.Popen(  # noqa: ASYNC220  starting takes a millisecond
                [sys.executable, "-m", "signaling.recording"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except OSError as error:
            self._gone(f"the recorder could not be started: {error.strerror}")
            return
        log.info("recorder.started", pid=process.pid)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(LONGEST_LINE)
        listening, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
        self._pipe, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, process.stdin)
        try:
            self.flush()
            while line := await reader.readline():
                self._told(json.loads(line))
            code = await asyncio.to_thread(process.wait)
        finally:
            listening.close()
            if not self._pipe.is_closing():
                self._pipe.abort()
        log.info("recorder.ended", code=code)
        if not self._closing or code:
            self._gone(self._failure or f"the recorder ended unexpectedly ({code})")
