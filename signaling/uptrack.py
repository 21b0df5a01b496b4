"""What a publisher sends: each layer's reception, its losses and keyframe requests."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Protocol

from livekit.protocol import models

from signaling import rtcp
from signaling.burst import Burst
from signaling.crowd import Crowd, Seat, gathered
from signaling.dynacast import Demand
from signaling.layers import HIGH, quality_of_rid
from signaling.loops.library import ffi
from signaling.reception import Reception
from signaling.rewriter import picture_of
from signaling.rtp import Packet, new_source
from signaling.shelf import Slots, shelf
from signaling.speakers import Loudness

if TYPE_CHECKING:
    from signaling.negotiation import Published

CLOCKS = {"opus": 48_000, "VP8": 90_000, "H264": 90_000}


class Receiver(Protocol):
    """Whoever takes a track's packets: a subscriber, or the recorder."""

    def deliver(self, layer: UpLayer, burst: Burst, now: float) -> None:
        """Take what came of a layer in one turn."""

    def sender_report(self, layer: UpLayer, ntp: int, timestamp: int, now: float) -> None:
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
ALIVE_SECONDS = 2.0
OVERHEAD = 36  # bytes of a packet beside its payload: header, transport-cc, SRTP's tag
CACHED = {"audio": 64, "video": 1024}  # packets, to be sent again: of video at 3 Mbps about three seconds


class UpLayer:
    """One incoming stream: the track itself, or one simulcast layer of it."""

    def __init__(self, track: UpTrack, rid: str, quality: int) -> None:
        self.track, self.rid, self.quality = track, rid, quality
        self.ssrc: int | None = None
        self.repair_ssrc: int | None = None
        self.stream = ffi.new("struct stream *")  # what the loops see of it; without them it is counted here too
        self.stream.renumbers, self.stream.forwards = track.renumbers, not track.muted
        self.stream.redundant = -1 if track.red_type is None else track.red_type
        self.stream.heard_at = -inf
        self.reception = Reception(CLOCKS.get(track.codec, 90_000), self.stream.reception)
        self.shelf = shelf(self.stream, CACHED[track.kind], track.codec)
        self.downs: list[Receiver] = []  # changed by `add` and `remove` only
        self._crowds: list[Crowd] = []
        self._loudness: Loudness | None = None
        self._gathered = self._apart = self._postponed = False
        self.changed()
        self.rate = 0.0  # bits/s
        self._measured, self._measured_at = 0, 0.0
        self._asked_at = -inf

    @property
    def packets(self) -> int:
        """Return how many packets came, without those that came before."""
        return int(self.stream.packets)

    @property
    def octets(self) -> int:
        """Return the bytes of their payloads."""
        return int(self.stream.octets)

    @property
    def heard_at(self) -> float:
        """Return when the last packet came."""
        return float(self.stream.heard_at)

    def add(self, down: Receiver) -> None:
        """Give somebody what comes."""
        if down not in self.downs:
            self.downs.append(down)
            self.changed()

    def remove(self, down: Receiver) -> None:
        """Give somebody nothing more."""
        if down in self.downs:
            self.downs.remove(down)
            self.changed()

    def changed(self) -> None:
        """Somebody joined the crowd or left it: gather it anew before the next packets go."""
        self._gathered, self.stream.apart = False, 1

    def begin(self) -> None:
        """Let the loops count, keep and give on what comes in order."""
        if self.track.kind == "audio":
            self._loudness = self.track.loudness  # owns what is pointed to
            self.stream.loudness = self._loudness.memory
        if isinstance(self.shelf, Slots):
            self.shelf.begin()

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
        stream, track = self.stream, self.track
        stream.heard_at = now
        stream.packets += 1
        stream.octets += len(packet[4])
        if track.muted:
            return
        if track.renumbers:
            seq, timestamp, marker, padding, payload, red, _ = packet
            packet = Packet(seq, timestamp, marker, padding, payload, red, picture_of(track.codec, packet))
        if not self.shelf.put(packet):
            self.forward()
            self.shelf.put(packet)
        if not self._postponed:
            self._postponed = True
            track.postpone(self.forward)

    def forward(self) -> None:
        """Hand what waits to every subscriber: one after the other costs less than packet by packet."""
        self._postponed = False
        for crowd in self.crowds():
            crowd.outbox.fan_out(crowd, self.stream)
        waiting = self.shelf.waiting if self._apart else []
        self.shelf.forwarded()
        if waiting:
            burst = Burst(waiting)
            for down in tuple(self.downs):
                if down.seat is None or down.seat.layer is not self:
                    down.deliver(self, burst, self.heard_at)

    def crowds(self) -> list[Crowd]:
        """Return those who go on as they are, gathered if somebody came or went."""
        if not self._gathered:
            for crowd in self._crowds:
                crowd.retire()
            seats = [down.seat for down in self.downs if down.seat is not None and down.seat.layer is self]
            self._crowds, self._gathered, self._apart = gathered(seats), True, len(seats) < len(self.downs)
            stream, crowds = self.stream, self._crowds
            stream.apart = self._apart or len(crowds) > 1
            stream.downs, stream.downs_count = (crowds[0].records, len(seats)) if crowds else (ffi.NULL, 0)
            stream.socket = crowds[0].handle if crowds else -1
        return self._crowds

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
        for layer in self.layers:
            layer.stream.forwards, layer.stream.newest = not muted, -1  # nobody knows how far the numbers go meanwhile
