"""What a client said last counts, however its connection ends."""

import asyncio
import base64
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from livekit.protocol import models, rtc
from signaling_play import application, node, talk, token

from signaling import publishing
from signaling.participant import Participant

Reason = models.DisconnectReason
MASK = b"\0\0\0\0"  # RFC 6455 5.3: any key masks, this one leaves a message readable


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(application())) as made:
        yield made


def frame(message: bytes) -> bytes:
    """A binary frame of a client (RFC 6455 5.2)."""
    assert len(message) < 126
    return bytes([0x82, 0x80 | len(message)]) + MASK + message


async def joined(client: TestClient[Any, Any]) -> tuple[socket.socket, Participant]:
    """Somebody who holds the bare socket, and so can end it as no library does."""
    sock = socket.create_connection(("127.0.0.1", client.port))
    sock.setblocking(False)
    lines = [
        f"GET /rtc?access_token={token()} HTTP/1.1", f"Host: 127.0.0.1:{client.port}", "Upgrade: websocket",
        "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}", "", "",
    ]  # fmt: skip
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, "\r\n".join(lines).encode())
    assert (await loop.sock_recv(sock, 1000)).startswith(b"HTTP/1.1 101")
    while "room" not in node(client).rooms or "anna" not in node(client).rooms["room"].members:
        await asyncio.sleep(0)
    return sock, node(client).rooms["room"].members["anna"]


def reset(sock: socket.socket) -> None:
    """End a connection as a killed program or a lost network does: RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def gone(member: Participant) -> None:
    while member.socket is not None and not member.closed:
        await asyncio.sleep(0)


LEAVE = rtc.SignalRequest(leave=rtc.LeaveRequest(reason=Reason.CLIENT_INITIATED)).SerializeToString()
PING = rtc.SignalRequest(ping=5).SerializeToString()


@pytest.mark.parametrize("before", [[], [PING, PING]], ids=["alone", "behind other messages"])
@pytest.mark.parametrize("writes", [True, False], ids=["while the server writes", "in silence"])
async def test_a_leave_counts_though_a_reset_follows_at_once(
    client: TestClient[Any, Any], before: list[bytes], writes: bool
) -> None:
    sock, member = await joined(client)
    sock.send(b"".join(map(frame, [*before, LEAVE])))
    reset(sock)
    if writes:
        member.changed()  # goes out first, and finds the connection broken before anybody read from it
    await gone(member)
    assert member.closed
    assert member.described().disconnect_reason == Reason.CLIENT_INITIATED
    assert node(client).rooms["room"].members == {}


async def test_who_only_lost_its_connection_keeps_its_place(client: TestClient[Any, Any]) -> None:
    sock, member = await joined(client)
    sock.send(frame(PING))
    reset(sock)
    member.changed()
    await gone(member)
    assert not member.closed
    assert member.silent_since is not None
    publishing.leave_room(member, Reason.SIGNAL_CLOSE)


async def test_what_an_older_connection_said_last_does_not_end_the_newer(client: TestClient[Any, Any]) -> None:
    sock, member = await joined(client)
    again = await talk(client, query=f"&reconnect=1&sid={member.sid}")
    await again.next("reconnect")
    sock.send(frame(LEAVE))
    reset(sock)
    await again.say(ping=1)
    await again.next("pong")
    assert not member.closed
