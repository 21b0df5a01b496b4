"""What every benchmark ends with: figures against their bars, for people and as JSON."""

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def told(figures: Mapping[str, float], bars: Mapping[str, float], measured: Mapping[str, Any], out: Path | None) -> int:
    """Print each figure with its bar, and all that was measured as JSON, to `out` too; 0 when every bar is met."""
    for name, value in figures.items():
        print(f"{name:40} {value:9.2f}  bar {bars[name]:g}  {'met' if value <= bars[name] else 'MISSED'}")
    machine = {"cpu": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    whole = {"machine": machine, **measured, "figures": dict(figures), "bars": dict(bars)}
    print(json.dumps(whole, ensure_ascii=False))
    if out:
        out.write_text(json.dumps(whole, ensure_ascii=False, indent=2))
    return 0 if all(figures[name] <= bar for name, bar in bars.items()) else 1
