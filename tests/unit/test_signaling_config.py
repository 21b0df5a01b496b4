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
    assert (config.port, config.udp_port, config.node_ips) == (7880, 7882, ("192.0.2.7",))
    assert config.bind_addresses == ("127.0.0.1",)
    assert config.keys == {"key": SECRET}
    assert (config.empty_timeout, config.departure_timeout) == (60, 5)
    assert config.webhook == Webhook("key", ("http://localhost/hooks",))


def test_keys_are_enough() -> None:
    config, warnings = read({"keys": {"key": SECRET}})
    assert warnings == []
    assert (config.port, config.udp_port, config.tcp_port, config.node_ips, config.auto_create) == (
        7880,
        7882,
        7881,
        (),
        True,
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"rtc": {"udp_prot": 1}}, "rtc.udp_prot"),
        ({"rtc": {"udp_port": "60000-50000"}}, "rtc.udp_port"),
        ({"rtc": {"udp_port": 70000}}, "rtc.udp_port"),
        ({"rtc": {"use_external_ip": True}}, "rtc.use_external_ip"),
        ({"rtc": {"use_external_ip": "no"}}, "rtc.use_external_ip"),
        ({"rtc": [1]}, "rtc"),
        ({"rtc": {"node_ip": "192.0.2.7,192.0.2.8"}}, "rtc.node_ip"),
        ({"rtc": {"node_ip": "example.com"}}, "rtc.node_ip"),
        ({"rtc": {"ips": {"includes": ["x"]}}}, "rtc.ips"),
        ({"rtc": {"interfaces": ["eth0"]}}, "rtc.interfaces"),
        ({"rtc": {"turn_servers": [{"host": "h", "protocol": "sctp", "secret": "s"}]}}, "rtc.turn_servers"),
        ({"rtc": {"turn_servers": [{"host": "h"}]}}, "rtc.turn_servers"),
        ({"rtc": {"turn_servers": [{"host": "h", "secret_file": "/nowhere"}]}}, "secret_file"),
        ({"limit": {"max_metadata_size": "big"}}, "limit.max_metadata_size"),
        ({"limit": {"max_colour": 1}}, "limit.max_colour"),
        ({"audio": {"active_level": 200}}, "audio.active_level"),
        ({"logging": {"level": "loud"}}, "logging.level"),
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
        {"keys": {"key": SECRET}, "redis": {"address": "x"}, "rtc": {"batch_io": {"batch_size": 1}, "udp_port": 1}}
    )
    assert config.udp_port == 1
    assert [warning.split(": ")[0] for warning in warnings] == ["redis", "rtc.batch_io"]
    assert all(": not followed: " in warning and len(warning) > 40 for warning in warnings)


def test_livekits_own_sample_is_understood(tmp_path: Path) -> None:
    """The keys of config-sample.yaml, each with the kind of value that stands there."""
    secret = tmp_path / "secret"
    secret.write_text("of coturn\n")
    secret.chmod(0o600)
    tree = yaml.safe_load(f"""
port: 7880
redis: {{address: "redis.host:6379"}}
rtc:
  port_range_start: 50000
  port_range_end: 60000
  tcp_port: 7881
  node_ip: 192.0.2.7,2001:db8::7
  udp_port: 7882-7892
  use_ice_lite: true
  stun_servers: [stun.example:3478]
  turn_servers:
    - {{host: turn.example, port: 443, protocol: tls, secret: "", secret_file: "{secret}", ttl: 600}}
  congestion_control: {{enabled: true, allow_pause: true}}
  allow_tcp_fallback: true
  packet_buffer_size_video: 500
  pli_throttle: {{low_quality: 500ms}}
  enable_loopback_candidate: true
  interfaces: {{includes: [en0], excludes: [docker0]}}
  ips: {{includes: [10.0.0.0/16], excludes: [192.168.1.0/24]}}
  batch_io: {{batch_size: 128, max_flush_interval: 2ms}}
prometheus_port: 6789
keys: {{key1: {SECRET}}}
logging: {{level: info, pion_level: error, json: false, sample: false}}
room: {{empty_timeout: 300, enabled_codecs: [{{mime: audio/opus}}], playout_delay: {{enabled: true}}, sync_streams: true}}
webhook: {{api_key: key1, urls: ["https://your-host.example/handler"]}}
signal_relay: {{retry_timeout: 30s}}
psrpc: {{max_attempts: 3}}
audio: {{active_level: 30, min_percentile: 40, update_interval: 500, smooth_intervals: 4, active_red_encoding: true}}
turn: {{enabled: false, udp_port: 3478, tls_port: 5349, domain: turn.example}}
ingress: {{rtmp_base_url: "rtmp://my.domain.example/live"}}
region: us-west-2
node_selector: {{kind: sysload}}
limit: {{num_tracks: -1, bytes_per_sec: 1000000000, max_metadata_size: 0, max_room_name_length: 64}}
""")
    config, warnings = read(tree)
    assert (config.udp_port, config.last_udp_port, config.tcp_port) == (7882, 7892, 7881)
    assert config.node_ips == ("192.0.2.7", "2001:db8::7")
    (turn,) = config.turn_servers
    assert (turn.url, turn.secret, turn.seconds) == ("turns:turn.example:443?transport=tcp", "of coturn", 600)
    assert config.choice.interfaces == ("en0",)
    assert (config.audio.active_level, config.audio.update_interval) == (30, 500)
    assert config.limits.max_room_name_length == 64
    assert config.limits.num_tracks == config.limits.max_metadata_size == 0
    assert config.metrics.port == 6789
    named = {warning.split(": ")[0] for warning in warnings}
    assert "redis" in named
    assert "rtc.port_range_start" in named
    assert not any(name.startswith("turn.") for name in named)  # it is switched off
    assert "rtc.use_ice_lite" not in named


def test_a_turn_server_inside_is_not_there_and_that_is_said() -> None:
    _config, warnings = read({"keys": {"key": SECRET}, "turn": {"enabled": True}})
    assert ["coturn" in warning for warning in warnings] == [True]


def test_files_of_secrets_are_private(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"of-file: {SECRET}\n")
    file.chmod(0o600)
    assert read({"key_file": str(file)})[0].keys == {"of-file": SECRET}
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="key_file"):
        read({"key_file": str(file)})


def test_tcp_follows_livekit_and_tests_that_want_any_port() -> None:
    assert read({"keys": {"key": SECRET}})[0].tcp_port == 7881
    assert read({"keys": {"key": SECRET}, "rtc": {"tcp_port": 0}})[0].tcp_port is None
    assert read({"keys": {"key": SECRET}, "rtc": {"udp_port": 0}})[0].tcp_port == 0


def test_secrets_are_in_no_printed_configuration() -> None:
    tree = {
        "keys": {"key": SECRET},
        "rtc": {"turn_servers": [{"host": "h", "secret": SECRET}]},
        "prometheus": {"password": SECRET},
    }
    assert SECRET not in repr(read(tree)[0])


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
