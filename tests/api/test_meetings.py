"""Meetings: date, waiting room, admission, caucus, gathering, removal, end; and the media server's webhooks."""

import json

from conftest import Town
from journey_accounts import link_for
from journey_cases import assigned, audit_of, state_of
from journey_meetings import meeting_open, party_id, scheduled, settled

from server.meetings import queries

NINE = 1_772_413_200  # 9:00 in Beijing on the day of these tests


async def test_a_date_is_told_to_both_parties_by_message_with_a_link(town: Town) -> None:
    case_id, meeting_id = await scheduled(town)
    assert await state_of(town, case_id) == "scheduled"
    link = await link_for(town, case_id, "刘志强")
    page = await town.stranger().get(link)
    assert "王敏" in page.text
    assert "3月2日" in page.text
    assert meeting_id


async def test_a_date_in_the_past_is_refused(town: Town) -> None:
    case_id = await assigned(town)
    answer = await (await town.staff("wang")).post(
        f"/cases/{case_id}/meetings", starts_at="2026-02-01T09:00", minutes="60"
    )
    assert answer.status == 422
    assert await state_of(town, case_id) == "assigned"


async def test_who_waits_gets_no_token_until_admitted(town: Town) -> None:
    case_id, meeting_id = await scheduled(town)
    zhang = await town.party(case_id, "张桂兰")
    await zhang.get(f"/meetings/{meeting_id}/waiting")
    refused = await zhang.api("POST", f"/api/meetings/{meeting_id}/join", {})
    assert (refused.status, refused.json()["code"]) == (403, "door_closed")
    wang = await town.staff("wang")
    await wang.get(f"/meetings/{meeting_id}/room")
    seats = (await wang.api("GET", f"/api/meetings/{meeting_id}/state")).json()["seats"]
    assert [(seat["name"], seat["place"]) for seat in seats] == [("张桂兰", "lobby")]
    await wang.api("POST", f"/api/meetings/{meeting_id}/admit", {"identity": seats[0]["identity"]})
    assert await state_of(town, case_id) == "mediating"
    ticket = (await zhang.api("POST", f"/api/meetings/{meeting_id}/join", {})).json()
    assert json.loads(ticket["token"])["room"] == ticket["room"] == f"meeting-{meeting_id}"


async def test_a_caucus_moves_two_and_tells_the_third_who_cannot_enter(town: Town) -> None:
    case_id, meeting_id = await meeting_open(town)
    wang, zhang, liu = (
        await town.staff("wang"),
        await town.party(case_id, "张桂兰"),
        await town.party(case_id, "刘志强"),
    )
    zhang_id = await party_id(town, case_id, "张桂兰")
    assert (await wang.api("POST", f"/api/meetings/{meeting_id}/caucus", {"party": zhang_id})).status == 200
    inside = (await zhang.api("GET", f"/api/meetings/{meeting_id}/state")).json()
    assert (inside["place"], inside["audience"]) == ("caucus", ["王敏"])
    outside = (await liu.api("GET", f"/api/meetings/{meeting_id}/state")).json()
    assert (outside["room"], outside["audience"]) == ("", [])
    assert "单独谈" in outside["why"]
    assert (await liu.api("POST", f"/api/meetings/{meeting_id}/join", {})).status == 403
    assert ("remove", f"meeting-{meeting_id}", f"party-{zhang_id}") in town.rooms.calls
    assert (await wang.api("POST", f"/api/meetings/{meeting_id}/gather", {})).status == 200
    assert ("delete", f"caucus-{meeting_id}-1") in town.rooms.calls
    together = (await liu.api("GET", f"/api/meetings/{meeting_id}/state")).json()
    assert together["place"] == "joint"
    assert set(together["audience"]) == {"王敏", "张桂兰"}
    actions = await audit_of(town, case_id)
    assert {"caucus.begin", "caucus.end"} <= set(actions)


