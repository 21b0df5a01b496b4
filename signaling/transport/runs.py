"""Packets behind each other in memory, cut into messages: what the kernel can cut up again itself.  (pure)"""

from collections.abc import Collection, Sequence

LARGEST_MESSAGE = 40_000  # bytes, under the largest datagram of 65,507
MOST_SEGMENTS = 60  # UDP_MAX_SEGMENTS is 64
Run = tuple[int, int, int]  # where it starts and ends, the size of its packets


def runs_of(sizes: Sequence[int]) -> tuple[Run, ...]:
    """Return the messages for packets of these sizes: equal ones make one, the last of which may be shorter."""
    if len(sizes) == 1:
        return ((0, sizes[0], sizes[0]),)
    found: list[Run] = []
    at = start = segment = count = 0
    for size in sizes:
        end = at + size
        if count and size <= segment and end - start <= LARGEST_MESSAGE:
            found[-1] = (start, end, segment)
            count += 1
        else:
            found.append((at, end, size))
            start, segment, count = at, size, 1
        if size < segment or count == MOST_SEGMENTS:
            count = 0  # closed
        at = end
    return tuple(found)


def without(runs: Sequence[Run], places: Collection[int]) -> tuple[Run, ...]:
    """Return the packets as a message each, without those that begin at these places."""
    return tuple(run for run in one_by_one(runs) if run[0] not in places)


def one_by_one(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Return the same packets as a message each."""
    return tuple(
        (at, min(at + segment, end), min(segment, end - at))
        for start, end, segment in runs
        for at in range(start, end, segment)
    )
