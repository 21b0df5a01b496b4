"""What a subscriber gets of one track: the choice of layer, the rewriting, the retransmission."""

from __future__ import annotations

import struct
from math import inf
from typing import TYPE_CHECKING

from livekit.protocol import models

from signaling import rtcp
from signaling.allocation import PAUSED, Wish
from signaling.burst import NUMBER_AT, Burst, Dress
from signaling.crowd import Seat
from signaling.layers import HIGH, OFF, Dimensions, Ladder, choose, wanted
from signaling.rewriter import Rewriter, Span, starts_keyframe
from signaling.rtp import Packet, before
from signaling.transport.runs import without
from signaling.transport.srtp import OUTBOUND, PROTECT
from signaling.uptrack import CLOCKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signaling.connection import Connection
    from signaling.slots import Slot
    from signaling.uptrack import UpLayer, UpTrack

NUMBER = struct.Struct(">H").pack_into
LENGTH = OUTBOUND.length
PADDING = Packet(0, 0, marker=False, padding=True, payload=bytes(254) + b"\xff")
MOST_RESENT = 100  # for one NACK
RESEND_PAUSE, RESEND_TRIES, MOST_REMEMBERED = 0.04, 6, 1000
MOST_CLOCKS, CLOCK_PAUSE = 5, 3.0  # sender reports at the publisher's pace, then seconds between two
FORGOTTEN = 10.0  # seconds; a sequence number comes again after 65,536 packets


