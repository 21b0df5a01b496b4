"""Judging a stranger's file in a process of its own: whatever it does to a parser ends there, and in bounded time."""

import datetime as dt
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from documents.report import Report, reason, verdict_of

REPOSITORY = Path(__file__).resolve().parents[1]


def verify_apart(pdf: bytes, roots: Sequence[str], *, now: dt.datetime, seconds: int = 20) -> Report:
    """The report of `verify`, made by a child process that gets `seconds` of computing and twice that by the clock."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as trusted:
        trusted.write("\n".join(roots))
        trusted.flush()
        command = [sys.executable, "-m", "documents", "verify", "-", "--json", "--root", trusted.name]
        command += ["--at", now.isoformat(), "--seconds", str(seconds)]
        try:
            done = subprocess.run(  # noqa: S603 - our own program, no shell
                command, input=pdf, capture_output=True, cwd=REPOSITORY, timeout=2 * seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return _failed("too_long", "", pdf, now)
    if done.returncode < 0:
        return _failed("too_long", "", pdf, now)
    try:
        return Report.from_plain(json.loads(done.stdout))
    except (ValueError, KeyError):
        return _failed("broken", f"exit {done.returncode}", pdf, now)


def _failed(code: str, detail: str, pdf: bytes, now: dt.datetime) -> Report:
    report = Report(verdict_of([code]), (reason(code, detail),))
    return replace(report, sha256=hashlib.sha256(pdf).hexdigest(), checked_at=now)
