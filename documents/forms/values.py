"""A paper from plain values, as JSON gives them: every fault is told at once, also beside values of a wrong shape."""

import json
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from documents.forms.registry import BY_KIND
from documents.papers.base import Fault, FieldFault, Paper, Said, names_of
from documents.specimens import SPECIMENS


def paper_from(kind: str, values: dict[str, Any]) -> Paper:
    """The paper of this kind. Raises FieldFault; dates are ISO 8601, people and clauses are objects."""
    return cast("Paper", fielded_from(BY_KIND[kind].paper, values, specimen_of(kind)))


# How fields are called that cannot be empty, or need not be filled in, and so have no name in their papers.
OTHERS = {
    "accepted_on": Said("受理日期", "the day of acceptance"),
    "agreement_date": Said("协议日期", "the day of the agreement"),
    "archived_at": Said("存档时间", "the time of archiving"),
    "arrived_at": Said("到达时间", "the time of arrival"),
    "attachments": Said("附件", "the attachments"),
    "cause": Said("案由", "the cause"),
    "concluded_on": Said("调解结束日期", "the day on which mediation ended"),
    "copies": Said("协议份数", "the number of copies"),
    "date": Said("落款日期", "the date"),
    "development": Said("演示标记", "the mark of a demonstration"),
    "electronic": Said("是否接受电子送达", "whether electronic service is accepted"),
    "ground": Said("理由", "the ground"),
    "language": Said("语言", "the language"),
    "online": Said("是否在线调解", "whether mediation is online"),
    "opened_at": Said("打开时间", "the time of opening"),
    "outcome": Said("处理结果", "the outcome"),
    "paper_number": Said("文书编号", "the number of the paper"),
    "pledge": Said("承诺", "the pledge"),
    "recorder": Said("记录人", "the recorder"),
    "registration": Said("登记证号", "the registration"),
    "sent_at": Said("发出时间", "the time of sending"),
    "started_on": Said("调解开始日期", "the day on which mediation began"),
    "time_authority": Said("时间戳机构", "the time authority"),
    "verify_url": Said("查验地址", "the address to verify"),
    "withdrawn_on": Said("撤回申请的日期", "the day of withdrawal"),
}


def fielded_from(kind: type, values: dict[str, Any], specimen: Any) -> Any:
    """Anything with named fields. Raises FieldFault with every fault in the order of the fields.

    The specimen's values stand in for those of a wrong shape, so that the faults of all others are found too.
    """
    names = names_of(kind)
    known = set(TypeAdapter(kind).json_schema()["properties"])
    strange = [Fault(f"没有这一栏：{name}", f"there is no field {name}") for name in values if name not in known]
    values = {name: value for name, value in values.items() if name in known}
    wrong = _of_wrong_shape(kind, values, names)
    sound = {**values, **{name: getattr(specimen, name) for name in wrong}}
    made: Any = TypeAdapter(kind).validate_python(sound)
    told = [(name, fault) for name, fault in made.faults_by_field() if name not in wrong]
    told += [(name, fault) for name, faults in wrong.items() for fault in faults]
    order = [*names]
    told.sort(key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
    faults = [*strange, *(fault for _, fault in told)]
    if faults:
        raise FieldFault(faults)
    return made


def _of_wrong_shape(paper: type, values: dict[str, Any], names: dict[str, Said]) -> dict[str, list[Fault]]:
    try:
        TypeAdapter(paper).validate_python(values)
    except ValidationError as error:
        found: dict[str, list[Fault]] = {}
        for one in error.errors():
            name = str(one["loc"][0])
            said = names.get(name) or OTHERS.get(name) or Said(name, name)
            if one["type"] == "missing" and len(one["loc"]) == 1:
                found[name] = [said.missing()]
            elif name not in found:
                where = ".".join(str(part) for part in one["loc"][1:])
                en = f"has a wrong shape{f' at {where}' if where else ''}: {one['msg']}"
                found[name] = [said.wrong(Fault(f"填得不对{f'（{where}）' if where else ''}", en))]
        return found
    return {}


def specimen_of(kind: str) -> Any:
    """A paper of this kind with plausible values."""
    return next(one for one in SPECIMENS.values() if type(one) is BY_KIND[kind].paper)


def template(kind: str) -> str:
    """The values of a specimen as JSON, to be changed and given back to paper_from."""
    return json.dumps(
        TypeAdapter(BY_KIND[kind].paper).dump_python(specimen_of(kind), mode="json"), ensure_ascii=False, indent=2
    )
