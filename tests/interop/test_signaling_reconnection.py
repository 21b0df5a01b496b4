"""Clients that lose the server, or that the server loses, come back by themselves."""

import asyncio
from pathlib import Path

import pytest
from interop.signaling_browsers import chromium, served_page
from interop.signaling_person import people
from interop.signaling_server import running, until

pytestmark = pytest.mark.interop
BACK_SECONDS = 30  # promised are 10, a quiet machine takes 2; a crowded one shall not fail for being crowded


@pytest.mark.browser
@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_after_a_killed_process_two_browsers_are_back_by_themselves(tmp_path: Path, single: bool) -> None:
    async with running(tmp_path) as server, served_page() as url, chromium(url, "anna", "bert") as both:
        anna, bert = both
        for visitor in both:
            await visitor.join(server, single=single, simulcast=True)
        await asyncio.gather(anna.sees_and_hears("bert"), bert.sees_and_hears("anna"))
        lost = [await anna.track("bert"), await bert.track("anna")]
        await server.start(standby=True)
        began = asyncio.get_running_loop().time()
        await server.kill()
        await asyncio.sleep(0.1)  # the pause of whoever watches the process
        await server.take_over()
        await asyncio.gather(
            anna.sees_and_hears("bert", more=3, after=lost[0]), bert.sees_and_hears("anna", more=3, after=lost[1])
        )
        passed = asyncio.get_running_loop().time() - began
        print(f"back after {passed:.1f} s")
        assert passed < BACK_SECONDS
        assert "disconnected" not in (await anna.state())["happened"]


async def test_after_a_killed_process_the_python_sdk_is_back(tmp_path: Path) -> None:
    async with running(tmp_path) as server, people("anna", "bert") as (anna, bert):
        await anna.join(server, single=True)
        await bert.join(server, single=True)
        await until(lambda: anna.sees("bert") and bert.sees("anna"), what="pictures")
        await server.kill()
        await server.start()
        anna.pictures.clear()
        bert.pictures.clear()
        await until(lambda: anna.sees("bert") and bert.sees("anna"), what="pictures again")


@pytest.mark.browser
@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_a_lost_websocket_is_resumed_and_media_flows_on(tmp_path: Path, single: bool) -> None:
    async with running(tmp_path) as server, served_page() as url, chromium(url, "anna", "bert") as both:
        anna, bert = both
        for visitor in both:
            await visitor.join(server, single=single, simulcast=True)
        await anna.sees_and_hears("bert")
        sid = await anna.tab.evaluate("() => room.localParticipant.sid")
        await anna.tab.evaluate("() => room.engine.client.handleOnClose('the network changed')")
        await until(lambda: _happened(anna, "reconnected"), what="resumed")
        await anna.sees_and_hears("bert")
        await bert.sees_and_hears("anna")
        assert await anna.tab.evaluate("() => room.localParticipant.sid") == sid


@pytest.mark.browser
async def test_a_full_reconnection_asked_for_by_the_client_works(tmp_path: Path) -> None:
    async with running(tmp_path) as server, served_page() as url, chromium(url, "anna", "bert") as both:
        anna, bert = both
        for visitor in both:
            await visitor.join(server, single=True, simulcast=True)
        await anna.sees_and_hears("bert")
        await anna.tab.evaluate("() => room.simulateScenario('full-reconnect')")
        await until(lambda: _happened(anna, "reconnected"), what="reconnected")
        await anna.sees_and_hears("bert")
        await bert.sees_and_hears("anna")


async def _happened(visitor: object, event: str) -> bool:
    return event in (await visitor.state())["happened"]  # type: ignore[attr-defined]


async def test_who_joins_twice_is_told_at_the_older_place(tmp_path: Path) -> None:
    async with running(tmp_path) as server, people("anna", "anna", "bert") as (older, newer, bert):
        await bert.join(server, single=True, publish=False)
        await older.join(server, single=True)
        await newer.join(server, single=True)
        await until(lambda: "disconnected" in older.events, what="the older is told")
        await until(lambda: bert.sees("anna"), what="picture of the newer")
        assert list(bert.room.remote_participants) == ["anna"]
