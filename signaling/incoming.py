"""What arrives on one connection: packets to their layers by SSRC, else by MID and RID (RFC 8852, RFC 9429)."""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from signaling import red, rtcp, rtp
from signaling.downtrack import DownTrack
from signaling.loops.library import ffi
from signaling.rtp import Packet
from signaling.transport.inbox import Arrival, Sender
from signaling.transport.srtp import INBOUND
from signaling.uptrack import UpLayer, UpTrack

HEADER = struct.Struct(">BBHII").unpack_from
PACKET = tuple.__new__  # a named tuple, made without a call of Python code
MOST_ARRIVALS = 4000


class Arrivals:
    """Arrival times by transport-wide sequence number, for the feedback that publishers adapt to."""

    def __init__(self) -> None:
        self.memory: Any = ffi.new("struct arrivals *")  # where the loops note them too
        self._owned: tuple[Any, Any] | None = None
        self._newest: int | None = None
        self._packets = 0

    def begin(self) -> None:
        """Make room for some times; who only listens needs none."""
        if self._owned is None:
            self._owned = times, numbers = ffi.new("double[]", MOST_ARRIVALS), ffi.new("uint16_t[]", MOST_ARRIVALS)
            self.memory.most, self.memory.times, self.memory.numbers = MOST_ARRIVALS, times, numbers

    def note(self, seq: int, now: float) -> None:
        """Take one arrival."""
        self.begin()
        memory, count = self.memory, int(self.memory.count)
        if count < MOST_ARRIVALS:
            memory.times[count], memory.numbers[count] = now, seq
            memory.count = count + 1

    def noted(self) -> list[tuple[int, float]]:
        """Return the numbers and times of what arrived since the last call of `take`."""
        count = int(self.memory.count)
        if not count:
            return []
        return list(zip(ffi.unpack(self.memory.numbers, count), ffi.unpack(self.memory.times, count), strict=True))

    def take(self, media: int) -> list[bytes]:
        """Return the feedback packets for what arrived since the last call."""
        times, self.memory.count = self.noted(), 0
        if not times:
            return []
        newest = times[0][0] + 0x10000 if self._newest is None else self._newest
        found = []
        for seq, at in times:  # the 16 bits are extended
            extended = newest + ((seq - newest + 0x8000) & 0xFFFF) - 0x8000
            newest = max(newest, extended)
            found.append((extended, int(at * 1_000_000)))
        self._newest = newest
        packets = rtcp.make_transport_cc(media, self._packets, found)
        self._packets += len(packets)
        return packets


