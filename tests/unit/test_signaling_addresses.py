"""Which addresses are announced, in which words, and with which TURN credentials."""

import base64
import hashlib
import hmac

import pytest

from signaling.sdp import Candidate
from signaling.transport.addresses import Choice, networks, own_addresses
from signaling.transport.ice_lite import MediaPort
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
