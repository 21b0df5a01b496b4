"""DTLS, SRTP keys and data channels of one peer, by aiortc: with `association` all that knows it (RFC 5764, RFC 8831).

aiortc's own ICE, RTP router and receivers are not used: the first is a full agent, the second drops simulcast, the
third decodes. A small object stands in for its ICE transport.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from aiortc.rtcsctptransport import RTCSctpCapabilities
from OpenSSL import SSL

from signaling.backpressure import Reading
from signaling.logs import Log
from signaling.rate import Rate
from signaling.sdp import Fingerprint
from signaling.transport.association import Association
from signaling.transport.srtp import Protector, Unprotector

log = Log("dtls")
HANDSHAKE_SECONDS = 30
WAITING_RECORDS = 1024
RECORDS_PER_SECOND = 10_000  # 10 MB a second; of a flood, the rest is lost
RECORDS_PER_TURN = 8
LARGEST_MESSAGE = 262_144
CHANNEL_PORT = 5000
LOSSY_BACKLOG, RELIABLE_BACKLOG = 256 << 10, 16 << 20
RELIABLE, LOSSY = "_reliable", "_lossy"


class _OneContext(RTCCertificate):
    """A certificate whose TLS context is made once, not for each peer: all are served alike."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # else it keeps what it will never be asked for
        return self._context


class Certificate:
    """This process's own DTLS certificate."""

    def __init__(self) -> None:
        self.inner = _OneContext.generateCertificate()
        prints = self.inner.getFingerprints()
        self.fingerprint = next(Fingerprint("sha-256", each.value) for each in prints if each.algorithm == "sha-256")


class _Lane:
    """What aiortc takes for an ICE transport: records in by a queue, out by a function."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._out = send
        self.records: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_RECORDS)
        self._rate = Rate(RECORDS_PER_SECOND, RECORDS_PER_SECOND)
        self._in_a_row = 0

    def put(self, record: bytes) -> None:
        """Take a record; one too many is lost, as on any network."""
        if not self.records.full() and self._rate.take(1, time.monotonic()):
            self.records.put_nowait(record)

    async def _recv(self) -> bytes:
        self._in_a_row = (self._in_a_row + 1) % RECORDS_PER_TURN
        if self._in_a_row == 0:  # a queue that has something makes nobody wait, and media would
            await asyncio.sleep(0)
        record = await self.records.get()
        if record is None:
            raise ConnectionError
        return record

    async def _send(self, record: bytes) -> None:
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
        self._task: asyncio.Task[None] | None = None
        self.inbound: Unprotector | None = None
        self.outbound: Protector | None = None
        self.when_connected: Callable[[], None] = lambda: None
        self.when_open: Callable[[str], None] = lambda _label: None
        self.when_message: Callable[[str, bytes], None] = lambda _label, _message: None

    @property
    def started(self) -> bool:
        """The handshake has begun: fingerprint and role are fixed from now on."""
        return self._task is not None

    def receive(self, record: bytes) -> None:
        """Take a DTLS record."""
        self._lane.put(record)

    def start(self, fingerprint: Fingerprint, *, passive: bool, offers_channels: bool) -> None:
        """Begin the handshake; `passive` waits for the peer's first flight (RFC 8842 5)."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(fingerprint, passive=passive, offers_channels=offers_channels))

    async def _run(self, fingerprint: Fingerprint, *, passive: bool, offers_channels: bool) -> None:
        lane: Any = self._lane
        self._dtls = RTCDtlsTransport(lane, [self._certificate.inner])
        # aiortc has no public way to fix the role without its ICE, nor to choose or take out the SRTP keys.
        self._dtls._set_role("server" if passive else "client")  # noqa: SLF001
        self._dtls._srtp_profiles = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]  # noqa: SLF001
        self._sctp = Association(self._dtls, CHANNEL_PORT)
        self._sctp.on("datachannel", self._opened)
        self._dtls.on("statechange", self._changed)
        parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(algorithm=fingerprint.algorithm, value=fingerprint.value)]
        )
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await self._dtls.start(parameters)
        except TimeoutError:
            log.limited("dtls.timeout")
            return
        if self._dtls.state != "connected":
            log.limited("dtls.failed", state=self._dtls.state)
            return
        self.inbound = Unprotector(self._dtls._rx_srtp)  # noqa: SLF001
        self.outbound = Protector(self._dtls._tx_srtp)  # noqa: SLF001
        if offers_channels:
            self._offer_channels()
        await self._sctp.start(RTCSctpCapabilities(maxMessageSize=LARGEST_MESSAGE), CHANNEL_PORT)
        self.when_connected()

    def _changed(self) -> None:
        """Where the peer has ended the association no channel goes on: aiortc would repeat itself to nobody."""
        if self._dtls is not None and self._dtls.state == "closed":
            self._sctp._set_state(self._sctp.State.CLOSED)  # noqa: SLF001  its stop() would send an ABORT first

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
        if self._task is not None:
            self._task.cancel()
        with contextlib.suppress(ConnectionError):  # the peer may have been faster
            if self._sctp is not None:
                await self._sctp.stop()
        if self._dtls is not None:
            await self._dtls.stop()
        if not self._lane.records.full():
            self._lane.records.put_nowait(None)
        self._dtls = self._sctp = None
        self._channels.clear()
        self._lane = _Lane(lambda _record: None)
        self.when_connected, self.when_open, self.when_message = lambda: None, lambda _label: None, lambda _a, _b: None
