"""The hub: whoever begins to watch late is told what was missed, and nothing else."""

import pytest

from server.http import live
from server.http.live import Hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    ticks = iter(range(100, 1_000_000))
    monkeypatch.setattr(live, "moment", lambda: next(ticks))
    return Hub()


def test_what_changed_after_a_page_was_made_is_known(hub: Hub) -> None:
    made = live.moment()
    hub.publish("case:1")
    assert hub.changed(["case:1", "case:2"], made) == ["case:1"]


def test_what_a_page_already_shows_is_not_told_again(hub: Hub) -> None:
    hub.publish("case:1")
    assert hub.changed(["case:1"], live.moment()) == []


def test_a_page_older_than_this_process_may_have_missed_everything(hub: Hub) -> None:
    assert hub.changed(["case:1", "case:2"], 5) == ["case:1", "case:2"]


def test_after_deafness_everybody_looks_again_and_an_older_page_too(hub: Hub) -> None:
    made = live.moment()
    queue = hub.watch(["case:1"])
    hub.was_deaf()
    assert queue.get_nowait() == "case:1"
    assert hub.changed(["case:2"], made) == ["case:2"]
    assert hub.changed(["case:2"], live.moment()) == []


def test_the_memory_stays_small_and_what_was_forgotten_counts_as_changed(hub: Hub) -> None:
    made = live.moment()
    for number in range(live.MOST_REMEMBERED + 5):
        hub.publish(f"case:{number}")
    assert hub.changed(["case:1", "case:new"], made) == ["case:1", "case:new"]
    assert hub.changed(["case:1"], live.moment()) == []
