"""DTLS, SRTP keys, data channels of one peer; with `link` and `association` all that knows aiortc (RFC 5764, RFC 8831).

aiortc's own ICE, RTP router and receivers are not used: the first is a full agent, the second drops simulcast, the
third decodes.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import State
from aiortc.rtcsctptransport import RTCSctpCapabilities

from signaling.backpressure import Reading
from signaling.logs import Log
from signaling.rate import Rate
from signaling.sdp import Fingerprint
from signaling.transport.association import Association
from signaling.transport.link import Link, OneContext, at_once
from signaling.transport.srtp import Protector, Unprotector

log = Log("dtls")
HANDSHAKE_SECONDS = 30
WAITING_RECORDS = 1024
RECORDS_PER_SECOND = 10_000  # 10 MB a second; of a flood, the rest is lost
RECORDS_PER_TURN, TURN_SECONDS = 8, 0.005  # more of one peer's wait for the next turn: media would wait for them
LARGEST_MESSAGE = 262_144
CHANNEL_PORT = 5000
LOSSY_BACKLOG, RELIABLE_BACKLOG = 256 << 10, 16 << 20
RELIABLE, LOSSY = "_reliable", "_lossy"


class Certificate:
    """This process's own DTLS certificate."""

    def __init__(self) -> None:
        self.inner = OneContext.generateCertificate()
        prints = self.inner.getFingerprints()
        self.fingerprint = next(Fingerprint("sha-256", each.value) for each in prints if each.algorithm == "sha-256")


class _Lane:
    """What comes in from a peer, as far as it is not acted on at once, and the way out."""

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._out = send
        self.records: deque[bytes] = deque()
        self._rate = Rate(RECORDS_PER_SECOND, RECORDS_PER_SECOND)
        self._in_a_row, self._since = 0, 0.0

    def admits(self, now: float) -> bool:
        """Tell whether a record can be taken; one too many is lost, as on any network."""
        return len(self.records) < WAITING_RECORDS and self._rate.take(1, now)

    def free(self, now: float) -> bool:
        """Tell whether a record may be acted on at once: none waits, and not many came just now."""
        if now - self._since > TURN_SECONDS:
            self._in_a_row, self._since = 0, now
        self._in_a_row += 1
        return not self.records and self._in_a_row <= RECORDS_PER_TURN

    def send(self, record: bytes) -> None:
        """Let a record out."""
        self._out(record)


