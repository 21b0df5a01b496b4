"""Which worker has which room: decided in one process, so that no room is ever in two places.  (pure)

A worker tells when it has let go of a room; by then somebody may be on the way to it again. So each time somebody is
sent there the room gets a new number, and the worker says with which number it let go.
"""

from dataclasses import dataclass


@dataclass
class _Placed:
    slot: int
    number: int


class Placement:
    """Rooms on worker slots, new rooms where the fewest are."""

    def __init__(self, slots: int) -> None:
        self._alive: set[int] = set()
        self._slots = range(slots)
        self._rooms: dict[str, _Placed] = {}
        self._number = 0

    def up(self, slot: int) -> None:
        """A worker serves at this slot."""
        self._alive.add(slot)

    def down(self, slot: int) -> None:
        """The worker of a slot is gone, and its rooms with it."""
        self._alive.discard(slot)
        self._rooms = {name: each for name, each in self._rooms.items() if each.slot != slot}

    @property
    def alive(self) -> list[int]:
        """Return the slots that serve."""
        return [slot for slot in self._slots if slot in self._alive]

    def where(self, room: str) -> int | None:
        """Return where a room is; None if it is nowhere."""
        placed = self._rooms.get(room)
        return placed.slot if placed is not None else None

    def send(self, room: str) -> tuple[int, int] | None:
        """Return where to send somebody who wants into a room, and the number of this time; None if nobody serves."""
        placed = self._rooms.get(room)
        if placed is None:
            if not self._alive:
                return None
            placed = self._rooms[room] = _Placed(min(self.alive, key=self.load), 0)
        self._number += 1
        placed.number = self._number
        return placed.slot, placed.number

    def load(self, slot: int) -> int:
        """Return how many rooms are on a slot."""
        return sum(1 for each in self._rooms.values() if each.slot == slot)

    def freed(self, slot: int, room: str, number: int) -> None:
        """A worker has let go of a room; nothing changes if somebody was sent there since."""
        placed = self._rooms.get(room)
        if placed is not None and (placed.slot, placed.number) == (slot, number):
            del self._rooms[room]
