"""From "connect" to the first picture in Chromium: our media server beside livekit-server, in the same run.

Run by hand: `.venv/bin/python benchmarks/first_frame.py [--rounds N] [--joins N] [--out FILE]`. One Chromium publishes
its false camera with three simulcast layers; another joins again and again with livekit-client, unmodified, and is
timed by its own clock from the call of `connect` to the first decoded picture in its video element. Each round starts
a fresh server of each kind, for one peer connection (/rtc/v1) and for two (/rtc); the first join warms up and does not
count. Prints medians in milliseconds.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from interop.signaling_browsers import Visitor, chromium, served_page  # noqa: E402 - once their folder is known
from interop.signaling_livekit import LIVEKIT, OURS, running_as  # noqa: E402
from interop.signaling_server import Server  # noqa: E402

from benchmarks.media_load import machine  # noqa: E402

PATIENCE = 30
CONNECTIONS = {"one": True, "two": False}
WATCH = """async (url, token, single) => {
  const begun = performance.now();
  const room = new L.Room({ singlePeerConnection: single });
  const shown = new Promise((resolve) => room.on('trackSubscribed', (track) => {
    if (track.kind !== 'video') return;
    const element = track.attach();
    document.body.append(element);
    element.requestVideoFrameCallback(() => resolve(performance.now() - begun));
  }));
  await room.connect(url, token);
  const passed = await shown;
  await room.disconnect();
  document.querySelectorAll('video').forEach((each) => each.remove());
  return passed;
}"""


async def joined(viewer: Visitor, server: Server, *, single: bool) -> float:
    """Join once as a fresh person; return the milliseconds until a picture is there."""
    async with asyncio.timeout(PATIENCE):
        passed = await viewer.tab.evaluate(WATCH, server.url, server.token(viewer.identity), single)
    return float(passed)


async def measured(kind: str, connections: str, joins: int) -> list[float]:
    """Start a server of a kind and a publisher; return the milliseconds of each join but the first."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_as(kind, Path(folder)) as server,
            served_page() as page,
            chromium(page, "publisher", "viewer") as (publisher, viewer),
        ):
            await publisher.join(server, simulcast=True, single=CONNECTIONS[connections])
            found = [await joined(viewer, server, single=CONNECTIONS[connections]) for _ in range(joins + 1)]
    return found[1:]


async def compared(rounds: int, joins: int) -> dict[str, dict[str, list[float]]]:
    """Take turns, so that whatever else the machine does strikes both."""
    found: dict[str, dict[str, list[float]]] = {each: {OURS: [], LIVEKIT: []} for each in CONNECTIONS}
    for _ in range(rounds):
        for connections, kinds in found.items():
            for kind, times in kinds.items():
                times.extend(await measured(kind, connections, joins))
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--joins", type=int, default=8)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    before = machine()
    found = asyncio.run(compared(options.rounds, options.joins))
    rows: list[dict[str, Any]] = []
    print(" ".join(f"{each:>10}" for each in ("connections", "server", "joins", "median", "least", "most")))
    for connections, kinds in found.items():
        for kind, times in kinds.items():
            row = {
                "connections": connections,
                "server": kind,
                "joins": len(times),
                "median_ms": statistics.median(times),
            }
            row |= {"least_ms": min(times), "most_ms": max(times)}
            rows.append(row)
            print(" ".join(f"{each:>10.0f}" if isinstance(each, float) else f"{each:>10}" for each in row.values()))
    print(json.dumps(before))
    if options.out:
        options.out.write_text(json.dumps({"machine": before, "rows": rows, "times": found}, indent=1))


if __name__ == "__main__":
    main()
