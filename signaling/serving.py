"""Serving until told to stop: one process, or a front with its workers; what is the same for both."""

import asyncio
import contextlib
import errno
import json
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

from signaling import app as single
from signaling import native
from signaling.config import Config
from signaling.drain import drain
from signaling.endpoint import NODE
from signaling.loops.library import library
from signaling.transport.addresses import FREE_PORT_TRIES

CLOSE_SECONDS = 1.0


async def serve(config: Config, *, workers: int = 1, with_parent: bool = False) -> None:
    """Run until told to stop; one line on standard output says where. Raises ConfigError, OSError.

    `with_parent`: standard input is a pipe from whoever started us; it ends when they die, however they die.
    """
    stopped = asyncio.Event()
    if with_parent:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _ended, stopped)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    if workers > 1:
        await _several(config, workers, stopped)
    else:
        await _one(config, stopped)


async def _one(config: Config, stopped: asyncio.Event) -> None:
    app, apart = single.build_app(config), web.Application()
    node = apart[NODE] = app[NODE]
    apart.router.add_get("/metrics", single.show_metrics)
    await _listen(config, app, apart, Running(node.ports, lambda: drain(node)), stopped)


async def _several(config: Config, workers: int, stopped: asyncio.Event) -> None:
    from signaling.workers import front

    with tempfile.TemporaryDirectory(prefix="signaling-") as folder:
        app, apart = front.build_front(config, workers, folder), web.Application()
        there = apart[front.FRONT] = app[front.FRONT]
        apart.router.add_get("/metrics", front.show_metrics)
        await _listen(config, app, apart, Running(there.ports, there.end), stopped)


class Running(NamedTuple):
    """What serves: where, and how it ends gracefully."""

    ports: Callable[[], Mapping[str, object]]
    end: Callable[[], Awaitable[object]]


async def _listen(
    config: Config, app: web.Application, apart: web.Application, running: Running, stopped: asyncio.Event
) -> None:
    """Serve at the configured addresses; in the end nobody is let in any more before those inside are sent away."""
    async with contextlib.AsyncExitStack() as stack:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_SECONDS, **single.HEADS)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        sites = await _open(runner, config.bind_addresses or ("0.0.0.0",), config.port)  # noqa: S104  LiveKit's none
        port = runner.addresses[0][1]
        if config.metrics.port:
            metrics = web.AppRunner(apart, access_log=None, shutdown_timeout=CLOSE_SECONDS)
            await metrics.setup()
            stack.push_async_callback(metrics.cleanup)
            for address in config.bind_addresses:
                await web.TCPSite(metrics, address, config.metrics.port).start()
        compiled = {"compiled": native.folder() is not None, "loops": library is not None}
        ready = {"ready": True, "port": port, **compiled, **running.ports()}
        print(json.dumps(ready), flush=True)  # noqa: T201  whoever started us reads it
        await stopped.wait()
        for site in sites:
            await site.stop()
        await running.end()


async def _open(runner: web.AppRunner, addresses: Sequence[str], port: int) -> list[web.TCPSite]:
    """Listen at every address, at one port: of port 0, meaning any, one that is free at all of them."""
    for left in reversed(range(1 if port else FREE_PORT_TRIES)):
        sites: list[web.TCPSite] = []
        try:
            for address in addresses:
                sites.append(web.TCPSite(runner, address, runner.addresses[0][1] if sites else port))
                await sites[-1].start()
        except OSError as error:
            for site in sites:
                await site.stop()
            if error.errno != errno.EADDRINUSE or not left:
                raise
        else:
            return sites
    raise AssertionError


def _ended(stopped: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 64):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stopped.set()
