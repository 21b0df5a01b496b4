"""Unmodified livekit-client in Chromium and Firefox against our media server."""

from pathlib import Path

import pytest
from interop.signaling_browsers import chromium, fox, served_page
from interop.signaling_person import people
from interop.signaling_server import running, until

pytestmark = [pytest.mark.interop, pytest.mark.browser]
LOOPBACK = {"udp_port": 0, "node_ip": "127.0.0.1", "use_external_ip": False}


@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_two_chromium_tabs_see_and_hear_each_other(tmp_path: Path, single: bool) -> None:
    async with (
        running(tmp_path) as server,
        served_page() as url,
        chromium(tmp_path, url, "anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=single, simulcast=True)
        await bert.join(server, single=single, simulcast=True)
        await anna.sees_and_hears("bert")
        await bert.sees_and_hears("anna")


async def test_a_chromium_reaches_a_server_that_names_only_the_loopback_address(tmp_path: Path) -> None:
    async with (
        running(tmp_path, rtc=LOOPBACK.copy()) as server,
        served_page() as url,
        chromium(tmp_path, url, "anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=True)
        await bert.join(server, single=False)
        await anna.sees_and_hears("bert")
        await bert.sees_and_hears("anna")


@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_firefox_and_chromium_see_and_hear_each_other(tmp_path: Path, single: bool) -> None:
    async with (
        running(tmp_path) as server,
        served_page() as url,
        chromium(tmp_path, url, "anna") as (anna,),
        fox(tmp_path, url, "fritz") as fritz,
    ):
        await anna.join(server, single=single, simulcast=True)
        await fritz.join(server, single=single, simulcast=True)
        await anna.sees_and_hears("fritz")
        await fritz.sees_and_hears("anna")


async def test_a_browser_and_the_python_sdk_see_and_hear_each_other(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as server,
        served_page() as url,
        chromium(tmp_path, url, "anna") as (anna,),
        people("bert") as (bert,),
    ):
        await anna.join(server, single=True, simulcast=True)
        await bert.join(server, single=True)
        await until(lambda: bert.sees("anna"), what="picture")
        await anna.sees_and_hears("bert")
        assert (await anna.state())["others"] == ["bert"]
