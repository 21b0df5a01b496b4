"""Which addresses are announced, in which words, and with which TURN credentials."""

import base64
import errno
import hashlib
import hmac
import socket
from collections.abc import Iterator, Sequence

import pytest
from aiohttp import web

from signaling import serving
from signaling.sdp import Candidate
from signaling.transport import ice_tcp, sockets
from signaling.transport.addresses import FREE_PORT_TRIES, Choice, at_one_port, networks, own_addresses
from signaling.transport.ice_lite import MediaPort
from signaling.transport.ice_tcp import open_listeners
from signaling.turn import TurnServer, ice_servers


@pytest.mark.parametrize(
    ("choice", "address", "counts"),
    [
        (Choice(), "192.0.2.7", True),
        (Choice(), "127.0.0.1", True),
        (Choice(loopback=False), "127.0.0.1", False),
        (Choice(), "::1", False),
        (Choice(), "fe80::1", False),
        (Choice(), "2001:db8::7", True),
        (Choice(networks=networks(["192.0.2.0/24"])), "192.0.2.7", True),
        (Choice(networks=networks(["192.0.2.0/24"])), "198.51.100.7", False),
        (Choice(networks=networks(["192.0.2.0/24"]), not_networks=networks(["192.0.2.7"])), "192.0.2.7", True),
        (Choice(not_networks=networks(["192.0.2.0/24"])), "192.0.2.7", False),
    ],
)
def test_an_address_counts_or_not(choice: Choice, address: str, counts: bool) -> None:
    assert choice.address(address) is counts


def test_interfaces_are_included_or_excluded() -> None:
    assert own_addresses(Choice(interfaces=("lo",))) == ("127.0.0.1",)
    assert "127.0.0.1" not in own_addresses(Choice(not_interfaces=("lo",)))


def test_candidates_have_each_a_foundation_and_udp_goes_first() -> None:
    listed = [Candidate("192.0.2.7", 1), Candidate("2001:db8::7", 1), Candidate("192.0.2.7", 2, "tcp")]
    lines = [each.line(place) for place, each in enumerate(listed)]
    assert lines[0] == "a=candidate:1 1 udp 2130706431 192.0.2.7 1 typ host"
    assert lines[2].endswith(" 192.0.2.7 2 typ host tcptype passive")
    priorities = [int(line.split()[3]) for line in lines]
    assert priorities == sorted(priorities, reverse=True)
    assert len({line.split()[0] for line in lines}) == 3


def test_a_secret_makes_credentials_that_end_and_are_somebodys() -> None:
    turn = TurnServer("turn.example", 443, "tls", secret="secret", seconds=600)
    (server,) = ice_servers([turn], [], "PA_x", 1000.5)
    assert list(server.urls) == ["turns:turn.example:443?transport=tcp"]
    assert server.username == "1600:PA_x"
    expected = hmac.new(b"secret", b"1600:PA_x", hashlib.sha1).digest()
    assert base64.b64decode(server.credential) == expected


def test_fixed_credentials_and_stun_servers_are_passed_on() -> None:
    turn = TurnServer("2001:db8::1", 3478, "udp", username="u", credential="c")
    servers = ice_servers([turn], ["stun.example:3478"], "PA_x", 0)
    assert list(servers[0].urls) == ["turn:[2001:db8::1]:3478?transport=udp"]
    assert (servers[0].username, servers[0].credential) == ("u", "c")
    assert list(servers[1].urls) == ["stun:stun.example:3478"]


def test_without_configuration_nobody_elses_servers_are_named() -> None:
    assert ice_servers([], [], "PA_x", 0) == []


def test_own_addresses_end_with_the_loopback() -> None:
    assert own_addresses()[-1].startswith("127.")


def test_an_announced_address_that_is_not_ours_is_served_all_the_same() -> None:
    port = MediaPort(("203.0.113.5",), 0)
    assert port.candidates == (("203.0.113.5", port.port, "udp"),)
    port.close()


def test_every_address_has_the_same_port_and_a_taken_one_is_said() -> None:
    port = MediaPort(own_addresses(), 0)
    assert {each.port for each in port.candidates} == {port.port}
    with pytest.raises(OSError):
        MediaPort(("127.0.0.1",), port.port)
    port.close()