class Incoming:
    """The tracks a connection publishes and how their packets are told apart."""

    def __init__(self, extensions: Mapping[str, int], sender: Sender | None = None) -> None:
        self._extensions = extensions  # negotiation's own, it grows with each offer
        self._sender = sender
        self.tracks: dict[str, UpTrack] = {}
        self._sources: dict[int, tuple[UpLayer, bool]] = {}
        self.arrivals = Arrivals()
        self.unknown = self.malformed = 0
        self.when_bound: Callable[[UpLayer], None] = lambda _layer: None
        self.when_missing: Callable[[], None] = lambda: None  # of pictures: it is to be asked for again

    def add(self, track: UpTrack) -> None:
        """Expect a track's packets."""
        self.tracks[track.mid] = track
        for layer in track.layers:
            self._bind(layer)

    def remove(self, track: UpTrack) -> None:
        """Expect no more of a track."""
        self.tracks = {mid: each for mid, each in self.tracks.items() if each is not track}
        for ssrc in [ssrc for ssrc, each in self._sources.items() if each[0].track is track]:
            del self._sources[ssrc]
            self._unlearn(ssrc)

    def close(self) -> None:
        """Expect nothing more, and let go of what came."""
        for track in self.tracks.values():
            track.layers.clear()
        self.tracks, self._sources = {}, {}
        if self._sender is not None:
            self._sender.forget()
        self.when_bound, self.when_missing = lambda _layer: None, lambda: None

    def any_source(self) -> int:
        """Return one media SSRC, 0 if there is none."""
        return next(iter(self._sources), 0)

    def layer_of(self, ssrc: int) -> UpLayer | None:
        """Return the layer of a media SSRC."""
        layer, repairs = self._sources.get(ssrc, (None, False))
        return None if repairs else layer

    @property
    def missing(self) -> bool:
        """Something of the pictures is missing, and not given up yet."""
        return any(layer.reception.missing for layer in self.layers() if layer.track.kind == "video")

    def clock_told(self, part: rtcp.Part, now: float) -> None:
        """Take a publisher's sender report, and pass its clock on to who gets the layer."""
        report = rtcp.sender_report(part)
        layer = self.layer_of(report[0]) if report is not None else None
        if report is not None and layer is not None:
            layer.reception.sender_reported(report[1], now)
            for down in tuple(layer.downs):
                down.sender_report(layer, report[1], report[2], now)

    def layers(self) -> list[UpLayer]:
        """Return every stream of every track."""
        return [layer for track in self.tracks.values() for layer in track.layers]

    def feedback(self, now: float, *, arrivals: bool) -> list[bytes]:
        """Return what the publisher is to be told now: what of its pictures is missing and, if wanted, what arrived."""
        found = self.arrivals.take(self.any_source()) if arrivals else []
        for layer in self.layers():
            if layer.track.kind == "video" and layer.ssrc is not None:
                lost = layer.reception.due(now)
                if lost:
                    found.append(rtcp.make_nack(layer.ssrc, lost))
        return found

    def report(self, now: float) -> bytes:
        """Measure every stream; return the receiver report on what came, empty if nothing did."""
        layers = self.layers()
        for layer in layers:
            layer.measure(now)
        blocks = [each.reception.report(each.ssrc, now) for each in layers if each.ssrc and each.reception.began]
        return rtcp.make_receiver_report(blocks) if blocks else b""

    def media(self, size: int, now: float) -> None:
        """Take the opened RTP packet of `size` bytes in the inbound buffer."""
        view = INBOUND.view
        offset = rtp.payload_offset(view, size)
        if offset < 0:
            self.malformed += 1
            return
        first, second, seq, timestamp, ssrc = HEADER(view)
        level_at = self._note_arrival(offset, now)
        layer, repairs = self._sources.get(ssrc) or self._find(ssrc, offset)
        if layer is None:
            self.unknown += 1
            return
        track, padding = layer.track, bool(first & 0x20)
        if repairs:  # RFC 4588 4: the payload begins with the original sequence number
            if size - offset < 2 or padding:
                return
            seq, offset = view[offset] << 8 | view[offset + 1], offset + 2
        else:
            if level_at and track.kind == "audio":
                track.loudness.note(view[level_at] & 0x7F)
            if self._sender is not None and not self._sender.knows(ssrc):
                self.arrivals.begin()
                self._sender.memory.arrivals = self.arrivals.memory
                self._sender.learn(ssrc, Known(self, layer))
                self.expect_extensions()
        marker, payload = second >= 0x80, bytes(view[offset:size])
        packet: Packet = PACKET(Packet, (seq, timestamp, marker, padding, payload, None, None))
        self.deliver(layer, packet, second & 0x7F, now)

    def deliver(self, layer: UpLayer, packet: Packet, kind: int, now: float) -> None:
        """Give a packet of a payload type to its layer."""
        if kind == layer.track.red_type:
            seq, timestamp, marker, padding, whole, _, _ = packet
            payload = red.primary(whole, padding=padding)
            if payload is None:
                self.malformed += 1
                return
            packet = PACKET(Packet, (seq, timestamp, marker, padding, payload, whole or None, None))
        layer.take(packet, now)
        if layer.reception.missing and layer.track.kind == "video":
            self.when_missing()

    def expect_extensions(self) -> None:
        """Tell the loop in C how the header extensions are numbered."""
        if self._sender is not None:
            wanted = self._extensions.get
            self._sender.expect(wanted(rtp.TRANSPORT_CC, -1), wanted(rtp.AUDIO_LEVEL, -1))

    def _unlearn(self, ssrc: int) -> None:
        """A source is another layer's, or nobody's: its next packet is told by Python again."""
        if self._sender is not None:
            self._sender.unlearn(ssrc)

    def _note_arrival(self, end: int, now: float) -> int:
        """Note when a packet came, for the publisher; return where the sound's level stands in it, or 0."""
        view, wanted = INBOUND.view, self._extensions.get
        number_at, level_at = rtp.places(view, end, wanted(rtp.TRANSPORT_CC, -1), wanted(rtp.AUDIO_LEVEL, -1))
        if number_at:
            self.arrivals.note(view[number_at] << 8 | view[number_at + 1], now)
        return level_at

    def _find(self, ssrc: int, end: int) -> tuple[UpLayer | None, bool]:
        """Tell an unknown source by its MID and RID; retransmissions often come first."""
        found = rtp.texts(INBOUND.view, end)
        track = self.tracks.get(found.get(self._extensions.get(rtp.MID, -1), ""))
        if track is None:
            return None, False
        rid = found.get(self._extensions.get(rtp.RID, -1), "")
        repaired = found.get(self._extensions.get(rtp.REPAIRED_RID, -1), "")
        layer = track.layer(repaired or rid)
        is_repair = bool(repaired) or (INBOUND.view[1] & 0x7F) == track.repair_type
        if layer is None:
            return None, False
        if is_repair:
            layer.repair_ssrc = ssrc
        else:
            layer.ssrc = ssrc
        self._bind(layer)
        return layer, is_repair

    def _bind(self, layer: UpLayer) -> None:
        if layer.repair_ssrc is not None:
            self._unlearn(layer.repair_ssrc)
            self._sources[layer.repair_ssrc] = (layer, True)
        if layer.ssrc is not None:
            self._unlearn(layer.ssrc)
            self._sources[layer.ssrc] = (layer, False)
            self.when_bound(layer)


