"""The court's inquiry by video: called by the court, both parties together, its minutes kept; and who stays out."""

import json
from typing import Any

import pytest
from conftest import Town
from journey_cases import LEAK, audit_of, state_of
from journey_court import call, confirmation_of, docketed, sign_ruling, submitted
from journey_meetings import party_id

from server.court.lifecycle import State

NAMES = ("张桂兰", "刘志强")


async def called(town: Town, **changes: str) -> tuple[str, str, str]:
    """Return (case id, confirmation id, meeting id)."""
    case_id, confirmation_id = await docketed(town, **changes)
    return case_id, confirmation_id, await call(town, case_id, confirmation_id)


async def hook(town: Town, meeting_id: str, event: str, identity: str) -> None:
    """The media server tells who came and went."""
    body = {
        "id": f"EV_{event}_{identity}_{town.clock.now().timestamp()}",
        "event": event,
        "room": f"meeting-{meeting_id}",
        "identity": identity,
        "sid": f"PA_{identity[-8:]}{meeting_id[:8]}",
        "at": int(town.clock.now().timestamp()),
    }
    answer = await town.stranger().api("POST", "/hooks/rooms", body, Authorization="fake-signature")
    assert answer.status == 204, answer.text


async def held(town: Town, case_id: str, meeting_id: str, names: tuple[str, ...] = NAMES) -> None:
    """These parties come, are let in, are asked, and the judge ends it."""
    gao = await town.staff("gao")
    assert (await gao.get(f"/meetings/{meeting_id}/room")).status == 200
    for name in names:
        person = await town.party(case_id, name)
        identity = f"party-{await party_id(town, case_id, name)}"
        assert (await person.get(f"/meetings/{meeting_id}/waiting")).status == 200
        assert (await gao.api("POST", f"/api/meetings/{meeting_id}/admit", {"identity": identity})).status == 200
        assert (await person.api("POST", f"/api/meetings/{meeting_id}/join", {})).status == 200
        await hook(town, meeting_id, "participant_joined", identity)
    line = {"speaker": "高远", "text": "协议是自愿的吗？"}
    assert (await gao.api("POST", f"/api/meetings/{meeting_id}/minutes", line)).status == 201
    done = await gao.api("POST", f"/api/meetings/{meeting_id}/end", {"settled": False})
    assert done.status == 200, done.text
    assert done.json()["next"] == f"/court/cases/{case_id}"


async def test_a_judge_calls_both_asks_them_together_and_rules(town: Town) -> None:
    case_id, confirmation_id, meeting_id = await called(town)
    await town.messages_delivered()
    for phone in (LEAK["applicant_phone"], LEAK["respondent_phone"]):
        assert "高远法官请您" in town.gateway.to(phone)[-1]
    page = await (await town.party(case_id, "张桂兰")).get(f"/cases/{case_id}/confirmation")
    assert "法官约您视频问几句" in page.text
    assert f"/meetings/{meeting_id}" in page.text
    await held(town, case_id, meeting_id)
    gao = await town.staff("gao")
    desk = (await gao.get(f"/court/cases/{case_id}")).text
    assert 'data-together="yes"' in desk
    assert "高远：协议是自愿的吗？" in desk
    heard = await gao.post(f"/court/confirmations/{confirmation_id}/hear", note="双方都说自愿。")
    assert heard.status == 200, heard.text
    assert (await confirmation_of(town, case_id)).state is State.REVIEW
    assert (await gao.post(f"/court/confirmations/{confirmation_id}/rule", outcome="confirm")).status == 200
    assert (await sign_ruling(gao, confirmation_id)).status == 200
    actions = await audit_of(town, case_id)
    assert [one for one in actions if one.startswith("inquiry.") or one == "confirmation.hear"] == [
        "inquiry.plan",
        "inquiry.end",
        "confirmation.hear",
    ]


async def test_an_inquiry_with_one_party_only_is_not_enough_and_another_can_be_called(town: Town) -> None:
    case_id, confirmation_id, meeting_id = await called(town)
    await held(town, case_id, meeting_id, ("张桂兰",))
    gao = await town.staff("gao")
    desk = (await gao.get(f"/court/confirmations/{confirmation_id}")).text
    assert 'data-together="no"' in desk
    assert "只来了 张桂兰" in desk
    refused = await gao.post(f"/court/confirmations/{confirmation_id}/hear", note="只问了一方。")
    assert refused.status == 409
    assert "双方要一起到场" in refused.text
    assert (await confirmation_of(town, case_id)).state is State.ACCEPTED
    assert "refused.not_both_asked" in await audit_of(town, case_id)
    again = await call(town, case_id, confirmation_id)
    await held(town, case_id, again)
    assert (await gao.post(f"/court/confirmations/{confirmation_id}/hear", note="双方都问了。")).status == 200


