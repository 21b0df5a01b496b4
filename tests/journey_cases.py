"""From a report to an assigned mediator, as the pages do it."""

from typing import Any

LEAK = {
    "title": "楼上漏水",
    "category": "neighbour",
    "place": "望海街道海晏路9号楼502",
    "summary": "602室装修动了卫生间地面，502室顶棚渗水，墙皮脱落。",
    "demands": "做好防水，赔偿修复费用",
    "amount": "8600",
    "applicant_name": "张桂兰",
    "applicant_phone": "13800001111",
    "applicant_address": "海晏路9号楼502",
    "respondent_name": "刘志强",
    "respondent_phone": "13800002222",
    "respondent_address": "海晏路9号楼602",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


async def reported(town: Any, **changes: str) -> str:
    grid = await town.staff("chen")
    answer = await grid.post("/api/reports", photos=("leak.png", PNG), **{**LEAK, **changes})
    assert answer.status == 200, answer.text
    from sqlalchemy import select

    from server.cases.models import Case

    async with town.platform.database.reading() as db:
        return (await db.scalars(select(Case.id).order_by(Case.reported_at.desc()))).first()


async def accepted(town: Any, **changes: str) -> str:
    case_id = await reported(town, **changes)
    answer = await (await town.staff("zhou")).post(f"/cases/{case_id}/accept")
    assert answer.status == 200, answer.text
    return case_id


async def assigned(town: Any, **changes: str) -> str:
    case_id = await accepted(town, **changes)
    asked = await (await town.staff("zhou")).post(f"/cases/{case_id}/ask-mediator", mediator=town.ids["wang"])
    assert asked.status == 200, asked.text
    answered = await (await town.staff("wang")).post(f"/cases/{case_id}/conflict", clear="true")
    assert answered.status == 200, answered.text
    return case_id


async def state_of(town: Any, case_id: str) -> str:
    from server.cases.models import Case

    async with town.platform.database.reading() as db:
        case = await db.get(Case, case_id)
        return case.state.value


async def audit_of(town: Any, case_id: str) -> list[str]:
    from server.audit import log

    async with town.platform.database.reading() as db:
        return [entry.action for entry in await log.entries(db, case_id)]
