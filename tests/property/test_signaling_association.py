"""Whatever a peer sends on its data channels: nothing is raised, nothing takes long, little is kept."""

import struct
from types import SimpleNamespace
from typing import Any

import pytest
from google_crc32c import value as crc32c
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.transport.association import MOST_STREAMS, WINDOW, Association, readable

KINDS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 130, 192]
DATA, INIT, SACK, HEARTBEAT, RECONFIG, FORWARD = 0, 1, 3, 4, 130, 192


class Peer:
    """An association in the midst of its life, and the packets it sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        transport: Any = SimpleNamespace(
            state="connected", _role="server", _send_data=self._send, _unregister_data_receiver=lambda _receiver: None
        )
        self.there = Association(transport, 5000)
        self.there._remote_port, self.there._last_received_tsn = 5000, 0
        self.there._association_state = self.there.State.ESTABLISHED

    async def _send(self, packet: bytes) -> None:
        self.sent.append(packet)

    async def take(self, *chunks: bytes, tag: int | None = None) -> None:
        tag = self.there._local_verification_tag if tag is None else tag
        content = struct.pack("!HHLL", 5000, 5000, tag, 0) + b"".join(chunks)
        await self.there._handle_data(content[:8] + struct.pack("<L", crc32c(content)) + content[12:])

    def end(self) -> None:
        for timer in (self.there._t1_handle, self.there._t2_handle, self.there._t3_handle, self.there._reconfig_handle):
            if timer is not None:
                timer.cancel()


def made(kind: int, body: bytes, *, flags: int = 0, length: int | None = None) -> bytes:
    length = len(body) + 4 if length is None else length
    return struct.pack("!BBH", kind, flags, length) + body + bytes(-len(body) % 4)


small = st.integers(0, 3) | st.integers(0, 65_535)
parameters = st.builds(
    lambda kind, length, rest: struct.pack("!HH", kind, length) + rest,
    st.sampled_from([7, 13, 14, 15, 16, 17]) | small, st.sampled_from([0, 1, 4, 8, 12]) | small, st.binary(max_size=16),
)  # fmt: skip
gaps = st.builds(
    lambda tsn, room, pairs: struct.pack("!LLHH", tsn, room, len(pairs), 0) + b"".join(struct.pack("!HH", *each) for each in pairs),
    st.integers(0, 5) | st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.lists(st.tuples(small, small), max_size=8),
)  # fmt: skip
chunks = st.builds(
    made,
    st.sampled_from(KINDS), st.binary(max_size=40) | st.lists(parameters, max_size=4).map(b"".join) | gaps,
    flags=st.integers(0, 255), length=st.none() | small,
)  # fmt: skip


@settings(max_examples=400)
@given(packets=st.lists(st.tuples(st.lists(chunks, min_size=1, max_size=4), st.none() | st.just(0)), max_size=8))
async def test_arbitrary_packets_are_dropped_or_followed(packets: list[tuple[list[bytes], int | None]]) -> None:
    peer = Peer()
    for content, tag in packets:
        await peer.take(*content, tag=tag)
    assert len(peer.there._inbound_streams) <= MOST_STREAMS
    assert 0 <= WINDOW - peer.there._advertised_rwnd <= 8 * 4 * 40
    peer.end()


@settings(max_examples=300)
@given(packet=st.binary(max_size=200))
async def test_arbitrary_bytes_are_dropped(packet: bytes) -> None:
    peer = Peer()
    await peer.there._handle_data(packet)
    assert peer.sent == []


@pytest.mark.parametrize(
    "packet",
    [
        made(HEARTBEAT, struct.pack("!HH", 1, 0)),
        made(RECONFIG, struct.pack("!HH", 13, 3) + bytes(4)),
        made(INIT, bytes(16) + struct.pack("!HH", 7, 0)),
        made(DATA, bytes(12), length=3),
        made(DATA, bytes(12), length=60_000),
    ],
    ids=["a heartbeat's", "a reset's", "an INIT's", "a chunk's", "longer than the packet"],
)
async def test_a_length_by_which_nobody_gets_on_is_seen_before_anybody_walks_by_it(packet: bytes) -> None:
    assert not readable(bytes(12) + packet)
    peer = Peer()
    await peer.take(packet)
    assert peer.sent == []


async def test_gaps_that_name_the_same_numbers_again_and_again_are_not_looked_through() -> None:
    peer = Peer()
    peer.there._local_tsn = 70_001
    peer.there._last_sacked_tsn = 0
    head = struct.pack("!LLHH", 0, 5, 300, 0)
    await peer.take(made(SACK, head + struct.pack("!HH", 1, 65_535) * 300))
    assert peer.there._peers_window == WINDOW  # nothing of it was followed
    await peer.take(made(SACK, struct.pack("!LLHHHHHH", 0, 5, 2, 0, 2, 3, 5, 5)))
    assert peer.there._peers_window == 5


async def test_streams_that_never_were_are_not_made_to_be_skipped() -> None:
    peer = Peer()
    await peer.take(made(FORWARD, struct.pack("!L", 5) + b"".join(struct.pack("!HH", each, 1) for each in range(300))))
    assert peer.there._last_received_tsn == 5
    assert peer.there._inbound_streams == {}