class Handshake:
    """One peer's DTLS association and its data channels."""

    def __init__(self, certificate: Certificate, send: Callable[[bytes], object]) -> None:
        self._certificate = certificate
        self._lane = _Lane(send)
        self._dtls: Any = None
        self._sctp: Any = None
        self._channels: dict[str, Any] = {}
        self._reading = Reading()
        self._started = self._offers = self._acting = self._due = False
        self._limit: asyncio.TimerHandle | None = None
        self.inbound: Unprotector | None = None
        self.outbound: Protector | None = None
        self.when_connected: Callable[[], None] = lambda: None
        self.when_open: Callable[[str], None] = lambda _label: None
        self.when_message: Callable[[str, bytes], None] = lambda _label, _message: None

    def receive(self, record: bytes) -> None:
        """Take a DTLS record; it is acted on at once, unless that would keep others waiting."""
        now = time.monotonic()
        if not self._lane.admits(now):
            return
        if self._dtls is not None and not self._acting and self._lane.free(now):
            self._act(record)
        else:
            self._lane.records.append(record)
        self._see_to_rest()

    def _see_to_rest(self) -> None:
        if self._lane.records and self._dtls is not None and not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        """Act on some of what waits."""
        self._due = False
        for _ in range(RECORDS_PER_TURN):
            if self._dtls is None or not self._lane.records:
                return
            self._act(self._lane.records.popleft())
        self._see_to_rest()

    def _act(self, record: bytes) -> None:
        """Let the association act on a record; what fails ends it, and nothing else."""
        self._acting = True
        try:
            self._dtls.take(record)
        except Exception as error:  # whatever a peer's packet leads to, others' media go on
            if not isinstance(error, ConnectionError):
                log.exception("dtls.broken", cause=error)
            if self._dtls is not None:
                self._dtls._set_state(State.CLOSED)  # noqa: SLF001
        finally:
            self._acting = False

    def start(self, fingerprint: Fingerprint, *, passive: bool, offers_channels: bool) -> None:
        """Begin the handshake; `passive` waits for the peer's first flight (RFC 8842 5)."""
        if self._started:
            return
        self._started, self._offers = True, offers_channels
        self._dtls = Link(self._certificate.inner, self._lane.send, passive=passive)
        self._sctp = Association(self._dtls, CHANNEL_PORT, begins=not passive)
        self._sctp.on("datachannel", self._opened)
        self._dtls.when_changed = self._changed
        self._limit = asyncio.get_running_loop().call_later(HANDSHAKE_SECONDS, self._late)
        self._dtls.begin(fingerprint)
        self._see_to_rest()

    def _late(self) -> None:
        log.limited("dtls.timeout")
        self._dtls.give_up()

    def _changed(self, state: State) -> None:
        if state is State.CONNECTING:
            return
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        if state is State.CONNECTED:
            self._connected()
        elif state is State.FAILED:
            log.limited("dtls.failed", state="failed")
        else:  # where the peer has ended the association no channel goes on: aiortc would repeat itself to nobody
            self._sctp._set_state(self._sctp.State.CLOSED)  # noqa: SLF001  its stop() would send an ABORT first

    def _connected(self) -> None:
        self.inbound = Unprotector(self._dtls._rx_srtp)  # noqa: SLF001
        self.outbound = Protector(self._dtls._tx_srtp)  # noqa: SLF001
        if self._offers:
            self._offer_channels()
        at_once(self._sctp.start(RTCSctpCapabilities(maxMessageSize=LARGEST_MESSAGE), CHANNEL_PORT))
        self.when_connected()

    def _offer_channels(self) -> None:
        for parameters in (
            RTCDataChannelParameters(label=RELIABLE, ordered=True),
            RTCDataChannelParameters(label=LOSSY, ordered=False, maxRetransmits=0),
        ):
            self._opened(RTCDataChannel(self._sctp, parameters))

    def _opened(self, channel: Any) -> None:
        label = str(channel.label)
        if len(self._channels) >= 16:
            return
        self._channels[label] = channel
        channel.on("message", lambda message: self._message(label, message))
        channel.on("open", lambda: self.when_open(label))
        if channel.readyState == "open":  # the peer opened it
            self.when_open(label)

    def is_open(self, label: str) -> bool:
        """Tell whether a channel can be sent on."""
        channel = self._channels.get(label)
        return channel is not None and channel.readyState == "open"

    def _message(self, label: str, message: object) -> None:
        if isinstance(message, bytes):
            self.when_message(label, message)

    def send(self, label: str, message: bytes) -> bool:
        """Send on a channel; False if it is not open, or so far behind that more would only grow."""
        channel = self._channels.get(label)
        limit = LOSSY_BACKLOG if label == LOSSY else RELIABLE_BACKLOG
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > limit:
            return False
        channel.send(message)
        if label == RELIABLE:
            self._reading.given += len(message)
        return True

    def behind(self, now: float) -> bool:
        """Tell whether senders should wait for this peer."""
        channel = self._channels.get(RELIABLE)
        return self._reading.behind(channel.bufferedAmount if channel is not None else 0, now)

    def hold(self, size: int) -> None:
        """Let the peer send less for now (RFC 9260 6.2)."""
        if self._sctp is not None:
            self._sctp.hold(size)

    def release(self, size: int) -> None:
        """Let it send as much again."""
        if self._sctp is not None:
            self._sctp.release(size)

    async def close(self) -> None:
        """End the association; the keys and OpenSSL's memory go with the objects that hold them, which is now."""
        self.inbound = self.outbound = None
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        with contextlib.suppress(ConnectionError):  # the peer may have been faster
            if self._sctp is not None:
                await self._sctp.stop()
        if self._dtls is not None:
            await self._dtls.stop()
        self._dtls = self._sctp = None
        self._started = True  # it does not begin again
        self._channels.clear()
        self._lane = _Lane(lambda _record: None)
        self.when_connected, self.when_open, self.when_message = lambda: None, lambda _label: None, lambda _a, _b: None
