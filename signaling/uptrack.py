"""What a publisher sends: each layer's reception, its losses and keyframe requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from livekit.protocol import models

from signaling import rtcp
from signaling.burst import MOST_AT_ONCE, Burst
from signaling.crowd import Crowd, Seat, gathered
from signaling.dynacast import Demand
from signaling.layers import HIGH, quality_of_rid
from signaling.packet_cache import PacketCache
from signaling.rewriter import picture_of
from signaling.rtp import Packet, before, new_source
from signaling.speakers import Loudness

if TYPE_CHECKING:
    from signaling.negotiation import Published

CLOCKS = {"opus": 48_000, "VP8": 90_000, "H264": 90_000}


class Receiver(Protocol):
    """Whoever takes a track's packets: a subscriber, or the recorder."""

    def deliver(self, layer: UpLayer, burst: Burst, now: float) -> None:
        """Take what came of a layer in one turn."""

    def sender_report(self, layer: UpLayer, ntp: int, timestamp: int) -> None:
        """Take the publisher's clock."""

    def choose(self, now: float) -> None:
        """Look which layer to take: one came or went."""

    def interrupt(self) -> None:
        """The track was muted, or is again."""

    @property
    def asked(self) -> int:
        """The quality that is wished for, whatever the line carries."""

    @property
    def seat(self) -> Seat | None:
        """Its place in a layer's crowd: there it gets the packets, and not by `deliver`."""


KEYFRAME_PAUSE = 0.5
NACK_PAUSE, NACK_TRIES, NACK_SECONDS = 0.08, 8, 1.0
WIDEST_GAP, MOST_MISSING = 200, 400
ALIVE_SECONDS = 2.0
OVERHEAD = 36  # bytes of a packet beside its payload: header, transport-cc, SRTP's tag
CACHED = {"audio": 64, "video": 1024}  # packets, to be sent again: of video at 3 Mbps about three seconds


class Reception:
    """The receiver's arithmetic of one stream (RFC 3550 A.1, A.3, A.8).  Time is an argument."""

    def __init__(self, clock: int) -> None:
        self._clock = clock
        self._highest = self._base = -1
        self._received = self._expected_before = self._received_before = 0
        self._jitter = self._transit = 0.0
        self._missing: dict[int, list[float]] = {}
        self._report_middle = 0
        self._report_at = 0.0
        self.lost_lately = 0.0
        self.asked = 0  # sequence numbers asked for again, each time counted

    @property
    def lost(self) -> int:
        """Return how many packets never came (RFC 3550 A.3)."""
        return max(0, self._highest - self._base + 1 - self._received) if self.began else 0

    @property
    def began(self) -> bool:
        """At least one packet came."""
        return self._highest >= 0

    def take(self, seq: int, timestamp: int, now: float) -> bool:
        """Count a packet; False for one that came before or is too old to matter."""
        if self._highest < 0:
            self._highest = self._base = seq + 0x10000
        else:
            ahead = (seq - self._highest) & 0xFFFF
            if ahead == 0:
                return False
            if ahead >= 0x8000:
                if self._missing.pop(self._highest - (0x10000 - ahead), None) is None:
                    return False
            else:
                self._note_missing(ahead, now)
                self._highest += ahead
        self._received += 1
        transit = now * self._clock - timestamp
        change = abs(transit - self._transit)
        self._transit = transit
        if change < self._clock:  # a wrapped or restarted clock is no jitter
            self._jitter += (change - self._jitter) / 16
        return True

    def _note_missing(self, ahead: int, now: float) -> None:
        if 1 < ahead < WIDEST_GAP and len(self._missing) < MOST_MISSING:
            for step in range(1, ahead):
                self._missing[self._highest + step] = [now, 0.0, 0.0]

    def due(self, now: float) -> list[int]:
        """Return the sequence numbers to ask for again now."""
        ask = []
        for seq, entry in list(self._missing.items()):
            since, tried_at, tries = entry
            if now - since > NACK_SECONDS or tries >= NACK_TRIES:
                del self._missing[seq]
            elif now - tried_at > NACK_PAUSE:
                entry[1], entry[2] = now, tries + 1
                ask.append(seq & 0xFFFF)
        self.asked += len(ask)
        return ask

    def sender_reported(self, ntp: int, now: float) -> None:
        """Remember the middle of the sender's NTP time (RFC 3550 6.4.1, LSR)."""
        self._report_middle, self._report_at = (ntp >> 16) & 0xFFFFFFFF, now

    def report(self, ssrc: int, now: float) -> rtcp.Block:
        """Make a report block; the fraction is since the last one."""
        expected = self._highest - self._base + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self._received - self._received_before)
        self._expected_before, self._received_before = expected, self._received
        self.lost_lately = min(1.0, max(0.0, lost_now / expected_now)) if expected_now > 0 else 0.0
        delay = int((now - self._report_at) * 65536) if self._report_middle else 0
        lost = min(0x7FFFFF, max(0, expected - self._received))
        return rtcp.Block(
            ssrc, min(255, int(self.lost_lately * 256)), lost, self._highest, int(self._jitter),
            self._report_middle, delay,
        )  # fmt: skip


