"""Strangers and clients that misbehave: each is refused in the protocol's own words, and another room loses nothing."""

import asyncio
import contextlib
import os
import random
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from interop.signaling_light import Light, offer
from interop.signaling_server import KEY, SECRET, Server, running, until
from interop.signaling_talk import Talk, join_request
from livekit import api
from livekit.protocol import models, rtc

from signaling.publishing import MOST_TRACKS

pytestmark = pytest.mark.interop
Reason = models.DisconnectReason
LIMIT_EXCEEDED = rtc.RequestResponse.Reason.LIMIT_EXCEEDED
PACKETS, EVERY = 150, 0.02
ROOM = 100_000  # bytes of memory: half of the least buffer that Linux gives a socket


class Calm:
    """Two people in a room of their own: one speaks, 50 packets a second, the other counts."""

    def __init__(self, server: Server, http: aiohttp.ClientSession) -> None:
        self.server, self.http = server, http
        self.speaker, self.listener = Light(http, "speaker"), Light(http, "listener")

    async def begin(self) -> None:
        for light in (self.listener, self.speaker):
            await light.join(self.server.url, self.server.token(light.identity, "calm"))
        first = self.speaker.sent
        while not self.heard():
            self.speaker.speak()
            await asyncio.sleep(EVERY)
            assert self.speaker.sent < first + 3000, "the listener hears nothing"
        await self.while_happens(_nothing)

    def heard(self) -> int:
        return max((len(each) for each in self.listener.got.values()), default=0)

    async def while_happens(self, attack: Callable[[], Awaitable[object]], packets: int = PACKETS) -> None:
        """Speak while something goes on; every single packet must come through."""
        before, task = self.heard(), asyncio.ensure_future(attack())
        for _ in range(packets):
            self.speaker.speak()
            await asyncio.sleep(EVERY)
        await task
        with contextlib.suppress(AssertionError):
            await until(lambda: self.heard() >= before + packets, 30)
        assert self.heard() - before == packets, f"{packets - self.heard() + before} of {packets} packets were lost"

    def waiting(self) -> int:
        """How much memory the kernel holds for the server's media port."""
        port = f":{self.server._sections['rtc']['udp_port']:04X}"
        lines = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()]
        return sum(int(each[4].partition(":")[2], 16) for each in lines if each[1].endswith(port))

    async def room(self) -> None:
        """Wait until a flood has room in the kernel's buffer: what that drops on a crowded machine is nobody's fault."""
        while self.waiting() > ROOM:
            await asyncio.sleep(0.001)

    def used(self) -> float:
        """Seconds of a processor that the server has used: those that others took from it do not count."""
        assert self.server._process is not None
        fields = Path(f"/proc/{self.server._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def close(self) -> None:
        await self.speaker.close()
        await self.listener.close()


async def _nothing() -> None:
    """Nothing happens."""


@pytest.fixture
async def calm(tmp_path: Path) -> AsyncIterator[Calm]:
    async with running(tmp_path) as server, aiohttp.ClientSession() as http:
        there = Calm(server, http)
        await there.begin()
        yield there
        await there.close()
        assert "Traceback" not in server.log.read_text()


async def refused(http: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    """Return with what an upgrade is refused: JavaScript reads the words from /validate."""
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"}
    async with http.get(url, headers=upgrade) as answer:
        return answer.status, await answer.text()


async def test_random_bytes_on_every_port_disturb_nobody(calm: Calm) -> None:
    ports = calm.server._sections
    chance = random.Random(4)

    async def udp() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for number in range(6000):
                size = chance.choice([0, 1, 12, 20, 100, 1200, 2048, 9000])
                first = bytes([chance.choice([0, 1, 20, 22, 63, 128, 144, 200, 255])]) if size else b""
                sock.sendto(first + chance.randbytes(max(0, size - 1)), ("127.0.0.1", ports["rtc"]["udp_port"]))
                if number % 20 == 0:
                    await calm.room()
                    await asyncio.sleep(0.005)

    async def tcp(port: int) -> None:
        for _ in range(30):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.suppress(ConnectionError):
                writer.write(chance.randbytes(chance.randint(1, 5000)))
                await writer.drain()
            await asyncio.sleep(0.02)
            writer.transport.abort()

    await calm.while_happens(lambda: asyncio.gather(udp(), tcp(ports["port"]), tcp(ports["rtc"]["tcp_port"])))


async def test_tokens_that_are_not_good_are_refused_in_words(calm: Calm) -> None:
    url, http = calm.server.http, calm.http
    video = api.VideoGrants(room_join=True, room="calm")
    other = api.VideoGrants(room_list=True, room="calm")
    tokens = {
        "expired": api.AccessToken(KEY, SECRET).with_identity("x").with_grants(video).with_ttl(_ago()).to_jwt(),
        "wrong key": api.AccessToken("another", SECRET).with_identity("x").with_grants(video).to_jwt(),
        "wrong secret": api.AccessToken(KEY, SECRET + "!").with_identity("x").with_grants(video).to_jwt(),
        "no grant": api.AccessToken(KEY, SECRET).with_identity("x").with_grants(other).to_jwt(),
        "none": "",
        "rubbish": "a.b.c",
    }
    for name, token in tokens.items():
        for path in ("/rtc", "/rtc/v1", "/rtc/validate"):
            code, words = await refused(http, f"{url}{path}?access_token={token}&join_request={join_request()}")
            assert (code, bool(words)) == (401, True), (name, path, code, words)
    code, words = await refused(http, f"{url}/rtc?access_token={calm.server.token('x' * 300)}")
    assert (code, "too long" in words) == (400, True)
    admin = api.AccessToken(KEY, SECRET).with_grants(api.VideoGrants(room_admin=True, room="another")).to_jwt()
    path = f"{url}/twirp/livekit.RoomService/ListParticipants"
    async with http.post(path, json={"room": "calm"}, headers={"Authorization": f"Bearer {admin}"}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "unauthenticated")
    written = calm.server.log.read_text().count('"event": "join.refused"')
    assert written <= 2  # once in ten seconds, whoever tries


def _ago() -> Any:
    from datetime import timedelta

    return timedelta(seconds=-600)


@pytest.mark.parametrize(
    ("join", "words"),
    [("!!!", "cannot be read"), ("AAAA", ""), ("", "missing")],
    ids=["no base64", "no message", "none"],
)
async def test_a_join_request_that_cannot_be_read_is_refused(calm: Calm, join: str, words: str) -> None:
    url = f"{calm.server.http}/rtc/v1?access_token={calm.server.token('x')}&join_request={join}"
    code, said = await refused(calm.http, url)
    if words:
        assert (code, words in said) == (400, True)


async def test_messages_that_are_none_close_the_socket_with_its_codes(calm: Calm) -> None:
    async def attack() -> None:
        for message, code in ((b"\xff\xff\xff\xff", 1002), ("text", 1003), (bytes(2_000_001), 1009)):
            talk = await Talk(calm.http, calm.server, "noise").open(f"noisy-{code}")
            assert talk.socket is not None
            if isinstance(message, str):
                await talk.socket.send_str(message)
            else:
                await talk.socket.send_bytes(message)
            while not talk.socket.closed:
                await talk.socket.receive(timeout=60)
            assert talk.socket.close_code == code

    await calm.while_happens(attack)


@pytest.mark.parametrize("sections", [250, 1000])
async def test_an_offer_of_a_thousand_sections_ends_its_sender_only(calm: Calm, sections: int) -> None:
    async def attack() -> None:
        talk = await Talk(calm.http, calm.server, "noise").open("noisy", single=True)
        assert talk.socket is not None
        text = offer("abcd", "p" * 22, 5, sections=sections)
        await talk.say(offer=rtc.SessionDescription(type="offer", sdp=text, id=1))
        if sections <= 256:
            assert len((await talk.next("answer")).sdp) > 0
        else:
            while not talk.socket.closed:
                await talk.socket.receive(timeout=60)
            assert talk.socket.close_code == 1002
        await talk.close()

    await calm.while_happens(attack)


async def test_who_floods_its_socket_is_told_to_leave(calm: Calm) -> None:
    async def attack() -> None:
        talk = await Talk(calm.http, calm.server, "noise").open("noisy")
        with contextlib.suppress(ConnectionError):
            for number in range(3000):
                await talk.say(mute=rtc.MuteTrackRequest(sid="TR_none", muted=bool(number % 2)))
        leave = await talk.next("leave")
        assert (leave.reason, leave.action) == (Reason.PARTICIPANT_REMOVED, rtc.LeaveRequest.Action.DISCONNECT)
        await talk.close()

    await calm.while_happens(attack)
    assert '"limit": "signal messages"' in calm.server.log.read_text()


async def test_an_authenticated_client_that_sends_rubbish_hurts_nobody(calm: Calm) -> None:
    noisy = Light(calm.http, "noisy")
    await noisy.join(calm.server.url, calm.server.token("noisy", "noise"))
    chance = random.Random(5)

    async def attack() -> None:
        for number in range(4000):
            true = noisy.packet(number, chance.randbytes(chance.randint(0, 1200)))
            kind = number % 4
            noisy.raw(
                true[: chance.randint(1, len(true))] if kind == 0 else chance.randbytes(1400) if kind == 1 else true
            )
            if number % 20 == 0:
                await calm.room()
                await asyncio.sleep(0.01)

    await calm.while_happens(attack)
    await noisy.close()


async def test_who_never_answers_is_sent_away_and_holds_nothing(tmp_path: Path) -> None:
    """The minute it has is shortened by asking the clock that decides."""
    from signaling.connection import CONNECT_SECONDS, Connection
    from signaling.transport.dtls import Certificate
    from signaling.transport.ice_lite import MediaPort

    port = MediaPort(("127.0.0.1",), 0)
    connection = Connection(port, Certificate(), offers=True)
    assert not connection.unanswered(time.time() + 1000)  # nothing was asked yet
    connection.offer()
    assert not connection.unanswered(time.time() + CONNECT_SECONDS - 5)
    assert connection.unanswered(time.time() + CONNECT_SECONDS + 5)
    await connection.close()
    assert port.peers == {}
    port.close()


async def test_one_track_too_many_is_refused_and_the_others_stay(calm: Calm) -> None:
    talk = await Talk(calm.http, calm.server, "noise").open("noisy")

    async def attack() -> None:
        for number in range(MOST_TRACKS + 1):
            await talk.say(add_track=rtc.AddTrackRequest(cid=f"{number}", type=models.TrackType.AUDIO))
        refusal = await talk.next("request_response")
        assert (refusal.reason, refusal.add_track.cid) == (LIMIT_EXCEEDED, f"{MOST_TRACKS}")
        assert talk.seen.count("track_published") == MOST_TRACKS

    await calm.while_happens(attack, 50)
    await talk.close()


async def test_limits_of_the_file_are_refused_in_words(tmp_path: Path) -> None:
    room, limit = {"max_participants": 1}, {"max_metadata_size": 10, "max_attributes_size": 10}
    async with running(tmp_path, room=room, limit=limit) as server, aiohttp.ClientSession() as http:
        talk = await Talk(http, server, "small").open("first", can_update_own_metadata=True)
        code, words = await refused(http, f"{server.http}/rtc?access_token={server.token('second', 'small')}")
        assert (code, "as many participants" in words) == (403, True)
        for update in ({"metadata": "x" * 11}, {"attributes": {"key": "too long"}}):
            await talk.say(update_metadata=rtc.UpdateParticipantMetadata(**update))
            assert (await talk.next("request_response")).reason == LIMIT_EXCEEDED
        await talk.say(update_metadata=rtc.UpdateParticipantMetadata(metadata="x" * 10))
        assert (await talk.about("first", lambda each: each.metadata)).metadata == "x" * 10
        await talk.close()
