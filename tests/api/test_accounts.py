"""Doors: passwords, logins, codes, links, language and letters."""

import pytest
from conftest import Town
from journey_accounts import code_for, link_for
from journey_cases import accepted
from sqlalchemy import update

from server.accounts.models import User
from server.demo.town import PASSWORD


async def sign_in(town: Town, **form: str) -> tuple[int, str]:
    """Post the sign-in form without following; return the status and where it would lead."""
    person = town.stranger()
    await person.get("/sign-in")
    answer = await person._ask(
        "POST", "/sign-in", data={"csrf": person.cookie("yt_csrf"), **form}, allow_redirects=False
    )
    return answer.status, answer.headers.get("Location", "")


async def test_a_wrong_password_and_an_unknown_name_get_the_same_sentence(town: Town) -> None:
    wrong = await town.stranger().post("/sign-in", username="wang", password="wrong")
    unknown = await town.stranger().post("/sign-in", username="nobody", password="wrong")
    assert wrong.status == unknown.status == 403
    assert "用户名或密码不对" in wrong.text
    assert "用户名或密码不对" in unknown.text


async def test_a_person_who_left_cannot_sign_in_and_the_running_login_ends(town: Town) -> None:
    wang = await town.staff("wang")
    async with town.platform.database.writing() as db:
        await db.execute(update(User).where(User.username == "wang").values(active=False))
    assert (await wang.get("/workbench")).status == 401
    assert (await sign_in(town, username="wang", password=PASSWORD))[0] == 403


@pytest.mark.parametrize(
    ("username", "home"),
    [("wang", "/workbench"), ("zhou", "/intake"), ("chen", "/report/mine"), ("sun", "/court"), ("gao", "/court")],
)
async def test_everybody_begins_the_day_at_their_own_desk(town: Town, username: str, home: str) -> None:
    status, where = await sign_in(town, username=username, password=PASSWORD)
    assert status == 303
    assert where.startswith(home)


async def test_signing_out_ends_the_login_for_a_copied_cookie_too(town: Town) -> None:
    person = town.stranger()
    await person.post("/sign-in", username="wang", password=PASSWORD)
    copied = {"Cookie": f"yt_login={person.cookie('yt_login')}"}
    assert (await town.stranger().get("/workbench", headers=copied)).status == 200
    await person.post("/sign-out")
    assert (await town.stranger().get("/workbench", headers=copied)).status == 401
    assert (await person.post("/sign-out")).status == 200


async def test_a_login_of_staff_ends_after_a_day_of_work(town: Town) -> None:
    wang = await town.staff("wang")
    town.clock.forward(hours=11)
    assert (await wang.get("/workbench")).status == 200
    town.clock.forward(hours=2)
    ended = await wang.get("/workbench")
    assert ended.status == 401
    assert "请先登录" in ended.text


