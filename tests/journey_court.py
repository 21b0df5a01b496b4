"""From an effective agreement to a served ruling."""

import base64
import datetime as dt
from typing import Any

from journey_agreements import STROKES, Key, effective
from journey_meetings import BEIJING
from people import Answer, Person


async def confirmation_of(town: Any, case_id: str) -> Any:
    from server.court import queries

    async with town.platform.database.reading() as db:
        return await queries.of_case(db, case_id)


async def submitted(town: Any, **changes: str) -> tuple[str, str]:
    """Return (case id, confirmation id)."""
    case_id = await effective(town, **changes)
    for name in ("张桂兰", "刘志强"):
        answer = await (await town.party(case_id, name)).post(f"/cases/{case_id}/confirmation")
        assert answer.status == 200, answer.text
    return case_id, (await confirmation_of(town, case_id)).id


async def docketed(town: Any, **changes: str) -> tuple[str, str]:
    case_id, confirmation_id = await submitted(town, **changes)
    answer = await (await town.staff("sun")).post(f"/court/confirmations/{confirmation_id}/docket")
    assert answer.status == 200, answer.text
    return case_id, confirmation_id


async def call(town: Any, case_id: str, confirmation_id: str, judge: str = "gao") -> str:
    """The court calls both to an inquiry; return the meeting's id."""
    starts = (town.clock.moment + dt.timedelta(hours=1)).astimezone(BEIJING)
    answer = await (await town.staff(judge)).post(
        f"/court/confirmations/{confirmation_id}/inquiry", starts_at=f"{starts:%Y-%m-%dT%H:%M}", minutes="20"
    )
    assert answer.status == 200, answer.text
    from server.meetings import queries
    from server.meetings.models import Kind

    async with town.platform.database.reading() as db:
        meeting = await queries.current_meeting(db, case_id, Kind.INQUIRY)
    assert meeting is not None
    return str(meeting.id)


async def heard(town: Any, **changes: str) -> tuple[str, str]:
    case_id, confirmation_id = await docketed(town, **changes)
    answer = await (await town.staff("gao")).post(
        f"/court/confirmations/{confirmation_id}/hear", note="双方到场，均称自愿，内容明白。", elsewhere="true"
    )
    assert answer.status == 200, answer.text
    return case_id, confirmation_id


async def sign_ruling(judge: Person, confirmation_id: str) -> Answer:
    base = f"/api/court/confirmations/{confirmation_id}"
    key = Key()
    enrolled = await key.enroll(judge, base)
    assert enrolled.status == 200, enrolled.text
    begun = await judge.api("POST", f"{base}/signatures", {"fingerprint": key.fingerprint, "strokes": STROKES})
    if begun.status != 200:
        return begun
    signature = key.sign(base64.b64decode(begun.json()["attributes"]))
    return await judge.api("PUT", f"{base}/signatures/{begun.json()['id']}", {"signature": signature})


async def ruled(town: Any, outcome: str = "confirm", ground: str = "", **changes: str) -> tuple[str, str]:
    case_id, confirmation_id = await heard(town, **changes)
    gao = await town.staff("gao")
    drafted = await gao.post(f"/court/confirmations/{confirmation_id}/rule", outcome=outcome, ground=ground)
    assert drafted.status == 200, drafted.text
    signed = await sign_ruling(gao, confirmation_id)
    assert signed.status == 200, signed.text
    return case_id, confirmation_id


async def served(town: Any, **changes: str) -> tuple[str, str]:
    case_id, confirmation_id = await ruled(town, **changes)
    answer = await (await town.staff("sun")).post(f"/court/confirmations/{confirmation_id}/serve")
    assert answer.status == 200, answer.text
    return case_id, confirmation_id
