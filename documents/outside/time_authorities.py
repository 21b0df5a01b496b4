"""Outside time-stamping authorities over HTTP (RFC 3161 3.4): asked in order, each with its own patience.

Who failed and why is told by name. When nobody answers rightly there is no time: no clock of ours stands in for one.
"""

import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from documents.timestamp import TimestampFailed, checked_answer

LONGEST_ANSWER = 64 * 1024
MEDIA_TYPE = "application/timestamp-query"


@dataclass(frozen=True)
class Refusal:
    """One authority's failure, for the log and for whoever runs the platform."""

    address: str
    why: str


class NobodyAnswers(TimestampFailed):
    """No authority of the list gave a token that says what was asked; `refusals` are in the order of asking."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(f"{one.address}: {one.why}" for one in refusals))


class HttpTimestamper:
    """Outside authorities in order, each answered within `seconds` or not at all.

    `refusals` holds the failures of the last question, also when a later authority then answered.
    """

    def __init__(self, *addresses: str, seconds: float = 10.0) -> None:
        for address in addresses:
            if not address.startswith(("http://", "https://")):
                raise ValueError(f"a time authority is reached over http or https, not at {address}")
        self._addresses, self._seconds = addresses, seconds
        self.refusals: tuple[Refusal, ...] = ()

    def respond(self, request: bytes) -> bytes:
        """The first answer that grants what was asked; NobodyAnswers with every failure when there is none."""
        refusals: list[Refusal] = []
        for address in self._addresses:
            try:
                answer = self._ask(address, request)
                checked_answer(answer, request)
            except TimestampFailed as fault:
                refusals.append(Refusal(address, str(fault)))
                continue
            self.refusals = tuple(refusals)
            return answer
        self.refusals = tuple(refusals)
        raise NobodyAnswers(refusals)

    def _ask(self, address: str, request: bytes) -> bytes:
        asked = urllib.request.Request(address, data=request, headers={"Content-Type": MEDIA_TYPE})  # noqa: S310 - checked above
        try:
            with urllib.request.urlopen(asked, timeout=self._seconds) as answer:  # noqa: S310 - checked above
                content = bytes(answer.read(LONGEST_ANSWER + 1))
        except (OSError, urllib.error.URLError) as fault:
            raise TimestampFailed(f"the time authority does not answer: {fault}") from fault
        if len(content) > LONGEST_ANSWER:
            raise TimestampFailed("the time authority's answer is too long")
        return content
