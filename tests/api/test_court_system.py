"""A court with a system of its own answers by signed callbacks; everything it sends is checked before it counts."""

import asyncio
import base64
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Town
from documents_play import new_ceremony
from journey_cases import LEAK, audit_of, state_of
from journey_court import confirmation_of, docketed, ruled, submitted
from people import Answer
from standardwebhooks.webhooks import Webhook

from documents import examples
from documents.ceremony import Ceremony
from server.court.lifecycle import State
from server.settings import Settings

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FALSE = "whsec_" + "AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NUMBER = "（2026）连0202诉前调确77号"


@pytest.fixture
def foreign(tmp_path: Path) -> Ceremony:
    """The court's own authority, of which the platform knows the root only."""
    (tmp_path / "court").mkdir()
    ceremony = new_ceremony(tmp_path / "court", _Clock())
    (tmp_path / "court-root.pem").write_text(ceremony.authority.root_pem)
    return ceremony


class _Clock:
    @staticmethod
    def now() -> dt.datetime:
        return dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)


@pytest.fixture
def settings(settings: Settings, foreign: Ceremony, tmp_path: Path) -> Settings:
    known = {"webhook_secret": type(settings.secret)(SECRET), "roots": tmp_path / "court-root.pem"}
    return settings.model_copy(update={"court": settings.court.model_copy(update=known)})


async def call(
    town: Town, kind: str, hook_id: str = "msg_1", secret: str = SECRET, body: object = None, **values: Any
) -> Answer:
    text = json.dumps(body or {"type": f"confirmation.{kind}", "data": values}, ensure_ascii=False)
    now = dt.datetime.now(dt.UTC)
    headers = {
        "webhook-id": hook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(hook_id, now, text),
    }
    return await town.stranger()._ask("POST", "/hooks/court", data=io.BytesIO(text.encode()), headers=headers)


async def written(foreign: Ceremony) -> bytes:
    return await asyncio.to_thread(foreign.ruling, examples.ruling())


def packed(pdf: bytes) -> str:
    return base64.b64encode(pdf).decode()


async def test_a_signed_callback_dockets_once_with_the_number_of_the_court(town: Town) -> None:
    case_id, confirmation_id = await submitted(town)
    for _turn in range(2):
        assert (await call(town, "docket", confirmation_id=confirmation_id, case_number=NUMBER)).status == 200
    confirmation = await confirmation_of(town, case_id)
    assert (confirmation.state, confirmation.case_number) == (State.ACCEPTED, NUMBER)
    assert (await audit_of(town, case_id)).count("confirmation.docket") == 1


async def test_without_a_number_the_next_by_rule_is_drawn(town: Town) -> None:
    case_id, confirmation_id = await submitted(town)
    assert (await call(town, "docket", confirmation_id=confirmation_id)).status == 200
    assert (await confirmation_of(town, case_id)).case_number == "（2026）连0202诉前调确1号"


async def test_a_number_that_another_application_has_is_refused_and_recorded(town: Town) -> None:
    _first, one = await submitted(town)
    case_id, other = await submitted(town)
    assert (await call(town, "docket", "msg_1", confirmation_id=one, case_number=NUMBER)).status == 200
    answer = await call(town, "docket", "msg_2", confirmation_id=other, case_number=NUMBER)
    assert (answer.status, answer.json()["code"]) == (409, "number_taken")
    assert (await confirmation_of(town, case_id)).state is State.SUBMITTED
    assert "refused.number_taken" in await audit_of(town, case_id)
    assert (await call(town, "docket", "msg_2", confirmation_id=other)).status == 200  # the refused id was not used up


async def test_a_ruling_of_the_court_itself_is_issued_and_served_on_both(town: Town, foreign: Ceremony) -> None:
    case_id, confirmation_id = await docketed(town)
    pdf = await written(foreign)
    for _turn in range(2):
        answer = await call(town, "rule", "msg_9", confirmation_id=confirmation_id, outcome="confirm", pdf=packed(pdf))
        assert answer.status == 200, answer.text
    assert await state_of(town, case_id) == "confirmed"
    assert (await confirmation_of(town, case_id)).state is State.CONFIRMED_SERVED
    zhang = await town.party(case_id, "张桂兰")
    assert "裁定书送到了" in (await zhang.get(f"/cases/{case_id}/confirmation")).text
    assert (await zhang.get(f"/court/confirmations/{confirmation_id}/ruling.pdf")).content == pdf
    actions = await audit_of(town, case_id)
    assert [actions.count(f"confirmation.{act}") for act in ("hear", "confirm", "serve")] == [1, 1, 1]
    await town.messages_delivered()
    for phone in (LEAK["applicant_phone"], LEAK["respondent_phone"]):
        assert any("裁定书送到了" in text for text in town.gateway.to(phone))


