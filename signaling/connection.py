"""One peer connection: its credentials and path, its handshake, what arrives on it and what is sent."""

import secrets
import time
from collections.abc import Callable
from math import inf

from signaling import rtcp, rtp, sdp, stun
from signaling.consent import Consent
from signaling.downlink import Downlink
from signaling.downtrack import DownTrack
from signaling.incoming import Incoming, feedback
from signaling.logs import Log
from signaling.negotiation import Answer, Answering
from signaling.offering import Offer, Offering
from signaling.pulse import Pace, told_of_arrivals
from signaling.rate import MEDIA_PER_TICK, MOST_FLOODED_TICKS
from signaling.slots import Slot
from signaling.transport.dtls import Certificate, Handshake
from signaling.transport.ice_lite import MediaPort, Route
from signaling.transport.inbox import Sender
from signaling.transport.srtp import Protector
from signaling.uptrack import UpLayer, UpTrack

log = Log("connection")
CONNECT_SECONDS = 60
ANSWER_READ = 0.25  # seconds in which a client reads an answer: what came before would be taken for another section's


class Connection:
    """A peer of the media port; the client offers on it, unless `offers` says that we do."""

    def __init__(self, port: MediaPort, certificate: Certificate, *, offers: bool) -> None:
        self._port, self._certificate = port, certificate
        identifier = secrets.randbits(62)
        self.answering = Answering(identifier)
        self.offering = Offering(identifier) if offers else None
        self._path: Route | None = None
        self._consent = Consent()
        self._remote_ufrag = self._remote_password = ""
        self.downlink = Downlink()
        memories = self._consent.memory, self.downlink.departures.line
        self.sender = Sender(port.inbox, MEDIA_PER_TICK, *memories) if port.inbox is not None else None
        self.pace = Pace()
        self.incoming = Incoming(self.answering.extensions, self.sender)
        self.incoming.when_bound, self.incoming.when_missing = self._bound, self.pace.hasten
        self.downs: dict[int, DownTrack] = {}
        self._used_sources: set[int] = set()
        self.connected = self.closed = False
        self._begins_at = -inf  # of what got its section last
        self._negotiating_since: float | None = None
        self._packets_of_tick = self._flooded = 0
        self.when_connected: Callable[[], None] = lambda: None
        self.handshake = Handshake(certificate, self._send_record)
        self.handshake.when_connected = self._connected
        self.renew_credentials()

    @property
    def path(self) -> Route | None:
        """Return the way to the client, None while there is none."""
        return self._path

    @path.setter
    def path(self, path: Route | None) -> None:
        self._path = path
        self._consent.turn_to(path)
        self._unsettle()

    def _unsettle(self) -> None:
        """Let every subscription look at its section and its way again."""
        for down in self.downs.values():
            down.unsettle()

    # what negotiation needs

    @property
    def slots(self) -> list[Slot]:
        """The subscribed tracks in their sections."""
        return (self.offering or self.answering).slots.all

    def transport(self) -> sdp.Transport:
        """Return our side as a description tells it."""
        return sdp.Transport(*self._consent.credentials, self._certificate.fingerprint, self._port.candidates)

    def renew_credentials(self) -> None:
        """Take a new ufrag and password (an ICE restart, RFC 8445 9); the old stay valid, the keys too."""
        for old in self._consent.renew(self._port.prefix):
            self._port.expect_no_more(old)
        self._port.expect(self._consent.present, self)

    def answer(self, text: str) -> Answer:
        """Answer a client's offer; raises ValueError for what cannot be followed."""
        offer = sdp.parse(text)
        if offer.fingerprint is None or not offer.ufrag:
            raise ValueError("an offer needs a fingerprint and a ufrag")
        if self._remote_ufrag and offer.ufrag != self._remote_ufrag:
            self.renew_credentials()
        self._remote_ufrag, self._remote_password = offer.ufrag, offer.pwd
        self._negotiating_since = self._negotiating_since or time.time()
        if self.connected:  # else the handshake takes long enough
            self._begins_at, self.pace.hurried = time.monotonic() + ANSWER_READ, True
        answer = self.answering.answer(offer, self.transport(), self._begins_at)
        self.incoming.expect_extensions()
        if self.offering is None:
            self.downlink.extension = self.answering.extensions.get(rtp.TRANSPORT_CC, 0)
        self.handshake.start(offer.fingerprint, passive=True, offers_channels=False)
        self._unsettle()
        self._activate()
        return answer

    def offer(self) -> Offer | None:
        """Make an offer, if one can be made now."""
        self._negotiating_since = self._negotiating_since or time.time()
        return self.offering.offer(self.transport()) if self.offering is not None else None

    def answered(self, text: str) -> bool:
        """Take the answer to our offer; tell whether another offer is due."""
        answer = sdp.parse(text)
        if self.offering is None or answer.fingerprint is None:
            raise ValueError("no offer was made, or the answer has no fingerprint")
        again = self.offering.answered(answer)
        self._remote_ufrag, self._remote_password = answer.ufrag, answer.pwd
        self._check_back()  # the client's first check may have been faster than its answer
        self.downlink.extension = self.offering.transport_cc
        # The answerer chooses who begins (RFC 8842 5.3): some wait when the other side is ICE-lite.
        begins = any(section.setup == "passive" for section in answer.sections)
        self.handshake.start(answer.fingerprint, passive=not begins, offers_channels=True)
        self._unsettle()
        self._activate()
        return again

    # tracks

    def subscribe(self, down: DownTrack) -> None:
        """Add a track to be sent; it flows once it has a section."""
        self.slots.append(down.slot)
        self.downs[down.slot.ssrc] = down
        self.pace.hurried = True
        down.up.downs.append(down)

    def unused_source(self, wished: int) -> int:
        """Return the SSRC that is wished for; another if this client knows it: its numbers began elsewhere."""
        while wished in self._used_sources:
            wished = rtp.new_source()
        self._used_sources.add(wished)
        return wished

    def unsubscribe(self, down: DownTrack) -> None:
        """Take a track out."""
        down.stop()
        self.downs.pop(down.slot.ssrc, None)
        if down.slot in self.slots:
            self.slots.remove(down.slot)
        if self.offering is not None:
            self.offering.remove(down.slot)

    def publish(self, track: UpTrack) -> None:
        """Expect a track that has got its section."""
        track.send_control, track.postpone = self.send_control, self._port.outbox.postpone
        self.incoming.add(track)
        self.pace.hasten()

    def _activate(self) -> None:
        """Begin to send what has a section."""
        now = time.monotonic()
        self._begins_at = self._begins_at if now < self._begins_at else -inf
        for down in self.downs.values():
            down.choose(now)
            if self.sender is not None and down.slot.naming:
                self.sender.await_report()

    def _bound(self, layer: UpLayer) -> None:
        now = time.monotonic()
        for down in layer.track.downs:
            down.choose(now)

    # the transport's side

    @property
    def outbound(self) -> Protector | None:
        """What protects the packets sent here."""
        return self.handshake.outbound

    def password(self, ufrag: str) -> str | None:
        """Return our password for a ufrag of ours."""
        return self._consent.password(ufrag)

    def checked(self, path: Route, *, nominated: bool) -> None:
        """Send to where the client's checks say."""
        wanted = self._consent.checked(self.path, path, time.monotonic(), nominated=nominated)
        if self.path != wanted:
            self.path = wanted
            self.downlink.line.moved()
        self._check_back()

    def _check_back(self) -> None:
        """Check the path if the client has not nominated it yet.

        A lite agent need not, but Go clients (pion) nominate at once what is checked from both sides, else 0.2 s later.
        """
        if self.path is not None and not self._consent.nominated and self._remote_password:
            names = f"{self._remote_ufrag}:{self._consent.present.ufrag}"
            self.path.send(stun.request(names, self._remote_password, secrets.token_bytes(12), nominated=False))

    def receive_handshake(self, datagram: bytes) -> None:
        """Take a DTLS record."""
        self.handshake.receive(datagram)

    def unanswered(self, now: float) -> bool:
        """Tell whether a client that began to negotiate has not come for a minute; `now` is the time of day."""
        since = self._negotiating_since
        return since is not None and not self.connected and now - since > CONNECT_SECONDS

    @property
    def floods(self) -> bool:
        """More packets come than anybody needs to send, and do not stop."""
        return self._flooded > MOST_FLOODED_TICKS

    def receive_media(self, size: int) -> None:
        """Open and forward an RTP packet; of a flood, the rest is not even opened."""
        inbound, sender = self.handshake.inbound, self.sender
        self._packets_of_tick = self._packets_of_tick + 1 if sender is None else sender.counted()
        if inbound is not None and self._packets_of_tick <= MEDIA_PER_TICK:
            opened = inbound.media(size)
            if opened >= 0:
                if sender is not None:
                    sender.opened_by(inbound)
                self.incoming.media(opened, time.monotonic())

    def receive_control(self, size: int) -> None:
        """Open an RTCP compound and act on it."""
        inbound = self.handshake.inbound
        if inbound is None or (compound := inbound.control(size)) is None:
            return
        if self.sender is not None:
            self.sender.opened_by(inbound)
            self.sender.reported(int.from_bytes(compound[4:8]), self.take_control)
            self._port.read_reports()  # what waits came before
        self.take_control(compound, time.monotonic())

    def take_control(self, compound: bytes, now: float) -> None:
        """Act on an opened RTCP compound that came at a time."""
        for part in rtcp.split(compound):
            if part.kind == rtcp.SENDER_REPORT:
                self.incoming.clock_told(part, now)
            feedback(part, self.downs, now)
            self.downlink.take(part, now)
        self._heed(now)

    def send_control(self, compound: bytes) -> None:
        """Protect and send RTCP."""
        protector, path = self.outbound, self.path
        protected = protector.control(compound) if protector is not None else None
        if protected is not None and path is not None:
            path.send(protected)

    def _send_record(self, record: bytes) -> None:
        if self.path is not None:
            self.path.send(record)

    def _connected(self) -> None:
        self.connected = self.pace.hurried = True
        self._activate()
        self.when_connected()

    # regular work

    def wants(self, number: int) -> bool:
        """Tell whether there is something to do in this tick."""
        return self.pace.wants(number, publishes=bool(self.incoming.tracks))

    def tick(self, number: int, now: float) -> None:
        """Send the feedback that is due: arrivals, losses and, every second, reports."""
        if self.sender is not None:
            self._packets_of_tick = self.sender.tick(MEDIA_PER_TICK)
        self._flooded = self._flooded + 1 if self._packets_of_tick > MEDIA_PER_TICK else 0
        self._packets_of_tick = 0
        self._settle(now)
        if not self.connected:
            return
        if self.path is not None and self._consent.expired(now):
            self.path = None  # RFC 7675: who does not ask any more is sent nothing
        self.downlink.tick(self.downs.values(), now)
        for packet in self.incoming.feedback(now, arrivals=told_of_arrivals(number)):
            self.send_control(packet)
        reports = self.pace.reports(number)
        if reports and (report := self.incoming.report(now)):
            self.send_control(report)
        if reports or self._begins_at > -inf:
            self._activate()

    def _heed(self, now: float) -> None:
        """Of a line that is not quiet, look at feedback when it comes, and at the line in the next tick if need be."""
        if self.sender is not None and not self.downlink.line.quiet(now):
            self.sender.memory.calm = False
        if self.downlink.restless(now):
            self.pace.hasten()

    def _settle(self, now: float) -> None:
        """Be content with fewer ticks, if nothing has to be done in every one."""
        line = self.downlink.line
        if self.sender is not None:
            self.sender.memory.calm, self.sender.memory.longest_delay = line.quiet(now), line.longest_delay
        busy = self.incoming.missing or self._begins_at > -inf or (self.downs and self.downlink.restless(now))
        self.pace.hurried = bool(self._flooded or (self.connected and busy))

    async def close(self) -> None:
        """Let go of everything."""
        if self.closed:
            return
        self.closed, self.connected = True, False
        for down in tuple(self.downs.values()):
            self.unsubscribe(down)
        self._port.forget(self)
        await self.handshake.close()
        self.path = None
        # Whom it calls is let go of: its memory then is free at once, and does not wait for the collector of cycles.
        self.when_connected = lambda: None
        self.downlink.when_paused = lambda _down: None
        self.incoming.close()
