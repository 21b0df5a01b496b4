"""What people hand in: a grid worker's report, a resident's application, in one shape."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from server.errors import _

Text = Annotated[str, StringConstraints(strip_whitespace=True)]
Phone = Annotated[
    str,
    BeforeValidator(lambda value: "".join(c for c in str(value) if c.isdigit() or c == "+")),
    StringConstraints(pattern=r"^(\+?\d{8,15})?$"),
]

CATEGORIES = (
    ("neighbour", _("邻里")),
    ("property", _("物业")),
    ("family", _("婚姻家庭")),
    ("housing", _("房屋宅基地")),
    ("contract", _("合同")),
    ("damage", _("损害赔偿")),
    ("labour", _("劳动争议")),
    ("consumer", _("消费")),
    ("other", _("其他")),
)


class Report(BaseModel):
    """A dispute as it is reported: who with whom, about what, where, what is wanted."""

    title: Text = Field(min_length=2, max_length=40)
    category: str = Field(pattern="^(" + "|".join(key for key, _name in CATEGORIES) + ")$")
    place: Text = Field(min_length=2, max_length=100)
    summary: Text = Field(min_length=4, max_length=2000)
    demands: Text = Field(default="", max_length=1000)
    amount: float | None = Field(default=None, ge=0, le=1e9)
    applicant_name: Text = Field(min_length=1, max_length=30)
    applicant_phone: Phone = ""
    respondent_name: Text = Field(min_length=1, max_length=30)
    respondent_phone: Phone = ""
    applicant_address: Text = Field(default="", max_length=100)
    respondent_address: Text = Field(default="", max_length=100)
    people: int = Field(default=2, ge=1, le=10000)
    violence: bool = False
    threats: bool = False
    injury: bool = False
    elder: bool = False
    client_key: str = Field(default="", max_length=60, pattern=r"^[A-Za-z0-9-]*$")


class ResidentForm(Report):
    """A resident's own application: the telephone is a must, because the code goes there."""

    applicant_phone: Phone = Field(min_length=8)
    committee: str = Field(min_length=1, max_length=40)
    client_key: str = ""
