"""The packet path as machine code: the server takes it, can do without it, and it does what the interpreted one does."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
import yaml
from interop.signaling_server import KEY, ROOT, SECRET


async def ready(folder: Path, **environment: str) -> list[bool]:
    """Start a server; tell what it says of modules and loops, and whether their machine code is in its memory."""
    file = folder / "media.yaml"
    sections = {"port": 0, "bind_addresses": ["127.0.0.1"], "keys": {KEY: SECRET}, "rtc": {"udp_port": 0}}
    file.write_text(yaml.safe_dump(sections))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "signaling", "--config", str(file),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        there = Path(f"/proc/{process.pid}/maps").read_text()
        return [said["compiled"], said["loops"], "signaling__mypyc" in there, "compiled/loops-" in there]
    finally:
        process.terminate()
        await process.wait()


async def test_the_server_runs_what_was_compiled_and_says_so(tmp_path: Path) -> None:
    assert await ready(tmp_path) == [True] * 4


async def test_the_server_can_be_told_to_be_interpreted(tmp_path: Path) -> None:
    assert await ready(tmp_path, SIGNALING_INTERPRETED="1") == [False] * 4


@pytest.mark.timeout(900)
async def test_what_holds_of_any_bytes_holds_of_the_machine_code_too() -> None:
    """Every property and fuzz test of the media server once more, in a process in which it is compiled."""
    every = sorted((ROOT / "tests" / "property").glob("test_signaling_*.py"))
    compared = "fan_out", "receive", "consent", "control", "watch"  # the loops with Python, which they interfere with
    own = [file for file in every if file.stem.removeprefix("test_signaling_").removesuffix("_watched") in compared]
    assert len(own) > len(compared)
    files = [str(file) for file in every if file not in own]
    assert files
    files += [str(ROOT / "tests" / "unit" / f"test_signaling_{name}.py") for name in ("bandwidth", "burst", "downlink")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-n", "2", *files,
        cwd=ROOT, env={**os.environ, "TESTS_COMPILED": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    assert b"media server: compiled" in told