async def test_the_cookie_of_a_login_is_out_of_reach_of_scripts_and_other_sites(town: Town) -> None:
    person = town.stranger()
    await person.get("/sign-in")
    form = {"csrf": person.cookie("yt_csrf"), "username": "wang", "password": PASSWORD}
    answer = await person._ask("POST", "/sign-in", data=form, allow_redirects=False)
    cookie = next(line for line in answer.headers.getall("Set-Cookie") if line.startswith("yt_login="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "evil"],
)
async def test_nobody_is_led_to_another_site(town: Town, elsewhere: str) -> None:
    status, where = await sign_in(town, username="wang", password=PASSWORD, next=elsewhere)
    assert (status, where) == (303, "/workbench")
    person = town.stranger()
    await person.get("/")
    form = {"csrf": person.cookie("yt_csrf"), "mode": "elder", "back": elsewhere}
    answer = await person._ask("POST", "/ui/mode", data=form, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_a_line_break_in_an_address_is_no_header_of_ours(town: Town) -> None:
    status, where = await sign_in(town, username="wang", password=PASSWORD, next="/work\r\nSet-Cookie: a=b")
    assert (status, where) == (303, "/workbench")


async def test_after_signing_in_one_goes_on_where_one_wanted_to(town: Town) -> None:
    status, where = await sign_in(town, username="wang", password=PASSWORD, next="/cases/abc?x=1")
    assert (status, where) == (303, "/cases/abc?x=1")


async def test_large_letters_stay_on_until_they_are_switched_off(town: Town) -> None:
    person = town.stranger()
    assert "data-mode" not in (await person.get("/")).text
    assert 'data-mode="elder"' in (await person.post("/ui/mode", mode="elder", back="/")).text
    assert 'data-mode="elder"' in (await person.get("/verify")).text
    assert "data-mode" not in (await person.post("/ui/mode", mode="", back="/")).text


async def test_the_language_is_the_browsers_until_the_person_chooses(town: Town) -> None:
    person = town.stranger()
    assert '<html lang="zh-CN"' in (await person.get("/")).text
    english = await town.stranger().get("/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert '<html lang="en"' in english.text
    assert "Staff sign-in" in english.text
    assert '<html lang="en"' in (await person.post("/ui/lang", lang="en", back="/")).text
    assert '<html lang="zh-CN"' in (await person.post("/ui/lang", lang="zh-CN", back="/")).text


class TestCodes:
    async def at_the_code(self, town: Town) -> tuple[str, str]:
        case_id = await accepted(town)
        link = await link_for(town, case_id, "张桂兰")
        await town.stranger().post(link)
        return case_id, link

    async def test_a_code_older_than_ten_minutes_is_refused_and_a_fresh_one_works(self, town: Town) -> None:
        case_id, link = await self.at_the_code(town)
        old = await code_for(town, case_id, "张桂兰")
        town.clock.forward(minutes=11)
        person = town.stranger()
        late = await person.post(f"{link}/identity", code=old)
        assert late.status == 409
        assert "过期" in late.text
        await person.post(f"{link}/code")
        assert (await person.post(f"{link}/identity", code=await code_for(town, case_id, "张桂兰"))).status == 200

    async def test_a_second_code_has_to_wait_a_minute(self, town: Town) -> None:
        _case_id, link = await self.at_the_code(town)
        person = town.stranger()
        soon = await person.post(f"{link}/code")
        assert soon.status == 429
        assert "请等一分钟" in soon.text
        town.clock.forward(seconds=61)
        assert (await person.post(f"{link}/code")).status == 200

    async def test_there_is_a_most_a_day(self, town: Town) -> None:
        _case_id, link = await self.at_the_code(town)
        person = town.stranger()
        statuses = []
        for _time in range(9):
            town.clock.forward(minutes=2)
            statuses.append((await person.post(f"{link}/code")).status)
        assert statuses == [200] * 7 + [429] * 2

    async def test_the_older_of_two_codes_no_longer_works(self, town: Town) -> None:
        case_id, link = await self.at_the_code(town)
        old = await code_for(town, case_id, "张桂兰")
        town.clock.forward(seconds=61)
        person = town.stranger()
        await person.post(f"{link}/code")
        new = await code_for(town, case_id, "张桂兰")
        if old != new:
            assert (await person.post(f"{link}/identity", code=old)).status == 403
        assert (await person.post(f"{link}/identity", code=new)).status == 200

    async def test_a_code_works_once(self, town: Town) -> None:
        case_id, link = await self.at_the_code(town)
        code = await code_for(town, case_id, "张桂兰")
        assert (await town.stranger().post(f"{link}/identity", code=code)).status == 200
        assert (await town.stranger().post(f"{link}/identity", code=code)).status == 409

    async def test_a_code_with_spaces_between_the_digits_is_the_same_code(self, town: Town) -> None:
        case_id, link = await self.at_the_code(town)
        code = await code_for(town, case_id, "张桂兰")
        spaced = await town.stranger().post(f"{link}/identity", code=f"{code[:3]} {code[3:]}")
        assert spaced.status == 200


async def test_a_replaced_link_points_to_the_newest_message(town: Town) -> None:
    case_id = await accepted(town)
    old = await link_for(town, case_id, "张桂兰")
    town.clock.forward(days=61)
    await town.stranger().post(f"{old}/again")
    answer = await town.stranger().get(old)
    assert answer.status == 409
    assert "换成新的" in answer.text
    assert (await town.stranger().get(await link_for(town, case_id, "张桂兰"))).status == 200


async def test_the_invitation_shows_nothing_of_the_other_side(town: Town) -> None:
    case_id = await accepted(town)
    page = await town.stranger().get(await link_for(town, case_id, "刘志强"))
    for secret in ("13800001111", "13800002222", "张桂兰", "海晏路", case_id):
        assert secret not in page.text


async def test_passkeys_are_for_staff_only(town: Town) -> None:
    assert (await town.stranger().api("POST", "/api/passkeys")).status == 401
    zhang = await town.party(await accepted(town), "张桂兰")
    refused = await zhang.api("POST", "/api/passkeys")
    assert (refused.status, refused.json()["code"]) == (403, "staff_only")


async def test_an_invented_passkey_is_refused_and_its_challenge_is_spent(town: Town) -> None:
    person = town.stranger()
    begun = (await person.api("POST", "/api/passkeys/sign-in")).json()
    invented = {"id": begun["id"], "credential": {"rawId": "AAAA", "id": "AAAA", "type": "public-key", "response": {}}}
    assert (await person.api("PUT", "/api/passkeys/sign-in", invented)).json()["code"] == "passkey_refused"
    unknown = {**invented, "id": "nothing"}
    assert (await person.api("PUT", "/api/passkeys/sign-in", unknown)).json()["code"] == "passkey_too_late"
    town.clock.forward(minutes=6)
    begun = (await person.api("POST", "/api/passkeys/sign-in")).json()
    town.clock.forward(minutes=6)
    late = await person.api("PUT", "/api/passkeys/sign-in", {**invented, "id": begun["id"]})
    assert (late.status, late.json()["code"]) == (409, "passkey_too_late")
