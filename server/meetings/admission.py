"""Who may enter which room now, with which grants; and who can hear whom. Pure.

A caucus is another room with its own tokens: whoever is not in it gets no token for it, so privacy is in the token and
not in the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from server.errors import _

PRESIDING = frozenset({"mediator", "judge", "clerk"})


@dataclass(frozen=True)
class Standing:
    """A person of the meeting, as far as admission asks."""

    identity: str
    person_id: str
    name: str
    role: str
    place: str  # Place value


@dataclass(frozen=True)
class Door:
    """The answer: a room to enter, or the sentence why not yet."""

    room: str = ""
    why: str = ""

    @property
    def open(self) -> bool:
        """May they enter?"""
        return bool(self.room)


@dataclass(frozen=True)
class Situation:
    """What the decision depends on."""

    phase: str
    joint_room: str
    caucus_room: str
    caucus_with: str | None  # party's id
    inquiry: bool = False  # the court asks; otherwise the mediator mediates


def decide(person: Standing, now: Situation) -> Door:
    """Return the one room this person may be in now."""
    if now.phase == "ended":
        return Door(why=_("法院的询问结束了。") if now.inquiry else _("这次调解结束了。"))
    if person.place == "removed":
        asked = _("法官请您先离开了。要是弄错了，请打电话。"), _("调解员请您先离开了。要是弄错了，请打电话。")
        return Door(why=asked[not now.inquiry])
    if person.role in PRESIDING:
        return Door(now.caucus_room if now.caucus_with else now.joint_room)
    if person.place == "lobby" or now.phase == "planned":
        known = _("法官知道您到了，马上请您进来。"), _("调解员知道您到了，马上请您进来。")
        return Door(why=known[not now.inquiry])
    if now.caucus_with is None:
        return Door(now.joint_room)
    if person.person_id == now.caucus_with:
        return Door(now.caucus_room)
    return Door(why=_("调解员正在和另一方单独谈，谈完就请您回来。您这边没有人听得到。"))


def audience(person: Standing, everybody: Sequence[Standing], now: Situation) -> tuple[str, ...]:
    """Return the names of those who can hear this person now: exactly those who may be in the same room."""
    mine = decide(person, now)
    if not mine.open:
        return ()
    return tuple(
        other.name for other in everybody if other.identity != person.identity and decide(other, now).room == mine.room
    )


def grants(person: Standing) -> dict[str, bool]:
    """Return the LiveKit grants: everybody speaks and sees, nobody changes names or rooms from the browser."""
    return {
        "can_publish": True,
        "can_subscribe": True,
        "can_publish_data": person.role in PRESIDING,
        "can_update_own_metadata": False,
    }
