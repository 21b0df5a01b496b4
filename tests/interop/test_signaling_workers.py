"""A server of several processes: people notice nothing of it, not even when one of them dies, unless it was theirs."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from interop.signaling_person import Person, people
from interop.signaling_server import Server, running, until
from livekit import api

pytestmark = pytest.mark.interop
BACK_SECONDS = 20  # promised are 5, a quiet machine takes 1.5; a crowded one shall not fail for being crowded


async def meet(server: Server, one: Person, other: Person, room: str) -> None:
    for person in (one, other):
        token = server.token(person.identity, room)
        await person.room.connect(server.url, token)
        await person.publish()
    await until(lambda: one.sees(other.identity) and other.sees(one.identity), what=f"pictures in {room}")


async def metric(server: Server, name: str) -> dict[str, float]:
    """Return a metric by worker."""
    async with aiohttp.ClientSession() as client, client.get(f"{server.http}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    found = {}
    for line in lines:
        if line.startswith(f'{name}{{worker="'):
            found[line.split('"')[1]] = float(line.rpartition(" ")[2])
    return found


async def test_a_worker_that_is_killed_takes_only_its_room_and_that_is_back_within_seconds(
    tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    async with running(tmp_path, workers=2) as server, people("anna", "bert", "carl", "dora") as everybody:
        anna, bert, carl, dora = everybody
        await meet(server, anna, bert, "east")
        await meet(server, carl, dora, "west")
        assert await metric(server, "livekit_room_total") == {"0": 1.0, "1": 1.0}
        async with server.room_api() as client:
            listed = await client.room.list_rooms(api.ListRoomsRequest())
            assert {room.name: room.num_participants for room in listed.rooms} == {"east": 2, "west": 2}
            there = await client.room.list_participants(api.ListParticipantsRequest(room="west"))
            assert {each.identity for each in there.participants} == {"carl", "dora"}
        untouched, west = carl.room.local_participant.sid, dict(carl.pictures)
        began = asyncio.get_running_loop().time()
        os.kill(server.workers[0], signal.SIGKILL)
        for person in (anna, bert):
            person.pictures.clear()
        await until(lambda: anna.sees("bert", frames=3) and bert.sees("anna", frames=3), BACK_SECONDS, "pictures again")
        passed = asyncio.get_running_loop().time() - began
        record_testsuite_property("seconds until both were back", round(passed, 1))
        print(f"back after {passed:.1f} s")
        assert carl.events == dora.events == []
        assert carl.room.local_participant.sid == untouched
        await until(lambda: carl.pictures["dora"] > west["dora"] + 5, what="the other room goes on")
        await until(lambda: metric(server, "signaling_worker_deaths_total"), what="counted")
        assert await metric(server, "signaling_worker_deaths_total") == {"0": 1.0, "1": 0.0}
        async with server.room_api() as client:
            await client.room.remove_participant(api.RoomParticipantIdentity(room="east", identity="anna"))
        await until(lambda: "disconnected" in anna.events, what="removed by the room API after the restart")


async def test_over_tcp_each_client_reaches_the_worker_of_its_room(tmp_path: Path) -> None:
    rtc = {"udp_port": 0, "force_tcp": True}
    async with running(tmp_path, workers=2, rtc=rtc) as server, people("anna", "bert", "carl", "dora") as everybody:
        anna, bert, carl, dora = everybody
        await meet(server, anna, bert, "east")
        await meet(server, carl, dora, "west")
        packets = await metric(server, "livekit_participant_total")
        assert packets == {"0": 2.0, "1": 2.0}


@pytest.mark.parametrize("workers", [1, 2], ids=["one process", "two workers"])
async def test_a_server_that_is_told_to_end_sends_everybody_to_the_next(tmp_path: Path, workers: int) -> None:
    async with running(tmp_path, workers=workers) as server, people("anna", "bert") as (anna, bert):
        await meet(server, anna, bert, "room")
        assert await server.stop() == 0
        await until(lambda: "reconnecting" in anna.events and "reconnecting" in bert.events, what="they were told")
        await server.start()
        for person in (anna, bert):
            person.pictures.clear()
        await until(lambda: anna.sees("bert", frames=3) and bert.sees("anna", frames=3), BACK_SECONDS, "pictures again")
        assert "disconnected" not in anna.events + bert.events
        said = server.log.read_text()
        assert '"event": "drained"' in said
        assert '"participants": 2, "late": 0' in said