class UpLayer:
    """One incoming stream: the track itself, or one simulcast layer of it."""

    def __init__(self, track: UpTrack, rid: str, quality: int) -> None:
        self.track, self.rid, self.quality = track, rid, quality
        self.ssrc: int | None = None
        self.repair_ssrc: int | None = None
        self.reception = Reception(CLOCKS.get(track.codec, 90_000))
        self.downs: list[Receiver] = []
        self.crowds: list[Crowd] | None = []  # None: some came or went since they were gathered
        self._seated = 0  # how many are in crowds
        self.newest: Packet | None = None  # of those that were forwarded
        self.cache = PacketCache(CACHED[track.kind])
        self._waiting: list[Packet] = []
        self.packets = self.octets = 0
        self.rate = 0.0  # bits/s
        self._measured, self._measured_at = 0, 0.0
        self.heard_at = self._asked_at = float("-inf")

    def measure(self, now: float) -> None:
        """Measure the rate since the last call, as a subscriber's line will feel it."""
        octets = self.octets + self.packets * OVERHEAD
        if self._measured_at > 0:
            self.rate = (octets - self._measured) * 8 / max(0.1, now - self._measured_at)
        self._measured, self._measured_at = octets, now

    def alive(self, now: float) -> bool:
        """Something came lately: a subscriber may be given this layer."""
        return now - self.heard_at < ALIVE_SECONDS

    def take(self, packet: Packet, now: float) -> None:
        """Count a packet and keep it for the end of the turn, when every subscriber of this layer gets it."""
        if not self.reception.take(packet[0], packet[1], now):
            return
        self.heard_at = now
        self.packets += 1
        self.octets += len(packet[4])
        track, waiting = self.track, self._waiting
        if track.muted:
            return
        if track.renumbers:
            seq, timestamp, marker, padding, payload, red, _ = packet
            packet = Packet(seq, timestamp, marker, padding, payload, red, picture_of(track.codec, packet))
        self.cache.put(packet)
        waiting.append(packet)
        if len(waiting) == 1:
            track.postpone(self.forward)

    def forward(self) -> None:
        """Hand what came in this turn to every subscriber: one after the other costs less than packet by packet."""
        packets, self._waiting = self._waiting, []
        for start in range(0, len(packets), MOST_AT_ONCE):
            burst = Burst(packets[start : start + MOST_AT_ONCE])
            if self.newest is None or before(self.newest.seq, burst.newest.seq):
                self.newest = burst.newest
            for crowd in self._gathered():
                crowd.outbox.fan_out(crowd, burst, self.heard_at)
            for down in tuple(self.downs) if len(self.downs) > self._seated else ():
                if down.seat is None or down.seat.layer is not self:
                    down.deliver(self, burst, self.heard_at)

    def _gathered(self) -> list[Crowd]:
        if self.crowds is None:
            seats = [down.seat for down in self.downs if down.seat is not None and down.seat.layer is self]
            self.crowds, self._seated = gathered(seats), len(seats)
        return self.crowds

    def ask_keyframe(self, now: float) -> None:
        """Ask the publisher for a keyframe, but not more often than it can make them."""
        if self.ssrc is not None and self.track.kind == "video" and now - self._asked_at >= KEYFRAME_PAUSE:
            self._asked_at = now
            self.track.keyframes_asked += 1
            self.track.send_control(rtcp.make_pli(self.ssrc))


class UpTrack:
    """One published track."""

    def __init__(self, announced: models.TrackInfo, cids: tuple[str, ...], owner_sid: str) -> None:
        self.announced, self.cids, self.owner_sid = announced, cids, owner_sid
        self.sid = announced.sid
        self.kind = "audio" if announced.type == models.TrackType.AUDIO else "video"
        self.codec = "opus" if self.kind == "audio" else "VP8"
        self.payload_type = 0
        self.repair_type: int | None = None
        self.red_type: int | None = None
        self.mid = ""
        # Under which SSRCs subscribers get it, each the same: what looks alike is made once (`burst`).
        self.source, self.repair_source = new_source(), new_source()
        self.layers: list[UpLayer] = []
        self.downs: list[Receiver] = []
        self.loudness = Loudness()
        self.demand = Demand()
        self.level = 0.0
        self.keyframes_asked = 0
        self.muted = announced.muted
        self.renumbers = False
        self.send_control: Callable[[bytes], None] = lambda _packet: None
        self.postpone: Callable[[Callable[[], None]], None] = lambda work: work()

    @property
    def ready(self) -> bool:
        """It has a section: others may subscribe."""
        return bool(self.mid)

    def place(self, published: Published) -> None:
        """Take what negotiation found: codec, payload types, layers."""
        self.mid, self.codec = published.mid, published.codec
        self.payload_type, self.repair_type = published.payload_type, published.repair_type
        self.red_type = published.red_type
        self.announced.mid = published.mid
        self.announced.mime_type = f"{self.kind}/{published.codec}" if self.red_type is None else "audio/red"
        for codec in self.announced.codecs:
            codec.mime_type, codec.mid = self.announced.mime_type, published.mid
        self.announced.simulcast = len(published.rids) > 1
        rids = published.rids or ("",)
        self.renumbers = published.codec == "VP8" and len(rids) > 1
        self.layers = [
            UpLayer(self, rid, quality_of_rid(rid, place) if rid else HIGH) for place, rid in enumerate(rids)
        ]
        if published.ssrc is not None:
            self.layers[0].ssrc, self.layers[0].repair_ssrc = published.ssrc, published.repair_ssrc

    def layer(self, rid: str) -> UpLayer | None:
        """Return the layer of a RID."""
        return next((each for each in self.layers if each.rid == rid), None)

    def mute(self, *, muted: bool) -> None:
        """Stop or go on forwarding, whatever the publisher sends; a pause ends with a keyframe."""
        self.muted = self.announced.muted = muted
        for down in self.downs:
            down.interrupt()
