"""The loop's tests once more, with sanitizers that end the process at one byte too far and at undefined behaviour."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fan_out import compiled

ROOT = Path(__file__).resolve().parents[2]
TESTS = "tests/property/test_signaling_fan_out.py"
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g")
LIE = """
import sys
sys.path[:0] = [".", "tests"]
from fan_out import Loop, ffi
from fan_out_scene import Link, Scene, Sub
from signaling.rtp import Packet

library = ffi.dlopen(sys.argv[1])
loop = Loop(library, Scene([Link()], [Sub()], []), exact=True, size=9000, most=9)
image, records = loop.laid_out([Packet(number, 0, False, False, bytes(700)) for number in range(3)])
records[2].size += int(sys.argv[2])
print(library.fan_out(loop.waiting, image, records, 3, 2, loop.array, 0, 1, 100.0, loop.protect))
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("watched") / "loops.so", *SANITIZERS)


@pytest.fixture(scope="module")
def watched(library: Path) -> Run:
    """Run Python in a process that takes its memory from the sanitizer."""
    named = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    watcher = Path(named.stdout.strip())
    assert watcher.is_absolute(), "this C compiler has no address sanitizer (libasan): nobody watches the loops"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {
        "FAN_OUT_LIBRARY": str(library), "SIGNALING_INTERPRETED": "1",
        "LD_PRELOAD": str(watcher), "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc",
    }  # fmt: skip

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return run


def test_sanitizers_see_nothing(watched: Run) -> None:
    done = watched("-m", "pytest", "-s", "-q", "--noconftest", "-p", "no:cacheprovider", TESTS)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-6000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout


def test_sanitizers_would_see_one_byte_too_far(watched: Run, library: Path) -> None:
    honest, lying = (watched("-c", LIE, str(library), more) for more in ("0", "1"))
    assert (honest.returncode, honest.stdout) == (0, "1\n"), honest.stderr
    assert lying.returncode != 0
    assert "heap-buffer-overflow" in lying.stderr and "in written" in lying.stderr, lying.stderr
