"""Who speaks: levels from the audio-level extension (RFC 6464), smoothed as LiveKit does.  (pure)"""

LOUD = 35  # -dBov; quieter than this is no speech (LiveKit's default, audio.active_level)
LEAST_SHARE = 0.4  # of the packets of an interval that must be loud (audio.min_percentile)
LEAST_PACKETS = 5
STEPS = 8


class Loudness:
    """One audio track's level over an interval."""

    def __init__(self, loud: int = LOUD, least_share: float = LEAST_SHARE) -> None:
        self._loudest, self._least_share = loud, least_share
        self._packets = self._loud = 0
        self._sum = 0.0

    def note(self, level: int) -> None:
        """Take one packet's level, 0 (loudest) to 127 -dBov."""
        self._packets += 1
        if level <= self._loudest:
            self._loud += 1
            self._sum += level

    def take(self) -> float:
        """Return the level since the last call, 0 for silence to 1, in coarse steps; begin anew."""
        packets, loud, total = self._packets, self._loud, self._sum
        self._packets = self._loud = 0
        self._sum = 0.0
        if packets < LEAST_PACKETS or loud < packets * self._least_share:
            return 0.0
        linear = 10 ** (-(total / loud) / 20)
        return max(1, round(linear * STEPS)) / STEPS
