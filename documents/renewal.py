"""When a file's archive time stamp must be renewed, and how good the file is today. (no clock: time is an argument)

A time stamp can be believed while its authority's certificate lives and its algorithms are sound. Before either ends,
another is put over it (ETSI EN 319 142-1, 5.5); done too late, the file proves nothing any more.
"""

import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import pikepdf
from asn1crypto import cms

from documents.archive import signatures_of, stamped, stamps_in, stored
from documents.authority import Evidence
from documents.timestamp import Timestamper

MARGIN = dt.timedelta(days=180)
# Until when an algorithm may be relied upon (ETSI TS 119 312, SOG-IS); what is not listed is not to be relied upon.
SUNSETS = {
    "sha256": dt.datetime(2036, 1, 1, tzinfo=dt.UTC),
    "sha384": dt.datetime(2046, 1, 1, tzinfo=dt.UTC),
    "sha512": dt.datetime(2046, 1, 1, tzinfo=dt.UTC),
}


class Level(IntEnum):
    """How much evidence a file carries, honestly (ETSI EN 319 142-1, 6): what is missing lowers it."""

    B_B = 0  # some signature has no trusted time
    B_T = 1
    B_LT = 2  # and the chains and revocation lists of all
    B_LTA = 3  # and a time stamp over everything


@dataclass(frozen=True)
class Standing:
    """What a file's signatures and time stamps say of their own future; nothing here is verified."""

    level: Level
    last_stamp_ends: dt.datetime | None
    algorithm: str


def standing_of(pdf: bytes) -> Standing:
    """Read the level and the end of the last archive time stamp; pikepdf.PdfError for what is no PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as paper:
        found = list(signatures_of(paper))
        archives = [signed for _, signed in found if _states_time(signed)]
        timed = all(any(True for _ in stamps_in(signed)) for _, signed in found if not _states_time(signed))
        level = Level.B_T if timed and found else Level.B_B
        if level is Level.B_T and "/DSS" in paper.Root:
            level = Level.B_LTA if archives else Level.B_LT
        if not archives:
            return Standing(level, None, "")
        last = max(archives, key=_time)
        algorithm = str(last["signer_infos"][0]["digest_algorithm"]["algorithm"].native)
        return Standing(level, min(_ends(last)), algorithm)


def _states_time(signed: Any) -> bool:
    return str(signed["encap_content_info"]["content_type"].native) == "tst_info"


def _time(signed: cms.SignedData) -> dt.datetime:
    moment: dt.datetime = signed["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def _ends(signed: Any) -> Iterator[dt.datetime]:
    for choice in signed["certificates"]:
        yield choice.chosen.not_valid_after


def renew_at(standing: Standing, margin: dt.timedelta = MARGIN) -> dt.datetime | None:
    """When the file is to be worked on again; None when there is nothing to wait for: it lacks a time stamp now."""
    if standing.level is not Level.B_LTA or standing.last_stamp_ends is None:
        return None
    sunset = SUNSETS.get(standing.algorithm, standing.last_stamp_ends - 100 * margin)
    return min(standing.last_stamp_ends, sunset) - margin


def due(kept: Iterable[tuple[str, dt.datetime | None]], now: dt.datetime) -> list[str]:
    """Which files need a time stamp now, the most urgent first; `kept` says of each when (renew_at)."""
    waiting = [(moment, name) for name, moment in kept if moment is None or moment <= now]
    beginning = dt.datetime.min.replace(tzinfo=dt.UTC)
    return [name for _, name in sorted(waiting, key=lambda one: (one[0] or beginning, one[1]))]


def upgraded(pdf: bytes, timestamper: Timestamper, evidence: Evidence) -> bytes:
    """The file with fresh chains and lists and one more time stamp over all; TimestampFailed changes nothing."""
    return stamped(stored(pdf, evidence), timestamper)
