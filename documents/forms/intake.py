"""The forms with which a mediation begins: application, registration, notice of rights, consent to video.

The notice speaks in the words of 人民调解法 (PML) 2-4, 7, 23-24, 26, 31-33.
"""

from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press
from documents.forms.ends import Signer
from documents.forms.pieces import BODY, PLAIN, bodies, counted, ending, form_titled, numbered, section, signers, titled
from documents.forms.table import Cell, RuledTable, head, signed_and_sealed, to_sign
from documents.papers.intake import Answer, MediationApplication, OnlineConsent, RegistrationForm, RightsNotice
from documents.papers.people import Party, PersonParticulars, particulars

RIGHTS = (
    "选择或者接受人民调解员；",
    "接受调解、拒绝调解或者要求终止调解；",
    "要求调解公开进行或者不公开进行；",
    "自主表达意愿、自愿达成调解协议。",
)
DUTIES = ("如实陈述纠纷事实；", "遵守调解现场秩序，尊重人民调解员；", "尊重对方当事人行使权利。")
PRINCIPLES = (
    "在当事人自愿、平等的基础上进行调解；",
    "不违背法律、法规和国家政策；",
    "尊重当事人的权利，不得因调解而阻止当事人依法通过仲裁、行政、司法等途径维护自己的权利。",
)
EFFECT = (
    "经人民调解委员会调解达成的调解协议，具有法律约束力，当事人应当按照约定履行。",
    "当事人之间就调解协议的履行或者调解协议的内容发生争议的，一方当事人可以向人民法院提起诉讼。",
)
CONFIRMATION = (
    "双方当事人认为有必要的，可以自调解协议生效之日起三十日内共同向人民法院申请司法确认。人民法院确认有效后，一方当事人拒绝履行"
    "或者未全部履行的，对方当事人可以向人民法院申请强制执行；确认无效的，可以通过人民调解变更原协议或者达成新的协议，也可以起诉。"
)
ROUTES = "调解不成的，人民调解委员会终止调解，并告知当事人可以依法通过仲裁、行政、司法等途径维护自己的权利。"
ONLINE = (
    "在线调解须经各方当事人同意；任何一方可以在下一环节开始前撤回同意，改为到现场调解。",
    "每次参加前核验身份；使用本人账号所作的操作视为本人行为，但账号被盗用或者系统错误的除外。",
    "未经全体在场人员同意，任何人不得录音、录像、截屏或者传播调解内容，不得让无关人员在场。",
    "因网络或者设备故障中断的，不视为拒绝调解，待恢复并重新核验身份后继续，或者另定时间。",
    "禁止恶意串通、虚假调解；发现虚假调解嫌疑的，中止调解并依法报告。",
)
PROMISES = (
    "本人在安静、独立的场所参加，不录音、不录像、不截屏，不让无关人员在场或者旁听。",
    "因网络、设备故障中断的，不视为本人拒绝调解；本人及时联系调解员，恢复后重新核验身份。",
    "本人认可以上电子签名方式与手写签名、盖章具有同等效力（电子签名法第十三条、第十四条）。",
    "本人确认以上电子送达地址，调解文书到达该地址即为送达；地址变更的，及时书面告知。",
    "本人知悉进行虚假调解，损害国家利益、社会公共利益或者他人合法权益的，将承担法律责任。",
    "个人信息仅用于本次调解及依法归档，人脸图像核验后即删除；本人可以查阅、复制、更正个人信息，可以撤回同意。",
)


def application_story(paper: MediationApplication, press: Press) -> list[Flowable]:
    """人民调解申请书: both parties in a table of particulars, facts, requests, the fixed sentence, date."""
    fonts = press.fonts
    story = titled("人民调解申请书", paper.number, fonts)
    story.append(RuledTable(_people((paper.applicant, paper.respondent)), press))
    story += section("纠纷简要情况", paper.facts, fonts)
    story += section("当事人申请事项", counted(paper.requests), fonts)
    told = f"{paper.committee}已将申请人民调解的相关规定告知我，现自愿申请人民调解委员会进行调解。"
    here = [Paragraph(told, fonts, BODY)]
    signer = [Signer("party-1", "申请人（签名、盖章或按指印）", paper.applicant.name)]
    lines = (wording.date(paper.date),)
    return story + ending(here, signer, lines, press, verify_url=paper.verify_url, seal=False)


