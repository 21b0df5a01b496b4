"""Arbitrary bytes through the whole datagram path: from strangers, and from an authenticated peer that lies."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.protocol import models
from pylibsrtp import Error, Policy, Session

from signaling import rtp, stun
from signaling.connection import Connection
from signaling.downtrack import DownTrack
from signaling.negotiation import Published
from signaling.slots import Slot
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort
from signaling.transport.srtp import LARGEST_DATAGRAM, OUTBOUND, RECEIVING, Protector, Unprotector
from signaling.uptrack import UpTrack

KEY = bytes(range(28))
PROFILE = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
EXTENSIONS = {rtp.MID: 1, rtp.TRANSPORT_CC: 2, rtp.RID: 3, rtp.REPAIRED_RID: 4, rtp.AUDIO_LEVEL: 5}
AUDIO, VIDEO, REPAIR = 111, 96, 97


def keys(direction: int) -> Session:
    policy = Policy(key=KEY, ssrc_type=direction, srtp_profile=PROFILE)
    policy.allow_repeat_tx = True
    return Session(policy)


class World:
    """A media port with one publisher, who sends to one subscriber; the peers' ends of SRTP are ours to misuse."""

    def __init__(self) -> None:
        self.port = MediaPort(("127.0.0.1",), 0)
        self.sock = next(iter(self.port._at))
        self.port.outbox.holding = True
        certificate = Certificate()
        self.publisher = Connection(self.port, certificate, offers=False)
        self.subscriber = Connection(self.port, certificate, offers=False)
        self.addresses = {}
        self.far = []
        for connection in (self.publisher, self.subscriber):
            end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            end.bind(("127.0.0.1", 0))
            end.setblocking(False)
            self.far.append(end)
            self.addresses[connection] = end.getsockname()
            connection.handshake.inbound = Unprotector(keys(Policy.SSRC_ANY_INBOUND))
            connection.handshake.outbound = Protector(keys(Policy.SSRC_ANY_OUTBOUND))
            connection.connected = True
            self.check(connection)
        self.theirs = keys(Policy.SSRC_ANY_OUTBOUND)
        self.publisher.answering.extensions.update(EXTENSIONS)
        self.tracks = [self.publish("audio", "7"), self.publish("video", "8")]
        self.seq = 0

    def publish(self, kind: str, mid: str) -> UpTrack:
        audio = kind == "audio"
        announced = models.TrackInfo(sid=f"TR_{kind}", type=models.TrackType.AUDIO if audio else models.TrackType.VIDEO)
        track = UpTrack(announced, (), "PA_x")
        rids = () if audio else ("q", "h")
        codec = "opus" if audio else "VP8"
        track.place(
            Published(track.sid, mid, codec, AUDIO if audio else VIDEO, None if audio else REPAIR, rids, None, None)
        )
        self.publisher.publish(track)
        slot = Slot(track.sid, "PA_x", kind, track.codec, 1000 + int(mid), mid, 100)
        self.subscriber.subscribe(DownTrack(track, slot, self.subscriber))
        return track

    def feed(self, connection: Connection, datagram: bytes) -> None:
        self.arrive(datagram, self.addresses[connection])

    def arrive(self, datagram: bytes, address: tuple[str, int]) -> None:
        datagram = datagram[:LARGEST_DATAGRAM]  # the kernel cuts what is longer
        RECEIVING[: len(datagram)] = datagram
        self.port.sort(self.sock, len(datagram), address)

    def check(self, connection: Connection, *, nominated: bool = True) -> None:
        ours = connection.transport()
        self.feed(connection, stun.request(f"{ours.ufrag}:x", ours.pwd, b"x" * 12, nominated=nominated))

    def delivered(self) -> int:
        count = 0
        self.port.outbox.flush()
        while True:
            try:
                datagram = self.far[1].recv(4096)
            except BlockingIOError:
                return count
            count += 127 < datagram[0] < 192

    def close(self) -> None:
        for end in self.far:
            end.close()
        for connection in (self.publisher, self.subscriber):
            self.port.forget(connection)
        self.sock.close()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    there = World()
    yield there
    there.close()


@pytest.fixture
def untouched() -> Iterator[World]:
    """A world whose subscriber has told no lies about its line yet."""
    there = World()
    yield there
    there.close()


