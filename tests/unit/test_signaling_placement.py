"""Where rooms are placed: a room is never in two places, whatever overtakes whatever."""

from hypothesis import given
from hypothesis import strategies as st

from signaling.workers.placement import Placement


def placement(slots: int = 2) -> Placement:
    made = Placement(slots)
    for slot in range(slots):
        made.up(slot)
    return made


def where(made: Placement, room: str) -> int:
    sent = made.send(room)
    assert sent is not None
    return sent[0]


def test_new_rooms_go_where_the_fewest_are_and_everybody_of_a_room_to_the_same_worker() -> None:
    made = placement()
    assert [where(made, room) for room in ("a", "b", "c", "a", "b", "a")] == [0, 1, 0, 0, 1, 0]
    assert [made.load(slot) for slot in (0, 1)] == [2, 1]


def test_nobody_is_sent_anywhere_while_no_worker_serves() -> None:
    assert Placement(2).send("a") is None


def test_a_worker_that_dies_takes_its_rooms_and_they_are_placed_anew_on_who_is_there() -> None:
    made = placement()
    where(made, "a")
    where(made, "b")
    made.down(0)
    assert (made.where("a"), made.where("b")) == (None, 1)
    assert where(made, "a") == 1
    made.up(0)
    assert (where(made, "a"), where(made, "c")) == (1, 0)


def test_a_room_that_is_let_go_while_somebody_is_on_the_way_stays() -> None:
    made = placement()
    first = made.send("a")
    assert first is not None
    where(made, "a")
    made.freed(0, "a", first[1])
    assert made.where("a") == 0
    last = made.send("a")
    assert last is not None
    made.freed(1, "a", last[1])  # of another worker: a late word of one that died
    assert made.where("a") == 0
    made.freed(0, "a", last[1])
    assert made.where("a") is None


STEPS = st.lists(st.tuples(st.sampled_from(["send", "over", "die", "up"]), st.integers(0, 2), st.sampled_from("ab")))


@given(STEPS)
def test_no_room_is_ever_on_two_workers(steps: list[tuple[str, int, str]]) -> None:
    """The model: each worker knows its rooms, and frees one with the last number it was sent with."""
    made = placement(3)
    workers: dict[int, dict[str, int]] = {0: {}, 1: {}, 2: {}}
    for what, slot, room in steps:
        if what == "send":
            sent = made.send(room)
            if sent is not None:
                workers[sent[0]][room] = sent[1]
        elif what == "over" and room in workers.get(slot, {}):
            made.freed(slot, room, workers[slot].pop(room))
        elif what == "die":
            workers.pop(slot, None)
            made.down(slot)
        elif what == "up" and slot not in workers:
            workers[slot] = {}
            made.up(slot)
        for name in "ab":
            has = [each for each, rooms in workers.items() if name in rooms]
            assert len(has) <= 1
            assert made.where(name) == (has[0] if has else None)
