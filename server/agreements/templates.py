"""Clause templates by what people usually promise each other; the mediator fills the blanks. Pure."""

from dataclasses import dataclass

from server.errors import _


@dataclass(frozen=True)
class Template:
    """A clause with blanks (＿＿) to fill."""

    key: str
    heading: str
    text: str


TEMPLATES: tuple[Template, ...] = (
    Template(
        "pay_once",
        _("一次付清"),
        "{respondent}于＿＿年＿月＿日前，通过银行转账一次性付给{applicant}＿＿元（大写：＿＿）。",
    ),
    Template(
        "pay_parts",
        _("分期付款"),
        "{respondent}分两次付给{applicant}共＿＿元（大写：＿＿）：第一次于＿＿年＿月＿日前付＿＿元，第二次于＿＿年＿月＿日前付＿＿元。",
    ),
    Template(
        "repair", _("修好"), "{respondent}于＿＿年＿月＿日前修好＿＿，并请{applicant}当场查看；费用由{respondent}承担。"
    ),
    Template("clean", _("清理"), "{respondent}于＿＿年＿月＿日前把＿＿清理干净，恢复原样，费用由{respondent}承担。"),
    Template("stop", _("不再做"), "{respondent}自本协议生效之日起不再＿＿。"),
    Template("apology", _("道歉"), "{respondent}于＿＿年＿月＿日前当面向{applicant}道歉，{applicant}接受。"),
    Template("breach", _("不照做怎么办"), "{respondent}逾期不付的，每逾期一日按未付金额的万分之二付给{applicant}。"),
    Template("settled", _("了结"), "双方就本次纠纷再无其他争议。"),
)
BLANK = "＿"
FIRST = {  # what people in such a dispute promise most often; the rest follows in the order above
    "neighbour": ("repair", "clean", "stop"),
    "property": ("repair", "clean", "pay_once"),
    "housing": ("repair", "stop"),
    "family": ("pay_parts", "apology"),
}


def for_category(category: str) -> list[Template]:
    """Return the templates, those that fit the category first."""
    first = FIRST.get(category, ())
    return sorted(TEMPLATES, key=lambda one: first.index(one.key) if one.key in first else len(first))


def filled(template: Template, applicant: str, respondent: str) -> str:
    """Put the parties' names in."""
    return template.text.format(applicant=applicant, respondent=respondent)
