"""The case from report to assignment, and every refusal on the way."""

import asyncio

import pytest
from conftest import Town
from journey_accounts import code_for, link_for
from journey_cases import LEAK, PNG, accepted, assigned, audit_of, reported, state_of
from sqlalchemy import func, select

from server.cases.models import Case


async def count_cases(town: Town) -> int:
    async with town.platform.database.reading() as db:
        return await db.scalar(select(func.count()).select_from(Case)) or 0


async def test_a_report_becomes_an_assigned_case(town: Town) -> None:
    case_id = await assigned(town)
    assert await state_of(town, case_id) == "assigned"
    page = await (await town.staff("wang")).get(f"/cases/{case_id}")
    assert "（2026）滨望人调字第1号" in page.text
    assert "约时间" in page.text


async def test_the_same_report_sent_twice_is_one_case(town: Town) -> None:
    first = await reported(town, client_key="abc-1")
    again = await (await town.staff("chen")).post("/api/reports", **LEAK, client_key="abc-1")
    assert again.status == 200
    assert await count_cases(town) == 1
    assert first


async def test_a_file_that_is_no_picture_is_refused_and_nothing_is_kept(town: Town) -> None:
    answer = await (await town.staff("chen")).post("/api/reports", photos=("evil.png", b"MZ not a picture"), **LEAK)
    assert answer.status == 422
    assert "不是照片" in answer.text
    assert await count_cases(town) == 0


async def test_every_wrong_field_of_a_report_is_named_at_once(town: Town) -> None:
    answer = await (await town.staff("chen")).api("POST", "/api/reports", {"title": "x", "category": "nonsense"})
    assert answer.status == 422
    assert {"title", "category", "place", "summary", "applicant_name", "respondent_name"} <= set(
        answer.json()["fields"]
    )


async def test_a_photograph_is_shown_again_and_its_reading_is_recorded(town: Town) -> None:
    case_id = await assigned(town)
    wang = await town.staff("wang")
    page = await wang.get(f"/cases/{case_id}")
    path = page.text.split("/attachments/")[1].split('"')[0]
    picture = await wang.get(f"/cases/{case_id}/attachments/{path}")
    assert picture.content == PNG
    assert "attachment.open" in await audit_of(town, case_id)


async def test_a_case_is_refused_with_a_reason_that_the_applicant_is_told(town: Town) -> None:
    case_id = await reported(town)
    zhou = await town.staff("zhou")
    without = await zhou.post(f"/cases/{case_id}/refuse", reason="")
    assert without.status == 409
    assert await state_of(town, case_id) == "lead"
    answer = await zhou.post(f"/cases/{case_id}/refuse", reason="法院已经立案")
    assert answer.status == 200
    assert await state_of(town, case_id) == "not_accepted"
    await town.messages_delivered()
    assert any("法院已经立案" in text for text in town.gateway.to(LEAK["applicant_phone"]))


async def test_a_case_without_the_other_sides_telephone_cannot_be_accepted(town: Town) -> None:
    case_id = await reported(town, respondent_phone="")
    answer = await (await town.staff("zhou")).post(f"/cases/{case_id}/accept")
    assert answer.status == 409
    assert "要有电话" in answer.text
    assert await state_of(town, case_id) == "lead"
    assert "refused.phones_needed" in await audit_of(town, case_id)


async def test_two_clicks_on_accept_give_one_number(town: Town) -> None:
    case_id = await reported(town)
    zhou = await town.staff("zhou")
    answers = await asyncio.gather(*(zhou.post(f"/cases/{case_id}/accept") for _ in range(4)))
    assert {answer.status for answer in answers} <= {200, 409, 412}
    assert [answer.status for answer in answers].count(200) == 1
    assert (await audit_of(town, case_id)).count("case.accept") == 1


async def test_numbers_of_a_committee_have_no_gap_and_no_double(town: Town) -> None:
    cases = [await reported(town, title=f"第{number}件事") for number in range(5)]
    zhou = await town.staff("zhou")
    await asyncio.gather(*(zhou.post(f"/cases/{case_id}/accept") for case_id in cases))
    async with town.platform.database.reading() as db:
        numbers = sorted(await db.scalars(select(Case.number)))
    assert numbers == [f"（2026）滨望人调字第{number}号" for number in range(1, 6)]


async def test_another_committee_neither_sees_nor_accepts_the_case(town: Town) -> None:
    case_id = await reported(town)
    tang = await town.staff("tang")
    assert (await tang.get(f"/cases/{case_id}")).status == 403
    assert (await tang.post(f"/cases/{case_id}/accept")).status == 403
    assert await state_of(town, case_id) == "lead"
    assert "refused.not_yours" in await audit_of(town, case_id)


