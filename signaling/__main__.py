"""The media server alone: `python -m signaling --config FILE`; `python -m signaling compose DIR` makes a film.

With `--standby` it prepares itself and opens its ports only when a line comes on standard input (end of input ends
it): whoever watches over a media server keeps a second one ready, and clients are back seconds earlier.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import yaml

from signaling import config, logs
from signaling.errors import ConfigError
from signaling.garbage import settle
from signaling.serving import serve
from signaling.transport.watch import run

FAULTY = 2


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
    parser.add_argument("--workers", type=int, default=1, help="processes that rooms are placed on")
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
    logs.configure(settings.log_level)
    settle()
    if arguments.workers > 1:
        from signaling.workers.crew import warm  # one process alone needs none of it

        warm()
    if arguments.standby and not _called():
        return 0
    try:
        run(serve(settings, workers=arguments.workers, with_parent=arguments.with_parent))
    except ConfigError as error:
        print(f"{file}: {error}", file=sys.stderr)
        return FAULTY
    except OSError as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
