"""The room's stage (出示) and what both sides agree is so: who sees, who may, what the minutes and the draft keep."""

import io
import json
from typing import Any

from conftest import Town
from journey_agreements import frozen
from journey_cases import audit_of
from journey_meetings import meeting_open, party_id
from people import Person
from PIL import Image

from server.agreements import drafting
from server.cases import queries as cases
from server.meetings import queries


def picture(colour: str = "navy") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(made, "PNG")
    return made.getvalue()


async def hand_in(person: Person, case_id: str, content: bytes, name: str = "ceiling.png") -> int:
    return (await person.post(f"/cases/{case_id}/attachments", photos=(name, content))).status


async def attachments(town: Town, case_id: str) -> list[Any]:
    async with town.platform.database.reading() as db:
        return await cases.attachments(db, case_id)


async def state(person: Person, meeting_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await person.api("GET", f"/api/meetings/{meeting_id}/state")).json()
    return found


class Table:
    """An open meeting with all three in the room, and a picture that 刘志强 handed in."""

    def __init__(self, town: Town, case_id: str, meeting_id: str) -> None:
        self.town, self.case_id, self.meeting_id = town, case_id, meeting_id

    @classmethod
    async def laid(cls, town: Town) -> "Table":
        case_id, meeting_id = await meeting_open(town)
        table = cls(town, case_id, meeting_id)
        table.wang = await town.staff("wang")
        table.zhang, table.liu = await town.party(case_id, "张桂兰"), await town.party(case_id, "刘志强")
        assert await hand_in(table.liu, case_id, picture()) == 200
        table.photo = (await attachments(town, case_id))[-1]
        return table

    wang: Person
    zhang: Person
    liu: Person
    photo: Any

    async def act(self, who: Person, what: str, body: dict[str, Any] | None = None) -> Any:
        return await who.api("POST", f"/api/meetings/{self.meeting_id}/{what}", body or {})

    async def minutes(self) -> list[tuple[str, str]]:
        async with self.town.platform.database.reading() as db:
            return [(line.speaker, line.text) for line in await queries.minutes(db, self.meeting_id)]

    async def fact(self, text: str = "10月20日动过卫生间地面。") -> str:
        assert (await self.act(self.wang, "facts", {"text": text})).status == 201
        known: str = (await state(self.wang, self.meeting_id))["facts"][-1]["id"]
        return known

    async def answers(self, who: Person, fact: str, text: str, *, agrees: bool) -> Any:
        return await self.act(who, f"facts/{fact}/answer", {"text": text, "agrees": agrees})


async def test_what_the_mediator_shows_both_parties_see_until_it_is_put_away(town: Town) -> None:
    table = await Table.laid(town)
    assert (await state(table.zhang, table.meeting_id))["stage"] is None
    assert (await table.act(table.wang, "show", {"attachment": table.photo.id})).status == 200
    seen = (await state(table.zhang, table.meeting_id))["stage"]
    assert (seen["id"], seen["name"], seen["number"], seen["sha256"]) == (
        table.photo.id, "ceiling.png", len(await attachments(town, table.case_id)), table.photo.sha256,
    )  # fmt: skip
    shown = await table.zhang.get(f"/api/meetings/{table.meeting_id}/stage/{table.photo.id}")
    assert (shown.status, shown.content) == (200, picture())
    assert seen["by"] == "刘志强"
    await hand_in(table.zhang, table.case_id, picture("red"), "wall.png")
    hidden = (await attachments(town, table.case_id))[-1]
    other = await table.liu.get(f"/api/meetings/{table.meeting_id}/stage/{hidden.id}")
    assert (hidden.name, other.status, "出示的是另一张" in other.text) == ("wall.png", 404, True)
    assert ("王敏", "出示：ceiling.png") in await table.minutes()
    assert {"evidence.show", "attachment.open"} <= set(await audit_of(town, table.case_id))
    assert (await table.act(table.wang, "put-away")).status == 200
    gone = await table.zhang.get(f"/api/meetings/{table.meeting_id}/stage/{table.photo.id}")
    assert gone.status == 404


async def test_a_party_opens_own_photos_only_and_the_others_when_they_are_shown(town: Town) -> None:
    table = await Table.laid(town)
    path = f"/cases/{table.case_id}/attachments/{table.photo.id}"
    assert (await table.liu.get(path)).content == picture()
    refused = await table.zhang.get(path)
    assert (refused.status, "不是您交的" in refused.text) == (403, True)
    assert (await table.wang.get(path)).status == 200


async def test_in_a_caucus_the_stage_is_empty_and_nothing_can_be_shown(town: Town) -> None:
    table = await Table.laid(town)
    await table.act(table.wang, "show", {"attachment": table.photo.id})
    await table.act(table.wang, "caucus", {"party": await party_id(town, table.case_id, "张桂兰")})
    assert "stage" not in await state(table.zhang, table.meeting_id)
    assert "facts" not in await state(table.liu, table.meeting_id)
    for who in (table.zhang, table.liu, table.wang):
        assert (await who.get(f"/api/meetings/{table.meeting_id}/stage/{table.photo.id}")).status == 403
    refused = await table.act(table.wang, "show", {"attachment": table.photo.id})
    assert (refused.status, refused.json()["code"]) == (409, "caucus_no_stage")
    await table.act(table.wang, "gather")
    assert (await state(table.zhang, table.meeting_id))["stage"] is None