async def test_nothing_said_in_a_caucus_goes_into_the_minutes(town: Town) -> None:
    case_id, meeting_id = await meeting_open(town)
    wang = await town.staff("wang")
    line = {"speaker": "张桂兰", "text": "十月下旬起渗水"}
    assert (await wang.api("POST", f"/api/meetings/{meeting_id}/minutes", line)).status == 201
    await wang.api("POST", f"/api/meetings/{meeting_id}/caucus", {"party": await party_id(town, case_id, "张桂兰")})
    refused = await wang.api("POST", f"/api/meetings/{meeting_id}/minutes", line)
    assert (refused.status, refused.json()["code"]) == (409, "caucus_unrecorded")


async def test_each_caucus_is_a_new_room(town: Town) -> None:
    case_id, meeting_id = await meeting_open(town)
    wang, zhang = await town.staff("wang"), await town.party(case_id, "张桂兰")
    zhang_id = await party_id(town, case_id, "张桂兰")
    rooms = set()
    for _turn in range(2):
        await wang.api("POST", f"/api/meetings/{meeting_id}/caucus", {"party": zhang_id})
        rooms.add((await zhang.api("POST", f"/api/meetings/{meeting_id}/join", {})).json()["room"])
        await wang.api("POST", f"/api/meetings/{meeting_id}/gather", {})
    assert len(rooms) == 2


async def test_whoever_is_asked_to_leave_cannot_come_back_by_the_link(town: Town) -> None:
    case_id, meeting_id = await meeting_open(town)
    wang, liu = await town.staff("wang"), await town.party(case_id, "刘志强")
    identity = f"party-{await party_id(town, case_id, '刘志强')}"
    assert (await wang.api("POST", f"/api/meetings/{meeting_id}/remove", {"identity": identity})).status == 200
    refused = await liu.api("POST", f"/api/meetings/{meeting_id}/join", {})
    assert refused.status == 403
    page = await liu.get(f"/meetings/{meeting_id}/waiting")
    assert "请您先离开了" in page.text


async def test_a_party_cannot_admit_mute_or_open_a_caucus(town: Town) -> None:
    case_id, meeting_id = await meeting_open(town)
    zhang = await town.party(case_id, "张桂兰")
    for act, body in (
        ("admit", {"identity": "x"}),
        ("mute", {"identity": "x"}),
        ("caucus", {"party": "x"}),
        ("end", {"settled": True}),
    ):
        assert (await zhang.api("POST", f"/api/meetings/{meeting_id}/{act}", body)).status == 403


async def test_the_quiet_sign_reaches_the_mediator_only(town: Town) -> None:
    case_id, meeting_id = await meeting_open(town)
    wang, zhang, liu = (
        await town.staff("wang"),
        await town.party(case_id, "张桂兰"),
        await town.party(case_id, "刘志强"),
    )
    await zhang.api("POST", f"/api/meetings/{meeting_id}/hand", {"up": True})
    seats = (await wang.api("GET", f"/api/meetings/{meeting_id}/state")).json()["seats"]
    assert [seat["hand"] for seat in seats] == [True, False]
    assert "seats" not in (await liu.api("GET", f"/api/meetings/{meeting_id}/state")).json()


async def test_settling_ends_the_video_and_opens_the_draft(town: Town) -> None:
    case_id = await settled(town)
    assert await state_of(town, case_id) == "drafting"
    assert any(call[0] == "delete" for call in town.rooms.calls)


async def hook(town: Town, body: dict[str, object], signature: str = "fake-signature") -> int:
    answer = await town.stranger()._ask(
        "POST", "/hooks/rooms", data=json.dumps(body), headers={"Authorization": signature}
    )
    return answer.status


async def test_attendance_comes_from_the_media_servers_webhooks_and_each_counts_once(town: Town) -> None:
    case_id, meeting_id = await meeting_open(town)
    joined = {
        "id": "EV_1",
        "event": "participant_joined",
        "room": f"meeting-{meeting_id}",
        "identity": "party-z",
        "sid": "PA_1",
        "at": 1772413200,
    }
    assert await hook(town, joined) == 204
    assert await hook(town, joined) == 204
    assert await hook(town, {**joined, "id": "EV_2", "event": "participant_left", "at": 1772413260}) == 204
    async with town.platform.database.reading() as db:
        rows = await queries.attendance(db, meeting_id)
    assert [(row.identity, row.left_at is not None) for row in rows] == [("party-z", True)]
    assert (await audit_of(town, case_id)).count("attendance.join") == 1


