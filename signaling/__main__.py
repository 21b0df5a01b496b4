"""The media server alone: `python -m signaling --config FILE`; `python -m signaling compose DIR` makes a film.

With `--standby` it prepares itself and opens its ports only when a line comes on standard input (end of input ends
it): whoever watches over a media server keeps a second one ready, and clients are back seconds earlier.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import yaml
from aiohttp import web

from signaling import config, logs
from signaling.app import build_app
from signaling.endpoint import NODE
from signaling.errors import ConfigError

FAULTY = 2
CLOSE_SECONDS = 1.0


async def serve(settings: config.Config, *, with_parent: bool = False) -> None:
    """Run until told to stop; one line on standard output says where.

    `with_parent`: standard input is a pipe from whoever started us; it ends when they die, however they die.
    """
    stopped = asyncio.Event()
    if with_parent:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _ended, stopped)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    app = build_app(settings)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_SECONDS)
    await runner.setup()
    try:
        port = settings.port
        for address in settings.bind_addresses or ("0.0.0.0",):  # noqa: S104  LiveKit's meaning of none
            site = web.TCPSite(runner, address, port)
            await site.start()
            port = runner.addresses[0][1]
        print(json.dumps({"ready": True, "port": port, **app[NODE].ports()}), flush=True)
        await stopped.wait()
    finally:
        await runner.cleanup()


def _ended(stopped: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 64):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stopped.set()


def _called() -> bool:
    """Say that all is prepared and wait for the word; False when whoever would give it is gone."""
    try:
        print(json.dumps({"ready": False, "standby": True}), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter flushes into it again
        return False
    return bool(sys.stdin.readline())


def main() -> int:
    """Read the configuration and serve; 2 if it cannot be followed."""
    if sys.argv[1:2] == ["compose"]:
        from signaling.compose.__main__ import main as compose  # what it imports would make every start slower

        return compose(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m signaling", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="a LiveKit server configuration, YAML")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    parser.add_argument("--standby", action="store_true", help="wait for a line on standard input, then serve at once")
    arguments = parser.parse_args()
    file = arguments.config
    try:
        settings, warnings = config.read(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (ConfigError, OSError, UnicodeError, yaml.YAMLError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        return FAULTY
    for warning in warnings:
        print(f"{file}: {warning}", file=sys.stderr)
    logs.configure()
    if arguments.standby and not _called():
        return 0
    try:
        asyncio.run(serve(settings, with_parent=arguments.with_parent))
    except OSError as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
