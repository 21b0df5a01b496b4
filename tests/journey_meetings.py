"""From an assigned case to one that is settled, as the pages do it (the media server is a fake that answers)."""

import datetime as dt
from typing import Any

from journey_cases import assigned

BEIJING = dt.timezone(dt.timedelta(hours=8))


async def scheduled(town: Any, **changes: str) -> tuple[str, str]:
    """Return (case id, meeting id)."""
    case_id = await assigned(town, **changes)
    starts = (town.clock.moment + dt.timedelta(hours=1)).astimezone(BEIJING)
    answer = await (await town.staff("wang")).post(
        f"/cases/{case_id}/meetings", starts_at=f"{starts:%Y-%m-%dT%H:%M}", minutes="60"
    )
    assert answer.status == 200, answer.text
    from server.meetings import queries

    async with town.platform.database.reading() as db:
        meeting = await queries.current_meeting(db, case_id)
    assert meeting is not None
    return case_id, meeting.id


async def party_id(town: Any, case_id: str, name: str) -> str:
    from server.cases import queries

    async with town.platform.database.reading() as db:
        case = await queries.get_case(db, case_id)
    return next(party.id for party in case.parties if party.name == name)


async def meeting_open(town: Any, **changes: str) -> tuple[str, str]:
    """Both parties wait, the mediator is in the room and admits both."""
    case_id, meeting_id = await scheduled(town, **changes)
    wang = await town.staff("wang")
    assert (await wang.get(f"/meetings/{meeting_id}/room")).status == 200
    for name in ("张桂兰", "刘志强"):
        person = await town.party(case_id, name)
        assert (await person.get(f"/meetings/{meeting_id}/waiting")).status == 200
        identity = f"party-{await party_id(town, case_id, name)}"
        done = await wang.api("POST", f"/api/meetings/{meeting_id}/admit", {"identity": identity})
        assert done.status == 200, done.text
    return case_id, meeting_id


async def settled(town: Any, **changes: str) -> str:
    case_id, meeting_id = await meeting_open(town, **changes)
    done = await (await town.staff("wang")).api("POST", f"/api/meetings/{meeting_id}/end", {"settled": True})
    assert done.status == 200, done.text
    return case_id
