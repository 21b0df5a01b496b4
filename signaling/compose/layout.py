"""Who is in the picture when, and where: a grid of equal tiles."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from signaling.compose.catalogue import Recorded

SHAPE = 16 / 9
GAP = 8


class Tile(NamedTuple):
    """A rectangle; all even, as pictures with halved colours need it."""

    x: int
    y: int
    width: int
    height: int


class Seat(NamedTuple):
    """Somebody in the picture, or the screen they share."""

    participant: str
    name: str
    screen: bool


def _even(value: float) -> int:
    return int(value) // 2 * 2


def grid(count: int, width: int, height: int) -> list[Tile]:
    """Return `count` tiles, as large as they can be, the last row in the middle."""
    if not count:
        return []
    best = max(range(1, count + 1), key=lambda columns: _tile_width(columns, count, width, height))
    rows = -(-count // best)
    across = _even(_tile_width(best, count, width, height))
    down = _even(across / SHAPE)
    top = (height - rows * down - (rows - 1) * GAP) / 2
    tiles = []
    for number in range(count):
        row, column = divmod(number, best)
        in_row = min(best, count - row * best)
        left = (width - in_row * across - (in_row - 1) * GAP) / 2
        tiles.append(Tile(_even(left + column * (across + GAP)), _even(top + row * (down + GAP)), across, down))
    return tiles


def _tile_width(columns: int, count: int, width: int, height: int) -> float:
    rows = -(-count // columns)
    by_width = (width - (columns - 1) * GAP) / columns
    by_height = (height - (rows - 1) * GAP) / rows * SHAPE
    return max(2.0, min(by_width, by_height))


def fitted(width: int, height: int, tile: Tile) -> Tile:
    """Return where a picture of this size stands within a tile, whole and undistorted."""
    scale = min(tile.width / width, tile.height / height)
    across, down = max(2, _even(width * scale)), max(2, _even(height * scale))
    return Tile(tile.x + _even((tile.width - across) / 2), tile.y + _even((tile.height - down) / 2), across, down)


def seats(files: Iterable[Recorded], at: int) -> list[Seat]:
    """Return who is there at a moment, in the order of their coming; a shared screen has a seat of its own."""
    came: dict[Seat, int] = {}
    for file in files:
        if file.starts_at <= at < file.ends_at and (file.video or not file.screen):
            seat = Seat(file.participant, file.name, file.screen)
            came[seat] = min(came.get(seat, file.starts_at), file.starts_at)
    return sorted(came, key=lambda seat: (not seat.screen, came[seat], seat.participant))


def span(files: Sequence[Recorded]) -> tuple[int, int]:
    """Return when the first file begins and the last ends."""
    return min(file.starts_at for file in files), max(file.ends_at for file in files)
