"""Where a frame stands in its file: RTP time, made continuous over pauses and changes of the source.

RTP timestamps of a paused source may stand still, and those of another simulcast layer begin anywhere. What joins the
pieces is the moment when a frame is due: by its sender's clock if that is known, else by its arrival.
"""

MILLISECOND, SECOND = 1_000_000, 1_000_000_000
NEAR = 100 * MILLISECOND  # a pause shorter than this is no pause
IMPLAUSIBLE = 60 * SECOND  # RTP time that leaps further than this from what is due began anew


class Timeline:
    """RTP timestamps (32 bits, `rate` a second) to nanoseconds since the first frame, never backwards."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._newest: int | None = None  # the last timestamp given, extended over its 32 bits
        self._base_at = self._base = 0  # this position is that timestamp
        self.position = 0

    @property
    def began(self) -> bool:
        """A first frame was placed."""
        return self._newest is not None

    def peek(self, timestamp: int) -> int:
        """Return where a timestamp near the last one stands."""
        return self._base_at + (self._extended(timestamp) - self._base) * SECOND // self._rate

    def place(self, timestamp: int, due: int, *, fresh: bool = False) -> int:
        """Return the position of the next frame, which is due so many nanoseconds after the first.

        `fresh`: the source paused or is another one, so that RTP time alone says nothing.
        """
        if self._newest is None:
            self._newest = self._base = timestamp
            return 0
        found = self.peek(timestamp)
        leap = abs(found - due)
        if leap > IMPLAUSIBLE or (fresh and leap > NEAR):
            self._base_at, self._base = max(due, self.position + MILLISECOND), timestamp
            self._newest, found = timestamp, self._base_at
        else:
            self._newest = self._extended(timestamp)
        self.position = max(self.position, found)
        return self.position

    def change(self, timestamp: int, due: int) -> int:
        """Return the position of the first frame of another source."""
        self._base_at, self._base = max(due, self.position + MILLISECOND), timestamp
        self._newest, self.position = timestamp, self._base_at
        return self.position

    def _extended(self, timestamp: int) -> int:
        newest = self._newest if self._newest is not None else timestamp
        ahead = (timestamp - newest) & 0xFFFFFFFF
        return newest + (ahead if ahead < 0x80000000 else ahead - 0x100000000)