def media(world: World, mid: str, rid: str, payload: bytes, payload_type: int = VIDEO, ssrc: int = 5) -> bytes:
    world.seq += 1
    body = bytes([1 << 4 | len(mid) - 1]) + mid.encode() + bytes([2 << 4 | 1]) + struct.pack(">H", world.seq & 0xFFFF)
    if rid:
        body += bytes([3 << 4 | len(rid) - 1]) + rid.encode()
    body += bytes(-len(body) % 4)
    head = struct.pack(">BBHII", 0x90, payload_type, world.seq & 0xFFFF, world.seq * 3000 & 0xFFFFFFFF, ssrc)
    return head + struct.pack(">HH", 0xBEDE, len(body) // 4) + body + payload


def alive(world: World) -> None:
    """The port still answers checks, and a true packet still reaches the subscriber."""
    for connection in (world.publisher, world.subscriber):
        world.check(connection)
    world.delivered()
    world.feed(world.publisher, world.theirs.protect(media(world, "7", "", b"sound", AUDIO, 77)))
    assert world.delivered() == 1


def test_a_true_packet_is_forwarded(world: World) -> None:
    alive(world)
    key = b"\x90\x80\x01\x10\x00\x00"
    world.feed(world.publisher, world.theirs.protect(media(world, "8", "q", key, ssrc=501)))
    assert world.delivered() >= 1


@given(st.lists(st.binary(max_size=2600), max_size=8))
def test_arbitrary_datagrams_from_a_stranger_change_nothing(world: World, datagrams: list[bytes]) -> None:
    for datagram in datagrams:
        world.arrive(datagram, ("192.0.2.66", 6666))
    alive(world)


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 20, 22, 63, 64, 127, 128, 144, 191, 192]), st.binary(max_size=2600)),
        max_size=8,
    )
)
def test_arbitrary_datagrams_from_the_peers_address_change_nothing(
    world: World, datagrams: list[tuple[int, bytes]]
) -> None:
    for first, rest in datagrams:
        world.feed(world.publisher, bytes([first]) + rest)
    alive(world)


@settings(max_examples=200)
@given(
    first=st.integers(128, 191),
    second=st.integers(0, 255),
    ssrc=st.integers(0, 40),
    rest=st.one_of(
        st.binary(max_size=64),
        st.binary(max_size=1300),
        st.builds(lambda body: struct.pack(">HH", 0xBEDE, len(body) // 4) + body, st.binary(max_size=40)),
    ),
)
def test_arbitrary_packets_with_a_true_tag_change_nothing(
    world: World, first: int, second: int, ssrc: int, rest: bytes
) -> None:
    """An authenticated peer may put anything into its packets."""
    world.seq += 1
    packet = struct.pack(">BBHII", first, second, world.seq & 0xFFFF, 7, ssrc) + rest
    try:
        protected = world.theirs.protect(packet)
    except Error:
        return
    world.feed(world.publisher, protected)
    alive(world)


@given(
    st.sampled_from(["7", "8", "9", ""]),
    st.sampled_from(["", "q", "h", "z"]),
    st.binary(max_size=1200),
    st.integers(200, 220),
)
def test_arbitrary_payloads_of_known_tracks_are_forwarded_or_dropped(
    world: World, mid: str, rid: str, payload: bytes, ssrc: int
) -> None:
    packet = media(world, mid or "x", rid, payload, ssrc=ssrc)
    world.feed(world.publisher, world.theirs.protect(packet))
    alive(world)


@given(st.integers(192, 223), st.integers(0, 31), st.binary(max_size=400))
def test_arbitrary_control_packets_with_a_true_tag_change_nothing(
    world: World, kind: int, count: int, body: bytes
) -> None:
    body += bytes(-len(body) % 4)
    compound = bytes([0x80 | count, kind]) + (len(body) // 4).to_bytes(2) + body
    if len(compound) < 8:
        return
    world.feed(world.publisher, world.theirs.protect_rtcp(compound))
    alive(world)


@given(st.integers(0, 3000))
def test_a_datagram_of_any_size_fits_where_it_is_put(world: World, size: int) -> None:
    world.feed(world.publisher, b"\x80" + bytes(size))
    assert len(RECEIVING) == LARGEST_DATAGRAM
    assert len(OUTBOUND.view) > LARGEST_DATAGRAM
    alive(world)


def test_a_nack_is_answered_from_the_cache_and_no_other(untouched: World) -> None:
    world = untouched
    for _ in range(5):
        alive(world)
    down = next(each for each in world.subscriber.downs.values() if each.up.kind == "audio")
    sent = [seq for seq in range(1 << 16) if down._layer.shelf.get(seq) is not None]
    assert world.seq & 0xFFFF in sent
    assert down.resend(sent[:3], 1.0) == len(sent[:3])
    assert world.delivered() == len(sent[:3])
    assert down.resend([(sent[0] + 1000) & 0xFFFF], 1.0) == 0


def test_more_sources_than_are_kept_are_dropped(world: World) -> None:
    inbound: Any = world.publisher.handshake.inbound
    for ssrc in range(10_000, 11_000):
        world.feed(world.publisher, world.theirs.protect(media(world, "7", "", b"x", AUDIO, ssrc)))
    assert len(inbound._sources) <= 256


async def test_a_connection_ticks_whatever_came(world: World) -> None:
    for number in range(1, 45):
        world.publisher.tick(number, asyncio.get_running_loop().time())
        world.subscriber.tick(number, asyncio.get_running_loop().time())
