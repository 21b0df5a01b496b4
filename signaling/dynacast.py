"""Which layers of a picture anybody wants (SubscribedQualityUpdate): a publisher need not encode the others.  (pure)"""

from collections.abc import Iterable

from livekit.protocol import models, rtc

from signaling.layers import HIGH, OFF

NOBODY = -1
PATIENCE_SECONDS = 5.0  # a tile that shrinks often grows again at once


class Demand:
    """The highest layer wanted of one track: more is told at once, less when it has lasted."""

    def __init__(self) -> None:
        self._told = HIGH  # what a publisher sends by itself
        self._less_since: float | None = None

    def changed(self, asked: Iterable[int], now: float) -> int | None:
        """Take what every subscriber asks for; return the highest if the publisher must hear of it."""
        highest = max((each for each in asked if each != OFF), default=NOBODY)
        if highest >= self._told:
            self._less_since = None
        elif self._less_since is None:
            self._less_since = now
            return None
        elif now - self._less_since < PATIENCE_SECONDS:
            return None
        if highest == self._told:
            return None
        self._told, self._less_since = highest, None
        return highest


def update(track_sid: str, codec: str, highest: int) -> rtc.SignalResponse:
    """Return the message to the publisher, for clients that think in codecs and for those that do not."""
    qualities = [
        rtc.SubscribedQuality(quality=quality, enabled=quality <= highest)
        for quality in (models.VideoQuality.LOW, models.VideoQuality.MEDIUM, models.VideoQuality.HIGH)
    ]
    return rtc.SignalResponse(
        subscribed_quality_update=rtc.SubscribedQualityUpdate(
            track_sid=track_sid,
            subscribed_qualities=qualities,
            subscribed_codecs=[rtc.SubscribedCodec(codec=codec.lower(), qualities=qualities)],
        )
    )
