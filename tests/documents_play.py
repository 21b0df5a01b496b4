"""A signing ceremony for the tests of documents/: one authority with a clock that stands until it is moved."""

import datetime as dt
import functools
import tempfile
import warnings
from pathlib import Path

from documents import examples
from documents.authority import DevelopmentAuthorityWarning
from documents.ceremony import Ceremony

BEGIN = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


class Clock:
    def __init__(self, moment: dt.datetime = BEGIN) -> None:
        self.moment = moment

    def now(self) -> dt.datetime:
        return self.moment

    def pass_(self, **span: float) -> None:
        self.moment += dt.timedelta(**span)


def new_ceremony(folder: Path, clock: Clock) -> Ceremony:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DevelopmentAuthorityWarning)
        return Ceremony(folder / "authority", clock.now)


class Play:
    """The ceremony and the file after each of its steps: what the attacks of the tests begin from."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.keep = tempfile.TemporaryDirectory(prefix="documents-")  # goes with the play
        self.ceremony = new_ceremony(Path(self.keep.name), self.clock)
        paper = self.paper = examples.agreement()
        people = [("party-2", "刘志强"), ("party-1", "张桂兰"), ("mediator", "王敏")]
        self.keys = {place: self.ceremony.person(name) for place, name in people}
        self.steps = {"frozen": self.ceremony.frozen(paper)}
        pdf = self.steps["frozen"]
        for place, _ in people:
            self.clock.pass_(minutes=2)
            pdf = self.steps[place] = self.ceremony.signed(pdf, place, self.keys[place])
        self.clock.pass_(minutes=2)
        pdf = self.steps["seal"] = self.ceremony.sealed(pdf, paper.committee)
        self.clock.pass_(minutes=1)
        self.whole = self.steps["archive"] = self.ceremony.archived(pdf)
        self.clock.pass_(minutes=5)

    @property
    def roots(self) -> list[str]:
        return [self.ceremony.authority.root_pem]


@functools.cache
def play() -> Play:
    return Play()
