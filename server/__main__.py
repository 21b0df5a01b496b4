"""python -m server serve | migrate | demo | diagram: the only place that reads the environment and the command line."""

import argparse
import asyncio
import errno
import os
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from server.logs import configure_logs
from server.settings import Media, Settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server", description="Yuntiao 云调")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the platform")
    serve.add_argument("--demonstration", action="store_true", help="development stand-ins and the demonstration town")
    serve.add_argument("--host", help="listen here with a certificate of our own making, for a phone on this network")
    serve.add_argument("--port", type=int)
    serve.add_argument("--folder", type=Path)
    serve.add_argument("--free-media-ports", action="store_true", help="let the embedded media server choose its ports")
    commands.add_parser("migrate", help="bring the database to this version's schema")
    demo = commands.add_parser("demo", help="play one dispute from report to served ruling in real browsers")
    demo.add_argument("--out", type=Path, required=True)
    commands.add_parser("diagram", help="print the life of a case as a Mermaid diagram")
    return parser


def read_settings(options: argparse.Namespace) -> Settings:
    """Read the environment and the command line, once."""
    given: dict[str, Any] = {}
    if getattr(options, "demonstration", False):
        given |= {"development": True, "demonstration": True}
    for name in ("port", "folder"):
        if getattr(options, name, None) is not None:
            given[name] = getattr(options, name)
    if getattr(options, "free_media_ports", False):
        given["media"] = Media(port=0, udp_port=0)
    host = getattr(options, "host", None)
    if host:
        from server.tls import addresses

        reached = next(iter(addresses()), host) if host in ("0.0.0.0", "::") else host  # noqa: S104
        port = given.get("port", 8000)
        given |= {"host": host, "tls": True, "public_url": f"https://{reached}:{port}"}
    return Settings(**given)


def main() -> int:
    """Run one command; the exit code says how it went."""
    options = _parser().parse_args()
    if options.command == "diagram":
        from server.cases.lifecycle import LIFECYCLE

        sys.stdout.write(LIFECYCLE.mermaid())
        return 0
    if options.command == "demo":
        from server.demo.play import play

        configure_logs(quiet=True)
        return int(asyncio.run(play(options.out, os.environ)))
    try:
        settings = read_settings(options)
    except ValidationError as error:
        for fault in error.errors():
            print(f"settings: {'.'.join(map(str, fault['loc'])) or 'YUNTIAO'}: {fault['msg']}", file=sys.stderr)
        return 2
    configure_logs(quiet=settings.demonstration)
    return asyncio.run(_run(options.command, settings))


async def _run(command: str, settings: Settings) -> int:
    from server import serving
    from server.meetings.embedded import ChildFailed

    whole = serving.completed(settings)
    if command == "migrate":
        await serving.migrate(whole)
        return 0
    try:
        await serving.serve(whole)
    except (ChildFailed, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EADDRINUSE:
            raise
        print("没有启动(原因见上下两行)。这里是不是已经开着一个?", file=sys.stderr)
        print(f"not started: {error}. Does another one run here already?", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
