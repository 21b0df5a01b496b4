"""How much one client may ask for in a time; who floods is sent away before others notice.  (pure)"""


class Rate:
    """A token bucket: `burst` at once, then `per_second`; time is an argument, in seconds."""

    __slots__ = ("_at", "_burst", "_left", "_per_second")

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._left, self._at = burst, 0.0

    def take(self, amount: float, now: float) -> bool:
        """Take an amount; False if there is not so much left."""
        left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if amount > left:
            self._left = left
            return False
        self._left = left - amount
        return True


class Flow:
    """Messages and their bytes, both limited."""

    def __init__(self, messages: Rate, octets: Rate) -> None:
        self._messages, self._octets = messages, octets

    def take(self, size: int, now: float) -> bool:
        """Take one message of `size` bytes; False if it is one too many."""
        return self._messages.take(1, now) and self._octets.take(size, now)


def signal_flow() -> Flow:
    """Return what a client may say on its WebSocket: a join of fifty tracks at once, and no loop of its bugs."""
    return Flow(Rate(50, 500), Rate(1 << 20, 8 << 20))


def packet_flow() -> Flow:
    """Return what a client may send on its data channels; the bytes count where nobody can make it wait."""
    return Flow(Rate(2000, 4000), Rate(8 << 20, 32 << 20))


MEDIA_PER_TICK = 2000  # packets of one connection in 100 ms: 200 Mbps, five times what a camera and a screen send
"""More is dropped unread until the next tick."""
MOST_FLOODED_TICKS = 40  # then the client is sent away
