"""Compiles the media server's packet path to machine code with mypyc, from the same files that are else interpreted.

`python deploy/compile_signaling.py` needs a C compiler and Python's headers; it does nothing where what it would make
is there already (`signaling/native.py` says where). Exits with 1 and the compiler's own words if it fails.
"""

import contextlib
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from signaling import native  # noqa: E402 - once its folder is known


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


def main() -> int:
    """Compile what is missing; older builds go."""
    place = native.place()
    if place.is_dir():
        return 0
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
            return 1
        made.rename(place)  # whole or not at all
    for old in place.parent.glob("[0-9a-f]" * len(place.name)):
        if old != place:
            shutil.rmtree(old, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
