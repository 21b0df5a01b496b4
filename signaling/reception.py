"""The receiver's arithmetic of one stream: what came, what is missing and asked for again, how evenly it comes."""

from typing import Any

from signaling import rtcp
from signaling.loops.library import ffi

NACK_PAUSE, NACK_TRIES, NACK_SECONDS = 0.08, 8, 1.0
WIDEST_GAP, MOST_MISSING = 200, 400


class Reception:
    """The receiver's arithmetic of one stream (RFC 3550 A.1, A.3, A.8).  Time is an argument.

    The counts stand in a `struct reception`, where the loops count the packets that come in order.
    """

    def __init__(self, clock: int, counts: Any = None) -> None:
        self._counts: Any = ffi.new("struct reception *") if counts is None else counts
        self._counts.highest, self._counts.base, self._counts.clock = -1, -1, clock
        self._expected_before = self._received_before = 0
        self._missing: dict[int, list[float]] = {}
        self._report_middle = 0
        self._report_at = 0.0
        self.lost_lately = 0.0
        self.asked = 0  # sequence numbers asked for again, each time counted

    @property
    def lost(self) -> int:
        """Return how many packets never came (RFC 3550 A.3)."""
        counts = self._counts
        return max(0, counts.highest - counts.base + 1 - counts.received) if self.began else 0

    @property
    def began(self) -> bool:
        """At least one packet came."""
        return bool(self._counts.highest >= 0)

    @property
    def missing(self) -> bool:
        """Something did not come that came after has left a gap for, and was not given up yet."""
        return bool(self._missing)

    def take(self, seq: int, timestamp: int, now: float) -> bool:
        """Count a packet; False for one that came before or is too old to matter."""
        counts = self._counts
        highest = int(counts.highest)
        if highest < 0:
            counts.highest = counts.base = seq + 0x10000
        else:
            ahead = (seq - highest) & 0xFFFF
            if ahead == 0:
                return False
            if ahead >= 0x8000:
                if self._missing.pop(highest - (0x10000 - ahead), None) is None:
                    return False
            else:
                self._note_missing(highest, ahead, now)
                counts.highest = highest + ahead
        counts.received += 1
        clock = float(counts.clock)
        transit = now * clock - timestamp
        change = abs(transit - float(counts.transit))
        counts.transit = transit
        if change < clock:  # a wrapped or restarted clock is no jitter
            counts.jitter += (change - counts.jitter) / 16
        return True

    def _note_missing(self, highest: int, ahead: int, now: float) -> None:
        if 1 < ahead < WIDEST_GAP and len(self._missing) < MOST_MISSING:
            for step in range(1, ahead):
                self._missing[highest + step] = [now, 0.0, 0.0]

    def due(self, now: float) -> list[int]:
        """Return the sequence numbers to ask for again now."""
        ask = []
        for seq, entry in list(self._missing.items()):
            since, tried_at, tries = entry
            if now - since > NACK_SECONDS or tries >= NACK_TRIES:
                del self._missing[seq]
            elif now - tried_at > NACK_PAUSE:
                entry[1], entry[2] = now, tries + 1
                ask.append(seq & 0xFFFF)
        self.asked += len(ask)
        return ask

    def sender_reported(self, ntp: int, now: float) -> None:
        """Remember the middle of the sender's NTP time (RFC 3550 6.4.1, LSR)."""
        self._report_middle, self._report_at = (ntp >> 16) & 0xFFFFFFFF, now

    def report(self, ssrc: int, now: float) -> rtcp.Block:
        """Make a report block; the fraction is since the last one."""
        counts = self._counts
        highest, received = int(counts.highest), int(counts.received)
        expected = highest - int(counts.base) + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (received - self._received_before)
        self._expected_before, self._received_before = expected, received
        self.lost_lately = min(1.0, max(0.0, lost_now / expected_now)) if expected_now > 0 else 0.0
        delay = int((now - self._report_at) * 65536) if self._report_middle else 0
        lost = min(0x7FFFFF, max(0, expected - received))
        return rtcp.Block(
            ssrc, min(255, int(self.lost_lately * 256)), lost, highest, int(counts.jitter),
            self._report_middle, delay,
        )  # fmt: skip
