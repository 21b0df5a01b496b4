"""One subscriber's line: what goes over it is numbered, its reports are judged, its pictures share what it carries."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from signaling import rtcp, rtp
from signaling.allocation import allocate
from signaling.bandwidth import Departures, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from signaling.downtrack import DownTrack

SHARE_PAUSE = 0.5
PADDING_SIZE = 300  # bytes on the wire of one packet of padding
MOST_PADDING = 100  # packets a tick
SAMPLE, SAMPLE_EVERY = 0.1, 1.0  # seconds in which a quiet line's packets are numbered, and how often


class Downlink:
    """The congestion control of one connection. `extension` is transport-cc's negotiated identifier, 0 for none.

    What leaves until `numbered_until` is numbered. Of a quiet line that is a tenth: whoever gets no numbers sends no
    reports, and these cost a server with many subscribers as much as the media.
    """

    def __init__(self) -> None:
        self.line, self.departures = Line(), Departures()
        self._sampled_at = -inf
        self.when_paused: Callable[[DownTrack], None] = lambda _down: None
        self._shared_at = self._ticked_at = -inf
        self._counted = 0

    @property
    def extension(self) -> int:
        """Return transport-cc's identifier; 0 also for one that a short header extension has no room for."""
        return int(self.departures.line.extension)

    @extension.setter
    def extension(self, identifier: int) -> None:
        self.departures.line.extension = identifier if identifier <= rtp.HIGHEST_SHORT else 0

    @property
    def numbered_until(self) -> float:
        """Return when numbering ends, in monotonic seconds."""
        return float(self.departures.line.numbered_until)

    @numbered_until.setter
    def numbered_until(self, at: float) -> None:
        self.departures.line.numbered_until = at

    def take(self, part: rtcp.Part, now: float) -> None:
        """Take what the client reports about the line."""
        found = rtcp.arrivals(part)
        if found is not None:
            feedback = self.departures.settle(found[0], found[1], now)
            if feedback is not None:
                self.line.take(feedback, now)
        else:
            estimate = rtcp.estimated_bitrate(part)
            if estimate is not None:
                self.line.told(estimate)

    def restless(self, now: float) -> bool:
        """Tell whether the line needs every tick: it is shared and tried, or numbering is to begin."""
        return self.line.limit < inf or (self.numbered_until < inf and not self.line.quiet(now))

    def sample(self, now: float) -> None:
        """Say until when packets are numbered: always, or of a quiet line a tenth of the time."""
        if not self.line.quiet(now):
            self.numbered_until = inf
            self.line.numbered(now)
        elif now - self._sampled_at >= SAMPLE_EVERY:
            self._sampled_at, self.numbered_until, self.line.sampled = now, now + SAMPLE, True

    def tick(self, downs: Iterable[DownTrack], now: float) -> None:
        """Share the line anew when it is time, and send padding while more is tried."""
        self.sample(now)
        line = self.line
        if line.limit == inf:
            return
        if now - self._shared_at >= SHARE_PAUSE or line.news:
            self._shared_at, line.news = now, False
            self._share([down for down in downs if down.slot.mid], now)
        if line.probing:
            self._pad(downs, now)
        self._ticked_at, self._counted = now, self.departures.octets

    def _share(self, downs: list[DownTrack], now: float) -> None:
        pictures = [down for down in downs if down.up.kind == "video"]
        sound = sum(down.sent_rate for down in downs if down.up.kind == "audio")
        found, goal = allocate(max(0.0, self.line.limit - sound), [down.wish(now) for down in pictures])
        for down, quality in zip(pictures, found, strict=True):
            if down.carry(quality, now):
                self.when_paused(down)
        if goal:
            self.line.want(goal + sound, now, padding=any(down.pads for down in pictures))
        else:
            self.line.content(now)

    def _pad(self, downs: Iterable[DownTrack], now: float) -> None:
        """Fill up with padding to the rate that is tried."""
        passed = min(0.2, now - self._ticked_at)
        missing = self.line.probing * passed / 8 - (self.departures.octets - self._counted)
        padder = next((down for down in downs if down.pads), None)
        if padder is not None and missing > 0:
            padder.pad(min(MOST_PADDING, int(missing / PADDING_SIZE) + 1), now)
