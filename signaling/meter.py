"""What a server counts about its media: sampled once a second, so that the packet path counts nothing twice.

Tracks come and go; what they counted since the last sample is added to totals that only grow, as Prometheus wants.
"""

import os
import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signaling.node import Node

WINDOW_SECONDS = 10.0
IN, OUT = "incoming", "outgoing"
Counts = dict[tuple[str, str], float]


class LoopDelay:
    """How late the event loop is: what it runs waits as long, packets too."""

    def __init__(self) -> None:
        self.sum = 0.0
        self.count = 0
        self._worst, self._worst_before = 0.0, 0.0
        self._began = float("-inf")

    def note(self, late: float, now: float) -> None:
        """Take by how many seconds something ran too late."""
        if now - self._began > WINDOW_SECONDS:
            self._worst_before, self._worst, self._began = self._worst, 0.0, now
        self._worst = max(self._worst, late)
        self.sum += late
        self.count += 1

    @property
    def worst(self) -> float:
        """Return the worst of the last ten to twenty seconds."""
        return max(self._worst, self._worst_before)


@dataclass
class Meter:
    """Totals of everything this process ever carried, and rates of the last second."""

    totals: Counts = field(default_factory=dict)
    rates: Counts = field(default_factory=dict)
    delay: LoopDelay = field(default_factory=LoopDelay)
    began: float = field(default_factory=time.time)
    _seen: dict[Hashable, Counts] = field(default_factory=dict)
    _sampled_at: float = 0.0

    def sample(self, node: "Node", now: float) -> None:
        """Add what was counted since the last sample."""
        passed, self._sampled_at = max(0.001, now - self._sampled_at), now
        seen: dict[Hashable, Counts] = {}
        grown: Counts = {}
        for thing, counts in _counted(node):
            seen[thing] = counts
            before = self._seen.get(thing, {})
            for key, count in counts.items():
                grown[key] = grown.get(key, 0) + max(0, count - before.get(key, 0))
        self._seen = seen
        for key, count in grown.items():
            self.totals[key] = self.totals.get(key, 0) + count
        self.rates = {key: count / passed for key, count in grown.items()}

    def total(self, name: str, direction: str) -> float:
        """Return a total."""
        return self.totals.get((name, direction), 0)

    def rate(self, name: str, direction: str) -> float:
        """Return how much a second, lately."""
        return self.rates.get((name, direction), 0.0)


def _counted(node: "Node") -> Iterator[tuple[Hashable, Counts]]:
    """Yield every layer received and every subscription, with what it counted so far."""
    for connection in tuple(node.connections):
        for track in connection.incoming.tracks.values():
            yield track, {("pli", OUT): track.keyframes_asked}
            for layer in track.layers:
                yield (
                    layer,
                    {
                        ("packets", IN): layer.packets,
                        ("bytes", IN): layer.octets,
                        ("lost", IN): layer.reception.lost,
                        ("nack", OUT): layer.reception.asked,
                    },
                )
        for down in connection.downs.values():
            yield (
                down,
                {
                    ("packets", OUT): down.packets,
                    ("bytes", OUT): down.octets,
                    ("lost", OUT): down.lost,
                    ("nack", IN): down.nacked,
                    ("switches", OUT): down.switches,
                },
            )


def resident_bytes() -> int:
    """Return the memory of this process that is in use (RSS)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
