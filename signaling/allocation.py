"""Who gets how much of a subscriber's line: sound first, then every picture a little, then more.  (pure)"""

from collections.abc import Sequence
from typing import NamedTuple

PAUSED = -1
HEADROOM = 1.15  # a picture's rate is no constant
HELD = 0.9


class Wish(NamedTuple):
    """One subscribed picture: its layers up to what is asked for as (quality, bits/s), lowest first."""

    layers: tuple[tuple[int, float], ...]
    screen: bool = False
    held: int = PAUSED

    def cost(self, step: int) -> float:
        """Return the bits/s of the first `step` layers; what is shown already may grow a little before it is taken."""
        if not step:
            return 0.0
        quality, rate = self.layers[step - 1]
        return rate * HELD if quality <= self.held else rate


def allocate(budget: float, wishes: Sequence[Wish]) -> tuple[list[int], float]:
    """Return the quality of each wish, `PAUSED` for none, and the bits/s for the next step up, 0 if there is none.

    First every picture gets its lowest layer, screens before faces; then each in turn one layer more. `budget` is what
    is left for pictures, in bits/s.
    """
    order = sorted(range(len(wishes)), key=lambda place: not wishes[place].screen)
    steps = [0] * len(wishes)  # how many layers each has got
    left, missing, going = budget, 0.0, True
    while going:
        going = False
        for place in order:
            wish, step = wishes[place], steps[place]
            if step >= len(wish.layers):
                continue
            more = max(0.0, wish.cost(step + 1) - wish.cost(step))
            if more <= left:
                left -= more
                steps[place] += 1
                going = True
            elif not missing or more < missing:
                missing = more
    found = [wish.layers[step - 1][0] if step else PAUSED for wish, step in zip(wishes, steps, strict=True)]
    return found, (budget - left + missing) * HEADROOM if missing else 0.0
