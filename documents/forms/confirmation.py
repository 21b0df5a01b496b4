"""What the parties file: joint application, pledge, letter of authority, address for delivery."""

from reportlab.lib.units import mm
from reportlab.platypus import PageBreak, Spacer
from reportlab.platypus.flowables import Flowable

from documents import wording
from documents.flowables import Paragraph, Press, Style
from documents.forms.ends import Signer, corner_code
from documents.forms.pieces import (
    BODY,
    PAPER,
    PLAIN,
    RIGHT,
    TITLE,
    bodies,
    counted,
    ending,
    headed,
    numbered,
    section,
)
from documents.forms.table import Cell, RuledTable, head
from documents.papers.confirmation import ApplicationDocument, DeliveryAddress, PledgeDocument, PowerOfAttorney
from documents.papers.people import particulars

PLEDGES = (
    "本人提出司法确认申请出于真实、自愿，调解协议是双方自愿达成，没有恶意串通、规避法律的情形。",
    "如因调解协议内容损害国家利益、社会公共利益或者他人合法权益，本人愿意承担相应的民事责任和其他法律责任。",
)
VOLUNTARY = (
    "申请人出于解决纠纷的目的自愿达成协议，没有恶意串通、规避法律的行为；"
    "如果因为该协议内容而给他人造成损害的，愿意承担相应的民事责任和其他法律责任。"
)
ADDRESS_NOTICES = (
    "受送达人应当如实提供准确的送达地址；地址变更的，应当及时书面告知。",
    "因提供的地址不准确、变更未告知或者拒收，致使文书未能实际接收的，文书退回之日视为送达之日。",
    (
        "同意电子送达的，文书到达所确认的手机号码、邮箱等特定系统的日期为送达日期（民事诉讼法第九十条）；"
        "受送达人需要纸质判决书、裁定书、调解书的，可以提出。"
    ),
)


def application_story(paper: ApplicationDocument, press: Press) -> list[Flowable]:
    """司法确认申请书: both parties are applicants (CPL 205); the pledge, where given, is its second part."""
    fonts = press.fonts
    story: list[Flowable] = [Paragraph("司法确认申请书", fonts, PAPER)]
    story += [Paragraph(particulars(person), fonts, BODY) for person in paper.applicants]
    request = (
        f"依法确认申请人于{wording.date(paper.agreement_date)}经{paper.organisation}主持调解达成的"
        f"{paper.agreement_number}调解协议有效。"
    )
    story += section("请求事项", request, fonts) + section("事实与理由", paper.facts, fonts)
    story += bodies([VOLUNTARY, "此致"], fonts)
    story.append(Paragraph(paper.court, fonts, Style(indent=0, after=6)))
    attached = counted(paper.attachments)
    listed = [Paragraph(f"{'附：' if place == 0 else '　　'}{one}", fonts, BODY) for place, one in enumerate(attached)]
    people = [Signer(f"party-{place}", "申请人", person.name) for place, person in enumerate(paper.applicants, 1)]
    lines = (wording.date(paper.date),)
    story += ending(listed, people, lines, press, verify_url=paper.verify_url, seal=False)
    return story + (_pledged(paper, press) if paper.pledge else [])


def _pledged(paper: ApplicationDocument, press: Press) -> list[Flowable]:
    assert paper.pledge is not None
    fonts = press.fonts
    opening = f"{paper.court}：本人就{paper.agreement_number}调解协议向你院申请司法确认，现承诺如下："
    story: list[Flowable] = [PageBreak(), Paragraph("司法确认承诺书", fonts, PAPER)]
    story += bodies([opening, *numbered(PLEDGES)], fonts)
    names = "、".join(person.name for person in paper.applicants)
    end = [f"承诺人：{names}", wording.date(paper.pledge.pledged_on)]
    return [*story, Spacer(1, 10 * mm), *[Paragraph(line, fonts, RIGHT) for line in end]]


