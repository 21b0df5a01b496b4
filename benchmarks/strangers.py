"""What a datagram of a stranger costs: CPU from the kernel's queue until it is dropped, and memory that stays.

Run by hand: `.venv/bin/python benchmarks/strangers.py [--count N] [--out FILE]`. A media port with 100 peers, as a
server with 50 people in meetings has it, drains datagrams of each kind from its own socket on the loopback. Prints
microseconds of CPU a datagram (median of seven runs), beside the same drain with nothing done (`recvfrom_into` alone),
and how many bytes are still allocated after all of them. The promise is 5 µs, and nothing that stays.
"""

import argparse
import json
import os
import platform as machine
import random
import socket
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from signaling import stun  # noqa: E402 - once the folder is known
from signaling.connection import Connection  # noqa: E402
from signaling.transport.dtls import Certificate  # noqa: E402
from signaling.transport.ice_lite import DRAINED_AT_ONCE, MediaPort  # noqa: E402
from signaling.transport.srtp import RECEIVING  # noqa: E402

PROMISE, RUNS, BATCH, PEERS = 5.0, 7, 128, 100
Make = Callable[[random.Random], bytes]


def kinds(ufrag: str) -> dict[str, Make]:
    """Return makers of datagrams of each kind."""
    wrong = stun.request(f"{ufrag}:them", "not the password", b"t" * 12)
    unknown = stun.request("deadbeef:them", "whatever", b"t" * 12)
    return {
        "random bytes": lambda chance: chance.randbytes(chance.randint(1, 1200)),
        "RTP": lambda chance: b"\x80\x60" + chance.randbytes(1100),
        "RTCP": lambda chance: b"\x80\xc8" + chance.randbytes(60),
        "DTLS": lambda chance: b"\x16\xfe\xfd" + chance.randbytes(200),
        "STUN, cut off": lambda chance: unknown[: chance.randint(1, len(unknown) - 1)],
        "STUN, no attribute right": lambda chance: unknown[:20] + chance.randbytes(len(unknown) - 20),
        "STUN, of nobody": lambda _chance: unknown,
        "STUN, wrong password": lambda _chance: wrong,
    }


def drained(port: MediaPort, sock: socket.socket) -> None:
    """Let the port do what it does when its socket is readable."""
    for _ in range(BATCH // DRAINED_AT_ONCE + 1):
        port._readable(sock)  # noqa: SLF001


def emptied(sock: socket.socket) -> None:
    """Take as many datagrams from the kernel and do nothing."""
    while True:
        try:
            sock.recvfrom_into(RECEIVING)
        except BlockingIOError:
            return


def cost(sender: socket.socket, sock: socket.socket, datagrams: list[bytes], drain: Callable[[], None]) -> float:
    """Return microseconds of CPU a datagram."""
    spent = 0.0
    for at in range(0, len(datagrams), BATCH):
        for datagram in datagrams[at : at + BATCH]:
            sender.sendto(datagram, sock.getsockname())
        began = time.process_time_ns()
        drain()
        spent += time.process_time_ns() - began
    return spent / 1000 / len(datagrams)


def kept(port: MediaPort, sock: socket.socket, datagrams: list[bytes]) -> int:
    """Return how many bytes are still allocated after datagrams from many addresses."""
    tracemalloc.start()
    port.sort(sock, 20, ("192.0.2.1", 1))
    before = tracemalloc.get_traced_memory()[0]
    for number, datagram in enumerate(datagrams):
        RECEIVING[: len(datagram)] = datagram
        port.sort(sock, len(datagram), (f"198.51.{number >> 8 & 255}.{number & 255}", number & 0xFFFF))
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


def measured(count: int) -> dict[str, dict[str, float]]:
    """Measure every kind."""
    port = MediaPort(("127.0.0.1",), 0)
    sock = next(iter(port._at))  # noqa: SLF001
    certificate = Certificate()
    peers = [Connection(port, certificate, offers=False) for _ in range(PEERS)]
    found = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for name, make in kinds(peers[0].transport().ufrag).items():
            chance = random.Random(1)
            datagrams = [make(chance) for _ in range(count)]
            runs = [cost(sender, sock, datagrams, lambda: drained(port, sock)) for _ in range(RUNS)]
            floor = [cost(sender, sock, datagrams, lambda: emptied(sock)) for _ in range(RUNS)]
            found[name] = {
                "microseconds": statistics.median(runs),
                "of_them_recvfrom": statistics.median(floor),
                "bytes_kept": kept(port, sock, datagrams),
            }
    port.close()
    return found


def main() -> int:
    """Measure and print; 1 when a kind breaks the promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=12_800, help="datagrams of each kind and run")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = measured(options.count)
    print(f"{'a stranger sends':28}{'µs':>8}{'recvfrom':>10}{'bytes kept':>12}")
    for name, row in found.items():
        print(f"{name:28}{row['microseconds']:8.2f}{row['of_them_recvfrom']:10.2f}{row['bytes_kept']:12.0f}")
    report: dict[str, Any] = {
        "machine": f"{machine.machine()}, {os.cpu_count()} cores, Python {machine.python_version()}",
        "datagrams": options.count, "runs": RUNS, "promise_microseconds": PROMISE, "kinds": found,
    }  # fmt: skip
    print(json.dumps(report, indent=2))
    if options.out:
        options.out.write_text(json.dumps(report, indent=2))
    return 0 if all(row["microseconds"] <= PROMISE for row in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