class DownTrack:
    """One subscription."""

    def __init__(self, up: UpTrack, slot: Slot, connection: Connection) -> None:
        self.up, self.slot, self.connection = up, slot, connection
        self._rewriter = Rewriter(up.codec if up.renumbers else "", clock=CLOCKS[up.codec])
        self._layer: UpLayer | None = None
        self._target: UpLayer | None = None
        self._asked = HIGH
        self._ladder = Ladder()
        self.seat = Seat()
        self.lost_lately = 0.0
        self.lost = self.nacked = 0  # as the subscriber tells; sequence numbers it asked for again
        self.switches = 0
        self.paused = False
        self._ceiling = HIGH
        self._clocks, self._clock_due = 0, 0.0  # how often the publisher's clock was told since the layer began
        self._repair_seq = 0
        self._resent: dict[int, tuple[float, int]] = {}

    @property
    def packets(self) -> int:
        """Return how many packets were sent, without retransmissions."""
        return int(self.seat.record.packets)

    @property
    def octets(self) -> int:
        """Return the bytes of their payloads."""
        return int(self.seat.record.octets)

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
        if not (self.connection.connected and self.slot.mid) or now < self.slot.begins_at:
            return
        alive = [layer for layer in self.up.layers if layer.ssrc is not None and layer.alive(now)]
        there = alive or [layer for layer in self.up.layers if layer.ssrc is not None]
        ceiling = min(self._ladder.ceiling, self._ceiling)
        quality = None if self.paused else choose((layer.quality for layer in there), self._asked, ceiling)
        self._aim(next((layer for layer in there if layer.quality == quality), None), now)

    def wish(self, now: float) -> Wish:
        """Return the layers that are there up to what is asked for, and what they cost."""
        flows = self._asked != OFF and not self.up.muted
        there = sorted((each.quality, each.rate) for each in self.up.layers if flows and each.alive(now))
        fitting = [layer for layer in there if layer[0] <= self._asked] or there[:1]
        screen = self.up.announced.source == models.TrackSource.SCREEN_SHARE
        held = self._layer.quality if self._layer is not None else PAUSED
        return Wish(tuple(fitting), screen, held)

    def carry(self, quality: int, now: float) -> bool:
        """Take what the line carries, `PAUSED` for nothing; tell whether a pause began or ended."""
        before, wishes = self.paused, self.wish(now).layers
        self.paused = quality == PAUSED and bool(wishes)
        self._ceiling = HIGH if self.paused or quality == PAUSED else quality
        self.choose(now)
        layer = self._layer
        if layer is not None and layer is not self._target and layer.quality > self._ceiling:
            layer.remove(self)  # not even until the lower layer's keyframe: the line is full now
            self._leave()
        return self.paused != before

    def interrupt(self) -> None:
        """Let what comes next begin with a keyframe: the track was muted, or is again."""
        self._leave()

    def stop(self) -> None:
        """Take nothing more."""
        self._leave()
        self._target = None
        for layer in self.up.layers:
            layer.remove(self)
        if self in self.up.downs:
            self.up.downs.remove(self)

    def _aim(self, target: UpLayer | None, now: float) -> None:
        if target is self._target:
            return
        self._target = target
        if target is None:
            self._leave()
        for layer in self.up.layers:
            if layer is target or (layer is self._layer and target is not None):
                layer.add(self)
            else:
                layer.remove(self)
        if target is not None:
            target.ask_keyframe(now)

    def _leave(self) -> None:
        self.unsettle()
        self._layer = None

    def _switched(self, layer: UpLayer, burst: Burst, now: float) -> Burst | None:
        """Begin with another layer where decoding may begin; return the packets from there on."""
        if layer is not self._target:
            return None
        packets, starts = burst.packets, 0
        if self.up.kind == "video":
            starts = next((at for at, each in enumerate(packets) if starts_keyframe(self.up.codec, each)), -1)
            if starts < 0:
                layer.ask_keyframe(now)
                return None
        self.unsettle()
        previous, self._layer = self._layer, layer
        if previous is not None and previous is not layer:
            previous.remove(self)
        self._rewriter.begin(packets[starts], now, layer)
        self.switches += 1
        self._clocks = 0
        return Burst(packets[starts:]) if starts else burst

    # the packet path

    def deliver(self, layer: UpLayer, burst: Burst, now: float) -> None:
        """Forward what came of a layer in one turn, unless another layer is being shown."""
        wanted, rewriter = burst if layer is self._layer else self._switched(layer, burst, now), self._rewriter
        span = rewriter.span
        if wanted is None or span is None:
            return
        rewriter.follow(wanted.newest, now)
        if before(wanted.oldest.seq, span.first):
            fitting = [each for each in wanted.packets if span.number(each) >= 0]
            if not fitting:
                return
            wanted = Burst(fitting)  # without those from before the change of layer: their numbers are another's
        self._forward(wanted, span, now)
        protector, path = self.connection.outbound, self.connection.path
        if protector is not None and path is not None:
            self.seat.take(layer, path, protector, self.slot, self.connection.downlink.departures, span)

    def unsettle(self) -> None:
        """Leave the crowd, if it is in one: something changes, and the next packets are looked at one by one."""
        self._catch_up()
        self.seat.leave()

    def _catch_up(self) -> None:
        """Learn what was sent in the crowd."""
        layer = self.seat.layer
        newest = layer.shelf.get(layer.stream.newest) if layer is not None and layer.stream.newest >= 0 else None
        if layer is not None and newest is not None:
            self._rewriter.catch_up(newest, self.seat.record.first, layer.heard_at)

    def resend(self, seqs: Sequence[int], now: float) -> int:
        """Answer a NACK from the source's cache: as a retransmission (RFC 4588), else the same packet again."""
        resent = 0
        self.known()
        self._catch_up()
        self.nacked += len(seqs)
        self.connection.downlink.line.worry(now)
        for seq in seqs[:MOST_RESENT]:
            found = self._rewriter.origin(seq)
            packet = found[0].source.shelf.get(found[1]) if found is not None else None
            if found is None or packet is None or not self._again(seq, found[0], len(packet.payload), now):
                continue
            if self.slot.repair_type is None:
                self._forward(Burst((packet,)), found[0], now)
            else:
                original = found[0].rewritten(packet)
                payload = seq.to_bytes(2) + original.payload
                timestamp = (packet.timestamp + found[0].timestamp) & 0xFFFFFFFF
                self._repair(Packet(0, timestamp, packet.marker, packet.padding, payload), now)
            resent += 1
        return resent

    def _again(self, seq: int, span: Span, size: int, now: float) -> bool:
        """Tell whether to send a packet again: not at once after the last time, nor for ever, nor into a full line."""
        at, times = self._resent.get(seq, (-inf, 0))
        times = times if now - at < FORGOTTEN else 0
        line = self.connection.downlink.line
        if now - at < RESEND_PAUSE or times >= RESEND_TRIES:
            return False
        if (line.limit < inf and span is not self._rewriter.span) or not line.repairs(size, now):
            return False
        if len(self._resent) >= MOST_REMEMBERED:
            self._resent.clear()
        self._resent[seq] = (now, times + 1)
        return True

    @property
    def pads(self) -> bool:
        """Padding can be sent here: the client takes retransmissions, of which it is one without content."""
        return self.slot.repair_type is not None and bool(self.slot.mid)

    def pad(self, count: int, now: float) -> None:
        """Send padding, for a line that is tried."""
        for _ in range(count):
            self._repair(PADDING, now)

    @property
    def sent_rate(self) -> float:
        """The bits/s that flow here."""
        return self._layer.rate if self._layer is not None else 0.0

    def _repair(self, packet: Packet, now: float) -> None:
        self._repair_seq = (self._repair_seq + 1) & 0xFFFF
        packet = packet._replace(seq=self._repair_seq)
        types = (self.slot.repair_type or 0, 0)
        self._write(Burst((packet,)), Span(None, packet.seq), types, self.slot.repair_ssrc, now)

    def _forward(self, burst: Burst, span: Span, now: float) -> None:
        """Let packets go with the payloads that this subscriber takes."""
        slot = self.slot
        self.seat.record.packets += len(burst.packets)
        self.seat.record.octets += burst.octets
        self._write(burst, span, (slot.payload_type, slot.red_type), slot.ssrc, now)

    def _write(self, burst: Burst, span: Span, types: tuple[int, int | None], ssrc: int, now: float) -> None:
        """Copy packets to the outbox as this subscriber gets them, number and protect them; all is in local names.

        `types` are the payload types of a plain packet and of one with redundancy, None where that is not taken.
        """
        connection = self.connection
        protector, path, downlink = connection.handshake.outbound, connection.path, connection.downlink
        if protector is None or path is None:
            return
        extension, outbox = downlink.extension if now < downlink.numbered_until else 0, path.outbox
        kind, redundant = types
        mid = self.slot.naming if ssrc == self.slot.ssrc else self.slot.mid_extension
        dress = Dress(extension, protector.tag, kind, -1 if redundant is None else redundant, ssrc, mid)
        image, places, runs, sizes = burst.layout(dress, span)
        view, place = outbox.view, outbox.room(len(image), len(places))
        view[place : place + len(image)] = image
        if extension:
            number = downlink.departures.note(sizes, now)
            for step, (at, _size) in enumerate(places):
                NUMBER(view, place + at + NUMBER_AT, (number + step) & 0xFFFF)
        context, memory, length, failed = protector.context, outbox.pointer + place, LENGTH, None
        for at, size in places:
            length[0] = size
            if PROTECT(context, memory + at, length):
                failed = [*(failed or ()), at]
        path.post(place, runs if failed is None else without(runs, failed))

    # reports

    def known(self) -> None:
        """The client speaks of the SSRC: it has read where this belongs, and packets need not tell any more."""
        if not self.slot.known:
            self.slot.known = True
            self.seat.name(b"")

    def keyframe_wanted(self, now: float) -> None:
        """Pass a subscriber's keyframe request on."""
        self.known()
        layer = self._target or self._layer
        if layer is not None:
            layer.ask_keyframe(now)

    def reported(self, block: rtcp.Block, now: float) -> None:
        """Take a receiver report: much loss steps down."""
        self.known()
        self.lost_lately, self.lost = block.fraction_lost / 256, block.lost
        if block.fraction_lost:
            self.connection.downlink.line.worry(now)
        if not self.connection.downlink.line.measured and self._ladder.report(self.lost_lately):
            self.choose(now)

    def sender_report(self, layer: UpLayer, ntp: int, timestamp: int, now: float) -> None:
        """Pass the publisher's clock on, in the subscriber's timestamps: sound and picture stay together.

        Once a receiver knows it, it runs as before: the first few are passed on, then one in a while.
        """
        if layer is not self._layer or not self.packets or (self._clocks >= MOST_CLOCKS and now < self._clock_due):
            return
        self._clocks, self._clock_due = self._clocks + 1, now + CLOCK_PAUSE
        ssrc = self.slot.ssrc
        self.connection.send_control(
            rtcp.make_sender_report(ssrc, ntp, self._rewriter.timestamp(timestamp), self.packets, self.octets)
            + rtcp.make_source_description(ssrc, self.slot.owner_sid)
        )