def pledge_story(paper: PledgeDocument, press: Press) -> list[Flowable]:
    """司法确认承诺书 as a paper of its own."""
    fonts = press.fonts
    story: list[Flowable] = [Paragraph("司法确认承诺书", fonts, PAPER), Paragraph(f"{paper.court}：", fonts, PLAIN)]
    opening = f"承诺人就经{paper.organisation}主持调解达成的{paper.agreement_number}调解协议，共同向你院申请司法确认，"
    story += bodies([f"{opening}现承诺如下：", *numbered(PLEDGES)], fonts)
    story += [Paragraph(particulars(one), fonts, BODY) for one in paper.applicants]
    people = [Signer(f"party-{at}", "承诺人（签名）", one.name) for at, one in enumerate(paper.applicants, 1)]
    lines = (wording.date(paper.date),)
    return story + ending([], people, lines, press, verify_url=paper.verify_url, seal=False)


def authority_story(paper: PowerOfAttorney, press: Press) -> list[Flowable]:
    """授权委托书: principal, agents, matter, general and special powers one by one (CPL 62)."""
    fonts = press.fonts
    story: list[Flowable] = [Paragraph("授权委托书", fonts, TITLE)]
    story.append(
        Paragraph(particulars(paper.principal).replace(f"{paper.principal.role}：", "委托人：", 1), fonts, BODY)
    )
    for one in paper.agents:
        told = [one.name, one.sex, one.standing, one.work_place]
        told += [f"公民身份号码{one.id_number}" if one.id_number else "", f"联系电话{one.contact}"]
        story.append(Paragraph(f"受托人：{'，'.join(part for part in told if part)}。", fonts, BODY))
    agents = wording.joined([one.name for one in paper.agents])
    story.append(Paragraph(f"现委托{agents}在{paper.matter}中，作为委托人的代理人。代理权限如下：", fonts, BODY))
    story += section("一般授权", counted(paper.general), fonts)
    story += section("特别授权", counted(paper.special) or "无。", fonts)
    until = f"至{wording.date(paper.valid_until)}止" if paper.valid_until else "至上述事项办理完毕止"
    last = bodies([f"委托期限：自{wording.date(paper.date)}起{until}。"], fonts)
    people = [Signer("party-1", "委托人（签名、盖章或按指印）", paper.principal.name)]
    lines = (wording.date(paper.date),)
    return story + ending(last, people, lines, press, verify_url=paper.verify_url, seal=False)


def address_story(paper: DeliveryAddress, press: Press) -> list[Flowable]:
    """送达地址确认书, a ruled table in the order of the courts' form."""
    ticked = "■是　□否" if paper.electronic else "□是　■否"
    one = paper.receiver
    rows = [
        [head("案号"), Cell(paper.case_number, 4), head("案由"), Cell(paper.cause, 4)],
        [head("告知事项"), Cell("\n".join(counted(ADDRESS_NOTICES)), 10)],
        [head("受送达人"), Cell(one.name, 4), head("与当事人关系"), Cell(paper.relation, 4)],
        [head("证件类型"), Cell(paper.id_kind, 4), head("证件号码"), Cell(one.id_number, 4)],
        [head("送达地址"), Cell(paper.address, 10)],
        [head("手机号码"), Cell(paper.phone, 4), head("邮政编码"), Cell(paper.postcode, 4)],
        [head("是否接受电子送达"), Cell(ticked, 10)],
        [head("接收短信"), Cell(paper.electronic_phone, 4), head("电子邮箱"), Cell(paper.email, 4)],
        [head("传真"), Cell(paper.fax, 4), head("微信号"), Cell(paper.wechat, 4)],
        [
            head("受送达人确认"),
            Cell("我已阅读（听读）并理解以上告知事项，保证提供的送达地址准确、有效。", 10, sign="party-1"),
        ],
        [head("确认日期"), Cell(wording.date(paper.date), 10)],
    ]
    title = headed(paper.court, "送达地址确认书", "", press.fonts)[:2]
    return [*corner_code(press, paper.verify_url), *title, RuledTable(rows, press)]
