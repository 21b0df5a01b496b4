"""What the audit log's actions are called on a page. Pure."""

from server.errors import _

WORDS: dict[str, str] = {
    "case.report": _("上报"),
    "case.convert": _("转入待受理"),
    "case.accept": _("受理"),
    "case.refuse": _("不受理"),
    "case.ask_mediator": _("请调解员回答回避的问题"),
    "case.disclose_conflict": _("调解员说明有利害关系"),
    "case.assign": _("调解员接手"),
    "case.schedule": _("约时间"),
    "case.open": _("开始调解"),
    "case.adjourn": _("休会"),
    "case.settle": _("谈成了"),
    "case.freeze": _("冻结文本"),
    "case.reopen": _("重新起草"),
    "case.complete_signing": _("协议生效"),
    "case.see": _("看了案件"),
    "meeting.arrive": _("到了等候室"),
    "meeting.admit": _("请人进来"),
    "evidence.show": _("给大家看了照片"),
    "fact.answer": _("回答了“是不是这样”"),
    "material.hand_in": _("交了照片"),
    "caucus.begin": _("开始单独谈"),
    "caucus.end": _("单独谈结束"),
    "agreement.sign": _("签名"),
    "agreement.sign_left": _("没有签：设备查出文件对不上"),
    "agreement.seal": _("盖章"),
    "agreement.open": _("打开协议"),
    "bundle.make": _("导出证据包"),
    "consent.answer": _("回答了同意的问题"),
    "invitation.open": _("打开了邀请"),
    "login.begin": _("进来了"),
    "confirmation.apply": _("申请法院确认"),
    "confirmation.docket": _("法院立案"),
    "inquiry.plan": _("法院约双方视频询问"),
    "inquiry.end": _("法院的询问结束"),
    "confirmation.hear": _("法官问过双方了"),
    "confirmation.confirm": _("法院确认有效"),
    "confirmation.serve": _("裁定书送达"),
}


def words(action: str) -> str:
    """Return the words for an action; a refusal says so, an action without words keeps its name."""
    return _("被拒绝的操作") if action.startswith("refused.") else WORDS.get(action, action)
