"""Which files need a new archive time stamp and when; files that lack one say so, and are mended later."""

import datetime as dt

import pytest
from documents_play import DAY, Clock, new_ceremony, play
from hypothesis import given
from hypothesis import strategies as st

from documents import examples
from documents.archive import stored
from documents.renewal import MARGIN, Level, Standing, due, renew_at, standing_of, upgraded
from documents.timestamp import TimestampFailed
from documents.validation import Verdict, verify

YEAR = 365 * DAY
moments = st.datetimes(timezones=st.just(dt.UTC))


class Away:
    """A time authority that does not answer."""

    def respond(self, request: bytes) -> bytes:
        raise TimestampFailed("away")


def test_every_step_of_a_ceremony_has_its_honest_level() -> None:
    steps = play().steps
    assert standing_of(steps["seal"]).level is Level.B_T
    assert (
        standing_of(stored(steps["seal"], play().ceremony.authority.evidence(play().clock.now()))).level is Level.B_LT
    )
    whole = standing_of(steps["archive"])
    assert (whole.level, whole.algorithm) == (Level.B_LTA, "sha256")


def test_a_file_is_due_half_a_year_before_its_time_authority_ends_or_its_algorithm_does() -> None:
    ends = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    assert renew_at(Standing(Level.B_LTA, ends, "sha256")) == ends - MARGIN
    assert (
        renew_at(Standing(Level.B_LTA, ends + 50 * YEAR, "sha256")) == dt.datetime(2036, 1, 1, tzinfo=dt.UTC) - MARGIN
    )
    assert renew_at(Standing(Level.B_LTA, ends, "sha1")) < ends - 10 * MARGIN
    assert renew_at(Standing(Level.B_LT, None, "")) is None


@given(st.dictionaries(st.text(max_size=4), st.one_of(st.none(), moments), max_size=8), moments)
def test_what_is_due_is_what_lacks_a_stamp_or_whose_day_has_come(
    kept: dict[str, dt.datetime | None], now: dt.datetime
) -> None:
    found = due(kept.items(), now)
    assert set(found) == {name for name, moment in kept.items() if moment is None or moment <= now}
    dated = [kept[name] for name in found if kept[name] is not None]
    assert dated == sorted(dated)


def test_a_sealed_file_without_an_archive_stamp_is_kept_and_mended_when_the_authority_is_back() -> None:
    ceremony, now = play().ceremony, play().clock.now()
    evidence = ceremony.authority.evidence(now)
    sealed = play().steps["seal"]
    with pytest.raises(TimestampFailed, match="away"):
        upgraded(sealed, Away(), evidence)
    kept = stored(sealed, evidence)
    assert verify(kept, play().roots, now=now).verdict is Verdict.INCOMPLETE
    assert renew_at(standing_of(kept)) is None
    mended = upgraded(kept, ceremony.timestamper, evidence)
    assert standing_of(mended).level is Level.B_LTA
    assert verify(mended, play().roots, now=now + DAY).verdict is Verdict.VALID


def test_a_file_renewed_in_time_is_valid_after_its_first_time_authority_has_ended(tmp_path) -> None:
    clock = Clock()
    ceremony = new_ceremony(tmp_path, clock)
    pdf = ceremony.agreement(examples.agreement())
    moment = renew_at(standing_of(pdf))
    assert due([("a", moment)], clock.now()) == []
    assert moment is not None
    clock.moment = moment
    assert due([("a", moment)], clock.now()) == ["a"]
    renewed = upgraded(pdf, ceremony.timestamper, ceremony.authority.evidence(clock.now()))
    assert verify(renewed, [ceremony.authority.root_pem], now=clock.now() + DAY).verdict is Verdict.VALID
