"""Two network namespaces joined by a veth pair, for measurements that no other traffic disturbs. Needs root."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

SERVER_ADDRESS, CLIENT_ADDRESS = "198.18.9.1", "198.18.9.2"


@dataclass(frozen=True)
class Pair:
    """The names of the namespaces and of the clients' device."""

    server: str
    client: str
    device: str

    def inside(self, namespace: str, *command: str) -> list[str]:
        """Return a command line that runs in a namespace."""
        return ["ip", "netns", "exec", namespace, *command]


def ip(*words: str) -> None:
    """Call `ip`; a failure tells what it said."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"ip {' '.join(words)}: {done.stderr.strip()} (namespaces need root)")


@contextlib.contextmanager
def pair(*, wired: bool = True) -> Iterator[Pair]:
    """Make the two namespaces, joined unless somebody else lays the wire; take them away at the end."""
    number = os.getpid()
    made = Pair(f"yts{number}", f"ytc{number}", f"vc{number}"[:15])
    for namespace in (made.server, made.client):
        ip("netns", "add", namespace)
    try:
        for namespace in (made.server, made.client):
            ip("-n", namespace, "link", "set", "lo", "up")
        if wired:
            far = f"vs{number}"[:15]
            ip(
                "link",
                "add",
                far,
                "netns",
                made.server,
                "type",
                "veth",
                "peer",
                "name",
                made.device,
                "netns",
                made.client,
            )
            for namespace, device, address in (
                (made.server, far, SERVER_ADDRESS),
                (made.client, made.device, CLIENT_ADDRESS),
            ):
                ip("-n", namespace, "addr", "add", f"{address}/24", "dev", device)
                ip("-n", namespace, "link", "set", device, "up")
        yield made
    finally:
        for namespace in (made.server, made.client):
            ip("netns", "del", namespace)
