"""What a subscriber gets of one track: the choice of layer, the rewriting, the retransmission."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from signaling import rtcp
from signaling.layers import HIGH, OFF, Dimensions, Ladder, choose, wanted
from signaling.rewriter import Rewriter, Span, starts_keyframe
from signaling.transport.outbox import BATCH_BYTES
from signaling.transport.srtp import LARGEST_DATAGRAM
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
        self._rewriter = Rewriter(up.codec if up.renumbers else "", clock=CLOCKS[up.codec])
        self._layer: UpLayer | None = None
        self._target: UpLayer | None = None
        self._asked = HIGH
        self._ladder = Ladder()
        self.packets = self.octets = 0
        self.lost_lately = 0.0
        self.lost = self.nacked = 0  # as the subscriber tells; sequence numbers it asked for again
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

    def _switched(self, layer: UpLayer, packets: Sequence[Packet], now: float) -> Sequence[Packet]:
        """Begin with another layer where decoding may begin; return the packets from there on."""
        if layer is not self._target:
            return ()
        starts = 0
        if self.up.kind == "video":
            starts = next((at for at, each in enumerate(packets) if starts_keyframe(self.up.codec, each)), -1)
            if starts < 0:
                layer.ask_keyframe(now)
                return ()
        before, self._layer = self._layer, layer
        if before is not None and before is not layer:
            before.downs.remove(self)
        self._rewriter.begin(packets[starts], now, layer)
        self.switches += 1
        return packets[starts:]

    # the packet path

    def deliver(self, layer: UpLayer, packets: Sequence[Packet], now: float) -> None:
        """Forward what came of a layer in one turn, unless another layer is being shown."""
        if layer is not self._layer:
            packets = self._switched(layer, packets, now)
        span = self._rewriter.span
        if span is not None and packets:
            self._rewriter.follow(packets, now)
            self._write(packets, span)

    def resend(self, seqs: Sequence[int]) -> int:
        """Answer a NACK from the source's cache: same SSRC, same sequence number."""
        resent = 0
        self.nacked += len(seqs)
        for seq in seqs[:MOST_RESENT]:
            found = self._rewriter.origin(seq)
            packet = found[0].source.cache.get(found[1]) if found is not None else None
            if found is not None and packet is not None:
                self._write((packet,), found[0])
                resent += 1
        return resent

    def _write(self, packets: Sequence[Packet], span: Span) -> None:
        """Write packets behind what goes to this subscriber already, and protect them; everything is in local names."""
        connection, slot = self.connection, self.slot
        protector, path, payload_type = connection.outbound, connection.path, slot.payload_type
        if protector is None or path is None:
            return
        if span.rewrites:
            packets = [span.rewritten(each) for each in packets]
        first, offset, shift, ssrc = span.first, span.seq, span.timestamp, slot.ssrc
        protect, pack = protector.media, HEADER.pack_into
        batch = path.batch()
        for seq, timestamp, marker, padding, payload, red, _ in packets:
            if (seq - first) & 0xFFFF >= 0x8000:
                continue  # from before the change of layer: its number would be another's
            kind = payload_type
            if red is not None and slot.red_type is not None:
                payload, kind = red, slot.red_type  # noqa: PLW2901
            size = len(payload)
            if size > MOST_PAYLOAD:
                continue
            if batch.used > BATCH_BYTES:
                batch = path.batch()
            used, view = batch.used, batch.view
            pack(
                view, used, 0xA0 if padding else 0x80, kind | 0x80 if marker else kind, (seq + offset) & 0xFFFF,
                (timestamp + shift) & 0xFFFFFFFF, ssrc,
            )  # fmt: skip
            view[used + 12 : used + 12 + size] = payload
            protect(batch, 12 + size)
            self.octets += size
        self.packets += len(packets)

    # reports

    def keyframe_wanted(self, now: float) -> None:
        """Pass a subscriber's keyframe request on."""
        layer = self._target or self._layer
        if layer is not None:
            layer.ask_keyframe(now)

    def reported(self, block: rtcp.Block, now: float) -> None:
        """Take a receiver report: much loss steps down."""
        self.lost_lately, self.lost = block.fraction_lost / 256, block.lost
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
