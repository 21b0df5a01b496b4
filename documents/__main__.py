"""On the command line: python -m documents COMMAND; each command is a file in documents/commands."""

import argparse
import sys
from collections.abc import Callable, Sequence

from documents.commands import add_all


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code."""
    parser = argparse.ArgumentParser(prog="python -m documents", description="查验和签署云调文书 (papers of Yuntiao)")
    add_all(parser.add_subparsers(dest="command", required=True))
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