async def test_whoever_points_is_named_by_the_platform_and_heard_in_the_joint_room(town: Town) -> None:
    table = await Table.laid(town)
    nothing = await table.act(table.liu, "point", {"x": 0.5, "y": 0.5})
    assert (nothing.status, nothing.json()["code"]) == (404, "nothing_shown")
    await table.act(table.wang, "show", {"attachment": table.photo.id})
    assert (await table.act(table.liu, "point", {"x": 0.25, "y": 1, "name": "王敏"})).status == 200
    _send, room, topic, body, to = next(call for call in town.rooms.calls if call[0] == "send")
    assert (room, topic, to) == (f"meeting-{table.meeting_id}", "point", ())
    said = json.loads(body)
    assert (said["name"], said["exhibit"], said["x"], said["y"]) == ("刘志强", table.photo.id, 0.25, 1)
    for x, y in ((1.5, 0), (-1, 0), ("left", 0)):
        assert (await table.act(table.liu, "point", {"x": x, "y": y})).status == 422


async def test_only_the_mediator_shows_and_only_pictures_of_this_case(town: Town) -> None:
    table = await Table.laid(town)
    assert (await table.act(table.liu, "show", {"attachment": table.photo.id})).status == 403
    assert (await table.act(table.liu, "put-away")).status == 403
    unknown = await table.act(table.wang, "show", {"attachment": "another"})
    assert (unknown.status, unknown.json()["code"]) == (404, "file_unknown")


async def test_what_is_no_photo_is_refused_and_nothing_of_the_same_hand_is_kept(town: Town) -> None:
    table = await Table.laid(town)
    before = len(await attachments(town, table.case_id))
    mixed = [("one.png", picture("red")), ("two.png", b"MZ no picture")]
    refused = await table.liu.post(f"/cases/{table.case_id}/attachments", photos=mixed)
    assert refused.status == 422
    empty = await table.liu.post(f"/cases/{table.case_id}/attachments", photos=[])
    assert (empty.status, "还没选照片" in empty.text) == (422, True)
    many = [(f"{number}.png", picture()) for number in range(7)]
    assert (await table.liu.post(f"/cases/{table.case_id}/attachments", photos=many)).status == 422
    assert len(await attachments(town, table.case_id)) == before


async def test_what_both_say_is_so_goes_into_the_minutes_and_begins_the_draft(town: Town) -> None:
    table, text = await Table.laid(town), "10月20日动过卫生间地面。"
    fact, disputed = await table.fact(text), await table.fact("修复费用为8,600元")
    assert (await table.answers(table.zhang, fact, text, agrees=True)).status == 200
    assert ("双方", f"都认：{text}") not in await table.minutes()
    assert (await table.answers(table.liu, fact, text, agrees=True)).status == 200
    assert ("双方", f"都认：{text}") in await table.minutes()
    await table.answers(table.zhang, disputed, "修复费用为8,600元", agrees=True)
    await table.answers(table.liu, disputed, "修复费用为8,600元", agrees=False)
    await table.act(table.wang, "end", {"settled": True})
    async with town.platform.database.writing() as db:
        case = await cases.get_case(db, table.case_id)
        assert (await drafting.draft(db, case, town.clock.moment)).facts == text


async def test_who_changes_an_answer_is_in_the_minutes_and_the_fact_is_disputed_again(town: Town) -> None:
    table, text = await Table.laid(town), "楼下顶棚受损"
    fact = await table.fact(text)
    for who in (table.zhang, table.liu):
        await table.answers(who, fact, text, agrees=True)
    await table.answers(table.liu, fact, text, agrees=False)
    assert (await table.minutes())[-1] == ("刘志强", f"改口，不认：{text}")
    known = (await state(table.zhang, table.meeting_id))["facts"][0]["answers"]
    assert sorted(known.values()) == [False, True]


async def test_with_other_words_everybody_is_asked_anew_and_nobody_agrees_to_words_unread(town: Town) -> None:
    table, old, new = await Table.laid(town), "费用8,600元", "费用约8,600元"
    fact = await table.fact(old)
    await table.answers(table.zhang, fact, old, agrees=True)
    assert (await table.act(table.wang, f"facts/{fact}", {"text": new})).status == 200
    assert (await state(table.zhang, table.meeting_id))["facts"][0]["answers"] == {}
    stale = await table.answers(table.liu, fact, old, agrees=True)
    assert (stale.status, stale.json()["code"]) == (409, "fact_changed")
    assert (await table.act(table.wang, f"facts/{fact}/withdraw")).status == 200
    gone = await table.answers(table.liu, fact, new, agrees=True)
    assert (gone.status, gone.json()["code"]) == (404, "fact_unknown")


async def test_nobody_answers_for_another_nor_during_a_caucus_nor_puts_facts_as_a_party(town: Town) -> None:
    table, text = await Table.laid(town), "楼下顶棚受损"
    fact = await table.fact(text)
    assert (await table.answers(table.wang, fact, text, agrees=True)).status == 403
    assert (await table.act(table.liu, "facts", {"text": text})).status == 403
    assert (await table.act(table.wang, "facts", {"text": "  "})).status == 422
    await table.act(table.wang, "caucus", {"party": await party_id(town, table.case_id, "张桂兰")})
    refused = await table.answers(table.zhang, fact, text, agrees=True)
    assert (refused.status, refused.json()["code"]) == (409, "caucus_unrecorded")
    assert (await table.act(table.wang, "facts", {"text": text})).status == 409


async def test_nothing_can_be_handed_in_once_the_text_is_frozen(town: Town) -> None:
    case_id = await frozen(town)
    before = len(await attachments(town, case_id))
    refused = await (await town.party(case_id, "张桂兰")).post(
        f"/cases/{case_id}/attachments", photos=("late.png", picture())
    )
    assert (refused.status, "文本已经定了" in refused.text) == (409, True)
    assert len(await attachments(town, case_id)) == before
    assert 'id="material"' not in (await (await town.party(case_id, "刘志强")).get(f"/my/{case_id}")).text
