"""The SCTP association of one peer (RFC 9260): aiortc's, with a bound to what a peer may make us keep and do.

aiortc believes what a peer's packets say of themselves: a parameter of length 0 would hold it up for ever, and a SACK
of overlapping gaps for seconds. So lengths are checked first, and what still cannot be read is dropped.

aiortc advertises a window and then takes what comes all the same. Here a chunk that does not fit is left
unacknowledged: its sender, who knows the window, sends it again later. Whoever must wait for others has less window.
And what is sent keeps to the peer's window, of which aiortc knows nothing either.

Both sides may begin (RFC 8841 9.3), and aiortc always does: two greetings cross, and each is answered. All clients
begin, so one side is enough; if none does, we do after all.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import Any

from aiortc.rtcsctptransport import SCTP_TSN_MODULO, RTCSctpTransport, tsn_plus_one

from signaling.logs import Log

log = Log("association")

WINDOW = 1 << 20
MOST_PIECES = 2048  # of messages that are not complete; the largest message has 220
MOST_STREAMS = 64
HEAD = 12
PATIENCE = 0.5  # seconds in which the peer may begin
# Where the parameters of a chunk begin (RFC 9260 3.3, RFC 6525 3.1): INIT and its answer, HEARTBEATs, ABORT, ERROR,
# RE-CONFIG.
PARAMETERS_AT = {1: 16, 2: 16, 4: 0, 5: 0, 6: 0, 9: 0, 130: 0}


def readable(packet: bytes) -> bool:
    """Tell whether the lengths of chunks and parameters are such that one can walk by them."""
    at = HEAD
    while at + 4 <= len(packet):
        length = int.from_bytes(packet[at + 2 : at + 4])
        if length < 4 or at + length > len(packet):
            return False
        begin = PARAMETERS_AT.get(packet[at])
        if begin is not None and not _parameters(packet[at + 4 + begin : at + length]):
            return False
        at += length + -length % 4
    return True


def _parameters(body: bytes) -> bool:
    at = 0
    while at + 4 <= len(body):
        length = int.from_bytes(body[at + 2 : at + 4])
        if length < 4:
            return False
        at += length + -length % 4
    return True


class Association(RTCSctpTransport):
    """One peer's channels; the attributes with an underscore are aiortc's, which offers no others."""

    def __init__(self, transport: Any, port: int, *, begins: bool = True) -> None:
        super().__init__(transport, port)
        self._begins = begins
        self._advertised_rwnd = WINDOW
        self._held = 0
        self._peers_window = WINDOW
        self._telling: set[asyncio.Task[None]] = set()

    async def _init(self) -> None:
        """Begin, or let the peer; aiortc's own timer stops when the peer has begun, or all is over."""
        if self._begins:
            await super()._init()
        else:
            self._t1_handle = asyncio.get_running_loop().call_later(PATIENCE, self._begin)

    def _begin(self) -> None:
        self._t1_handle, self._begins = None, True
        task = asyncio.ensure_future(self._init())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _receive_data_chunk(self, chunk: Any) -> None:
        if self._fits(chunk):
            await super()._receive_data_chunk(chunk)
        else:
            self._sack_needed = True  # tells the sender what is acknowledged, and how little room there is

    async def _handle_data(self, packet: bytes) -> None:
        """Take a packet; one that cannot be read is lost, as on any network."""
        try:
            if readable(packet):
                await super()._handle_data(packet)
                return
        except (ValueError, AssertionError, IndexError, KeyError, struct.error) as error:
            log.limited("packet.unreadable", error=type(error).__name__)
            return
        log.limited("packet.unreadable", error="lengths")

    async def _receive_forward_tsn_chunk(self, chunk: Any) -> None:
        if self._last_received_tsn is None:
            return  # no INIT came
        chunk.streams = [each for each in chunk.streams if each[0] in self._inbound_streams]
        await super()._receive_forward_tsn_chunk(chunk)

    async def _receive_sack_chunk(self, chunk: Any) -> None:
        end, most = 0, (self._local_tsn - 1 - chunk.cumulative_tsn) % SCTP_TSN_MODULO
        if most > SCTP_TSN_MODULO // 2:
            return  # it acknowledges what was never sent
        for first, last in chunk.gaps:  # in order, apart, and of what was sent: aiortc looks at each number in them
            if not end < first <= last <= most:
                return
            end = last
        self._peers_window = chunk.advertised_rwnd
        await super()._receive_sack_chunk(chunk)

    async def _transmit(self) -> None:
        """Send no more than the peer has room for, but always one chunk, which finds out (RFC 9260 6.1)."""
        congestion, self._cwnd = self._cwnd, min(self._cwnd, max(1, self._peers_window))
        try:
            await super()._transmit()
        finally:
            self._cwnd = congestion

    def _fits(self, chunk: Any) -> bool:
        if self._last_received_tsn is None:
            return False  # no INIT came: there is nothing to count from
        streams = self._inbound_streams
        if chunk.stream_id not in streams and len(streams) >= MOST_STREAMS:
            return False
        room, pieces = self._advertised_rwnd, MOST_PIECES
        if room + self._held < WINDOW:
            pieces -= self.pieces
        if chunk.tsn == tsn_plus_one(self._last_received_tsn):
            room, pieces = room + WINDOW, pieces + MOST_PIECES  # the next in order is what makes room
        return len(chunk.user_data) <= room and pieces > 0

    @property
    def pieces(self) -> int:
        """How many pieces of messages that are not complete are kept."""
        return sum(len(each.reassembly) for each in self._inbound_streams.values())

    def hold(self, size: int) -> None:
        """Take bytes off the window into which the peer may send."""
        self._held += size
        self._advertised_rwnd -= size

    def release(self, size: int) -> None:
        """Give them back; a peer that has stopped is told at once."""
        had_stopped = self._advertised_rwnd < WINDOW // 2
        self._held -= size
        self._advertised_rwnd += size
        if had_stopped and self._association_state == self.State.ESTABLISHED:
            task = asyncio.ensure_future(self._tell())
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        with contextlib.suppress(ConnectionError):  # the peer is gone: nobody is left to be told
            await self._send_sack()
