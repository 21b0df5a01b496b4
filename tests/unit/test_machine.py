"""The table of states and triggers, on a small machine of its own."""

from dataclasses import dataclass
from enum import StrEnum

import pytest

from server.errors import NotAllowed, NotNow
from server.machine import Guard, Machine, Transition


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"


class Push(StrEnum):
    TURN_ON = "turn_on"
    TURN_OFF = "turn_off"


class Who(StrEnum):
    OWNER = "owner"
    GUEST = "guest"


@dataclass(frozen=True)
class Room:
    power: bool = True


POWER = Guard[Room]("no_power", "没有电。", lambda room: room.power)
OWNER = frozenset({Who.OWNER})
MACHINE = Machine(
    [
        Transition(Lamp.OFF, Push.TURN_ON, Lamp.ON, OWNER, (POWER,)),
        Transition(Lamp.ON, Push.TURN_OFF, Lamp.OFF, frozenset(Who)),
    ]
)


def test_a_step_leads_to_the_target() -> None:
    assert MACHINE.step(Lamp.OFF, Push.TURN_ON, [Who.OWNER], Room()) is Lamp.ON


def test_a_trigger_of_another_state_is_not_now() -> None:
    with pytest.raises(NotNow) as told:
        MACHINE.step(Lamp.ON, Push.TURN_ON, [Who.OWNER], Room())
    assert told.value.code == "not_in_this_state"


def test_a_role_that_may_not_is_told_so_before_any_guard() -> None:
    with pytest.raises(NotAllowed):
        MACHINE.step(Lamp.OFF, Push.TURN_ON, [Who.GUEST], Room(power=False))


def test_a_guard_that_does_not_hold_is_named() -> None:
    with pytest.raises(NotNow) as told:
        MACHINE.step(Lamp.OFF, Push.TURN_ON, [Who.OWNER], Room(power=False))
    assert told.value.code == "no_power"


def test_what_is_offered_carries_the_reason_why_not() -> None:
    assert MACHINE.offered(Lamp.OFF, [Who.OWNER], Room()) == [(Push.TURN_ON, None)]
    assert MACHINE.offered(Lamp.OFF, [Who.OWNER], Room(power=False)) == [(Push.TURN_ON, POWER)]
    assert MACHINE.offered(Lamp.OFF, [Who.GUEST], Room()) == []


def test_two_rows_for_one_step_are_refused_when_the_table_is_made() -> None:
    row = Transition(Lamp.ON, Push.TURN_OFF, Lamp.OFF, OWNER)
    with pytest.raises(ValueError, match="two rows"):
        Machine([row, row])


def test_the_diagram_has_one_line_for_each_row() -> None:
    assert MACHINE.mermaid() == "stateDiagram-v2\n    OFF --> ON: turn_on\n    ON --> OFF: turn_off\n"
