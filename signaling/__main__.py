"""The media server alone: `python -m signaling --config FILE`."""

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys
from pathlib import Path

import structlog
import yaml
from aiohttp import web

from signaling import config
from signaling.endpoint import NODE
from signaling.errors import ConfigError

FAULTY = 2
CLOSE_SECONDS = 1.0


def configure_logs() -> None:
    """One JSON object a line on stderr; identifiers only, no names."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


async def serve(settings: config.Config) -> None:
    """Run until told to stop; one line on standard output says where."""
    from signaling.app import build_app

    stopped = asyncio.Event()
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
        print(json.dumps({"ready": True, "port": port, "udp_port": app[NODE].media.port}), flush=True)
        await stopped.wait()
    finally:
        await runner.cleanup()


def main() -> int:
    """Read the configuration and serve; 2 if it cannot be followed."""
    parser = argparse.ArgumentParser(prog="python -m signaling", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="a LiveKit server configuration, YAML")
    file = parser.parse_args().config
    try:
        settings, warnings = config.read(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (ConfigError, OSError, UnicodeError, yaml.YAMLError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        return FAULTY
    for warning in warnings:
        print(f"{file}: {warning}", file=sys.stderr)
    configure_logs()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
