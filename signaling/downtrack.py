"""What a subscriber gets of one track: the choice of layer, the rewriting, the retransmission."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from signaling import rtcp
from signaling.layers import HIGH, OFF, Dimensions, Ladder, choose, wanted
from signaling.packet_cache import PacketCache
from signaling.rewriter import Rewriter, starts_keyframe
from signaling.transport.srtp import LARGEST_DATAGRAM, OUTBOUND
from signaling.uptrack import CLOCKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signaling.connection import Connection
    from signaling.negotiation import Slot
    from signaling.rtp import Packet
    from signaling.uptrack import UpLayer, UpTrack

HEADER = struct.Struct(">BBHII")
MOST_PAYLOAD = LARGEST_DATAGRAM - HEADER.size
MOST_RESENT = 100  # for one NACK


class DownTrack:
    """One subscription."""

    def __init__(self, up: UpTrack, slot: Slot, connection: Connection) -> None:
        self.up, self.slot, self.connection = up, slot, connection
        simulcast = len(up.layers) > 1
        self._rewriter = Rewriter(up.codec if simulcast else "", clock=CLOCKS[up.codec])
        self._cache = PacketCache(512 if up.kind == "video" else 64)
        self._layer: UpLayer | None = None
        self._target: UpLayer | None = None
        self._asked = HIGH
        self._ladder = Ladder()
        self.packets = self.octets = 0
        self.lost_lately = 0.0
        self.switches = 0

    # choice of layer

    def ask(self, *, quality: int, width: int, height: int, disabled: bool) -> None:
        """Take the subscriber's wish (UpdateTrackSettings)."""
        sizes = [Dimensions(each.quality, each.width, each.height) for each in self.up.announced.layers]
        self._asked = OFF if disabled else wanted(quality, width, height, sizes)

    @property
    def asked(self) -> int:
        """The subscriber's wish, whatever its line carries."""
        return self._asked

    def choose(self, now: float) -> None:
        """Aim at the layer that is wished for, there, and carried by the line; nothing flows without a section."""
        if not (self.connection.connected and self.slot.mid):
            return
        alive = [layer for layer in self.up.layers if layer.ssrc is not None and layer.alive(now)]
        there = alive or [layer for layer in self.up.layers if layer.ssrc is not None]
        quality = choose((layer.quality for layer in there), self._asked, self._ladder.ceiling)
        self._aim(next((layer for layer in there if layer.quality == quality), None), now)

    def interrupt(self) -> None:
        """Let what comes next begin with a keyframe: the track was muted, or is again."""
        self._layer = None

    def stop(self) -> None:
        """Take nothing more."""
        self._layer = self._target = None
        for layer in self.up.layers:
            if self in layer.downs:
                layer.downs.remove(self)
        if self in self.up.downs:
            self.up.downs.remove(self)

    def _aim(self, target: UpLayer | None, now: float) -> None:
        if target is self._target:
            return
        self._target = target
        if target is None:
            self._layer = None
        for layer in self.up.layers:
            if layer is target or (layer is self._layer and target is not None):
                if self not in layer.downs:
                    layer.downs.append(self)
            elif self in layer.downs:
                layer.downs.remove(self)
        if target is not None:
            target.ask_keyframe(now)

    def _switch(self, layer: UpLayer, packet: Packet, now: float) -> bool:
        """Begin with another layer if decoding may begin with this packet."""
        if layer is not self._target:
            return False
        if self.up.kind == "video" and not starts_keyframe(self.up.codec, packet):
            layer.ask_keyframe(now)
            return False
        before, self._layer = self._layer, layer
        if before is not None and before is not layer:
            before.downs.remove(self)
        self._rewriter.begin(packet, now)
        self.switches += 1
        return True

    # the packet path

    def deliver(self, layer: UpLayer, packet: Packet, now: float) -> None:
        """Forward one packet of a layer, unless another layer is being shown."""
        if layer is not self._layer and not self._switch(layer, packet, now):
            return
        sent = self._rewriter.rewrite(packet, now)
        self._cache.put(sent)
        self.packets += 1
        self.octets += len(sent.payload)
        self._send(sent)

    def resend(self, seqs: Sequence[int]) -> int:
        """Answer a NACK from the cache: same SSRC, same sequence number."""
        resent = 0
        for seq in seqs[:MOST_RESENT]:
            packet = self._cache.get(seq)
            if packet is not None:
                self._send(packet)
                resent += 1
        return resent

    def _send(self, packet: Packet) -> None:
        protector, path = self.connection.outbound, self.connection.path
        payload, payload_type = packet.payload, self.slot.payload_type
        if packet.red is not None and self.slot.red_type is not None:
            payload, payload_type = packet.red, self.slot.red_type
        size = len(payload)
        if protector is None or path is None or size > MOST_PAYLOAD:
            return
        HEADER.pack_into(
            OUTBOUND.view, 0, 0xA0 if packet.padding else 0x80,
            payload_type | (0x80 if packet.marker else 0), packet.seq, packet.timestamp, self.slot.ssrc,
        )  # fmt: skip
        OUTBOUND.view[HEADER.size : HEADER.size + size] = payload
        protected = protector.media(HEADER.size + size)
        if protected is not None:
            path.send(protected)

    # reports

    def keyframe_wanted(self, now: float) -> None:
        """Pass a subscriber's keyframe request on."""
        layer = self._target or self._layer
        if layer is not None:
            layer.ask_keyframe(now)

    def reported(self, block: rtcp.Block, now: float) -> None:
        """Take a receiver report: much loss steps down."""
        self.lost_lately = block.fraction_lost / 256
        if self._ladder.report(self.lost_lately):
            self.choose(now)

    def sender_report(self, layer: UpLayer, ntp: int, timestamp: int) -> None:
        """Pass the publisher's clock on, in the subscriber's timestamps: sound and picture stay together."""
        if layer is not self._layer or not self.packets:
            return
        ssrc = self.slot.ssrc
        self.connection.send_control(
            rtcp.make_sender_report(ssrc, ntp, self._rewriter.timestamp(timestamp), self.packets, self.octets)
            + rtcp.make_source_description(ssrc, self.slot.owner_sid)
        )
