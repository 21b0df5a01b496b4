"""Whoever starts the platform where one runs already is told so in words, and nothing of the first one is touched."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


async def started(folder: Path, port: int) -> tuple[int, str]:
    """Start the platform where it cannot; return how it ended and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "serve", "--demonstration", "--port", str(port), "--folder", str(folder),
        "--free-media-ports", cwd=ROOT, env={**os.environ, "NO_COLOR": "1"},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.mark.timeout(150)
async def test_a_port_that_is_taken_is_named_in_words(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, said = await started(tmp_path, port)
    assert code == 1
    assert "Traceback" not in said
    assert "Does another one run here already?" in said
    assert "是不是已经开着一个" in said
    assert str(port) in said
