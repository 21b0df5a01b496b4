"""Sound and picture on bad networks: our media server beside livekit-server, the same faults in the same run.

Run by hand, as root: `.venv/bin/python benchmarks/media_faults.py [--servers LIST] [--faults A;B] [--out FILE]`.
One publisher with three simulcast layers (1.5 Mbps) and sound reaches the server by a veth pair; one subscriber hears
and sees it through a TUN wire with the fault, in both directions but for the slow line, which is slow downwards.
For each server and fault: seconds of frozen picture (more than 200 ms between two whole frames, in order, from a
keyframe on), of silence (more than 60 ms between two packets of sound), the longest of each, frames a second.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import media_servers, network  # noqa: E402 - once their folder is known
from benchmarks.media_load import PROGRAM, build, machine  # noqa: E402
from benchmarks.wire import Faults, Wire  # noqa: E402

SECONDS = 30.0
WARM = 5.0
SLOW = Faults(delay=0.02)
Script = Callable[[Wire], None]


def steady(**changes: float) -> Script:
    """Return a script that sets both directions once."""

    def play(wire: Wire) -> None:
        wire.up.faults = wire.down.faults = replace(SLOW, **changes)  # type: ignore[arg-type]

    return play


def slow_down(wire: Wire) -> None:
    """300 kbps towards the subscriber."""
    wire.up.faults, wire.down.faults = SLOW, replace(SLOW, rate=300_000.0)


def cut(wire: Wire) -> None:
    """Nothing passes for ten seconds."""
    time.sleep(3)
    wire.up.faults = wire.down.faults = replace(SLOW, cut=True)
    time.sleep(10)
    wire.up.faults = wire.down.faults = SLOW


def moved(*protocols: int) -> Script:
    """Return a script in which a NAT gives the subscriber another address while it talks."""

    def play(wire: Wire) -> None:
        time.sleep(3)
        wire.up.faults = wire.down.faults = replace(SLOW, moved=protocols)

    return play


FAULTS: dict[str, Script] = {
    "none": steady(),
    "5 % loss": steady(loss=0.05),
    "10 % loss": steady(loss=0.1),
    "20 % loss": steady(loss=0.2),
    "200 ms jitter": steady(jitter=0.2),
    "5 % reordered by 40 ms": steady(reorder=0.05, jitter=0.04),
    "300 kbps down": slow_down,
    "10 s cut": cut,
    "new address for UDP": moved(socket.IPPROTO_UDP),
    "new address for all": moved(socket.IPPROTO_UDP, socket.IPPROTO_TCP),
}
COLUMNS = ("frozen_seconds", "longest_freeze", "silent_seconds", "longest_silence", "frames_per_second", "lost")


def measured(name: str, script: Script, folder: Path) -> dict[str, Any]:
    """Run one fault on a fresh server."""
    with network.pair(wired=False) as pair, Wire(pair) as wire:
        wire.up.faults = wire.down.faults = SLOW
        with media_servers.running(name, folder, pair.inside(pair.server), network.SERVER_ADDRESS) as server:
            common = [
                "-url", server.url, "-key", media_servers.KEY, "-secret", media_servers.SECRET, "-simulcast",
                "-room", "faults", "-warm", str(WARM),
            ]  # fmt: skip
            near, far = pair.device.replace("vc", "vs"), pair.device
            publishing = [*common, "-device", near, "-subs", "0", "-seconds", "200"]
            watching = [*common, "-device", far, "-pubs", "0", "-subs", "1", "-seconds", str(SECONDS)]
            publisher = subprocess.Popen(pair.inside(pair.server, str(PROGRAM), *publishing), stdout=subprocess.DEVNULL)
            try:
                time.sleep(2)
                watcher = subprocess.Popen(
                    pair.inside(pair.client, str(PROGRAM), *watching), stdout=subprocess.PIPE, text=True
                )
                time.sleep(WARM)
                player = threading.Thread(target=script, args=(wire,))
                player.start()
                output, _ = watcher.communicate(timeout=SECONDS + 60)
                player.join()
            finally:
                publisher.kill()
                publisher.wait()
    return dict(json.loads(output.splitlines()[0])) if output else {}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", default="ours,livekit")
    parser.add_argument("--faults", default=";".join(FAULTS), help="names separated by semicolons; a part is enough")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    build()
    print(f"{'fault':24} {'server':8} " + " ".join(f"{column:>18}" for column in COLUMNS), flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for fault, script in FAULTS.items():
            if not any(part and part in fault for part in options.faults.split(";")):
                continue
            for name in options.servers.split(","):
                result = measured(name, script, Path(folder))
                rows.append({"fault": fault, "server": name, **result})
                values = " ".join(f"{result.get(column, float('nan')):18.2f}" for column in COLUMNS)
                print(f"{fault:24} {name:8} {values}", flush=True)
    print(json.dumps(machine()))
    if options.out:
        options.out.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
