"""Members who flood, never answer or come with another room's token: another room loses not one packet."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from interop.signaling_light import Light
from interop.signaling_server import Server, running, until
from interop.signaling_talk import Talk
from interop.test_signaling_bad_input import Calm, calm, refused  # noqa: F401  a fixture
from livekit import api
from livekit.protocol import models

from signaling.transport.dtls import LOSSY, RELIABLE

pytestmark = pytest.mark.interop
FEWEST = 3000
MOST_SECONDS = 0.0002  # of a processor for a datagram of a flood: who needs more loses those of others


async def noisy(there: Calm, identity: str = "noisy", *, answers: bool = True) -> Light:
    light = Light(there.http, identity)
    await light.join(there.server.url, there.server.token(identity, "noise"), answers=answers)
    return light


@pytest.mark.parametrize("label", [RELIABLE, LOSSY])
async def test_a_flood_of_messages_of_data_is_heard_by_nobody_else(calm: Calm, label: str) -> None:  # noqa: F811
    light = await noisy(calm)
    await until(lambda: light.handshake.is_open(label), what="the channel")
    message = models.DataPacket(user=models.UserPacket(payload=b"x" * 20)).SerializeToString()
    sent = 0

    async def attack() -> None:
        nonlocal sent
        end = asyncio.get_running_loop().time() + 3
        while light.leave is None and asyncio.get_running_loop().time() < end:
            await calm.room()
            for _ in range(50):
                sent += light.handshake.send(label, message)
            await asyncio.sleep(0)

    await calm.while_happens(attack)
    assert sent > 100  # on a quiet machine more than may be sent, and then it is told to leave
    assert light.leave is None or light.leave.reason == models.DisconnectReason.PARTICIPANT_REMOVED
    await light.close()


FLOODS: dict[str, Callable[[Light, int], bytes]] = {
    "records that are none": lambda _light, _number: b"\x17" + bytes(200),
    "handshakes from the beginning": lambda _light, number: b"\x16\xfe\xfd" + bytes(5) + number.to_bytes(3) + bytes(60),
    "true packets of media": lambda light, number: light.packet(number),
    "checks that are signed by nobody": lambda _light, _number: b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(20),
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_member_that_sends_without_a_pause_is_heard_by_nobody_else(calm: Calm, kind: str) -> None:  # noqa: F811
    light, make = await noisy(calm), FLOODS[kind]
    number, before = 0, calm.used()

    async def attack() -> None:
        nonlocal number
        end = asyncio.get_running_loop().time() + 3
        while asyncio.get_running_loop().time() < end or number < FEWEST:
            await calm.room()
            for _ in range(20):
                number += 1
                light.raw(make(light, number))
            await asyncio.sleep(0.003)

    await calm.while_happens(attack)
    assert (calm.used() - before) / number < MOST_SECONDS
    await light.close()


async def test_many_who_never_answer_hold_nobody_up(calm: Calm) -> None:  # noqa: F811
    silent: list[Light] = []

    async def attack() -> None:
        joins = [noisy(calm, f"silent-{number}", answers=False) for number in range(20)]
        silent.extend(await asyncio.gather(*joins))

    await calm.while_happens(attack)
    for light in silent:
        with contextlib.suppress(ValueError):  # it never listened
            await light.close()


async def test_a_token_of_another_room_takes_nobodys_seat(calm: Calm) -> None:  # noqa: F811
    async with calm.server.room_api() as rooms:
        there = await rooms.room.list_participants(api.ListParticipantsRequest(room="calm"))
    sid = next(each.sid for each in there.participants if each.identity == "speaker")

    async def attack() -> None:
        talk = await Talk(calm.http, calm.server, "noise").open("speaker", query=f"&reconnect=1&sid={sid}")
        assert (await talk.next("leave")).reason == models.DisconnectReason.STATE_MISMATCH
        await talk.close()
        talk = await Talk(calm.http, calm.server, "noise").open("speaker")
        assert (await talk.next("join")).participant.sid != sid
        await talk.close()

    await calm.while_happens(attack, 50)
    assert calm.speaker.leave is calm.listener.leave is None


async def test_what_strangers_and_members_do_wrong_is_not_written_every_time(tmp_path: Path) -> None:
    async with running(tmp_path) as server, aiohttp.ClientSession() as http:
        for number in range(60):
            assert (await refused(http, f"{server.http}/rtc?access_token=nonsense"))[0] == 401
            await _breaks(http, server, f"breaks-{number}")
        log = server.log.read_text()
        for event in ("join.refused", "protocol.broken"):
            assert 1 <= log.count(f'"event": "{event}"') <= 30  # once in ten seconds


async def _breaks(http: aiohttp.ClientSession, server: Server, identity: str) -> None:
    talk = await Talk(http, server, "noise").open(identity)
    assert talk.socket is not None
    await talk.socket.send_bytes(b"\xff\xff\xff")
    while not talk.socket.closed:
        await talk.socket.receive(timeout=60)
    assert talk.socket.close_code == 1002


async def test_random_bytes_in_every_field_of_a_join_are_refused(tmp_path: Path) -> None:
    chance = random.Random(6)
    async with running(tmp_path) as server, aiohttp.ClientSession() as http:
        for _ in range(100):
            text = chance.randbytes(chance.randint(1, 60)).hex()
            url = f"{server.http}/rtc/v1?access_token={server.token('x', 'noise')}&join_request={text}"
            assert (await refused(http, url))[0] in (400, 101)
        assert '"event": "join.refused"' in server.log.read_text()
        assert "Traceback" not in server.log.read_text()
