"""Judicial confirmation: joint application, docket, hearing, ruling, service; and what must be refused."""

import asyncio
import datetime as dt

from conftest import Town
from journey_agreements import effective
from journey_cases import LEAK, audit_of, state_of
from journey_court import confirmation_of, docketed, heard, ruled, served, sign_ruling, submitted

from documents.report import Verdict
from documents.validation import verify
from server.court.lifecycle import State


async def test_a_dispute_ends_with_a_served_ruling_that_is_valid(town: Town) -> None:
    case_id, confirmation_id = await served(town)
    assert await state_of(town, case_id) == "confirmed"
    zhang = await town.party(case_id, "张桂兰")
    page = await zhang.get(f"/cases/{case_id}/confirmation")
    assert "裁定书送到了" in page.text
    assert "（2026）连0202诉前调确1号" in page.text
    pdf = (await zhang.get(f"/court/confirmations/{confirmation_id}/ruling.pdf")).content
    report = await asyncio.to_thread(verify, pdf, town.platform.signer.roots, now=town.clock.now())
    assert report.verdict is Verdict.VALID, report.to_json()
    assert {"judge", "seal"} <= {one.field for one in report.signers}
    actions = await audit_of(town, case_id)
    for action in (
        "confirmation.join",
        "confirmation.docket",
        "confirmation.hear",
        "confirmation.confirm",
        "confirmation.serve",
        "ruling.open",
    ):
        assert action in actions
    await town.messages_delivered()
    assert any("裁定书送到了" in text for text in town.gateway.to(LEAK["respondent_phone"]))


async def test_one_party_alone_does_not_submit(town: Town) -> None:
    case_id = await effective(town)
    zhang = await town.party(case_id, "张桂兰")
    await zhang.post(f"/cases/{case_id}/confirmation")
    assert (await confirmation_of(town, case_id)).state is State.PARTIAL
    assert await state_of(town, case_id) == "effective"
    sun = await town.staff("sun")
    assert "楼上漏水" not in (await sun.get("/court/inbox")).text
    again = await zhang.post(f"/cases/{case_id}/confirmation")
    assert again.status == 409


async def test_an_application_on_day_thirty_is_in_time_and_on_day_thirty_one_is_told_too_late(town: Town) -> None:
    case_id = await effective(town)  # effective 2026-03-02: the last day is 2026-04-01
    town.clock.moment = dt.datetime(2026, 4, 1, 15, 0, tzinfo=dt.UTC)  # 23:00 in Beijing
    town.everybody_comes_anew()
    zhang = await town.party(case_id, "张桂兰")
    assert (await zhang.post(f"/cases/{case_id}/confirmation")).status == 200
    town.clock.moment = dt.datetime(2026, 4, 1, 16, 1, tzinfo=dt.UTC)  # 00:01 on April 2 in Beijing
    liu = await town.party(case_id, "刘志强")
    late = await liu.post(f"/cases/{case_id}/confirmation")
    assert late.status == 409
    assert "30 天过去了" in late.text
    assert await state_of(town, case_id) == "effective"
    assert "refused.too_late" in await audit_of(town, case_id)


async def test_a_second_ruling_is_refused(town: Town) -> None:
    case_id, confirmation_id = await ruled(town)
    gao = await town.staff("gao")
    again = await gao.post(f"/court/confirmations/{confirmation_id}/rule", outcome="reject", ground="内容不明确")
    assert again.status == 409
    assert "已经有裁定了" in again.text
    assert "refused.ruled_already" in await audit_of(town, case_id)
    assert await state_of(town, case_id) == "confirmed"


async def test_the_judge_cannot_rule_before_both_were_heard(town: Town) -> None:
    case_id, confirmation_id = await docketed(town)
    gao = await town.staff("gao")
    early = await gao.post(f"/court/confirmations/{confirmation_id}/rule", outcome="confirm")
    assert early.status == 409
    assert await state_of(town, case_id) == "confirming"


async def test_a_rejection_needs_a_ground_of_the_law_and_the_agreement_stays_effective(town: Town) -> None:
    case_id, confirmation_id = await heard(town)
    gao = await town.staff("gao")
    for ground in ("", "我不喜欢"):
        answer = await gao.post(f"/court/confirmations/{confirmation_id}/rule", outcome="reject", ground=ground)
        assert answer.status == 422
    drafted = await gao.post(f"/court/confirmations/{confirmation_id}/rule", outcome="reject", ground="内容不明确")
    assert drafted.status == 200
    assert (await sign_ruling(gao, confirmation_id)).status == 200
    assert await state_of(town, case_id) == "effective"
    assert (await confirmation_of(town, case_id)).state is State.REJECTED


async def test_a_ruling_is_not_shown_to_a_party_before_it_is_served(town: Town) -> None:
    case_id, confirmation_id = await ruled(town)
    zhang = await town.party(case_id, "张桂兰")
    assert (await zhang.get(f"/court/confirmations/{confirmation_id}/ruling.pdf")).status == 404


async def test_the_court_sees_the_packet_and_nothing_of_the_mediation(town: Town) -> None:
    case_id, confirmation_id = await docketed(town)
    gao = await town.staff("gao")
    page = await gao.get(f"/court/confirmations/{confirmation_id}")
    assert 'data-verdict="valid"' in page.text
    for path in (f"/cases/{case_id}", f"/cases/{case_id}/agreement/draft", f"/cases/{case_id}/audit.json"):
        assert (await gao.get(path)).status == 403
    for paper in ("application", "proof", "notice"):
        answer = await gao.get(f"/court/confirmations/{confirmation_id}/papers/{paper}.pdf")
        assert answer.content.startswith(b"%PDF"), paper


async def test_each_party_has_an_own_receipt_of_service(town: Town) -> None:
    _case_id, confirmation_id = await served(town)
    sun = await town.staff("sun")
    for position in (1, 2):
        answer = await sun.get(f"/court/confirmations/{confirmation_id}/papers/receipt-{position}.pdf")
        assert answer.content.startswith(b"%PDF")


async def test_a_clerk_cannot_rule_and_a_judge_cannot_docket(town: Town) -> None:
    case_id, confirmation_id = await submitted(town)
    gao, sun = await town.staff("gao"), await town.staff("sun")
    assert (await gao.post(f"/court/confirmations/{confirmation_id}/docket")).status == 403
    assert (await sun.post(f"/court/confirmations/{confirmation_id}/rule", outcome="confirm")).status == 403
    assert await state_of(town, case_id) == "confirming"


async def test_not_accepting_needs_a_legal_ground_and_tells_the_parties(town: Town) -> None:
    case_id, confirmation_id = await submitted(town)
    sun = await town.staff("sun")
    assert (await sun.post(f"/court/confirmations/{confirmation_id}/refuse", ground="随便")).status == 409
    ground = "调解协议内容涉及物权、知识产权确权"
    assert (await sun.post(f"/court/confirmations/{confirmation_id}/refuse", ground=ground)).status == 200
    assert await state_of(town, case_id) == "effective"
    page = await (await town.party(case_id, "张桂兰")).get(f"/cases/{case_id}/confirmation")
    assert ground in page.text


async def test_withdrawing_before_the_ruling_is_possible_and_after_it_is_not(town: Town) -> None:
    case_id, _confirmation_id = await heard(town)
    zhang = await town.party(case_id, "张桂兰")
    assert (await zhang.post(f"/cases/{case_id}/confirmation/withdraw")).status == 200
    assert await state_of(town, case_id) == "effective"
    again = await zhang.post(f"/cases/{case_id}/confirmation/withdraw")
    assert again.status == 409
