"""Who is in a paper: persons with the particulars of the official forms. (pure)"""

from collections.abc import Sequence
from dataclasses import dataclass

from documents.papers.base import empty


@dataclass(frozen=True, kw_only=True)
class PersonParticulars:
    """A party with the seven particulars of the official forms; `role` is 申请人, 被申请人 and the like."""

    name: str
    role: str
    sex: str = ""
    nationality: str = ""
    age: int | None = None
    occupation: str = ""
    contact: str = ""
    id_number: str = ""
    address: str = ""

    def faults(self, which: str) -> list[str]:
        found = empty([(f"{which}的姓名", self.name), (f"{which}的身份（申请人或被申请人）", self.role)])
        if self.age is not None and not 0 <= self.age <= 130:
            found.append(f"{which}的年龄不对：{self.age}")
        return found


def party_faults(people: Sequence[PersonParticulars], noun: str) -> list[str]:
    found = [] if len(people) >= 2 else [f"{noun}不足两人"]
    for place, person in enumerate(people, 1):
        found += person.faults(f"第{place}个{noun}")
    return found


def particulars(person: PersonParticulars) -> str:
    """申请人：张桂兰，女，72岁，……。 Only what is known is printed; nothing is made up for an empty field."""
    told = [
        person.name,
        person.sex,
        person.nationality,
        "" if person.age is None else f"{person.age}岁",
        person.occupation,
        f"公民身份号码{person.id_number}" if person.id_number else "",
        f"联系方式{person.contact}" if person.contact else "",
        f"住{person.address}" if person.address else "",
    ]
    return f"{person.role}：{'，'.join(part for part in told if part)}。"
