"""The way of a party through the door, as a browser goes it."""

import re
from typing import Any

from people import Person
from sqlalchemy import select

from server.cases.models import Party


async def phone_of(town: Any, case_id: str, name: str) -> str:
    async with town.platform.database.reading() as db:
        found = await db.scalars(select(Party).where(Party.case_id == case_id, Party.name == name))
        return found.one().phone


async def link_for(town: Any, case_id: str, name: str) -> str:
    """The newest invitation link in the messages to this party."""
    await town.messages_delivered()
    texts = town.gateway.to(await phone_of(town, case_id, name))
    return next(found.group(1) for text in reversed(texts) if (found := re.search(r"(/i/[\w-]+)", text)))


async def code_for(town: Any, case_id: str, name: str) -> str:
    await town.messages_delivered()
    texts = town.gateway.to(await phone_of(town, case_id, name))
    return next(found.group(1) for text in reversed(texts) if (found := re.search(r"验证码 (\d{6})", text)))


async def enter_by_invitation(town: Any, person: Person, case_id: str, name: str, *, consent: bool = True) -> None:
    link = await link_for(town, case_id, name)
    opened = await person.get(link)
    assert opened.status == 200, opened.text
    came = await person.post(link)
    assert came.path.endswith("/identity"), came.text
    entered = await person.post(f"{link}/identity", code=await code_for(town, case_id, name))
    assert entered.status == 200, entered.text
    if consent and entered.path.endswith("/consent"):
        answers = dict.fromkeys(("mediation", "video", "e_signature", "e_delivery"), "yes")
        agreed = await person.post(f"/my/{case_id}/consent", **answers)
        assert agreed.status == 200, agreed.text
