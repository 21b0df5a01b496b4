"""The SCTP association of one peer (RFC 9260): aiortc's, with a bound to what a peer may make us keep.

aiortc advertises a window and then takes what comes all the same. Here a chunk that does not fit is left
unacknowledged: its sender, who knows the window, sends it again later. Whoever must wait for others has less window.
And what is sent keeps to the peer's window, of which aiortc knows nothing either.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from aiortc.rtcsctptransport import RTCSctpTransport, tsn_plus_one

WINDOW = 1 << 20
MOST_PIECES = 2048  # of messages that are not complete; the largest message has 220
MOST_STREAMS = 64


class Association(RTCSctpTransport):
    """One peer's channels; the attributes with an underscore are aiortc's, which offers no others."""

    def __init__(self, transport: Any, port: int) -> None:
        super().__init__(transport, port)
        self._advertised_rwnd = WINDOW
        self._held = 0
        self._peers_window = WINDOW
        self._telling: set[asyncio.Task[None]] = set()

    async def _receive_data_chunk(self, chunk: Any) -> None:
        if self._fits(chunk):
            await super()._receive_data_chunk(chunk)
        else:
            self._sack_needed = True  # tells the sender what is acknowledged, and how little room there is

    async def _receive_sack_chunk(self, chunk: Any) -> None:
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
            pieces -= sum(len(each.reassembly) for each in streams.values())
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
