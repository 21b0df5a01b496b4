"""One track on its way to the recorder: a receiver of its packets beside the subscribers, which rewrites nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from signaling.layers import HIGH, choose
from signaling.recording import messages
from signaling.recording.messages import PacketMessage, ReportMessage
from signaling.rewriter import starts_keyframe

if TYPE_CHECKING:
    from signaling.burst import Burst
    from signaling.rtp import Packet
    from signaling.uptrack import UpLayer, UpTrack

SECOND = 1_000_000_000


class Tap:
    """Takes the best layer that comes; of a picture it begins, and goes on after a pause, with a keyframe."""

    def __init__(self, number: int, up: UpTrack, send: Callable[[bytes], None]) -> None:
        self.number, self.up, self._send = number, up, send
        self._layer: UpLayer | None = None
        self._target: UpLayer | None = None
        self._fresh = False

    @property
    def asked(self) -> int:
        """A recording wants the best."""
        return HIGH

    @property
    def seat(self) -> None:
        """A recording takes every packet itself."""

    def start(self, now: float) -> None:
        """Begin to take packets."""
        self.up.downs.append(self)
        self.choose(now)

    def stop(self) -> None:
        """Take nothing more."""
        self._aim(None)
        self._layer = None
        if self in self.up.downs:
            self.up.downs.remove(self)

    def choose(self, now: float) -> None:
        """Aim at the best layer that comes."""
        bound = [layer for layer in self.up.layers if layer.ssrc is not None]
        there = [layer for layer in bound if layer.alive(now)] or bound
        quality = choose((layer.quality for layer in there), HIGH)
        target = next((layer for layer in there if layer.quality == quality), None)
        if target is not self._target:
            self._aim(target)
            self.keyframe_wanted(now)

    def keyframe_wanted(self, now: float) -> None:
        """The recorder can go on with a keyframe only."""
        if self._target is not None:
            self._target.ask_keyframe(now)

    def interrupt(self) -> None:
        """The track was muted, or is again."""
        self._layer, self._fresh = None, True

    def deliver(self, layer: UpLayer, burst: Burst, now: float) -> None:
        """Take packets of a layer, unless another one is being recorded."""
        for packet in burst.packets:
            if layer is self._layer or self._switch(layer, packet, now):
                self._keep(layer, packet, now)

    def _keep(self, layer: UpLayer, packet: Packet, now: float) -> None:
        place, arrived = self.up.layers.index(layer), int(now * SECOND)
        self._send(messages.packet(PacketMessage(self.number, place, self._fresh, arrived, packet)))
        self._fresh = False

    def sender_report(self, layer: UpLayer, ntp: int, timestamp: int, now: float) -> None:
        """Take the publisher's clock: sound and picture stay together."""
        place = self.up.layers.index(layer)
        self._send(messages.report(ReportMessage(self.number, place, ntp, timestamp, int(now * SECOND))))

    def _switch(self, layer: UpLayer, packet: Packet, now: float) -> bool:
        """Go on with another layer if decoding may begin with this packet."""
        if layer is not self._target:
            return False
        if self.up.kind == "video" and not starts_keyframe(self.up.codec, packet):
            layer.ask_keyframe(now)
            return False
        before, self._layer = self._layer, layer
        if before is not None and before is not layer:
            before.remove(self)
        return True

    def _aim(self, target: UpLayer | None) -> None:
        """Listen to the target, and to what is being recorded until the target's keyframe comes."""
        self._target = target
        for layer in self.up.layers:
            if layer is target or (layer is self._layer and target is not None):
                layer.add(self)
            else:
                layer.remove(self)
