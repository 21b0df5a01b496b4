"""Ways to the server other than UDP over IPv4: TCP, TURN (a real coturn), IPv6."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from interop.signaling_clients import film, program, tone
from interop.signaling_namespace import SERVER, only_ipv6
from interop.signaling_person import people
from interop.signaling_server import running, until

from signaling.transport.addresses import own_addresses

pytestmark = pytest.mark.interop
TURN_SECRET = "shared by coturn and this server"


def free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        return int(sock.getsockname()[1])


@contextlib.asynccontextmanager
async def coturn(folder: Path, address: str, port: int) -> AsyncIterator[Path]:
    """A coturn that knows nobody by name: only credentials made from the shared secret are good."""
    log = folder / "coturn.log"
    words = [
        "--no-stdout-log", f"--log-file={log}", "--simple-log", "--verbose", f"--pidfile={folder / 'pid'}", "--no-cli",
        "--no-tls", "--no-dtls", f"--listening-ip={address}", f"--listening-port={port}", f"--relay-ip={address}",
        "--use-auth-secret", f"--static-auth-secret={TURN_SECRET}", "--realm=tests",
        f"--userdb={folder / 'turndb'}", "-n",
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec("turnserver", *words, stdout=asyncio.subprocess.DEVNULL)
    try:
        await until(lambda: log.exists() and "listener opened on" in log.read_text(), what="coturn is up")
        yield log
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_people_who_have_only_tcp_see_and_hear_each_other(tmp_path: Path, single: bool) -> None:
    async with (
        running(tmp_path, rtc={"udp_port": 0, "force_tcp": True}) as server,
        people("anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=single)
        await bert.join(server, single=single)
        await until(lambda: anna.sees("bert") and bert.sees("anna"), what="pictures")
        await until(lambda: anna.hears("bert") and bert.hears("anna"), what="sound")


async def test_people_who_are_forced_over_turn_see_and_hear_each_other(tmp_path: Path) -> None:
    address = own_addresses()[0]
    port = free_port(address)
    turn = {"host": address, "port": port, "protocol": "udp", "secret": TURN_SECRET, "ttl": 600}
    async with (
        coturn(tmp_path, address, port) as log,
        running(tmp_path, rtc={"udp_port": 0, "turn_servers": [turn]}) as server,
        people("anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=True, relayed=True)
        await bert.join(server, single=True, relayed=True)
        await until(lambda: anna.sees("bert") and bert.sees("anna"), what="pictures")
        await until(lambda: anna.hears("bert") and bert.hears("anna"), what="sound")
        said = log.read_text()
        assert "ALLOCATE processed, success" in said
        assert ":PA_" in said  # the user name: when it ends, and whose it is


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    picture = film(folder / "picture.h264", "libx264", profile="baseline", preset="ultrafast", bf="0")
    return [tone(folder / "tone.ogg"), picture]


@pytest.mark.parametrize(
    ("name", "single", "rtc"),
    [("go", True, {"tcp_port": 0}), ("go", False, {"tcp_port": 0}), ("node", True, {"force_tcp": True})],
    ids=["pion, UDP, one connection", "pion, UDP, two connections", "libwebrtc, TCP"],  # LiveKit's pion knows no TCP
)
async def test_people_whose_network_has_nothing_but_ipv6_see_and_hear_each_other(
    tmp_path: Path, films: list[Path], name: str, single: bool, rtc: dict[str, object]
) -> None:
    published = films if name == "go" else []
    async with (
        only_ipv6() as inside,
        running(tmp_path, inside=inside, bind_addresses=[SERVER], rtc={"udp_port": 0, **rtc}) as server,
        program(name, server, "anna", "room", single=single, files=published, inside=inside) as anna,
        program("node", server, "bert", "room", single=single, files=[], inside=inside) as bert,
    ):
        await until(lambda: anna.sees_and_hears("bert") and bert.sees_and_hears("anna"), what="pictures and sound")