class Rival:
    """Somebody who takes the same port at the second address just before us, as often as it likes."""

    def __init__(self, kind: socket.SocketKind, times: int) -> None:
        self.kind, self.times = kind, times
        self.took: list[socket.socket] = []

    def comes(self, address: str, port: int) -> None:
        if port and len(self.took) < self.times:
            mine = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, self.kind)
            try:
                mine.bind((address, port))
            except OSError:  # somebody else on this machine was faster, which is as good
                mine.close()
                return
            self.took.append(mine)
            if self.kind == socket.SOCK_STREAM:
                mine.listen(1)

    def leaves(self) -> None:
        for each in self.took:
            each.close()


@pytest.fixture
def rival(request: pytest.FixtureRequest) -> Iterator[Rival]:
    there = Rival(*request.param)
    yield there
    there.leaves()


@pytest.mark.parametrize("rival", [(socket.SOCK_DGRAM, 3)], indirect=True)
def test_a_media_port_is_free_at_all_addresses(monkeypatch: pytest.MonkeyPatch, rival: Rival) -> None:
    def late(address: str, port: int) -> socket.socket:
        rival.comes(address, port)
        return truly(address, port)

    truly = sockets._open
    monkeypatch.setattr(sockets, "_open", late)
    port = MediaPort(("127.0.0.1", "127.0.0.2"), 0)
    assert len(rival.took) == 3
    assert {(each.address, each.port) for each in port.candidates} == {
        ("127.0.0.1", port.port),
        ("127.0.0.2", port.port),
    }
    assert port.port not in {each.getsockname()[1] for each in rival.took}
    port.close()


@pytest.mark.parametrize("rival", [(socket.SOCK_STREAM, 3)], indirect=True)
def test_a_tcp_port_is_free_for_both_families(monkeypatch: pytest.MonkeyPatch, rival: Rival) -> None:
    def late(addresses: Sequence[str], port: int) -> list[socket.socket]:
        first = truly(addresses[:1], port)
        try:
            rival.comes(addresses[1], first[0].getsockname()[1])
            return first + truly(addresses[1:], first[0].getsockname()[1])
        except OSError:
            first[0].close()
            raise

    truly = ice_tcp._listen
    monkeypatch.setattr(ice_tcp, "_listen", late)
    listeners = open_listeners(("127.0.0.1", "::1"), 0)
    assert len(rival.took) == 3
    assert len({each.getsockname()[1] for each in listeners}) == 1
    for each in listeners:
        each.close()


@pytest.mark.parametrize("rival", [(socket.SOCK_STREAM, 3)], indirect=True)
async def test_the_main_port_is_free_at_all_addresses(monkeypatch: pytest.MonkeyPatch, rival: Rival) -> None:
    async def late(site: web.TCPSite) -> None:
        rival.comes(str(site._host), site._port or 0)
        await truly(site)

    truly = web.TCPSite.start
    monkeypatch.setattr(web.TCPSite, "start", late)
    runner, another = web.AppRunner(web.Application()), web.AppRunner(web.Application())
    await runner.setup()
    await another.setup()
    sites = await serving._open(runner, ("127.0.0.1", "127.0.0.2"), 0)
    assert len(rival.took) == 3
    assert [each[1] for each in runner.addresses] == [runner.addresses[0][1]] * 2
    assert set(runner.sites) == set(sites)
    rival.times = 100
    with pytest.raises(OSError, match="in use"):
        await serving._open(another, ("127.0.0.1", "127.0.0.2"), 0)
    assert len(rival.took) == 3 + FREE_PORT_TRIES
    assert not another.sites
    rival.times = 0
    with pytest.raises(OSError, match="in use"):  # a port that was asked for by number is not exchanged
        await serving._open(another, ("127.0.0.1",), runner.addresses[0][1])
    await runner.cleanup()
    await another.cleanup()


@pytest.mark.parametrize(
    ("port", "cause", "tries"),
    [(0, errno.EADDRINUSE, FREE_PORT_TRIES + 1), (0, errno.EACCES, 1), (7880, errno.EADDRINUSE, 1)],
)
def test_only_a_port_that_nobody_named_is_looked_for_again_and_not_for_ever(port: int, cause: int, tries: int) -> None:
    asked = []

    def refuse(number: int) -> None:
        asked.append(number)
        raise OSError(cause, "no")

    with pytest.raises(OSError, match="no"):
        at_one_port(refuse, port)
    assert asked == [port] * tries
