"""Who speaks: levels from the audio-level extension (RFC 6464), smoothed as LiveKit does.  (pure)"""

from typing import Any

from signaling.loops.library import ffi

LOUD = 35  # -dBov; quieter than this is no speech (LiveKit's default, audio.active_level)
LEAST_SHARE = 0.4  # of the packets of an interval that must be loud (audio.min_percentile)
LEAST_PACKETS = 5
STEPS = 8


class Loudness:
    """One audio track's level over an interval, in a `struct loudness`: the loops count there too."""

    def __init__(self, loud: int = LOUD, least_share: float = LEAST_SHARE) -> None:
        self.memory: Any = ffi.new("struct loudness *", (0, 0, 0, loud))
        self._least_share = least_share

    def note(self, level: int) -> None:
        """Take one packet's level, 0 (loudest) to 127 -dBov."""
        memory = self.memory
        memory.packets += 1
        if level <= memory.loudest:
            memory.loud += 1
            memory.sum += level

    def take(self) -> float:
        """Return the level since the last call, 0 for silence to 1, in coarse steps; begin anew."""
        memory = self.memory
        packets, loud, total = int(memory.packets), int(memory.loud), int(memory.sum)
        memory.packets = memory.loud = memory.sum = 0
        if packets < LEAST_PACKETS or loud < packets * self._least_share:
            return 0.0
        linear = 10 ** (-(total / loud) / 20)
        return max(1, round(linear * STEPS)) / STEPS
