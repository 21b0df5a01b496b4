"""ICE over TCP as bytes, and over IPv6: what is answered, what is closed, what is bounded."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest

from signaling import stun
from signaling.connection import Connection
from signaling.transport import ice_tcp
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort
from signaling.transport.ice_tcp import Door, Streams, open_listeners


class World:
    """A media port with its TCP door, and one peer that is known."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self.media = MediaPort((address,), 0)
        self.streams = Streams(self.media)
        self.door = Door(open_listeners((address,), 0), self.streams.adopt)
        self.media.announce_tcp(self.door.port)
        self.connection = Connection(self.media, Certificate(), offers=False)
        self.records: list[bytes] = []
        self.connection.receive_handshake = self.records.append  # type: ignore[method-assign]

    def start(self) -> None:
        self.media.start()
        self.door.start()

    async def close(self) -> None:
        await self.door.close()
        await self.connection.close()
        self.streams.close()
        self.media.close()

    def check(self) -> bytes:
        ours = self.connection.transport()
        return stun.request(f"{ours.ufrag}:x", ours.pwd, b"t" * 12)

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.address, self.door.port)


def framed(datagram: bytes) -> bytes:
    return struct.pack(">H", len(datagram)) + datagram


@pytest.fixture
async def world() -> AsyncIterator[World]:
    there = World()
    there.start()
    yield there
    await there.close()


async def answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(5):
        return await reader.readexactly(int.from_bytes(await reader.readexactly(2)))


async def closed(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(5):
        try:
            return await reader.read() == b""
        except ConnectionError:
            return True


async def test_a_check_is_answered_with_the_clients_address_and_becomes_the_route(world: World) -> None:
    reader, writer = await world.dial()
    writer.write(framed(world.check()))
    success = await answer(reader)
    assert success[:2] == b"\x01\x01"
    port = int.from_bytes(success[26:28]) ^ (stun.COOKIE >> 16)
    assert port == writer.get_extra_info("sockname")[1]
    assert world.connection.path is not None
    assert world.connection.path.send(b"\x16hello")
    assert await answer(reader) == b"\x16hello"
    writer.close()


async def test_frames_are_put_together_from_pieces_and_taken_apart(world: World) -> None:
    reader, writer = await world.dial()
    everything = framed(world.check()) + framed(b"\x16one") + framed(b"\x16two") + framed(b"")
    for at in range(0, len(everything), 7):
        writer.write(everything[at : at + 7])
        await writer.drain()
        await asyncio.sleep(0)
    await answer(reader)
    async with asyncio.timeout(5):
        while len(world.records) < 2:
            await asyncio.sleep(0)
    assert world.records == [b"\x16one", b"\x16two"]
    writer.close()


@pytest.mark.parametrize(
    "bad",
    [b"GET / HTTP/1.1\r\n\r\n", framed(b"\x16not a check first"), b"\xff\xff\x00\x01", framed(b"\x00\x01" + bytes(30))],
    ids=["another protocol", "a record before a check", "a frame too long", "a check of nobody"],
)
async def test_who_does_not_begin_with_a_true_check_is_closed(world: World, bad: bytes) -> None:
    reader, writer = await world.dial()
    writer.write(bad)
    assert await closed(reader)
    writer.close()
    reader, writer = await world.dial()
    writer.write(framed(world.check()))
    assert (await answer(reader))[:2] == b"\x01\x01"
    writer.close()


async def test_an_oversized_frame_ends_a_connection_that_was_trusted(world: World) -> None:
    reader, writer = await world.dial()
    writer.write(framed(world.check()))
    await answer(reader)
    writer.write(b"\xff\xff\x80")
    assert await closed(reader)
    assert world.connection.path is not None
    assert not world.connection.path.send(b"\x16lost")
    writer.close()


async def test_who_says_nothing_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice_tcp, "FIRST_SECONDS", 0.05)
    reader, writer = await world.dial()
    assert await closed(reader)
    assert world.door.refused == 1
    writer.close()


async def test_only_so_many_may_keep_silent_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice_tcp, "MOST_WAITING", 2)
    silent = [await world.dial() for _ in range(2)]
    reader, writer = await world.dial()
    assert await closed(reader)
    for _reader, each in [*silent, (reader, writer)]:
        each.close()


async def test_a_peer_that_is_forgotten_loses_its_connection(world: World) -> None:
    reader, writer = await world.dial()
    writer.write(framed(world.check()))
    await answer(reader)
    world.media.forget(world.connection)
    assert await closed(reader)
    writer.close()


async def test_a_client_that_does_not_read_loses_datagrams_and_costs_no_more_memory(world: World) -> None:
    reader, writer = await world.dial()
    writer.write(framed(world.check()))
    await answer(reader)
    path: Any = world.connection.path
    sent = sum(path.send(bytes(1200)) for _ in range(20_000))
    assert sent < 20_000
    assert path._transport.get_write_buffer_size() <= ice_tcp.MOST_UNSENT + 1202
    writer.transport.abort()


async def test_over_ipv6_a_check_is_answered_with_the_clients_address() -> None:
    world = World("::1")
    world.start()
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.bind(("::1", 0))
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(sock, world.check(), ("::1", world.media.port))
        async with asyncio.timeout(5):
            success = await loop.sock_recv(sock, 2048)
        attribute = success[20:]
        assert struct.unpack_from(">HHBB", attribute) == (stun.XOR_MAPPED_ADDRESS, 20, 0, 2)
        mask = struct.pack(">I", stun.COOKIE) + b"t" * 12
        mapped = bytes(one ^ other for one, other in zip(attribute[8:24], mask, strict=True))
        assert socket.inet_ntop(socket.AF_INET6, mapped) == "::1"
        assert int.from_bytes(attribute[6:8]) ^ (stun.COOKIE >> 16) == sock.getsockname()[1]
    reader, writer = await world.dial()
    writer.write(framed(world.check()))
    assert (await answer(reader))[:2] == b"\x01\x01"
    writer.close()
    await world.close()
