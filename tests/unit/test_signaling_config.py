"""A LiveKit configuration file, and what is said about a wrong one."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from signaling.config import Webhook, read
from signaling.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret that is long enough to be one"
WHOLE = {
    "port": 7880,
    "bind_addresses": ["127.0.0.1"],
    "keys": {"key": SECRET},
    "rtc": {"udp_port": 7882, "node_ip": "192.0.2.7", "use_external_ip": False},
    "room": {"empty_timeout": 60, "departure_timeout": 5},
    "webhook": {"api_key": "key", "urls": ["http://localhost/hooks"]},
}


def test_a_whole_file_is_read() -> None:
    config, warnings = read(WHOLE)
    assert warnings == []
    assert (config.port, config.udp_port, config.node_ip) == (7880, 7882, "192.0.2.7")
    assert config.bind_addresses == ("127.0.0.1",)
    assert config.keys == {"key": SECRET}
    assert (config.empty_timeout, config.departure_timeout) == (60, 5)
    assert config.webhook == Webhook("key", ("http://localhost/hooks",))


def test_keys_are_enough() -> None:
    config, warnings = read({"keys": {"key": SECRET}})
    assert warnings == []
    assert (config.port, config.udp_port, config.node_ip, config.auto_create) == (7880, 7882, "", True)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"rtc": {"udp_prot": 1}}, "rtc.udp_prot"),
        ({"rtc": {"udp_port": "50000-60000"}}, "rtc.udp_port"),
        ({"rtc": {"udp_port": 70000}}, "rtc.udp_port"),
        ({"rtc": {"use_external_ip": True}}, "rtc.use_external_ip"),
        ({"rtc": {"use_external_ip": "no"}}, "rtc.use_external_ip"),
        ({"rtc": [1]}, "rtc"),
        ({"port": True}, "port"),
        ({"keys": {}}, "keys"),
        ({"keys": {"key": ""}}, "keys"),
        ({"bind_addresses": "0.0.0.0"}, "bind_addresses"),
        ({"webhook": {"urls": ["http://x"], "api_key": "another"}}, "webhook.api_key"),
        ({"webhook": {"urls": "http://x"}}, "webhook.urls"),
    ],
)
def test_a_fault_is_refused_and_its_key_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named.replace(".", r"\.")):
        read({"keys": {"key": SECRET}, **changes})


def test_a_file_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(ConfigError):
        read(["port"])


def test_what_only_livekit_follows_is_warned_of() -> None:
    config, warnings = read(
        {"keys": {"key": SECRET}, "redis": {"address": "x"}, "rtc": {"tcp_port": 7881, "udp_port": 1}}
    )
    assert config.udp_port == 1
    assert [warning.split(":")[0] for warning in warnings] == ["redis", "rtc.tcp_port"]


def test_a_short_secret_is_warned_of() -> None:
    assert "keys.key" in read({"keys": {"key": "short"}})[1][0]


@pytest.mark.parametrize(("text", "said"), [("colour: red\nkeys: {k: s}\n", "colour"), ("a: [", ""), ("", "mapping")])
def test_the_program_ends_with_2_and_names_the_key(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "media.yaml"
    file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "signaling", "--config", file], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_whole_file_survives_yaml() -> None:
    assert read(yaml.safe_load(yaml.safe_dump(WHOLE)))[1] == []
