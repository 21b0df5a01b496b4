"""The worker processes: started, watched, and replaced when one dies.

They are forked from a process that has everything imported already (multiprocessing's fork server), so that a new one
serves within a tenth of a second: the clients of the one that died find it at their first attempt.
"""

import asyncio
import multiprocessing
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from typing import Any

from signaling.config import Config
from signaling.logs import Log
from signaling.workers import worker
from signaling.workers.handover import Line, Message, pair
from signaling.workers.worker import Seat

log = Log("crew")
PAUSE_SECONDS = 0.5
END_SECONDS = 8.0
CONTEXT = multiprocessing.get_context("forkserver")


def warm() -> None:
    """Start the process that workers are forked from, and let it import everything (blocking)."""
    CONTEXT.set_forkserver_preload(["signaling.workers.preload"])
    process = CONTEXT.Process(target=_nothing)
    process.start()
    process.join()


def _nothing() -> None:
    """End at once."""


@dataclass
class Member:
    """One worker: where it sits, its process and the line to it."""

    seat: Seat
    process: ForkServerProcess | None = None
    line: Line | None = None
    ready: bool = False
    pid: int = 0
    udp_port: int = 0
    deaths: int = 0


class Crew:
    """All workers; `came`, `went` and `freed` tell the placement."""

    def __init__(self, config: Config, seats: Sequence[Seat]) -> None:
        self._config = config
        self.members = [Member(seat) for seat in seats]
        self.came: Callable[[int], None] = lambda _slot: None
        self.went: Callable[[int], None] = lambda _slot: None
        self.freed: Callable[[int, str, int], None] = lambda _slot, _room, _number: None
        self._changed = asyncio.Condition()
        self._ending = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start all and wait until all serve."""
        for member in self.members:
            self._start(member)
        await self.until(lambda: all(member.ready for member in self.members))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a change after which something is true."""
        async with self._changed:
            await self._changed.wait_for(condition)

    def _start(self, member: Member) -> None:
        ours, theirs = pair()
        process = CONTEXT.Process(
            target=worker.run, args=(self._config, member.seat, theirs), name=f"worker-{member.seat.slot}"
        )
        process.start()
        theirs.close()
        member.process, member.ready = process, False
        member.line = Line(ours, lambda message, _fds: self._heard(member, message), lambda: None)
        asyncio.get_running_loop().add_reader(process.sentinel, self._died, member, process)

    def _heard(self, member: Member, message: Message) -> None:
        if message["kind"] == "ready":
            member.ready, member.pid, member.udp_port = True, message["pid"], message["udp_port"]
            self.came(member.seat.slot)
            self._tell()
        elif message["kind"] == "freed":
            self.freed(member.seat.slot, message["room"], message["number"])

    def _died(self, member: Member, process: ForkServerProcess) -> None:
        asyncio.get_running_loop().remove_reader(process.sentinel)
        process.join()
        served, member.ready = member.ready, False
        if member.line is not None:
            member.line.close()
        self.went(member.seat.slot)
        self._tell()
        if self._ending:
            return
        member.deaths += 1
        log.error("worker.died", worker=member.seat.slot, code=process.exitcode)
        self._later(self._again(member, 0.0 if served else PAUSE_SECONDS))

    async def _again(self, member: Member, pause: float) -> None:
        await asyncio.sleep(pause)
        if not self._ending:
            self._start(member)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self) -> None:
        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._later(notify())

    async def end(self) -> None:
        """Let every worker send its clients away, then end; who does not end in time is ended."""
        self._ending = True
        for member in self.members:
            if member.line is not None:
                member.line.send({"kind": "drain"})
        try:
            async with asyncio.timeout(END_SECONDS):
                await self.until(lambda: not any(_alive(member) for member in self.members))
        except TimeoutError:
            log.warning("workers.ended_by_force")
            for member in self.members:
                if member.process is not None:
                    member.process.kill()
                    await asyncio.to_thread(member.process.join)
        for member in self.members:
            if member.line is not None:
                member.line.close()


def _alive(member: Member) -> bool:
    return member.process is not None and member.process.is_alive()
