"""One track's packets to its file's blocks: order, frames, time. No files, no clock."""

from collections.abc import Callable

from signaling.recording import opus
from signaling.recording.clocks import SenderClock, ntp_to_ns
from signaling.recording.frames import Block, Depacketizer, Format, Frame, Malformed
from signaling.recording.h264 import H264Frames
from signaling.recording.opus import OpusFrames
from signaling.recording.reorder import Arrived, Lost, Reorder
from signaling.recording.timeline import MILLISECOND, SECOND, Timeline
from signaling.recording.vp8 import Vp8Frames
from signaling.rtp import Packet

DEPACKETIZERS: dict[str, Callable[[], Depacketizer]] = {"opus": OpusFrames, "VP8": Vp8Frames, "H264": H264Frames}
RATES = {"opus": opus.RATE, "VP8": 90_000, "H264": 90_000}
NONE = -1
USUAL_FRAME = 40 * MILLISECOND  # how long the last picture is shown if nothing tells
LONGEST_FRAME = SECOND
UNANNOUNCED = 500 * MILLISECOND  # a source that fell behind its own sender's clock by this had stopped


class Assembly:
    """Takes packets and sender reports in the order of their arrival (nanoseconds of a steady clock)."""

    def __init__(self, codec: str) -> None:
        self._codec, self._rate = codec, RATES[codec]
        self._layer = NONE
        self._reorder = Reorder()
        self._frames = DEPACKETIZERS[codec]()
        self._timeline = Timeline(self._rate)
        self._reports: dict[int, tuple[int, int]] = {}
        self._newest: Arrived | None = None  # the first packet of the newest timestamp
        self._fresh = self._changed = False
        self._began_at: int | None = None
        self._end = 0
        self.clock = SenderClock()
        self.form: Format | None = None
        self.lost = self.malformed = self.dropped = 0

    @property
    def wants_keyframe(self) -> bool:
        """Nothing can be written before the next keyframe."""
        return self._layer != NONE and self._frames.wants_keyframe

    @property
    def began_at(self) -> int | None:
        """When the first packet of the first frame arrived."""
        return self._began_at

    @property
    def end(self) -> int:
        """Where the last frame ends, in nanoseconds since the first began."""
        return self._end

    def take(self, packet: Packet, layer: int, arrived: int, *, fresh: bool) -> list[Block]:
        """Take a packet; return the frames it completes. `fresh`: the track was muted before it."""
        blocks = self._change(layer, arrived) if layer != self._layer else []
        self._fresh = self._fresh or fresh
        self._reorder.put(packet, arrived)
        return blocks + self.drain(arrived)

    def drain(self, now: int, *, everything: bool = False) -> list[Block]:
        """Return the frames that are in order now, over gaps that are too old; at the end over all."""
        blocks = []
        for found in self._reorder.take(now, everything=everything):
            if isinstance(found, Lost):
                self.lost += found.packets
                self._frames.lost()
                continue
            if self._newest is None or found.packet.timestamp != self._newest.packet.timestamp:
                self._newest = found
            frame = self._push(found.packet)
            if frame is not None:
                blocks.append(self._place(frame))
        return blocks

    def report(self, layer: int, ntp: int, timestamp: int, arrived: int) -> None:
        """Take a sender report of one layer."""
        sent = ntp_to_ns(ntp)
        if not self.clock.arrived(sent, arrived):
            return
        self._reports[layer] = (sent, timestamp)
        if layer != self._layer or not self._timeline.began or self._changed:
            return
        position = self._timeline.peek(timestamp)
        if self._behind(sent, arrived, position):
            self._fresh = True
        else:
            self.clock.note(position, sent)

    def _behind(self, sent: int, arrived: int, position: int) -> bool:
        """Tell that time passed which the timestamps did not count, by the sender's clock and by ours."""
        began = self.clock.began
        return (
            began is not None
            and self._began_at is not None
            and sent - began - position > UNANNOUNCED
            and arrived - self._began_at - position > UNANNOUNCED
        )

    def _change(self, layer: int, arrived: int) -> list[Block]:
        """Go on with another layer, from the keyframe that this packet begins."""
        blocks = self.drain(arrived, everything=True)
        self._changed = self._layer != NONE and self._timeline.began
        self._layer = layer
        self._reorder, self._frames, self._newest = Reorder(), DEPACKETIZERS[self._codec](), None
        return blocks

    def _push(self, packet: Packet) -> Frame | None:
        waited = self._frames.wants_keyframe
        try:
            frame = self._frames.push(packet)
        except Malformed:
            self.malformed += 1
            self._frames.lost()
            return None
        if packet.marker and frame is None and (waited or self._frames.wants_keyframe):
            self.dropped += 1
        return frame

    def _place(self, frame: Frame) -> Block:
        assert self._newest is not None
        arrived = self._newest.at
        if self._began_at is None:
            self._began_at = arrived
        due = self._due(frame.timestamp, arrived - self._began_at)
        before = self._timeline.position
        if self._changed:
            at = self._timeline.change(frame.timestamp, due)
        else:
            at = self._timeline.place(frame.timestamp, due, fresh=self._fresh)
        self._fresh = self._changed = False
        self.form = self.form or frame.form
        self._end = at + self._length(frame, at - before)
        return Block(at // MILLISECOND, frame.form is not None, frame.payload)

    def _due(self, timestamp: int, arrived: int) -> int:
        """Return when a frame is due after the first: by its sender's clock if that is known, else by its arrival."""
        report, began = self._reports.get(self._layer), self.clock.began
        if report is not None and began is not None:
            ahead = (timestamp - report[1] + 0x80000000 & 0xFFFFFFFF) - 0x80000000
            return report[0] + ahead * SECOND // self._rate - began
        return arrived

    def _length(self, frame: Frame, since_before: int) -> int:
        if self._codec == "opus":
            return opus.length(frame.payload) * SECOND // opus.RATE
        return since_before if 0 < since_before < LONGEST_FRAME else USUAL_FRAME
