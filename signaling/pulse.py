"""The ticks of regular work: each wakes a process whose packets need no waking, so every second one is enough for most.

A tick is 50 ms long. In every tick is done what others wait for: packets asked for again, a limited line on which more
is tried, numbering that is to begin. In every second one publishers are told what arrived; once a second there are
reports.
"""

import asyncio
from collections.abc import Callable

TICK_SECONDS = 0.05
ARRIVALS_EVERY, REPORT_EVERY = 2, 20  # ticks


def told_of_arrivals(number: int) -> bool:
    """Tell whether publishers are told in this tick what arrived."""
    return number % ARRIVALS_EVERY == 0


class Pace:
    """In which ticks somebody is looked after."""

    def __init__(self) -> None:
        self.hurried = False  # every one
        self.phase = 0  # in which of the ticks of a second it reports
        self.when_hurried: Callable[[], None] = lambda: None

    def hasten(self) -> None:
        """Take every tick, from the next one on."""
        self.hurried = True
        self.when_hurried()

    def reports(self, number: int) -> bool:
        """Tell whether what is done once a second is done in this tick: not by all in the same."""
        half = REPORT_EVERY // ARRIVALS_EVERY
        return number % ARRIVALS_EVERY == 0 and (number // ARRIVALS_EVERY + self.phase) % half == 0

    def wants(self, number: int, *, publishes: bool) -> bool:
        """Tell whether there is something to do in this tick."""
        return self.hurried or (publishes and told_of_arrivals(number)) or self.reports(number)


class Pulse:
    """Waits for the next tick in which something is to be done."""

    def __init__(self) -> None:
        self.number = 0  # of the last tick
        self.late = 0.0  # seconds, of the last tick
        self._before = 0
        self._began = self._due = 0.0
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, *, brisk: bool) -> int:
        """Wait for the next tick, of calm ones for the next of even number; return its number."""
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        self._waiter = loop.create_future()
        self._set(1 if brisk else ARRIVALS_EVERY - self.number % ARRIVALS_EVERY)
        try:
            await self._waiter
        finally:
            if self._timer is not None:
                self._timer.cancel()
        self.late = max(0.0, loop.time() - self._due)
        self._before = self.number
        self.number += max(1, round((self._due - self._began) / TICK_SECONDS))
        return self.number

    def hasten(self) -> None:
        """End the wait with the very next tick, if that is still to come."""
        if self._waiter is not None and not self._waiter.done() and self._timer is not None:
            passed = asyncio.get_running_loop().time() - self._began
            if passed < TICK_SECONDS < self._due - self._began:
                self._timer.cancel()
                self._set(1)

    def passed(self, every: int) -> bool:
        """Tell whether a tick whose number is a multiple came since the last wait; it may have been slept through."""
        return self.number // every > self._before // every

    def _set(self, ticks: int) -> None:
        self._due = self._began + ticks * TICK_SECONDS
        self._timer = asyncio.get_running_loop().call_at(self._due, self._end)

    def _end(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
