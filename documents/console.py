"""What the commands share: exit codes, how a time and certificates are written, and progress on the error stream."""

import datetime as dt
import resource
import sys
from pathlib import Path

from documents.report import Verdict

UNREADABLE = 2
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


def read(file: Path) -> bytes:
    """The file's bytes, or standard input's for `-`. Raises OSError."""
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()


def limit(seconds: int, megabytes: int) -> None:
    """Bound what this process may still compute and hold: a stranger's file decides how much it would take."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))


def progress(message: str) -> None:
    """Say what is being done, if a person is watching; a program that reads our output is not disturbed."""
    if sys.stderr.isatty():
        print(message, file=sys.stderr)