async def test_without_a_hearing_here_the_judge_must_say_that_both_were_heard_elsewhere(town: Town) -> None:
    case_id, confirmation_id = await docketed(town)
    gao = await town.staff("gao")
    assert (await gao.post(f"/court/confirmations/{confirmation_id}/hear", note="问过了。")).status == 409
    done = await gao.post(f"/court/confirmations/{confirmation_id}/hear", note="问过了。", elsewhere="true")
    assert done.status == 200
    assert (await confirmation_of(town, case_id)).state is State.REVIEW


async def test_nobody_of_the_mediation_comes_into_the_courts_room_and_the_court_not_into_theirs(town: Town) -> None:
    case_id, _confirmation_id, meeting_id = await called(town)
    for username in ("wang", "zhou", "tang", "chen", "admin"):
        person = await town.staff(username)
        assert (await person.get(f"/meetings/{meeting_id}/room")).status == 403, username
        assert (await person.api("POST", f"/api/meetings/{meeting_id}/join", {})).status == 403
    from server.meetings.models import Kind, Meeting

    async with town.platform.database.reading() as db:
        from sqlalchemy import select

        mediation = await db.scalar(
            select(Meeting.id).where(Meeting.case_id == case_id, Meeting.kind == Kind.MEDIATION)
        )
    gao = await town.staff("gao")
    assert (await gao.get(f"/api/meetings/{mediation}/state")).status == 403


async def test_a_court_talks_with_nobody_alone(town: Town) -> None:
    case_id, _confirmation_id, meeting_id = await called(town)
    party = await party_id(town, case_id, "张桂兰")
    answer = await (await town.staff("gao")).api("POST", f"/api/meetings/{meeting_id}/caucus", {"party": party})
    assert answer.status == 403


async def test_the_clerk_comes_too_and_a_party_waits_for_the_court_not_for_a_mediator(town: Town) -> None:
    case_id, _confirmation_id, meeting_id = await called(town)
    sun, zhang = await town.staff("sun"), await town.party(case_id, "张桂兰")
    assert (await sun.get(f"/meetings/{meeting_id}/room")).status == 200
    waiting = await zhang.get(f"/meetings/{meeting_id}/waiting")
    assert "法官知道您到了" in waiting.text
    assert "调解员知道" not in waiting.text
    state = (await sun.api("GET", f"/api/meetings/{meeting_id}/state")).json()
    assert [seat["name"] for seat in state["seats"]] == ["张桂兰"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"starts_at": "2020-01-01T09:00", "minutes": "20"}, 422),
        ({"starts_at": "2026-03-09T09:00", "minutes": "5"}, 422),
    ],
)
async def test_a_date_that_cannot_be_is_refused_and_nobody_is_called(
    town: Town, form: dict[str, Any], status: int
) -> None:
    _case_id, confirmation_id = await docketed(town)
    await town.messages_delivered()
    before = json.dumps(town.gateway.sent)
    answer = await (await town.staff("gao")).post(f"/court/confirmations/{confirmation_id}/inquiry", **form)
    assert answer.status == status
    await town.messages_delivered()
    assert json.dumps(town.gateway.sent) == before


async def test_before_docketing_and_after_the_ruling_no_inquiry_is_called(town: Town) -> None:
    case_id, confirmation_id = await submitted(town)
    form = {"starts_at": "2026-03-09T09:00", "minutes": "20"}
    early = await (await town.staff("gao")).post(f"/court/confirmations/{confirmation_id}/inquiry", **form)
    assert early.status == 409
    assert "还没有立案" in early.text
    assert await state_of(town, case_id) == "confirming"


async def test_another_date_replaces_the_earlier_one_and_the_old_room_is_closed(town: Town) -> None:
    case_id, confirmation_id, first = await called(town)
    second = await call(town, case_id, confirmation_id)
    assert first != second
    zhang = await town.party(case_id, "张桂兰")
    assert (await zhang.get(f"/meetings/{first}/waiting")).path == f"/cases/{case_id}/confirmation"
    assert (await zhang.get(f"/meetings/{second}/waiting")).path.endswith("/waiting")
