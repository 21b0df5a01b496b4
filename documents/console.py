"""What the commands share: exit codes, how a time and certificates are written, and progress on the error stream."""

import argparse
import datetime as dt
import json
import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from documents.replacing import replacing
from documents.report import Verdict
from documents.wording import BEIJING

__all__ = ["BEIJING", "add_fonts", "certificates", "faulty", "fonts_of", "limit", "moment", "progress", "read", "write"]

if TYPE_CHECKING:
    from documents.fonts import FontStack

FAULTY, UNREADABLE = 1, 2
EXITS = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.INCOMPLETE: 3, Verdict.UNKNOWN: 3}
END_OF_CERTIFICATE = "-----END CERTIFICATE-----"


def moment(text: str) -> dt.datetime:
    """An argument that is a time in ISO 8601; without a zone it is UTC."""
    parsed = dt.datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)


def certificates(text: str) -> list[str]:
    """Every certificate of a PEM file that may hold several."""
    end = END_OF_CERTIFICATE
    return [f"{part.strip()}\n{end}\n" for part in text.split(end) if part.strip()]


def read(file: Path, most: int = -1) -> bytes:
    """The file's bytes, or standard input's for `-`; no more than `most`, when that is given. Raises OSError."""
    if str(file) == "-":
        return sys.stdin.buffer.read(most)
    with file.open("rb") as opened:
        return opened.read(most)


def write(content: bytes, target: Path) -> None:
    """Write the file in one step: whoever finds it finds all of it. Raises OSError."""
    with replacing(target) as part:
        part.write_bytes(content)


def faulty(faults: Iterable[tuple[str, str]], *, as_json: bool) -> int:
    """Print every fault in both languages and give the exit code."""
    if as_json:
        print(json.dumps({"faults": [{"zh": zh, "en": en} for zh, en in faults]}, ensure_ascii=False))
    else:
        print("\n".join(f"{zh}（{en}）" for zh, en in faults), file=sys.stderr)
    return FAULTY


def add_fonts(parser: argparse.ArgumentParser) -> None:
    """Let a command take a customer's own fonts: `--font body=FILE.ttf`, as often as there are uses."""
    told = "a TrueType font of your own for title, body, strong, heading, or rare (characters that no other font has)"
    parser.add_argument("--font", type=_font, action="append", default=[], metavar="USE=FILE", help=told)


def _font(text: str) -> tuple[str, Path]:
    use, mark, file = text.partition("=")
    if not mark or not Path(file).is_file():
        raise argparse.ArgumentTypeError(f"{text}: not USE=FILE, or no such file")
    from documents.fonts import USES

    if use not in USES:
        raise argparse.ArgumentTypeError(f"{text}: fonts are for {', '.join(USES)}")
    return use, Path(file).resolve()


def fonts_of(options: argparse.Namespace) -> "FontStack":
    """The fonts that a command prints with. Raises FontRefused, ValueError for an unknown use."""
    from documents.fonts import DEFAULT_FOLDER, FontStack

    return FontStack.load(DEFAULT_FOLDER, dict(options.font))


def limit(seconds: int, megabytes: int) -> None:
    """Bound what this process may still compute and hold: a stranger's file decides how much it would take."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))


def progress(message: str) -> None:
    """Say what is being done, if a person is watching; a program that reads our output is not disturbed."""
    if sys.stderr.isatty():
        print(message, file=sys.stderr)