def _people(people: tuple[Party, ...]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for one in people:
        rows.append([head(one.role, 24)])
        if isinstance(one, PersonParticulars):
            age = "" if one.age is None else f"{one.age}岁"
            rows.append([
                head("姓名", 4), Cell(one.name, 4), head("性别", 3), Cell(one.sex, 2),
                head("民族", 3), Cell(one.nationality, 3), head("年龄", 2), Cell(age, 3),
            ])  # fmt: skip
            rows.append([head("职业或职务", 4), Cell(one.occupation, 8), head("联系方式", 4), Cell(one.contact, 8)])
        else:
            rows.append([head("名称", 4), Cell(one.name, 20)])
            rows.append([head("法定代表人", 4), Cell(one.representative, 8), head("职务", 4), Cell(one.post, 8)])
            rows.append([head("信用代码", 4), Cell(one.credit_code, 8), head("联系方式", 4), Cell(one.contact, 8)])
        rows.append([head("单位或住址", 4), Cell(one.address, 20)])
    return rows


def registration_story(paper: RegistrationForm, press: Press) -> list[Flowable]:
    """人民调解受理登记表, a ruled table; signed by the parties and the registrar, sealed by the committee."""
    names = "、".join(one.name for one in paper.parties)
    chosen = "　".join(
        f"{'■' if source == paper.source else '□'}{source}" for source in ("申请", "主动", "移交", "委派", "委托")
    )
    source = chosen + (f"\n移送单位：{paper.source_detail}" if paper.source_detail else "")
    rows = [
        [head("登记日期"), Cell(wording.date(paper.date), 4), head("纠纷类型"), Cell(paper.category, 4)],
        [head("事项"), Cell(f"经当事人同意，调解{names}之间的纠纷。", 10)],
        *[[head(one.role), Cell(particulars(one).split("：", 1)[1], 10)] for one in paper.parties],
        [head("案件来源"), Cell(source, 10)],
        [head("纠纷简要情况"), Cell(paper.facts, 10)],
        [head("备注"), Cell(paper.remarks, 10)],
        *to_sign(signers(paper.parties, "签名")),
        signed_and_sealed(Signer("mediator", "登记人签名", paper.registrar), paper.committee, wording.date(paper.date)),
    ]
    return [*form_titled("人民调解受理登记表", paper.number, press, paper.verify_url), RuledTable(rows, press)]


def rights_story(paper: RightsNotice, press: Press) -> list[Flowable]:
    """人民调解权利义务告知书: read by each party, whose signature is the receipt."""
    fonts = press.fonts
    story = titled("人民调解权利义务告知书", paper.number, fonts)
    story.append(Paragraph(f"{'、'.join(one.name for one in paper.parties)}：", fonts, PLAIN))
    nature = f"人民调解委员会是依法设立的调解民间纠纷的群众性组织。{paper.committee}调解民间纠纷，不收取任何费用。"
    parts: list[tuple[str, list[str]]] = [
        ("性质与收费", [nature]),
        ("调解原则", _bracketed(PRINCIPLES)),
        ("当事人的权利", _bracketed(RIGHTS)),
        ("当事人的义务", _bracketed(DUTIES)),
        ("调解协议的效力", list(EFFECT)),
        ("司法确认", [CONFIRMATION]),
        ("调解不成的救济途径", [ROUTES]),
    ]
    if paper.online:
        parts.append(("在线调解规则", _bracketed(ONLINE)))
    for place, (heading, texts) in enumerate(parts, 1):
        story += section(f"{wording.numeral(place)}、{heading}", texts, fonts)
    ask = f"如有疑问，请拨打电话{paper.contact}。" if paper.contact else ""
    read = Paragraph(f"以上内容本人已阅读（听读），已经理解。{ask}", fonts, BODY)
    lines = (paper.committee, wording.date(paper.date))
    people = signers(paper.parties)
    return story + ending([read], people, lines, press, verify_url=paper.verify_url, seal=False)


def _bracketed(items: tuple[str, ...]) -> list[str]:
    return [f"（{wording.numeral(place)}）{item}" for place, item in enumerate(items, 1)]


def consent_story(paper: OnlineConsent, press: Press) -> list[Flowable]:
    """在线调解同意书（承诺书）: an answer for each stage (ODL 4), separate consents (PIPL 29), promises."""
    fonts = press.fonts
    story = titled("在线调解同意书（承诺书）", paper.number, fonts)
    story.append(Paragraph(particulars(paper.person), fonts, BODY))
    opening = f"本人就与{'、'.join(paper.others)}之间的纠纷，同意由{paper.committee}主持，按下列意见在线调解："
    story.append(Paragraph(opening, fonts, BODY))
    rows = [[Cell("环节", 6, head="Column"), Cell("意见", 3, head="Column")], *map(_answered, paper.stages)]
    story.append(RuledTable(rows, press, heading=True))
    told = [
        f"身份核验方式：{paper.identity_method}。",
        f"使用的设备：{paper.device}。",
        f"电子签名方式：{paper.signature_method}。",
        f"电子送达地址：{paper.delivery_address}。",
    ]
    story += section("身份、设备与送达", told, fonts)
    story += section("承诺事项", numbered(PROMISES), fonts)
    story.append(Paragraph("对个人信息的单独同意：", fonts, BODY))
    rows = [[Cell("处理事项", 6, head="Column"), Cell("意见", 3, head="Column")], *map(_answered, paper.privacy)]
    story.append(RuledTable(rows, press, heading=True))
    signer = [Signer("party-1", "同意人（签名）", paper.person.name)]
    last = bodies(["以上意见和承诺均出于本人自愿。"], fonts)
    lines = (wording.date(paper.date),)
    return story + ending(last, signer, lines, press, verify_url=paper.verify_url, seal=False)


def _answered(answer: Answer) -> list[Cell]:
    told = "■同意　□不同意" if answer.agreed else "□同意　■不同意"
    return [Cell(answer.matter, 6), Cell(told, 3, align="center")]