class Known:
    """A layer whose packets are opened in C: those that are not counted and kept there too come here.

    What is done with each is the same as in `Incoming.media`.
    """

    def __init__(self, incoming: Incoming, layer: UpLayer) -> None:
        self._incoming, self._layer = incoming, layer
        self.memory = layer.stream
        layer.begin()

    def forward(self) -> None:
        """Hand what waits to whom the loop does not."""
        self._layer.forward()

    def take(self, arrival: Arrival, view: memoryview, now: float) -> None:
        """Take an opened packet."""
        _, at, end, timestamp, number, seq, level, first, second = arrival
        incoming, layer = self._incoming, self._layer
        if number >= 0:
            incoming.arrivals.note(number, now)
        if level >= 0 and layer.track.kind == "audio":
            layer.track.loudness.note(level)
        marker, padding, payload = second >= 0x80, bool(first & 0x20), bytes(view[at:end])
        packet: Packet = PACKET(Packet, (seq, timestamp, marker, padding, payload, None, None))
        incoming.deliver(layer, packet, second & 0x7F, now)


def feedback(part: rtcp.Part, downs: Mapping[int, DownTrack], now: float) -> None:
    """Take what a subscriber reports about the tracks it gets."""
    if part.kind in (rtcp.RECEIVER_REPORT, rtcp.SENDER_REPORT):
        for block in rtcp.blocks(part):
            if block.ssrc in downs:
                downs[block.ssrc].reported(block, now)
    elif part.kind == rtcp.TRANSPORT_FEEDBACK:
        lost = rtcp.nacked(part)
        if lost is not None and lost[0] in downs:
            downs[lost[0]].resend(lost[1], now)
    else:
        for ssrc in downs.keys() & rtcp.keyframes_wanted(part):
            downs[ssrc].keyframe_wanted(now)
