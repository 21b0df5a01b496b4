"""The square code on each printed page: which file it is of, which page, of how many. (pure)"""

import re
from dataclasses import dataclass

MOST_PAGES = 40  # of a paper that is signed with a pen
DIGITS = 32  # of the SHA-256: 128 bits, so that the code stays coarse enough to be read from a photograph
FORM = re.compile(r"(?P<url>https?://[^#\s]{1,300})#p(?P<page>\d{1,4})-(?P<count>\d{1,4})-(?P<digest>[0-9a-f]{32})")


@dataclass(frozen=True)
class PageCode:
    """What stands in the code; `page` counts from one, and 0 is the sheet of explanations."""

    url: str
    digest: str
    page: int
    count: int

    def text(self) -> str:
        """As it is printed: the address to verify, so that a telephone opens it, and behind it the page."""
        return f"{self.url}#p{self.page}-{self.count}-{self.digest[:DIGITS]}"

    def of(self, sha256: str) -> bool:
        """Whether this page is of that file."""
        return self.digest == sha256[:DIGITS]


def read(text: str) -> PageCode | None:
    """The code in a text that some scanner read, or None when it is none of ours."""
    found = FORM.fullmatch(text)
    if found is None or int(found["page"]) > int(found["count"]):
        return None
    return PageCode(found["url"], found["digest"], int(found["page"]), int(found["count"]))
