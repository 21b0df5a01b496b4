"""Who comes is told to everybody: in a small room at once, to a crowd with others who came, and never wrongly."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from livekit.protocol import models, rtc
from signaling_play import application, node, talk

from signaling.outgoing import framed
from signaling.room import CROWD, Room


class Nobody:
    def emit(self, *_event: Any) -> None:
        pass


class Seat:
    """A member as far as a room's news are concerned; keeps what it was told."""

    def __init__(self, number: int, *, hidden: bool = False, publishes: bool = False) -> None:
        self.sid, self.identity = f"PA_{number}", f"p{number}"
        self.hidden, self.publishes = hidden, publishes
        self.permission = models.ParticipantPermission()
        self.told: list[list[str]] = []

    def described(self) -> models.ParticipantInfo:
        return models.ParticipantInfo(sid=self.sid, identity=self.identity)

    @property
    def outgoing(self) -> "Seat":
        return self

    def send(self, response: rtc.SignalResponse) -> None:
        self.put(framed(response.SerializeToString()))

    def put(self, frame: bytes) -> None:
        update = rtc.SignalResponse.FromString(frame[2:] if frame[1] < 126 else frame[4:]).update
        self.told.append([each.identity for each in update.participants])


@pytest.fixture
def crowd() -> tuple[Room, list[Seat]]:
    """A room in which one more is a crowd; nobody was told anything yet."""
    room = Room("room", Nobody(), 0.0, empty_timeout=1, departure_timeout=1)
    seats = [Seat(number) for number in range(CROWD)]
    for seat in seats:
        admit(room, seat)
        seat.told.clear()
    for seat in seats:
        seat.told.clear()
    return room, seats


def admit(room: Room, seat: Any) -> None:
    room.admit(seat)


def test_in_a_small_room_everybody_is_told_at_once() -> None:
    room = Room("room", Nobody(), 0.0, empty_timeout=1, departure_timeout=1)
    first, second = Seat(1), Seat(2)
    admit(room, first)
    admit(room, second)
    assert first.told == [["p1"], ["p2"]]
    room.tell_news()
    assert first.told == [["p1"], ["p2"]]


def test_a_crowd_is_told_of_several_in_one_message_and_who_comes_of_itself_at_once(
    crowd: tuple[Room, list[Seat]],
) -> None:
    room, seats = crowd
    came = [Seat(number) for number in (20, 21, 22)]
    for seat in came:
        admit(room, seat)
        assert seat.told == [[seat.identity]]
        room.announce(seat)  # type: ignore[arg-type]  # it is active now
    assert seats[0].told == []
    room.tell_news()
    room.tell_news()
    assert all(seat.told == [["p20", "p21", "p22"]] for seat in seats)


def test_who_publishes_or_changes_is_told_of_at_once_and_not_again(crowd: tuple[Room, list[Seat]]) -> None:
    room, seats = crowd
    admit(room, publisher := Seat(20, publishes=True))
    assert seats[0].told == [[publisher.identity]]
    admit(room, changes := Seat(21))
    room.tell_about(changes)  # type: ignore[arg-type]
    room.tell_news()
    assert seats[0].told == [["p20"], ["p21"]]


def test_of_the_hidden_and_of_who_has_left_again_nobody_is_told(crowd: tuple[Room, list[Seat]]) -> None:
    room, seats = crowd
    admit(room, hidden := Seat(20, hidden=True))
    admit(room, left := Seat(21))
    room.dismiss(left, 1.0)  # type: ignore[arg-type]
    room.tell_news()
    assert hidden.told == [["p20"]]
    assert all(seat.told == [] for seat in seats)


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(application())) as made:
        yield made


def names(update: rtc.ParticipantUpdate) -> Iterator[str]:
    return (each.identity for each in update.participants)


async def test_everybody_of_a_crowd_hears_of_everybody_who_comes(client: TestClient[Any, Any]) -> None:
    first = await talk(client, "p0")
    others = [f"p{number}" for number in range(1, CROWD + 5)]
    for identity in others:
        await talk(client, identity)
    heard: set[str] = set()
    while not heard.issuperset(others):
        heard.update(names(await first.next("update")))
    assert not node(client).rooms["room"].news
