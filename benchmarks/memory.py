"""The most memory of this process; getrusage would tell that of the process it was started from, if it was larger."""

import re
from pathlib import Path


def peak_megabytes() -> float:
    """What `VmHWM` says (proc(5)), in MB of 2^20 bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024
