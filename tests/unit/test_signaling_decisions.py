"""Who may subscribe to whom, which layers are wanted, which packets are replayed."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import rtc

from signaling import dynacast
from signaling.audience import Audience
from signaling.dynacast import NOBODY, PATIENCE_SECONDS, Demand
from signaling.layers import HIGH, LOW, MEDIUM, OFF
from signaling.replay import KEPT_BYTES, KEPT_SECONDS, Kept, Replay


def audience(**permission: object) -> Audience:
    made = Audience()
    made.replace(rtc.SubscriptionPermission(**permission), lambda sid: {"PA_b": "bert"}.get(sid, ""))  # type: ignore[arg-type]
    return made


def test_everybody_may_subscribe_until_the_publisher_says_otherwise() -> None:
    assert Audience().admits("anybody", "TR_1")
    assert audience(all_participants=True).admits("anybody", "TR_1")
    assert not audience().admits("anybody", "TR_1")


def test_a_list_names_people_by_identity_or_sid_and_tracks_by_sid() -> None:
    made = audience(
        track_permissions=[
            rtc.TrackPermission(participant_identity="anna", all_tracks=True),
            rtc.TrackPermission(participant_sid="PA_b", track_sids=["TR_1"]),
            rtc.TrackPermission(participant_sid="PA_gone", all_tracks=True),
        ]
    )
    assert made.admits("anna", "TR_9")
    assert made.admits("bert", "TR_1")
    assert not made.admits("bert", "TR_2")
    assert not made.admits("", "TR_1")


def test_more_is_told_at_once_and_less_only_when_it_lasts() -> None:
    demand = Demand()
    assert demand.changed([HIGH, LOW], 0.0) is None
    assert demand.changed([LOW, OFF], 1.0) is None
    assert demand.changed([HIGH], 2.0) is None
    assert demand.changed([LOW], 3.0) is None
    assert demand.changed([LOW], 3.0 + PATIENCE_SECONDS) == LOW
    assert demand.changed([MEDIUM, LOW], 3.1 + PATIENCE_SECONDS) == MEDIUM
    assert demand.changed([], 20.0) is None
    assert demand.changed([OFF], 30.0) == NOBODY
    assert demand.changed([], 40.0) is None


@given(
    st.lists(st.tuples(st.floats(0, 3), st.lists(st.sampled_from([LOW, MEDIUM, HIGH, OFF]), max_size=4)), max_size=40)
)
def test_a_publisher_is_never_told_less_than_somebody_wants(steps: list[tuple[float, list[int]]]) -> None:
    demand, now, told = Demand(), 0.0, HIGH
    for passed, asked in steps:
        now += passed
        changed = demand.changed(asked, now)
        assert changed != told
        told = told if changed is None else changed
        assert told >= max((each for each in asked if each != OFF), default=NOBODY)


def test_the_message_speaks_to_clients_of_both_kinds() -> None:
    found = dynacast.update("TR_1", "VP8", MEDIUM).subscribed_quality_update
    assert [(each.quality, each.enabled) for each in found.subscribed_qualities] == [(0, True), (1, True), (2, False)]
    assert [each.codec for each in found.subscribed_codecs] == ["vp8"]
    assert list(found.subscribed_codecs[0].qualities) == list(found.subscribed_qualities)


def kept(sender: str, sequence: int, at: float = 0.0, size: int = 1, identities: tuple[str, ...] = ()) -> Kept:
    return Kept(sender, sequence, bytes(size), identities, (), at)


def numbers(replay: Replay, firsts: Mapping[str, int], now: float = 0.0, identity: str = "anna") -> list[int]:
    return [each.sequence for each in replay.missed(identity, "PA_x", firsts, now)]


def test_what_was_missed_comes_again_in_order_and_only_to_whom_it_was_sent() -> None:
    replay = Replay()
    for sequence in range(1, 6):
        replay.keep(kept("PA_b", sequence, identities=("carl",) if sequence == 4 else ()))
    replay.keep(kept("PA_c", 1))
    assert numbers(replay, {"PA_b": 3}) == [3, 5]
    assert numbers(replay, {"PA_b": 3}, identity="carl") == [3, 4, 5]
    assert numbers(replay, {"PA_b": 9, "PA_d": 1}) == []


def test_the_memory_is_bounded_in_age_and_size() -> None:
    replay = Replay()
    replay.keep(kept("PA_b", 1))
    assert numbers(replay, {"PA_b": 1}, KEPT_SECONDS + 1) == []
    for sequence in range(2, 8):
        replay.keep(kept("PA_b", sequence, KEPT_SECONDS + 2, KEPT_BYTES // 4))
    assert numbers(replay, {"PA_b": 1}, KEPT_SECONDS + 2) == [4, 5, 6, 7]
