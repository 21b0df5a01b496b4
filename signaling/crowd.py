"""Subscribers of a layer who go on as they are: what comes is given to all of them by one call of a loop.

Whoever changes (another layer, another way, a pause) leaves the crowd, gets the next packets on its own, and joins
again with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from signaling.loops.library import ffi, kernel
from signaling.transport.ice_lite import Path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from signaling.bandwidth import Departures
    from signaling.rewriter import Span
    from signaling.slots import Slot
    from signaling.transport.ice_lite import Route
    from signaling.transport.outbox import Outbox
    from signaling.transport.srtp import Protector
    from signaling.uptrack import UpLayer

MID_SIZE = int(kernel.MID_SIZE)


class Seat:
    """One subscription as the loops see it; `layer` is the one in whose crowd it sits.

    `record` is a `struct down`; its counts of packets and octets are the subscription's, sitting or not.
    """

    def __init__(self) -> None:
        self.record = ffi.new("struct down *")
        self.layer: UpLayer | None = None
        self.way: Path | None = None
        self.owners: tuple[object, ...] = ()  # of what the record points to

    def take(
        self, layer: UpLayer, route: Route, protector: Protector, slot: Slot, departures: Departures, span: Span
    ) -> None:
        """Sit down, where there are loops and packets leave by UDP: what comes next is as this was."""
        if not isinstance(route, Path) or route.outbox.loops is None:
            return
        if departures.line.extension:
            departures.begin()
        record = self.record
        record.context = ffi.cast("void *", protector.address)
        record.name, record.name_size = ffi.cast("void *", route.name.pointer), route.name.length
        record.line, record.tag, record.ssrc, record.kind = departures.line, protector.tag, slot.ssrc, slot.payload_type
        record.redundant = -1 if slot.red_type is None else slot.red_type
        record.first, record.seq, record.timestamp = span.first, span.seq, span.timestamp
        self.name(slot.naming)
        record.picture, record.tl0, record.rewrites = span.picture & 0x7FFF, span.tl0 & 0xFF, span.rewrites
        self.owners = protector, departures, route
        self.layer, self.way = layer, route
        layer.changed()

    def name(self, mid: bytes) -> None:
        """Let packets carry the name of their section, if it is not empty."""
        self.record.mid, self.record.mid_size = mid + bytes(MID_SIZE - len(mid)), len(mid)

    def leave(self) -> None:
        """Stand up."""
        if self.layer is not None:
            self.layer.changed()
        self.layer = self.way = None


class Crowd:
    """Those who are reached from one socket."""

    def __init__(self, way: Path, seats: Sequence[Seat]) -> None:
        self.outbox: Outbox = way.outbox
        self.sock, self.handle = way.sock, way.sock.fileno()
        self.records = ffi.new("struct down *[]", [seat.record for seat in seats])
        self._owners = [seat.record for seat in seats], [seat.owners for seat in seats]

    def retire(self) -> None:
        """Stay until what was written for its members is sent, and go."""
        self.outbox.keep(self)


def gathered(seats: Iterable[Seat]) -> list[Crowd]:
    """Return the crowds of those who sit."""
    found: dict[tuple[Outbox, Any], list[Seat]] = {}
    ways: dict[tuple[Outbox, Any], Path] = {}
    for seat in seats:
        if seat.way is not None:
            key = seat.way.outbox, seat.way.sock
            ways[key] = seat.way
            found.setdefault(key, []).append(seat)
    return [Crowd(ways[key], members) for key, members in found.items()]
