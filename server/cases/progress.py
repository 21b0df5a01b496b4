"""Three sentences on every page of a case: what happens now, what comes next, whom to call. Pure.

One function gives them for each state and audience, with the one primary action; templates and messages do not compose
them. STATE_WORDS is the table of the ui design, section 4; a test compares it with the enum.
"""

from dataclasses import dataclass, field

from server.cases.lifecycle import State
from server.errors import _

STATE_WORDS: dict[State, tuple[str, str]] = {  # (what a party reads, what staff reads)
    State.LEAD: (_("网格员报上来了"), _("线索")),
    State.RESOLVED_ON_SPOT: (_("当场说好了"), _("现场化解")),
    State.INTAKE: (_("登记了，正在看能不能调"), _("待受理")),
    State.NOT_ACCEPTED: (_("这事这里办不了"), _("不受理")),
    State.ACCEPTED: (_("受理了，正在请调解员"), _("受理，待指派")),
    State.ASSIGNED: (_("调解员来办了"), _("已指派")),
    State.SCHEDULED: (_("约好了"), _("已约")),
    State.MEDIATING: (_("正在调解"), _("调解中")),
    State.DRAFTING: (_("正在写协议"), _("起草")),
    State.SIGNING: (_("请您看、请您签"), _("签署")),
    State.EFFECTIVE: (_("协议生效了"), _("生效")),
    State.CONFIRMING: (_("交给法院了"), _("司法确认中")),
    State.CONFIRMED: (_("法院确认了"), _("确认有效")),
    State.REFUSED_BY_PARTY: (_("对方不来"), _("当事人拒绝")),
    State.FAILED: (_("这次没谈成"), _("调解不成")),
    State.WITHDRAWN: (_("撤回了"), _("撤回")),
}


@dataclass(frozen=True)
class Progress:
    """The three sentences, and the one primary action (no action: empty label)."""

    now: str
    next: str
    who: str
    label: str = ""
    href: str = ""
    values: dict[str, str] = field(default_factory=dict)


_ROUTES = _("还可以去法院起诉；劳动的事去仲裁；归政府管的事去找主管部门。")
_MEDIATOR = _("调解员 {mediator}，电话在页面底下")
_COMMITTEE = _("调委会，电话在页面底下")

_PARTY: dict[State, tuple[str, str, str, str, str]] = {
    # state: now, next, who, label of the primary action, its address
    State.LEAD: (_("网格员把事情报上来了"), _("调委会来看能不能调"), _COMMITTEE, "", ""),
    State.RESOLVED_ON_SPOT: (_("当场说好了，这件事结束了"), _("要是又有事，再告诉网格员"), _COMMITTEE, "", ""),
    State.INTAKE: (_("您的申请登记了"), _("三个工作日内告诉您受不受理"), _COMMITTEE, "", ""),
    State.NOT_ACCEPTED: (_("这件事这里办不了：{reason}"), _ROUTES, _COMMITTEE, "", ""),
    State.ACCEPTED: (_("这件事受理了"), _("请调解员，并问清他和双方有没有利害关系"), _COMMITTEE, "", ""),
    State.ASSIGNED: (_("{mediator}调解员来办这件事"), _("他会约时间，发短信告诉您"), _MEDIATOR, "", ""),
    State.SCHEDULED: (
        _("约好了：{when}"),
        _("到时候点“进等候室”，先试声音和画面"),
        _MEDIATOR,
        _("进等候室"),
        "{meeting}",
    ),
    State.MEDIATING: (
        _("正在视频里谈"),
        _("谈成了当场写协议；谈不拢也可以停"),
        _MEDIATOR,
        _("回到调解室"),
        "{meeting}",
    ),
    State.DRAFTING: (
        _("调解员正在把说好的写成协议"),
        _("写好了请您看，再签名"),
        _MEDIATOR,
        _("看协议写到哪儿"),
        "{agreement}/live",
    ),
    State.SIGNING: (
        _("协议写好了，等大家签名"),
        _("都签完、盖了章，协议就生效"),
        _MEDIATOR,
        _("去看，去签"),
        "{agreement}/sign",
    ),
    State.EFFECTIVE: (
        _("协议有效了，双方都要照办"),
        _("双方一起申请法院确认，以后不照办可以请法院执行，不花钱"),
        _MEDIATOR,
        _("申请法院确认"),
        "{confirmation}",
    ),
    State.CONFIRMING: (
        _("交给法院了"),
        _("法院立案、审查，结果会发短信告诉您"),
        _("法院，电话在裁定书上"),
        _("看法院办到哪儿"),
        "{confirmation}",
    ),
    State.CONFIRMED: (
        _("法院确认了，协议能强制执行"),
        _("照协议做完；对方不做，可以申请执行"),
        _MEDIATOR,
        _("看裁定书"),
        "{confirmation}",
    ),
    State.REFUSED_BY_PARTY: (_("有一方不想调解，这次就到这里"), _ROUTES, _COMMITTEE, "", ""),
    State.FAILED: (_("这次没谈成：{reason}"), _ROUTES, _MEDIATOR, "", ""),
    State.WITHDRAWN: (_("这件事撤回了"), _("想再谈，可以重新申请"), _COMMITTEE, "", ""),
}

