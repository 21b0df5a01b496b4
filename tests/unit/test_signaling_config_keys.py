"""Every key that livekit-server knows is followed with its default, or warned of with the reason."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from signaling.config import read
from signaling.config_keys import FOLLOWED

ROOT = Path(__file__).resolve().parents[2]
KEYS: dict[str, Any] = yaml.safe_load((ROOT / "tests/data/livekit_keys.yaml").read_text())
SECRET = "a secret that is long enough to be one"
OTHER_DEFAULTS = {"rtc.udp_port", "rtc.enable_loopback_candidate"}  # the README says why
OURS = {"recording.folder", "webhook.api_key", "keys"}


def tree(key: str, value: object) -> dict[str, Any]:
    """Return a file with this key and what every file needs."""
    section, _, inner = key.partition(".")
    made: dict[str, Any] = {"keys": {"key": SECRET}}
    made[section] = {inner: value} if inner else value
    if section == "turn":  # a section that is switched off needs no warning
        made["turn"]["enabled"] = True
    return made


def test_the_list_is_whole() -> None:
    assert len(KEYS) > 160
    assert FOLLOWED - OURS - set(KEYS) == set()


@pytest.mark.parametrize("key", sorted(set(KEYS) & FOLLOWED - {"keys"}))
def test_what_is_followed_has_livekits_default(key: str) -> None:
    given, absent = read(tree(key, KEYS[key])), read({"keys": {"key": SECRET}})
    assert given[1] == []
    if key == "bind_addresses":  # none means everywhere, in both
        assert (given[0].bind_addresses, absent[0].bind_addresses) == ((), ("0.0.0.0",))
    elif key in OTHER_DEFAULTS:
        assert given[0] != absent[0]
        assert key.partition(".")[2] in (ROOT / "signaling/README.md").read_text()
    else:
        assert given[0] == absent[0]


@pytest.mark.parametrize("key", sorted(set(KEYS) - FOLLOWED))
def test_what_is_not_followed_is_warned_of_with_the_reason(key: str) -> None:
    config, warnings = read(tree(key, KEYS[key]))
    about = [each for each in warnings if each.startswith((f"{key}: not followed: ", f"{key.partition('.')[0]}: "))]
    assert about
    assert all(len(each.partition("not followed: ")[2]) > 8 for each in about)
    assert config == read({"keys": {"key": SECRET}})[0]
