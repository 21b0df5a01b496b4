"""One invented dispute, for the command line's example and the tests: a leak between two flats."""

import datetime as dt
from dataclasses import replace

from documents.papers.people import PersonParticulars
from documents.papers.ruling import RulingDocument
from documents.papers.settlement import AgreementDocument, ClauseText

ZHANG = PersonParticulars(
    name="张桂兰", role="申请人", sex="女", nationality="汉族", age=72, occupation="退休工人",
    contact="138****0013", id_number="210202195403****26", address="大连市沙河口区望海街道12号楼502室",
)  # fmt: skip
LIU = PersonParticulars(
    name="刘志强", role="被申请人", sex="男", nationality="汉族", age=41, occupation="出租车司机",
    contact="139****0029", id_number="210204198501****17", address="大连市沙河口区望海街道12号楼602室",
)  # fmt: skip
COURT = "大连市沙河口区人民法院"
COMMITTEE = "大连市沙河口区望海街道人民调解委员会"
NUMBER = "（2026）沙望人调字第37号"
CLAUSES = (
    ClauseText(1, "", "被申请人刘志强于2026年12月5日前自费完成602室卫生间防水层重做，并由双方共同做24小时闭水试验。"),
    ClauseText(
        2,
        "",
        "被申请人刘志强赔偿申请人张桂兰顶棚、墙面修复费用人民币8,600元（捌仟陆佰元整），于2026年12月1日前支付4,300元，"
        "2027年1月4日前支付4,300元，转入申请人张桂兰尾号3306的账户。",
    ),
    ClauseText(3, "", "施工产生的垃圾由被申请人刘志强于2026年12月6日前清运并清扫楼道。"),
    ClauseText(4, "", "任何一期逾期超过7日，申请人张桂兰可就全部未付款项一并主张权利。"),
)


def agreement(verify_url: str = "https://localhost/verify/K7QF2M", *, development: bool = True) -> AgreementDocument:
    """The agreement of that dispute as it would be frozen for signing."""
    return AgreementDocument(
        number=NUMBER,
        committee=COMMITTEE,
        parties=(ZHANG, LIU),
        mediator="王敏",
        recorder=None,
        facts="2026年10月20日，被申请人刘志强装修602室时动过卫生间地面，没有做闭水试验，致使申请人张桂兰502室顶棚、墙面"
        "渗水受损。双方就修复费用和防水重做协商未成，共同向本人民调解委员会申请调解。",
        responsibility="双方确认，渗水由602室卫生间防水层破坏引起，修复费用由被申请人刘志强承担。",
        clauses=CLAUSES,
        performance="银行转账和现场施工，地点为望海街道12号楼，期限见上列各条。",
        copies=3,
        date=dt.date(2026, 11, 24),
        verify_url=verify_url,
        version=2,
        development=development,
    )


def ruling(ground: str | None = None, verify_url: str = "https://localhost/verify/R5TX9B") -> RulingDocument:
    """The court's answer to the application for confirmation: a rejection when there is a ground."""
    applicants = tuple(replace(person, role="申请人") for person in (ZHANG, LIU))
    return RulingDocument(
        court=COURT,
        case_number="（2026）辽0204诉前调确12号",
        applicants=applicants,
        accepted_on=dt.date(2026, 11, 30),
        agreement_number=NUMBER,
        agreement_date=dt.date(2026, 11, 24),
        organisation=COMMITTEE,
        clauses=tuple(clause.text for clause in CLAUSES),
        outcome="reject" if ground else "confirm",
        ground=ground,
        judge="高远",
        clerk="孙丽",
        date=dt.date(2026, 12, 3),
        verify_url=verify_url,
        cause="邻里",
        development=True,
    )
