"""The DTLS association of one peer, without a task: a record is acted on where it comes in (RFC 6347, RFC 5764).

aiortc has a task for each peer that waits for records, with a queue before it and a timer around each wait; of what a
join costs that was a quarter. The checks of the peer's certificate and the SRTP keys are aiortc's own.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
)
from OpenSSL import SSL

from signaling.sdp import Fingerprint

LARGEST_RECORD = 1500
RECORD_HEADER = 13
PROFILES = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]


class OneContext(RTCCertificate):
    """A certificate whose TLS context is made once, not for each peer: all are served alike."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # else it keeps what it will never be asked for
        return self._context


def at_once(work: Coroutine[Any, Any, None]) -> None:
    """Run to its end what is written as a coroutine, but waits for nothing: aiortc's SCTP over a link."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("it waits for something")


class Link(RTCDtlsTransport):
    """One peer's association; the attributes with an underscore are aiortc's, which offers no others."""

    def __init__(self, certificate: OneContext, out: Callable[[bytes], object], *, passive: bool) -> None:
        none: Any = None  # aiortc's ICE has no part in this
        super().__init__(none, [certificate])
        self._out = out
        self._set_role("server" if passive else "client")
        self._srtp_profiles = PROFILES
        self._ssl: Any = SSL.Connection(certificate._create_ssl_context(PROFILES))  # noqa: SLF001
        if passive:
            self._ssl.set_accept_state()
        else:
            self._ssl.set_connect_state()
        self._wanted = RTCDtlsParameters()
        self._again: asyncio.TimerHandle | None = None
        self._settled = False  # nothing of the handshake is left to be sent again
        self.when_changed: Callable[[State], None] = lambda _state: None

    def begin(self, fingerprint: Fingerprint) -> None:
        """Begin the handshake with whoever has the certificate of this digest."""
        self._wanted.fingerprints = [RTCDtlsFingerprint(fingerprint.algorithm, fingerprint.value)]
        self._set_state(State.CONNECTING)
        self._shake()

    def take(self, record: bytes) -> None:
        """Act on what came in one datagram."""
        if self._state is State.CONNECTING:
            self._ssl.bio_write(record)
            self._shake()
        elif self._state is State.CONNECTED:
            self._ssl.bio_write(record)
            at = 0
            while self._read():  # most datagrams hold one record
                at += RECORD_HEADER + int.from_bytes(record[at + 11 : at + 13])
                if at >= len(record):
                    return

    def _shake(self) -> None:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            self._flush()
            self._watch()
            return
        except SSL.Error:
            self._set_state(State.FAILED)
            return
        self._flush()
        self.encrypted = True
        self._validate_peer_identity(self._wanted)
        if self._state is not State.FAILED:
            self._setup_srtp()
        if self._state is not State.FAILED:
            self._watch()
            self._set_state(State.CONNECTED)

    def _read(self) -> bool:
        """Act on the next record that stands in OpenSSL's memory; tell whether there may be more."""
        content = b""
        try:
            content = self._ssl.recv(LARGEST_RECORD)
        except SSL.ZeroReturnError:
            self._flush()
            self._set_state(State.CLOSED)
            return False
        except SSL.Error:  # a record of the handshake again, or none that is to be trusted
            self._flush()
        if not self._settled:
            self._watch()
        if content and self._data_receiver is not None:
            at_once(self._data_receiver._handle_data(content))  # noqa: SLF001
        return bool(content) and self._state is State.CONNECTED

    def _watch(self) -> None:
        """Let OpenSSL repeat itself when its time has come; that goes on until its last flight has arrived."""
        self._rest()
        seconds = self._ssl.DTLSv1_get_timeout()
        if seconds is not None:
            self._again = asyncio.get_running_loop().call_later(seconds, self._repeat)
        elif self.encrypted:
            self._settled = True

    def _repeat(self) -> None:
        self._again = None
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error:  # too often
            self._set_state(State.FAILED)
            return
        self._flush()
        self._watch()

    def _rest(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def _flush(self) -> None:
        """Send what OpenSSL has written."""
        try:
            record = self._ssl.bio_read(LARGEST_RECORD)
        except SSL.Error:
            return  # nothing
        self._out(record)

    async def _send_data(self, content: bytes) -> None:
        if self._state is not State.CONNECTED:
            raise ConnectionError
        self._ssl.send(content)
        self._flush()

    def _set_state(self, state: State) -> None:
        if state is not self._state:
            self._state = state
            if state in (State.FAILED, State.CLOSED):
                self._rest()
            self.when_changed(state)

    def give_up(self) -> None:
        """Act on nothing more, and repeat nothing."""
        self.when_changed = lambda _state: None
        self._set_state(State.FAILED)

    async def stop(self) -> None:
        """Take leave of the peer."""
        if self._state in (State.CONNECTING, State.CONNECTED):
            with contextlib.suppress(SSL.Error):
                self._ssl.shutdown()
            self._flush()
        self._rest()
        if self._state is State.CONNECTED:
            self._set_state(State.CLOSED)
