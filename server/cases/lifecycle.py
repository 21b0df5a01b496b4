"""The life of a case (纠纷) as a table: domain 2.2, as far as the path from report to confirmation and its refusals.

All that decides the next state of a case stands here. Origin is a column, not a state. Pure.
"""

from dataclasses import dataclass
from enum import StrEnum

from server.accounts.permissions import Role
from server.errors import _
from server.machine import Guard, Machine, Transition


class State(StrEnum):
    """Where a case stands; the Chinese word is the statutes' or the trade's."""

    LEAD = "lead"  # 线索
    RESOLVED_ON_SPOT = "resolved_on_spot"  # 现场化解
    INTAKE = "intake"  # 待受理
    NOT_ACCEPTED = "not_accepted"  # 不受理
    ACCEPTED = "accepted"  # 受理
    ASSIGNED = "assigned"  # 已指派
    SCHEDULED = "scheduled"  # 已约
    MEDIATING = "mediating"  # 调解中
    DRAFTING = "drafting"  # 起草
    SIGNING = "signing"  # 签署
    EFFECTIVE = "effective"  # 生效
    CONFIRMING = "confirming"  # 司法确认中
    CONFIRMED = "confirmed"  # 确认有效
    REFUSED_BY_PARTY = "refused_by_party"  # 对方不同意调解
    FAILED = "failed"  # 调解不成
    WITHDRAWN = "withdrawn"  # 撤回


class Trigger(StrEnum):
    """What moves a case."""

    CONVERT = "convert"
    RESOLVE_ON_SPOT = "resolve_on_spot"
    ACCEPT = "accept"
    REFUSE = "refuse"
    ASSIGN = "assign"
    RECUSE = "recuse"
    SCHEDULE = "schedule"
    OPEN = "open"
    ADJOURN = "adjourn"
    SETTLE = "settle"
    FREEZE = "freeze"
    REOPEN = "reopen"
    COMPLETE_SIGNING = "complete_signing"
    APPLY = "apply"
    CONFIRM = "confirm"
    DISMISS = "dismiss"
    DECLINE = "decline"
    FAIL = "fail"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Facts:
    """What the guards may ask; gathered by `cases.queries.facts`, completed by later stages."""

    applicants: int = 0
    respondents: int = 0
    reachable_parties: int = 0  # parties with a telephone
    conflict_clear: bool = False
    clauses: int = 0
    findings: int = 0  # drafting findings that must be mended
    signatures_missing: int = 1
    sealed: bool = False
    reason: str = ""


TWO_SIDES = Guard[Facts](
    "two_sides_needed", _("要有申请人，也要有对方，才能受理。"), lambda f: f.applicants > 0 and f.respondents > 0
)
REACHABLE = Guard[Facts](
    "phones_needed",
    _("每位当事人都要有电话，才能发邀请。"),
    lambda f: f.reachable_parties == f.applicants + f.respondents,
)
REASON = Guard[Facts]("reason_needed", _("请写明理由，当事人会看到。"), lambda f: bool(f.reason.strip()))
CLEAR = Guard[Facts]("conflict_not_clear", _("调解员还没有说明与双方有没有利害关系。"), lambda f: f.conflict_clear)
CLAUSES = Guard[Facts]("clauses_needed", _("协议里至少要有一条。"), lambda f: f.clauses > 0)
CLEAN = Guard[Facts]("findings_open", _("协议里还有必须改的地方。"), lambda f: f.findings == 0)
ALL_SIGNED = Guard[Facts](
    "signatures_missing", _("还有人没签名，或者还没盖章。"), lambda f: f.signatures_missing == 0 and f.sealed
)

MEDIATOR = frozenset({Role.MEDIATOR})
COMMITTEE = frozenset({Role.COMMITTEE})
PARTY = frozenset({Role.PARTY})
GRID_OR_COMMITTEE = frozenset({Role.GRID, Role.COMMITTEE})
BY_SYSTEM = frozenset({Role.SYSTEM})
_row = Transition[State, Trigger, Role, Facts]
BEFORE_MEETING = (State.ACCEPTED, State.ASSIGNED, State.SCHEDULED)
BEFORE_EFFECT = (*BEFORE_MEETING, State.MEDIATING, State.DRAFTING, State.SIGNING)

LIFECYCLE: Machine[State, Trigger, Role, Facts] = Machine([
    _row(State.LEAD,       Trigger.RESOLVE_ON_SPOT,  State.RESOLVED_ON_SPOT, GRID_OR_COMMITTEE, (REASON,)),
    _row(State.LEAD,       Trigger.CONVERT,          State.INTAKE,           COMMITTEE),
    _row(State.INTAKE,     Trigger.ACCEPT,           State.ACCEPTED,         COMMITTEE, (TWO_SIDES, REACHABLE)),
    _row(State.INTAKE,     Trigger.REFUSE,           State.NOT_ACCEPTED,     COMMITTEE, (REASON,)),
    _row(State.ACCEPTED,   Trigger.ASSIGN,           State.ASSIGNED,         MEDIATOR, (CLEAR,)),
    _row(State.ASSIGNED,   Trigger.RECUSE,           State.ACCEPTED,         MEDIATOR | COMMITTEE, (REASON,)),
    _row(State.ASSIGNED,   Trigger.SCHEDULE,         State.SCHEDULED,        MEDIATOR),
    _row(State.SCHEDULED,  Trigger.SCHEDULE,         State.SCHEDULED,        MEDIATOR),
    _row(State.SCHEDULED,  Trigger.OPEN,             State.MEDIATING,        MEDIATOR),
    _row(State.MEDIATING,  Trigger.ADJOURN,          State.ASSIGNED,         MEDIATOR),
    _row(State.MEDIATING,  Trigger.SETTLE,           State.DRAFTING,         MEDIATOR),
    _row(State.DRAFTING,   Trigger.FREEZE,           State.SIGNING,          MEDIATOR, (CLAUSES, CLEAN)),
    _row(State.SIGNING,    Trigger.REOPEN,           State.DRAFTING,         MEDIATOR | PARTY, (REASON,)),
    _row(State.SIGNING,    Trigger.COMPLETE_SIGNING, State.EFFECTIVE,        BY_SYSTEM, (ALL_SIGNED,)),
    _row(State.EFFECTIVE,  Trigger.APPLY,            State.CONFIRMING,       BY_SYSTEM),
    _row(State.CONFIRMING, Trigger.CONFIRM,          State.CONFIRMED,        BY_SYSTEM),
    _row(State.CONFIRMING, Trigger.DISMISS,          State.EFFECTIVE,        BY_SYSTEM),
    *(_row(state, Trigger.DECLINE,  State.REFUSED_BY_PARTY, PARTY) for state in BEFORE_MEETING),
    *(_row(state, Trigger.WITHDRAW, State.WITHDRAWN,        PARTY) for state in (State.INTAKE, *BEFORE_EFFECT)),
    *(_row(state, Trigger.FAIL,     State.FAILED,           MEDIATOR, (REASON,)) for state in BEFORE_EFFECT[1:]),
])  # fmt: skip

CLOSED = frozenset({
    State.RESOLVED_ON_SPOT, State.NOT_ACCEPTED, State.CONFIRMED, State.REFUSED_BY_PARTY, State.FAILED, State.WITHDRAWN,
})  # fmt: skip
