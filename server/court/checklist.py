"""What a judge checks before confirming (要核的事): what the machine compared, what is left to people. Pure.

The machine never says that an application may be confirmed: it names what it compared, with the article, and leaves
open what only a judge can answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from server.agreements.lint import Finding
from server.errors import _

Answer = Literal["ok", "todo", "warn"]
Asked = Literal["together", "elsewhere", "not yet"]
BARRED = frozenset({"status", "guardian", "title"})  # INT 355
UNCLEAR = frozenset({"blank", "vague", "amount", "sum", "date", "empty"})  # INT 358(5), 461


@dataclass(frozen=True)
class Check:
    """One line of the list."""

    answer: Answer
    words: str
    basis: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Packet:
    """What the list is made from."""

    genuine: bool
    seat_in_district: bool  # the committee's seat lies where the court judges (CPL 205)
    day: int  # on which of the 30 days the last party applied
    in_time: bool
    findings: tuple[Finding, ...]
    asked: Asked


def checklist(packet: Packet) -> list[Check]:
    """Return every line, in the order in which a judge goes through them."""
    return [
        Check("ok" if packet.genuine else "warn", _("协议的签名和印章都真，签完没被改过"), "电子签名法13"),
        Check("ok" if packet.seat_in_district else "warn", _("调解组织在本院辖区"), "民诉法205"),
        _applied(packet),
        _seen(packet.findings, BARRED, _("没看到身份关系、确权的内容"), "民诉法解释355(3)(4)(5)"),
        _seen(packet.findings, UNCLEAR, _("给付内容写明了，能执行"), "民诉法解释358(5)、461"),
        _asked(packet.asked),
        Check("todo", _("自愿，没有串通，不损害别人：由您判断"), "民诉法解释358(2)(4)"),
    ]


def _applied(packet: Packet) -> Check:
    words = _("双方一起申请，第 {day} 天") if packet.day else _("双方一起申请，就在生效当天")
    values = {"day": str(packet.day)} if packet.day else {}
    return Check("ok" if packet.in_time else "warn", words, "民诉法205", values)


def _seen(findings: Iterable[Finding], codes: frozenset[str], fine: str, basis: str) -> Check:
    hit = next((one for one in findings if one.code in codes), None)
    if hit is None:
        return Check("ok", fine, basis)
    return Check("warn", hit.says, hit.basis, hit.values)


def _asked(asked: Asked) -> Check:
    words: dict[Asked, str] = {
        "together": _("双方一起到场询问过了"),
        "elsewhere": _("双方在法院自己的系统里询问过了"),
        "not yet": _("双方一起到场询问"),
    }
    return Check("todo" if asked == "not yet" else "ok", words[asked], "民诉法解释356")