async def test_a_mediator_with_a_relation_is_not_assigned_and_another_can_be_asked(town: Town) -> None:
    case_id = await accepted(town)
    zhou, wang = await town.staff("zhou"), await town.staff("wang")
    await zhou.post(f"/cases/{case_id}/ask-mediator", mediator=town.ids["wang"])
    assert (await wang.post(f"/cases/{case_id}/conflict", clear="false", relation="")).status == 422
    await wang.post(f"/cases/{case_id}/conflict", clear="false", relation="是申请人的表妹")
    assert await state_of(town, case_id) == "accepted"
    assert (await wang.get(f"/cases/{case_id}")).status == 403
    await zhou.post(f"/cases/{case_id}/ask-mediator", mediator=town.ids["li"])
    await (await town.staff("li")).post(f"/cases/{case_id}/conflict", clear="true")
    assert await state_of(town, case_id) == "assigned"


async def test_a_mediator_of_another_committee_cannot_be_asked(town: Town) -> None:
    case_id = await accepted(town)
    answer = await (await town.staff("zhou")).post(f"/cases/{case_id}/ask-mediator", mediator=town.ids["ma"])
    assert answer.status == 404


async def test_a_party_comes_in_by_link_and_code_and_sees_three_sentences(town: Town) -> None:
    case_id = await assigned(town)
    zhang = await town.party(case_id, "张桂兰")
    page = await zhang.get(f"/my/{case_id}")
    for word in ("现在", "接下来", "找谁", "王敏"):
        assert word in page.text
    assert LEAK["respondent_phone"] not in page.text
    assert "刘*强" in page.text


async def test_a_party_who_does_not_want_to_ends_it_and_the_other_is_told(town: Town) -> None:
    case_id = await assigned(town)
    liu = await town.party(case_id, "刘志强")
    answer = await liu.post(f"/cases/{case_id}/decline")
    assert answer.status == 200
    assert await state_of(town, case_id) == "refused_by_party"
    await town.messages_delivered()
    assert any("结束了" in text for text in town.gateway.to(LEAK["applicant_phone"]))


async def test_consents_are_asked_one_by_one_and_a_missing_answer_is_told(town: Town) -> None:
    case_id = await accepted(town)
    person = town.stranger()
    link = await link_for(town, case_id, "张桂兰")
    await person.post(link)
    entered = await person.post(f"{link}/identity", code=await code_for(town, case_id, "张桂兰"))
    assert entered.path == f"/my/{case_id}/consent"
    assert "checked" not in entered.text
    missing = await person.post(f"/my/{case_id}/consent", mediation="yes")
    assert missing.status == 422
    assert "consent.answer" not in await audit_of(town, case_id)


async def test_a_residents_application_counts_only_after_the_code(town: Town) -> None:
    resident = town.stranger()
    form = {**LEAK, "committee": town.ids["committee"]}
    page = await resident.post("/apply", **form)
    assert await count_cases(town) == 0
    await town.messages_delivered()
    code = town.gateway.to(LEAK["applicant_phone"])[-1].split("验证码 ")[1][:6]
    wrong = await resident.post(page.path, code="000000" if code != "000000" else "111111")
    assert wrong.status == 403
    assert await count_cases(town) == 0
    right = await resident.post(page.path, code=code)
    assert right.status == 200
    assert right.path.startswith("/my/")
    assert await count_cases(town) == 1


@pytest.mark.parametrize("tries", [5])
async def test_after_five_wrong_codes_even_the_right_one_is_refused(town: Town, tries: int) -> None:
    case_id = await accepted(town)
    link = await link_for(town, case_id, "张桂兰")
    person = town.stranger()
    await person.post(link)
    code = await code_for(town, case_id, "张桂兰")
    wrong = "000000" if code != "000000" else "111111"
    statuses = [(await person.post(f"{link}/identity", code=wrong)).status for _ in range(tries)]
    assert statuses == [403] * tries
    assert (await person.post(f"{link}/identity", code=code)).status == 409
    assert (await audit_of(town, case_id)).count("refused.code_wrong") == tries


async def test_an_expired_link_offers_a_fresh_one(town: Town) -> None:
    case_id = await accepted(town)
    link = await link_for(town, case_id, "张桂兰")
    town.clock.forward(days=61)
    person = town.stranger()
    page = await person.get(link)
    assert page.status == 409
    assert "给我再发一个" in page.text
    await person.post(f"{link}/again")
    assert await link_for(town, case_id, "张桂兰") != link


async def test_a_link_of_another_case_opens_nothing_here(town: Town) -> None:
    mine = await assigned(town)
    other = await assigned(town, title="另一件事", applicant_name="赵一", applicant_phone="13700003333")
    zhang = await town.party(mine, "张桂兰")
    assert (await zhang.get(f"/my/{other}")).status == 403
    assert "refused.not_yours" in await audit_of(town, other)


async def test_an_invented_link_is_told_kindly(town: Town) -> None:
    page = await town.stranger().get("/i/abcdefghijklmnop")
    assert page.status == 404
    assert "链接不对" in page.text


async def test_the_audit_export_holds_and_names_every_step(town: Town) -> None:
    case_id = await assigned(town)
    export = (await (await town.staff("wang")).get(f"/cases/{case_id}/audit.json")).json()
    assert export["first_break"] is None
    actions = [entry["action"] for entry in export["entries"]]
    for action in ("case.report", "case.convert", "case.accept", "case.ask_mediator", "case.assign"):
        assert action in actions
    assert LEAK["applicant_phone"] not in str(export)
