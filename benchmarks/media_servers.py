"""Our media server, livekit-server and Janus, started alike in a network namespace."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
LIVEKIT = ROOT / ".venv" / "tools" / "livekit-server"
KEY, SECRET = "devkey", "a secret for measurements, known to everybody, long enough"
START_SECONDS = 60
PORT, UDP_PORT = 7880, 7882
NAMES = ("ours", "livekit", "janus")


@dataclass(frozen=True)
class Server:
    """A running server: its process and how clients reach it."""

    kind: str
    pid: int
    url: str


def _configuration(folder: Path, name: str, address: str, sections: Mapping[str, object]) -> list[str]:
    """Write what the server reads; return its command."""
    if name == "janus":
        binary = shutil.which("janus")
        if binary is None:
            raise SystemExit("janus is not installed (apt install janus)")
        return _janus(folder, binary, address)
    common = {"port": PORT, "bind_addresses": [address], "keys": {KEY: SECRET}}
    rtc: dict[str, object] = {"udp_port": UDP_PORT, "node_ip": address, "use_external_ip": False}
    if name == "livekit":
        common |= {"logging": {"level": "error"}}
        rtc |= {"tcp_port": 7881}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**common, "rtc": rtc, **sections}))
    if name == "livekit":
        if not LIVEKIT.exists():
            raise SystemExit(f"{LIVEKIT} is missing: deploy/setup.sh test builds it")
        return [str(LIVEKIT), "--config", str(path)]
    return [sys.executable, "-m", "signaling", "--config", str(path)]


def _janus(folder: Path, binary: str, address: str) -> list[str]:
    """Janus with its video room over WebSockets, and nothing else."""
    own = folder / "janus"
    own.mkdir(exist_ok=True)
    (own / "janus.jcfg").write_text(
        'general: { debug_level = 2 }\nmedia: { rtp_port_range = "20000-40000" }\nnat: { nice_debug = false }\n'
        f'plugins: {{ disable = "{_others("plugins", "libjanus_videoroom.so")}" }}\n'
        f'transports: {{ disable = "{_others("transports", "libjanus_websockets.so")}" }}\n'
    )
    (own / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ json = "compact"\n ws = true\n ws_port = {PORT}\n ws_ip = "{address}"\n wss = false }}\n'
    )
    (own / "janus.plugin.videoroom.jcfg").write_text("general: {}\n")
    return [binary, "-F", str(own), "-C", str(own / "janus.jcfg"), "-d", "2"]


def _others(kind: str, but: str) -> str:
    found = {path.name for path in Path("/usr/lib").glob(f"*/janus/{kind}/*.so")}
    return ",".join(sorted(found - {but}))


@contextlib.contextmanager
def running(
    name: str, folder: Path, prefix: list[str], address: str, *, workers: int = 1, **sections: object
) -> Iterator[Server]:
    """Start a server in a namespace; end it, and only it, afterwards.

    `sections` are more of a LiveKit server's configuration, `workers` the processes of ours.
    """
    command = prefix + _configuration(folder, name, address, sections)
    if name == "ours" and workers > 1:
        command += ["--workers", str(workers)]
    log = (folder / f"{name}.log").open("ab")
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait(process, prefix, address)
        scheme = "janus" if name == "janus" else "livekit"
        yield Server(scheme, process.pid, f"ws://{address}:{PORT}")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def _wait(process: subprocess.Popen[bytes], prefix: list[str], address: str) -> None:
    """Wait until the port is open; it is asked inside the namespace."""
    probe = [*prefix, sys.executable, "-c", f"import socket; socket.create_connection(('{address}', {PORT}), 1)"]
    end = time.monotonic() + START_SECONDS
    while subprocess.run(probe, capture_output=True, check=False).returncode:
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"the server did not start: {process.args}")
        time.sleep(0.2)
