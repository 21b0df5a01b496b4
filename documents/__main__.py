"""On the command line: python -m documents COMMAND; each command is a file in documents/commands."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from documents.commands import add_all

OUTPUT_CLOSED = 141  # 128 + SIGPIPE, as a shell tells it


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; quietly where nobody reads our output to the end."""
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Python must not try once more to write what is left when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OUTPUT_CLOSED


def _run(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m documents", description="查验和签署云调文书 (papers of Yuntiao)")
    add_all(parser.add_subparsers(dest="command", required=True))
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
