"""Where the packet path lies as machine code, if it was compiled: the loops in C, and modules of Python.

`deploy/compile_signaling.py` compiles the loops with the C compiler and `MODULES` with mypyc. What it made counts for
exactly these sources, the modules also for this Python only: after any change the files are interpreted again, and
Python does the loops' work, until they are compiled anew.
"""

import functools
import hashlib
import os
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).parent
LOOPS = HERE / "loops"
MODULES = (
    "allocation", "audience", "backpressure", "bandwidth", "burst", "connection", "consent", "crowd", "downlink",
    "downtrack", "dynacast", "incoming", "layers", "messages", "meter", "negotiation", "node", "offering", "outgoing",
    "participant", "publishing", "rate", "reception", "red", "replay", "rewriter", "room", "rtcp", "rtp", "sdp",
    "shelf", "slots", "speakers", "stun", "subscribing", "tokens", "uptrack", "wire", "transport/dtls",
    "transport/ice_lite", "transport/ice_tcp", "transport/inbox", "transport/link", "transport/outbox",
    "transport/runs", "transport/srtp",
)  # fmt: skip
INTERPRETED = "SIGNALING_INTERPRETED"  # set in the environment: the modules as they stand in their files, no loops


@functools.cache
def interpreted() -> bool:
    """Tell whether nothing compiled is wanted; said once, when the package is imported."""
    return bool(os.environ.get(INTERPRETED))


def loops_place() -> Path:
    """Return the file that holds the loops made of these sources, if any does."""
    found = hashlib.sha256()
    for file in sorted(LOOPS.glob("*.[ch]")):
        found.update(file.name.encode() + file.read_bytes())
    return Path(sys.prefix) / "compiled" / f"loops-{found.hexdigest()[:20]}.so"


def loops() -> Path | None:
    """Return the library of loops; None when Python is to do their work."""
    found = loops_place()
    return found if not interpreted() and found.is_file() else None


def sources() -> list[Path]:
    """Return the files that are compiled together."""
    return [HERE / f"{name}.py" for name in MODULES]


def place() -> Path:
    """Return the folder that holds what was compiled of these sources for this Python, if anything does."""
    found = hashlib.sha256(str(sysconfig.get_config_var("SOABI")).encode())
    for file in sources():
        found.update(file.read_bytes())
    return Path(sys.prefix) / "compiled" / found.hexdigest()[:20]


@functools.cache
def folder() -> Path | None:
    """Return the folder to import from; None when the modules are to be interpreted."""
    if interpreted():
        return None
    found = place()
    return found if found.is_dir() else None


def paths(package: str = "") -> list[str]:
    """Return where a package's compiled modules are looked for, before its files."""
    found = folder()
    if found is None:
        return []
    if str(found) not in sys.path:
        sys.path.append(str(found))  # what all modules share lies on its top
    return [str(found / "signaling" / package)]
