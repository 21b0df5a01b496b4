"""The life of an application for judicial confirmation (司法确认) as a table, and what it does to the case. Pure.

From submission on the court is master of the matter; its decisions reach the case only through CASE_FOLLOWS.
"""

from dataclasses import dataclass
from enum import StrEnum

from server.accounts.permissions import Role
from server.cases import lifecycle as cases
from server.errors import _
from server.machine import Guard, Machine, Transition


class State(StrEnum):
    """Where an application stands."""

    PARTIAL = "partial"  # 一方已申请
    SUBMITTED = "submitted"  # 已提交
    NOT_ACCEPTED = "not_accepted"  # 不予受理
    ACCEPTED = "accepted"  # 立案
    REVIEW = "review"  # 审查
    CONFIRMED = "confirmed"  # 确认有效
    REJECTED = "rejected"  # 驳回申请
    WITHDRAWN = "withdrawn"  # 撤回
    CONFIRMED_SERVED = "confirmed_served"  # 确认裁定已送达
    REJECTED_SERVED = "rejected_served"  # 驳回裁定已送达


class Trigger(StrEnum):
    """What moves an application."""

    JOIN = "join"
    DOCKET = "docket"
    NOT_ACCEPT = "not_accept"
    HEAR = "hear"
    CONFIRM = "confirm"
    REJECT = "reject"
    SERVE = "serve"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Facts:
    """What the guards ask."""

    everybody_joined: bool = False
    in_time: bool = False
    reason: str = ""
    ruling_signed: bool = False
    both_asked: bool = False  # together by video here, or in the court's own way, as the judge says


JOINED = Guard[Facts]("others_missing", _("还有人没有申请，要双方一起。"), lambda f: f.everybody_joined)
IN_TIME = Guard[Facts](
    "too_late",
    _("申请法院确认的 30 天过去了。协议还是有效的；对方不照做，您可以去法院起诉。"),
    lambda f: f.in_time,
)
REASON = Guard[Facts]("ground_needed", _("请选一条法定的理由。"), lambda f: bool(f.reason.strip()))
ASKED = Guard[Facts](
    "not_both_asked",
    _("双方要一起到场询问。只来了一方的，再约一次；在法院自己的系统里问过的，请勾上。"),
    lambda f: f.both_asked,
)
SIGNED = Guard[Facts]("ruling_unsigned", _("裁定书还没有签名盖章。"), lambda f: f.ruling_signed)

PARTY, CLERK, JUDGE = frozenset({Role.PARTY}), frozenset({Role.CLERK}), frozenset({Role.JUDGE})
_row = Transition[State, Trigger, Role, Facts]

BEFORE_RULING = (State.SUBMITTED, State.ACCEPTED, State.REVIEW)

CONFIRMATION: Machine[State, Trigger, Role, Facts] = Machine([
    _row(State.PARTIAL,   Trigger.JOIN,       State.SUBMITTED,        PARTY, (IN_TIME, JOINED)),
    _row(State.SUBMITTED, Trigger.DOCKET,     State.ACCEPTED,         CLERK),
    _row(State.SUBMITTED, Trigger.NOT_ACCEPT, State.NOT_ACCEPTED,     CLERK | JUDGE, (REASON,)),
    _row(State.ACCEPTED,  Trigger.HEAR,       State.REVIEW,           JUDGE, (ASKED,)),
    _row(State.REVIEW,    Trigger.CONFIRM,    State.CONFIRMED,        JUDGE, (SIGNED,)),
    _row(State.REVIEW,    Trigger.REJECT,     State.REJECTED,         JUDGE, (REASON, SIGNED)),
    _row(State.CONFIRMED, Trigger.SERVE,      State.CONFIRMED_SERVED, CLERK),
    _row(State.REJECTED,  Trigger.SERVE,      State.REJECTED_SERVED,  CLERK),
    *(_row(state, Trigger.WITHDRAW, State.WITHDRAWN, PARTY) for state in BEFORE_RULING),
])  # fmt: skip

CASE_FOLLOWS: dict[State, cases.Trigger] = {
    State.SUBMITTED: cases.Trigger.APPLY,
    State.NOT_ACCEPTED: cases.Trigger.DISMISS,
    State.CONFIRMED: cases.Trigger.CONFIRM,
    State.REJECTED: cases.Trigger.DISMISS,
    State.WITHDRAWN: cases.Trigger.DISMISS,
}

STATE_WORDS: dict[State, tuple[str, str]] = {  # (what a party reads, what staff reads)
    State.PARTIAL: (_("等另一方也点"), _("待共同申请")),
    State.SUBMITTED: (_("交给法院了，等法院立案"), _("已提交")),
    State.NOT_ACCEPTED: (_("法院没有受理"), _("不予受理")),
    State.ACCEPTED: (_("法院立案了"), _("立案")),
    State.REVIEW: (_("法官在看"), _("审查")),
    State.CONFIRMED: (_("法院确认了，正在送裁定书"), _("确认有效，待送达")),
    State.REJECTED: (_("法院没确认，正在送裁定书"), _("驳回申请，待送达")),
    State.WITHDRAWN: (_("撤回了"), _("撤回")),
    State.CONFIRMED_SERVED: (_("法院确认了，裁定书送到了"), _("确认裁定已送达")),
    State.REJECTED_SERVED: (_("法院没确认，裁定书送到了"), _("驳回裁定已送达")),
}

GROUNDS_REJECT: tuple[str, ...] = (  # 民诉法解释 358
    "违反法律强制性规定",
    "损害国家利益、社会公共利益、他人合法权益",
    "违背公序良俗",
    "违反自愿原则",
    "内容不明确",
    "其他不能进行司法确认的情形",
)
GROUNDS_NOT_ACCEPT: tuple[str, ...] = (  # 民诉法解释 355
    "不属于人民法院受理民事案件的范围",
    "不属于收到申请的人民法院管辖",
    "确认婚姻关系、亲子关系、收养关系等身份关系无效、有效或者解除",
    "涉及适用其他特别程序、公示催告程序、破产程序审理",
    "调解协议内容涉及物权、知识产权确权",
)
