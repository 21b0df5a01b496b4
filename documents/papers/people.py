"""Who is in a paper: persons and organisations with the particulars of the official forms. (pure)"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from documents.papers import checks
from documents.papers.base import Fault, Fielded, Said, SignatureField

ID_KINDS = (
    "居民身份证",
    "户口簿",
    "护照",
    "港澳居民来往内地通行证",
    "台湾居民来往大陆通行证",
    "外国人永久居留身份证",
    "军官证",
)
_SEX = Said("性别", "the sex")
_ID = Said("公民身份号码", "the ID number")


@dataclass(frozen=True, kw_only=True)
class PersonParticulars(Fielded):
    """A party with the seven particulars of the official forms; `role` is 申请人, 被申请人 and the like."""

    name: Annotated[str, Said("姓名", "the name")]
    role: Annotated[str, Said("身份（申请人或被申请人）", "the part (applicant or respondent)")]
    sex: Annotated[str, Said("性别", "the sex", checks.one_of("男", "女"))] = ""
    nationality: Annotated[str, Said("民族", "the nationality")] = ""
    age: Annotated[int | None, Said("年龄", "the age", checks.age)] = None
    occupation: Annotated[str, Said("职业或职务", "the occupation")] = ""
    contact: Annotated[str, Said("联系方式", "the telephone", checks.telephone)] = ""
    id_kind: Annotated[str, Said("证件类型", "the kind of ID", checks.one_of(*ID_KINDS))] = "居民身份证"
    id_number: Annotated[str, Said("证件号码", "the ID number")] = ""
    born: dt.date | None = None
    address: Annotated[str, Said("单位或住址", "the address")] = ""

    def rules(self) -> Iterator[tuple[str, Fault]]:
        if not self.id_number or self.id_kind != "居民身份证":
            return
        reason = checks.resident_number(self.id_number)
        if reason:
            yield "id_number", _ID.wrong(reason)
            return
        sex, born = checks.sex_of(self.id_number), checks.born_on(self.id_number)
        if self.sex and sex and sex != self.sex:
            yield "id_number", _SEX.wrong(Fault("与公民身份号码不一致", "does not agree with the ID number"))
        if self.born and born and born != self.born:
            birth = Said("出生日期", "the day of birth")
            yield "born", birth.wrong(Fault("与公民身份号码不一致", "does not agree with the ID number"))


@dataclass(frozen=True, kw_only=True)
class OrganisationParticulars(Fielded):
    """A party that is a legal person: name, seat, representative and post (MOJ75 35)."""

    name: Annotated[str, Said("名称", "the name")]
    role: Annotated[str, Said("身份（申请人或被申请人）", "the part (applicant or respondent)")]
    credit_code: Annotated[str, Said("统一社会信用代码", "the credit code", checks.credit_code)] = ""
    address: Annotated[str, Said("住所地", "the seat")]
    representative: Annotated[str, Said("法定代表人", "the legal representative")]
    post: Annotated[str, Said("法定代表人的职务", "the post of the representative")] = ""
    contact: Annotated[str, Said("联系方式", "the telephone", checks.telephone)] = ""


Party = PersonParticulars | OrganisationParticulars


def particulars(party: Party) -> str:
    """申请人：张桂兰，女，72岁，……。 Only what is known is printed; nothing is made up for an empty field."""
    if isinstance(party, OrganisationParticulars):
        post = f"，{party.post}" if party.post else ""
        told = [
            party.name,
            f"统一社会信用代码{party.credit_code}" if party.credit_code else "",
            f"住所地{party.address}",
            f"联系方式{party.contact}" if party.contact else "",
        ]
        return f"{party.role}：{'，'.join(part for part in told if part)}。法定代表人：{party.representative}{post}。"
    number = "公民身份号码" if party.id_kind == "居民身份证" else f"{party.id_kind}号码"
    told = [
        party.name,
        party.sex,
        party.nationality,
        "" if party.age is None else f"{party.age}岁",
        party.occupation,
        f"{number}{party.id_number}" if party.id_number else "",
        f"联系方式{party.contact}" if party.contact else "",
        f"住{party.address}" if party.address else "",
    ]
    return f"{party.role}：{'，'.join(part for part in told if part)}。"


def to_sign(people: Sequence[Party]) -> tuple[SignatureField, ...]:
    """A place to sign for every party, in their order."""
    return tuple(
        SignatureField(name=f"party-{place}", role="person", label=f"{one.role}{one.name}签名")
        for place, one in enumerate(people, 1)
    )


def sealed_by(body: str) -> SignatureField:
    """The place of an organisation's seal."""
    return SignatureField(name="seal", role="seal", label=f"{body}印章")
