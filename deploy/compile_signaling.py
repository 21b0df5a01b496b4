"""Compiles the media server's packet path to machine code: its loops from C, its modules with mypyc.

`python deploy/compile_signaling.py [--loops]` needs a C compiler and, but for the loops alone, Python's headers; it
does nothing where what it would make is there already (`signaling/native.py` says where). Exits with 1 and the
compiler's own words if it fails.
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from signaling import native  # noqa: E402 - once its folder is known

COMPILER = ["cc", "-std=c11", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror"]


def loops_compiled(place: Path, *options: str) -> None:
    """Compile the loops to a library; raises CalledProcessError with the compiler's words."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        made = Path(scratch) / place.name
        files = [str(file) for file in sorted(native.LOOPS.glob("*.c"))]
        command = [*COMPILER, *options, "-o", str(made), *files]
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - a command of our own
        made.rename(place)  # whole or not at all


def compiled(into: Path, scratch: Path) -> None:
    """Compile all modules together, so that they call each other directly."""
    from mypyc.build import mypycify  # a second to import, which a call with nothing to do need not wait
    from setuptools import Distribution

    names = [str(file.relative_to(ROOT)) for file in native.sources()]
    modules = mypycify(
        ["--config-file", str(ROOT / "pyproject.toml"), *names],
        opt_level="3",
        debug_level="0",
        target_dir=str(scratch / "c"),
        group_name="signaling",
    )
    build = Distribution({"name": "signaling", "ext_modules": modules}).get_command_obj("build_ext")
    build.build_lib, build.build_temp = str(into), str(scratch / "objects")
    build.ensure_finalized()
    build.run()


def make_loops() -> bool:
    """Make the loops if they are missing; older ones go."""
    place = native.loops_place()
    if not place.is_file():
        try:
            loops_compiled(place)
        except (OSError, subprocess.CalledProcessError) as error:
            print(getattr(error, "stderr", ""), error, file=sys.stderr, sep="\n")
            return False
    for old in place.parent.glob("loops-*.so"):
        if old != place:
            old.unlink(missing_ok=True)
    return True


def make_modules() -> bool:
    """Make the modules if they are missing; older ones go."""
    place = native.place()
    if place.is_dir():
        return True
    os.chdir(ROOT)
    place.parent.mkdir(parents=True, exist_ok=True)
    told = io.StringIO()
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        made = Path(scratch) / "made"
        try:
            with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
                compiled(made, Path(scratch))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - mypyc and the compiler fail in many ways
            print(told.getvalue(), error, file=sys.stderr, sep="\n")
            return False
        made.rename(place)  # whole or not at all
    for old in place.parent.glob("[0-9a-f]" * len(place.name)):
        if old != place:
            shutil.rmtree(old, ignore_errors=True)
    return True


def main() -> int:
    """Make what is missing of what was asked for."""
    return 0 if make_loops() and ("--loops" in sys.argv[1:] or make_modules()) else 1


if __name__ == "__main__":
    sys.exit(main())