def told(meeting_id: str, number: int, event: str, at: int, sid: str = "", room: str = "") -> dict[str, object]:
    """A webhook of the media server; sids are of one person, whose identity is always the same."""
    identity = "party-z" if sid else ""
    room = room or f"meeting-{meeting_id}"
    return {"id": f"EV_{number}", "event": event, "room": room, "identity": identity, "sid": sid, "at": at}


async def stays(town: Town, meeting_id: str) -> list[tuple[str, int, int | None]]:
    """Attendance as (sid, from, to) in seconds after the first moment."""
    async with town.platform.database.reading() as db:
        rows = await queries.attendance(db, meeting_id)
    since = [(row.sid, int(row.joined_at.timestamp()) - NINE, row.left_at) for row in rows]
    return [(sid, joined, int(left.timestamp()) - NINE if left else None) for sid, joined, left in since]


async def test_a_killed_media_servers_visits_end_when_its_room_begins_anew(town: Town) -> None:
    case_id, meeting_id = await meeting_open(town)
    await hook(town, told(meeting_id, 1, "room_started", NINE))
    await hook(town, told(meeting_id, 2, "participant_joined", NINE + 5, "PA_1"))
    await hook(town, told(meeting_id, 3, "room_started", NINE + 65))
    assert await stays(town, meeting_id) == [("PA_1", 5, 65)]
    await hook(town, told(meeting_id, 4, "participant_joined", NINE + 67, "PA_2"))
    await hook(town, told(meeting_id, 5, "participant_left", NINE + 90, "PA_2"))
    assert await stays(town, meeting_id) == [("PA_1", 5, 65), ("PA_2", 67, 90)]
    actions = await audit_of(town, case_id)
    assert (actions.count("attendance.join"), actions.count("attendance.cut")) == (2, 1)


async def test_a_person_who_joins_again_was_out_before_and_a_late_word_on_it_counts_more(town: Town) -> None:
    _case_id, meeting_id = await meeting_open(town)
    await hook(town, told(meeting_id, 1, "participant_joined", NINE, "PA_1"))
    await hook(town, told(meeting_id, 2, "participant_joined", NINE + 30, "PA_2", f"caucus-{meeting_id}-1"))
    assert await stays(town, meeting_id) == [("PA_1", 0, 30), ("PA_2", 30, None)]
    await hook(town, told(meeting_id, 3, "participant_left", NINE + 28, "PA_1"))
    assert await stays(town, meeting_id) == [("PA_1", 0, 28), ("PA_2", 30, None)]


async def test_a_room_that_begins_says_nothing_about_another_room(town: Town) -> None:
    _case_id, meeting_id = await meeting_open(town)
    await hook(town, told(meeting_id, 1, "participant_joined", NINE, "PA_1"))
    await hook(town, told(meeting_id, 2, "room_started", NINE + 30, room=f"caucus-{meeting_id}-1"))
    assert await stays(town, meeting_id) == [("PA_1", 0, None)]


async def test_when_the_meeting_ends_nobody_is_in_it_any_more(town: Town) -> None:
    _case_id, meeting_id = await meeting_open(town)
    began = int(town.clock.moment.timestamp())
    await hook(town, told(meeting_id, 1, "participant_joined", began, "PA_1"))
    town.clock.forward(minutes=10)
    done = await (await town.staff("wang")).api("POST", f"/api/meetings/{meeting_id}/end", {"settled": False})
    assert done.status == 200, done.text
    [(_sid, joined, left)] = await stays(town, meeting_id)
    assert left is not None
    assert left - joined == 600


async def test_a_webhook_with_a_false_signature_is_refused(town: Town) -> None:
    _case_id, meeting_id = await meeting_open(town)
    event = {
        "id": "EV_9",
        "event": "participant_joined",
        "room": f"meeting-{meeting_id}",
        "identity": "x",
        "sid": "PA_9",
        "at": 1,
    }
    assert await hook(town, event, "forged") == 401
    async with town.platform.database.reading() as db:
        assert await queries.attendance(db, meeting_id) == []
