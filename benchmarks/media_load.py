"""The cost of forwarding: the same real peer connections on our media server, on livekit-server and on Janus.

Run by hand, as root (it makes network namespaces of its own):
`.venv/bin/python benchmarks/media_load.py [--servers LIST] [--loads A;B] [--rounds N] [--out FILE]`.
The load program (`benchmarks/load`, Go and pion) and the server share this machine: the server has the first
processor, the load program the others, unless `--together` is given. Prints a table of medians and of
ratios to livekit-server, and JSON: CPU of the server for each packet that arrived at a subscriber, added latency of
all packets until the kernel has got them (and, `first p99`, of the first of each frame, which a server may send to
everybody first; `read p99`, until the load program has read them: it needs longer than the servers), losses,
CPU of a join, dialling to first packet; `saturation` adds subscribers until packets are lost or p99 exceeds 10 ms.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import media_servers, network  # noqa: E402 - once their folder is known

PROGRAM = ROOT / ".venv" / "tools" / "load"


def steps(first: int, most: int, growth: float) -> str:
    """Return growing numbers of subscribers, each about so many times the last."""
    found = [first]
    while found[-1] < most:
        found.append(max(found[-1] + 1, round(found[-1] * growth)))
    return ",".join(map(str, found))


LOADS: dict[str, list[str]] = {
    "1 to 10, 1.5 Mbps": ["-subs", "10"],
    "1 to 30, 1.5 Mbps": ["-subs", "30"],
    "1 to 100, 1.5 Mbps": ["-subs", "100"],
    "1 to 10, 10 Mbps": ["-subs", "10", "-kbps", "10000"],
    "8 rooms of 4, 0.6 Mbps": ["-rooms", "8", "-pubs", "4", "-subs", "0", "-mesh", "-kbps", "600"],
    "joins": [
        "-subs",
        "40",
        "-sparse",
        "-seconds",
        "1",
        "-warm",
        "0",
    ],  # little but joins: only their CPU counts
    "saturation": ["-subs", steps(10, 400, 1.25), "-worst", "10", "-seconds", "5"],
    # The frames of one publisher come in heaps, those of twelve now and then.
    "saturation of 12 rooms": ["-rooms", "12", "-subs", steps(4, 40, 1.1), "-worst", "10", "-seconds", "5"],
}
COLUMNS = {
    "us_per_packet": "CPU, µs a packet", "packets_per_second": "packets/s", "p50": "latency p50, ms", "p99": "p99, ms",
    "first_p99": "first p99, ms", "read_p99": "read p99, ms",
    "lost": "lost", "join_cpu_ms": "CPU of a join, ms", "first_packet": "dial to packet, ms",
}  # fmt: skip


def build() -> None:
    """Build the load program; its dependencies are pinned in go.sum."""
    PROGRAM.parent.mkdir(exist_ok=True)
    subprocess.run(["go", "build", "-o", str(PROGRAM), "."], cwd=ROOT / "benchmarks" / "load", check=True)


def places(*, together: bool) -> tuple[list[str], list[str]]:
    """Return what the server's and the load program's commands begin with: neither disturbs the other's processor."""
    cores = os.cpu_count() or 1
    if together or cores < 2:
        return [], []
    return ["taskset", "-c", "0"], ["taskset", "-c", f"1-{cores - 1}"]


def measured(
    name: str, load: list[str], folder: Path, pair: network.Pair, *, seconds: float, together: bool
) -> list[dict[str, Any]]:
    """Run one load on a fresh server; return what each step of it measured."""
    servers, loads = places(together=together)
    inside = servers + pair.inside(pair.server)
    with media_servers.running(name, folder, inside, network.SERVER_ADDRESS) as server:
        command = loads + pair.inside(
            pair.client, str(PROGRAM), "-kind", server.kind, "-url", server.url, "-key", media_servers.KEY,
            "-secret", media_servers.SECRET, "-pid", str(server.pid), "-device", pair.device,
            "-seconds", str(seconds), *load,
        )  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        print(f"{name}: {done.stderr.strip()}", file=sys.stderr)
        return []
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    for step in steps:
        step["p50"], step["p99"] = step["latency_ms"]["p50"], step["latency_ms"]["p99"]
        step["first_p99"], step["read_p99"] = step["first_of_frame_ms"]["p99"], step["read_ms"]["p99"]
        step["first_packet"] = step["first_packet_ms"]["p50"]
    return steps


def kept(load: str, steps: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Of the steps of a saturation return the last one without loss and late packets; else the only one."""
    if not load.startswith("saturation"):
        return steps[0] if steps else None
    good = [step for step in steps if step["p99"] <= 10 and not step["lost"]]
    return good[-1] if good else None


def table(found: dict[str, dict[str, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    """Print medians and ratios; return the rows."""
    rows = []
    print(f"{'load':24} {'server':8} " + " ".join(f"{title:>18}" for title in COLUMNS.values()) + "   CPU/LiveKit")
    for load, servers in found.items():
        medians = {
            name: {column: statistics.median(step[column] for step in steps) for column in COLUMNS}
            for name, steps in servers.items()
            if steps
        }
        for name, row in medians.items():
            base = medians.get("livekit", {}).get("us_per_packet")
            ratio = row["us_per_packet"] / base if base else float("nan")
            rows.append({"load": load, "server": name, **row, "cpu_to_livekit": ratio, "rounds": len(servers[name])})
            print(f"{load:24} {name:8} " + " ".join(f"{row[each]:18.1f}" for each in COLUMNS) + f"   {ratio:.2f}")
    return rows


def machine() -> dict[str, Any]:
    """Say where this was measured."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "",
    )
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", default=",".join(media_servers.NAMES))
    parser.add_argument("--loads", default=";".join(LOADS), help="names separated by semicolons; a part is enough")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--together", action="store_true", help="server and load program share all processors")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    build()
    wanted = [name for name in LOADS if any(part and part in name for part in options.loads.split(";"))]
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    before = machine()
    with tempfile.TemporaryDirectory() as folder, network.pair() as pair:
        for _ in range(options.rounds):
            for load in wanted:
                for name in options.servers.split(","):
                    steps = measured(
                        name, LOADS[load], Path(folder), pair, seconds=options.seconds, together=options.together
                    )
                    step = kept(load, steps)
                    found.setdefault(load, {}).setdefault(name, []).extend([step] if step else [])
                    print(f"{load}, {name}: {len(steps)} steps", file=sys.stderr, flush=True)
                    if options.out:
                        options.out.write_text(json.dumps({"machine": before, "rounds": found}, indent=1))
    rows = table(found)
    print(json.dumps(before))
    if options.out:
        options.out.write_text(json.dumps({"machine": before, "rows": rows, "rounds": found}, indent=1))


if __name__ == "__main__":
    main()
