"""What must be refused: each is told in the reader's language, changes nothing, and leaves an entry in the audit log."""

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import Town
from journey_accounts import code_for, link_for
from journey_agreements import Key, begin, effective, finish, frozen
from journey_cases import accepted, audit_of, state_of
from journey_court import ruled
from people import Answer, Person

CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Refused:
    """One refusal: where, what was answered, which code the log has, what the page says in each language."""

    case_id: str
    answer: Answer
    code: str
    zh: str
    en: str
    state: str


def speaking(person: Person, lang: str) -> Person:
    person._client.headers["Accept-Language"] = lang
    return person


async def wrong_code(town: Town, lang: str) -> Refused:
    case_id = await accepted(town)
    link = await link_for(town, case_id, "张桂兰")
    person = speaking(town.stranger(), lang)
    await person.post(link)
    right = await code_for(town, case_id, "张桂兰")
    answer = await person.post(f"{link}/identity", code=f"{(int(right) + 1) % 1000000:06d}")
    return Refused(case_id, answer, "code_wrong", "验证码不对", "code is not right", "accepted")


async def expired_link(town: Town, lang: str) -> Refused:
    case_id = await accepted(town)
    link = await link_for(town, case_id, "张桂兰")
    town.clock.forward(days=61)
    answer = await speaking(town.stranger(), lang).get(link)
    return Refused(case_id, answer, "link_expired", "这个链接过期了", "link has expired", "accepted")


async def link_of_another_case(town: Town, lang: str) -> Refused:
    mine = await accepted(town)
    other = await accepted(town, applicant_name="赵国强", applicant_phone="13800003333", title="停车位")
    person = speaking(await town.party(mine, "张桂兰"), lang)
    answer = await person.get(f"/my/{other}")
    return Refused(other, answer, "not_yours", "您", "you", "accepted")


async def signature_of_somebody_else(town: Town, lang: str) -> Refused:
    case_id = await frozen(town)
    key = Key()
    begun = await begin(await town.party(case_id, "张桂兰"), case_id, key)
    answer = await finish(speaking(await town.party(case_id, "刘志强"), lang), case_id, key, begun)
    return Refused(case_id, answer, "not_your_request", "这个签名不是您的", "not yours", "signing")


async def signature_after_a_change(town: Town, lang: str) -> Refused:
    case_id = await frozen(town)
    liu, key = await town.party(case_id, "刘志强"), Key()
    begun = await begin(liu, case_id, key)
    reopened = await liu.api("POST", f"/api/cases/{case_id}/agreement/reopen", {"reason": "日期不对"})
    assert reopened.status == 200
    answer = await finish(speaking(liu, lang), case_id, key, begun)
    return Refused(case_id, answer, answer.json()["code"], "", "", "drafting")


async def second_ruling(town: Town, lang: str) -> Refused:
    case_id, confirmation_id = await ruled(town)
    gao = speaking(await town.staff("gao"), lang)
    answer = await gao.post(f"/court/confirmations/{confirmation_id}/rule", outcome="reject", ground="内容不明确")
    return Refused(case_id, answer, "ruled_already", "已经有裁定了", "already a ruling", "confirmed")


async def day_thirty_one(town: Town, lang: str) -> Refused:
    case_id = await effective(town)
    town.clock.moment = dt.datetime(2026, 4, 1, 16, 1, tzinfo=dt.UTC)  # 00:01 of day 31 in Beijing
    town.everybody_comes_anew()
    person = speaking(await town.party(case_id, "刘志强"), lang)
    answer = await person.post(f"/cases/{case_id}/confirmation")
    return Refused(case_id, answer, "too_late", "30 天过去了", "30 days", "effective")


REFUSALS: tuple[Callable[[Town, str], Awaitable[Refused]], ...] = (
    wrong_code,
    expired_link,
    link_of_another_case,
    signature_of_somebody_else,
    signature_after_a_change,
    second_ruling,
    day_thirty_one,
)


def words_of(answer: Answer) -> str:
    """What a person reads: the problem's title, or the sentence on the page."""
    if "json" in answer.headers["Content-Type"]:
        told: Any = answer.json()["title"]
        return str(told)
    found = re.search(r'<p class="lead">(.*?)</p>', answer.text, re.DOTALL)
    assert found, answer.text
    return found.group(1)


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.__name__)
async def test_a_refusal_is_told_in_the_readers_language_changes_nothing_and_is_recorded(
    town: Town, refusal: Callable[[Town, str], Awaitable[Refused]], lang: str
) -> None:
    refused = await refusal(town, lang)
    assert 400 <= refused.answer.status < 500
    words = words_of(refused.answer)
    assert (refused.zh if lang == "zh-CN" else refused.en) in words
    assert bool(CHINESE.search(words)) == (lang == "zh-CN"), words
    assert await state_of(town, refused.case_id) == refused.state
    assert f"refused.{refused.code}" in await audit_of(town, refused.case_id)