async def test_a_rejection_of_the_court_itself_needs_a_ground_of_the_law(town: Town, foreign: Ceremony) -> None:
    case_id, confirmation_id = await docketed(town)
    values = {"confirmation_id": confirmation_id, "outcome": "reject", "pdf": packed(await written(foreign))}
    assert (await call(town, "rule", ground="我不喜欢", **values)).json()["code"] == "ground_needed"
    assert (await confirmation_of(town, case_id)).state is State.ACCEPTED
    assert (await call(town, "rule", ground="内容不明确", **values)).status == 200
    assert (await confirmation_of(town, case_id)).state is State.REJECTED_SERVED
    assert await state_of(town, case_id) == "effective"


async def test_an_altered_ruling_is_refused_and_recorded(town: Town, foreign: Ceremony) -> None:
    case_id, confirmation_id = await docketed(town)
    pdf = bytearray(await written(foreign))
    pdf[len(pdf) // 3] ^= 1
    values = {"confirmation_id": confirmation_id, "outcome": "confirm"}
    for content in (bytes(pdf), b"no paper at all"):
        answer = await call(town, "rule", pdf=packed(content), **values)
        assert (answer.status, answer.json()["code"]) == (422, "ruling_invalid")
    assert (await confirmation_of(town, case_id)).state is State.ACCEPTED
    assert "refused.ruling_invalid" in await audit_of(town, case_id)


async def test_a_ruling_too_large_is_refused(town: Town) -> None:
    case_id, confirmation_id = await docketed(town)
    pdf = packed(b"%PDF-" + bytes(10 * 2**20))
    answer = await call(town, "rule", confirmation_id=confirmation_id, outcome="confirm", pdf=pdf)
    assert (answer.status, answer.json()["code"]) == (413, "file_too_large")
    assert (await confirmation_of(town, case_id)).state is State.ACCEPTED


async def test_a_ruling_before_the_docket_and_a_second_ruling_are_refused(town: Town, foreign: Ceremony) -> None:
    pdf = packed(await written(foreign))
    early_case, early = await submitted(town)
    answer = await call(town, "rule", "msg_1", confirmation_id=early, outcome="confirm", pdf=pdf)
    assert (answer.status, answer.json()["code"]) == (409, "not_docketed")
    assert "refused.not_docketed" in await audit_of(town, early_case)
    case_id, confirmation_id = await ruled(town)
    answer = await call(town, "rule", "msg_2", confirmation_id=confirmation_id, outcome="confirm", pdf=pdf)
    assert (answer.status, answer.json()["code"]) == (409, "ruled_already")
    assert "refused.ruled_already" in await audit_of(town, case_id)


async def test_a_false_signature_changes_nothing(town: Town) -> None:
    case_id, confirmation_id = await submitted(town)
    assert (await call(town, "docket", secret=FALSE, confirmation_id=confirmation_id)).status == 401
    assert (await confirmation_of(town, case_id)).state is State.SUBMITTED


@pytest.mark.parametrize(
    "body",
    [
        {"type": "confirmation.nonsense", "data": {}},
        {"type": "confirmation.docket"},
        {"type": "confirmation.docket", "data": {"confirmation_id": "x\0"}},
        {"type": "confirmation.docket", "data": {"confirmation_id": "x", "case_number": "77"}},
        {"type": "confirmation.rule", "data": {"confirmation_id": "x", "outcome": "confirm", "pdf": "not base64!"}},
        {"type": "confirmation.rule", "data": {"confirmation_id": "x", "outcome": "perhaps", "pdf": ""}},
        ["no", "object"],
    ],
)
async def test_a_call_that_cannot_be_read_is_told_field_by_field(town: Town, body: object) -> None:
    answer = await call(town, "", body=body)
    assert (answer.status, answer.json()["code"]) == (422, "call_unknown")


async def test_a_call_about_nobodys_application_is_told(town: Town) -> None:
    assert (await call(town, "docket", confirmation_id="nobody")).status == 404
