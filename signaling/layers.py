"""Which simulcast layer a subscriber gets: what it asked for, what is there, what its line carries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LOW, MEDIUM, HIGH, OFF = 0, 1, 2, 3
RIDS = {"q": LOW, "h": MEDIUM, "f": HIGH, "0": LOW, "1": MEDIUM, "2": HIGH}
MUCH_LOST, LITTLE_LOST = 0.10, 0.02
CALM_REPORTS = 5
NEARLY = 0.9


@dataclass(frozen=True)
class Dimensions:
    """A layer's quality and picture size as its publisher announced it."""

    quality: int
    width: int
    height: int


def quality_of_rid(rid: str, place: int) -> int:
    """Return the quality a RID stands for: LiveKit's q, h, f, else its place in the offer, lowest first."""
    return RIDS.get(rid, min(place, HIGH))


def wanted(quality: int, width: int, height: int, announced: Sequence[Dimensions]) -> int:
    """Return the quality asked for; a size, if given, counts and the quality beside it does not (adaptive stream)."""
    if not (width or height) or not announced:
        return quality
    for layer in sorted(announced, key=lambda each: each.width):
        if layer.width >= width * NEARLY or (height and layer.height >= height * NEARLY):
            return layer.quality
    return max(layer.quality for layer in announced)


def choose(present: Iterable[int], asked: int, ceiling: int = HIGH) -> int | None:
    """Return the highest present quality not above what is asked and carried; else the lowest present."""
    there = sorted(present)
    if not there or asked == OFF:
        return None
    fitting = [quality for quality in there if quality <= min(asked, ceiling)]
    return fitting[-1] if fitting else there[0]


class Ladder:
    """The highest layer a lossy line is given: one down at much loss, one up after some calm reports."""

    def __init__(self) -> None:
        self.ceiling = HIGH
        self._calm = 0

    def report(self, lost: float) -> bool:
        """Take the fraction lost of one receiver report; tell whether the ceiling changed."""
        before = self.ceiling
        if lost > MUCH_LOST:
            self._calm = 0
            self.ceiling = max(LOW, self.ceiling - 1)
        elif lost < LITTLE_LOST:
            self._calm += 1
            if self._calm >= CALM_REPORTS and self.ceiling < HIGH:
                self._calm = 0
                self.ceiling += 1
        return self.ceiling != before