_STAFF: dict[State, tuple[str, str, str, str, str]] = {
    State.LEAD: (_("线索，等调委会看"), _("受理，或者写明理由不受理"), _("上报的网格员"), "", ""),
    State.RESOLVED_ON_SPOT: (_("现场化解了"), _("归档"), _("上报的网格员"), "", ""),
    State.INTAKE: (_("待受理"), _("受理，或者写明理由不受理（三个工作日内）"), _("申请人"), "", ""),
    State.NOT_ACCEPTED: (_("不受理：{reason}"), _("归档"), _("申请人"), "", ""),
    State.ACCEPTED: (_("受理了，还没有调解员"), _("请一位调解员回答回避的问题"), _("调委会管理员"), "", ""),
    State.ASSIGNED: (_("已指派 {mediator}"), _("约时间，通知双方"), _("当事人，电话在右边"), _("约时间"), "{meetings}"),
    State.SCHEDULED: (
        _("约好了：{when}"),
        _("到时间开房间，先核对身份，读权利义务"),
        _("当事人，电话在右边"),
        _("进调解室"),
        "{meeting}",
    ),
    State.MEDIATING: (
        _("正在调解"),
        _("谈成了写协议；不成写明理由结束"),
        _("当事人，电话在右边"),
        _("回到调解室"),
        "{meeting}",
    ),
    State.DRAFTING: (
        _("正在起草协议"),
        _("改到没有“必须改”的，再冻结文本"),
        _("当事人，电话在右边"),
        _("写协议"),
        "{agreement}/draft",
    ),
    State.SIGNING: (
        _("文本已冻结，等签名"),
        _("双方签完，调解员签，调委会盖章"),
        _("还没签的人"),
        _("看签到哪儿"),
        "{agreement}/signing",
    ),
    State.EFFECTIVE: (
        _("协议生效"),
        _("30 天内双方可以共同申请司法确认"),
        _("双方当事人"),
        _("看协议"),
        "{agreement}/effective",
    ),
    State.CONFIRMING: (_("法院在办司法确认"), _("等法院裁定"), _("法院"), "", ""),
    State.CONFIRMED: (_("法院确认有效"), _("回访履行，归档"), _("双方当事人"), _("看协议"), "{agreement}/effective"),
    State.REFUSED_BY_PARTY: (_("当事人不同意调解"), _("归档"), _("双方当事人"), "", ""),
    State.FAILED: (_("调解不成：{reason}"), _("归档"), _("双方当事人"), "", ""),
    State.WITHDRAWN: (_("当事人撤回"), _("归档"), _("双方当事人"), "", ""),
}


def progress(state: State, audience: str, case_id: str, **values: str) -> Progress:
    """Return the sentences for "party" or "staff"; `values` fills mediator, when, reason and the meeting's address."""
    now, following, who, label, href = (_PARTY if audience == "party" else _STAFF)[state]
    known = {"mediator": "", "when": "", "reason": "", "meeting": "", **values}
    places = {
        "meeting": known["meeting"],
        "meetings": f"/cases/{case_id}/meetings",
        "agreement": f"/cases/{case_id}/agreement",
        "confirmation": f"/cases/{case_id}/confirmation",
    }
    where = href.format(**places)
    return Progress(now, following, who, label if where else "", where, known)


@dataclass(frozen=True)
class Stage:
    """A step of a case's way on the desk: "done", "now" or still to come (empty)."""

    words: str
    standing: str
    date: str = ""  # the column of the case with the day it was reached, if one is kept


_WAY: tuple[tuple[str, frozenset[State], str], ...] = (
    (_("报来、申请"), frozenset({State.LEAD, State.INTAKE}), "reported_at"),
    (_("受理"), frozenset({State.ACCEPTED}), "accepted_at"),
    (_("选定调解员"), frozenset({State.ASSIGNED}), ""),
    (_("约好视频"), frozenset({State.SCHEDULED}), ""),
    (_("调解"), frozenset({State.MEDIATING}), ""),
    (_("写协议、签名"), frozenset({State.DRAFTING, State.SIGNING}), ""),
    (_("生效"), frozenset({State.EFFECTIVE}), "effective_at"),
    (_("司法确认"), frozenset({State.CONFIRMING, State.CONFIRMED}), ""),
)


def way(state: State) -> tuple[Stage, ...]:
    """Return the steps from report to confirmation; nothing for a case that left this way (refused, failed ...)."""
    here = next((place for place, (_words, states, _date) in enumerate(_WAY) if state in states), None)
    if here is None:
        return ()
    reached = here + 1 if state is State.CONFIRMED else here
    return tuple(
        Stage(words, "done" if place < reached else "now" if place == reached else "", date)
        for place, (words, _states, date) in enumerate(_WAY)
    )
