"""People come and go for a long time: how much memory a server needs, and whether it comes to rest.

Run by hand, as root (it makes network namespaces of its own):
`.venv/bin/python benchmarks/soak.py [--servers LIST] [--workers N] [--rounds N] [--everybody N] [--idle N]
[--out FILE]`.
The clients are real (`benchmarks/load`, Go and pion: ICE, DTLS, SRTP, data channels). In each round people join new
rooms of four, every second one sends a picture, sound and messages for a second, and all leave, a quarter of them
without a word; then the rooms close. After each round the server's memory is read (PSS with its children). A collector
makes a saw of it, so its least is what counts: in the last third of the rounds it must be that of the middle third, but
for a twentieth. Before them and after them, people who are connected and silent are
counted and weighed: at most 300 KB each. The same is measured of livekit-server in the same run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import media_load, media_servers, network  # noqa: E402 - once their folder is known

MOST_IDLE = 300_000
MOST_GROWTH = 0.05
ROOMS_END = {"empty_timeout": 1, "departure_timeout": 1}
Phases = list[dict[str, Any]]


def soaked(name: str, folder: Path, pair: network.Pair, options: argparse.Namespace) -> Phases:
    """Let people come and go at a fresh server; return what each phase measured."""
    inside = pair.inside(pair.server)
    where = (name, folder, inside, network.SERVER_ADDRESS)
    with media_servers.running(*where, workers=options.workers, room=ROOMS_END) as server:
        command = pair.inside(
            pair.client, str(media_load.PROGRAM), "-kind", server.kind, "-url", server.url, "-key", media_servers.KEY,
            "-secret", media_servers.SECRET, "-pid", str(server.pid), "-device", pair.device, "-kbps", "600",
            "-rounds", str(options.rounds), "-everybody", str(options.everybody), "-idle", str(options.idle),
        )  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            phases = []
            for line in running.stdout:
                phases.append(json.loads(line))
                print(f"{name}: {line.strip()}", file=sys.stderr, flush=True)
    if running.returncode:
        raise SystemExit(f"{name}: the load program ended with {running.returncode}")
    return phases


def judged(phases: Phases) -> dict[str, float]:
    """Return what the phases say together."""
    named = {each["phase"]: each for each in phases}
    rounds = [each for each in phases if each["phase"] == "round"]
    joins, third = sum(each["joined"] for each in rounds), len(rounds) // 3
    middle = min(each["rss"] for each in rounds[third : 2 * third])
    last = min(each["rss"] for each in rounds[2 * third :])

    def weight(phase: str) -> float:
        return float((named[phase]["rss"] - named[phase]["rss_before"]) / named[phase]["joined"])

    return {
        "joins": joins,
        "failed": sum(each["failed"] for each in phases if "failed" in each),
        "joins_per_second": joins / sum(each["seconds"] for each in rounds),
        "idle_bytes": weight("idle_before"),
        "idle_bytes_after": weight("idle_after"),
        "rss_first": rounds[0]["rss"],
        "rss_least_middle": middle,
        "rss_least_last": last,
        "rss_most": max(each["rss"] for each in rounds),
        "growth": last / middle - 1,
    }


COLUMNS = {
    "joins": ("joins", 1), "failed": ("failed", 1), "joins_per_second": ("a second", 1),
    "idle_bytes": ("KB an idle one", 1e3), "idle_bytes_after": ("after all", 1e3),
    "rss_first": ("memory first, MB", 1e6), "rss_least_middle": ("least, middle", 1e6),
    "rss_least_last": ("least, last", 1e6), "rss_most": ("most", 1e6), "growth": ("growth, %", 0.01),
}  # fmt: skip


def main() -> int:
    """Measure and print; 1 when ours needs too much or grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", default="ours,livekit")
    parser.add_argument("--workers", type=int, default=1, help="processes of our server; their memory is added up")
    parser.add_argument("--rounds", type=int, default=30, help="at least three")
    parser.add_argument("--everybody", type=int, default=40, help="people of a round")
    parser.add_argument("--idle", type=int, default=80, help="silent people that are weighed")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    media_load.build()
    machine, found, verdicts = media_load.machine(), {}, {}
    with tempfile.TemporaryDirectory() as folder, network.pair() as pair:
        for name in options.servers.split(","):
            found[name] = soaked(name, Path(folder), pair, options)
            verdicts[name] = judged(found[name])
    print(f"{'server':10}" + "".join(f"{title:>16}" for title, _ in COLUMNS.values()))
    for name, row in verdicts.items():
        print(f"{name:10}" + "".join(f"{row[key] / unit:16.1f}" for key, (_, unit) in COLUMNS.items()))
    print(json.dumps({"machine": machine, "verdicts": verdicts}, indent=1))
    if options.out:
        options.out.write_text(json.dumps({"machine": machine, "verdicts": verdicts, "phases": found}, indent=1))
    ours = verdicts.get("ours")
    light = ours is None or max(ours["idle_bytes"], ours["idle_bytes_after"]) <= MOST_IDLE
    return 0 if light and (ours is None or ours["growth"] <= MOST_GROWTH) else 1


if __name__ == "__main__":
    sys.exit(main())
