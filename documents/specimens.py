"""Every form once, filled with one invented dispute: what `make-form --examples` writes and the tests print."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from documents import examples
from documents.examples import COMMITTEE, COURT, LIU, NUMBER, ZHANG
from documents.papers.base import Paper
from documents.papers.closing import MediationProof, RefusalNotice, TerminationNotice
from documents.papers.confirmation import Agent, ApplicationDocument, DeliveryAddress, PledgeDocument, PowerOfAttorney
from documents.papers.court import AcceptanceNotice, CorrectionNotice
from documents.papers.delivery import Delivered, DeliveryReceipt, ElectronicReceipt
from documents.papers.intake import (
    PRIVACY,
    STAGES,
    Answer,
    MediationApplication,
    OnlineConsent,
    RegistrationForm,
    RightsNotice,
)
from documents.papers.people import OrganisationParticulars
from documents.papers.records import InquiryRecord, MediationRecord, Spoken
from documents.papers.settlement import FollowUpRecord, OralAgreement
from documents.papers.signing_proof import SignerRecord, SigningProof

BEIJING = dt.timezone(dt.timedelta(hours=8))
CASE = "（2026）辽0204诉前调确12号"
URL = "https://localhost/verify/K7QF2M"
BOTH = (ZHANG, LIU)
APPLICANTS = tuple(replace(one, role="申请人") for one in BOTH)
NAMES = ("张桂兰", "刘志强")
FACTS = (
    "2026年10月20日，被申请人刘志强装修602室时动过卫生间地面，没有做闭水试验，致使申请人张桂兰502室顶棚、墙面渗水受损。"
    "申请人多次上门交涉，双方就修复费用和防水重做协商未成。"
)
ROUTES = ("向有管辖权的人民法院提起诉讼；", "双方有仲裁协议的，依法申请仲裁；", "向住房和城乡建设主管部门反映。")
PROPERTY = OrganisationParticulars(
    name="大连某某物业管理有限公司", role="被申请人", address="大连市沙河口区望海街道1号", representative="陈立",
    post="总经理", contact="0411-84600010",
)  # fmt: skip


def _at(day: int, hour: int, minute: int = 0, month: int = 11) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=BEIJING)


APPLICATION = MediationApplication(
    applicant=ZHANG, respondent=LIU, facts=FACTS, committee=COMMITTEE, number=NUMBER, date=dt.date(2026, 11, 16),
    requests=(
        "请求被申请人重做602室卫生间防水层；",
        "请求被申请人赔偿顶棚、墙面修复费用人民币9,000元（玖仟元整）；",
        "请求被申请人清运施工垃圾。",
    ),
    verify_url=URL, development=True,
)  # fmt: skip
REGISTRATION = RegistrationForm(
    number=NUMBER, date=dt.date(2026, 11, 17), parties=BOTH, category="邻里纠纷", source="申请", facts=FACTS,
    remarks="申请人年满七十周岁，需要社区网格员到场协助使用视频。", registrar="赵云", committee=COMMITTEE,
    verify_url=URL, development=True,
)  # fmt: skip
RIGHTS = RightsNotice(
    number=NUMBER, parties=BOTH, committee=COMMITTEE, contact="0411-84600020", date=dt.date(2026, 11, 17),
    verify_url=URL, development=True,
)  # fmt: skip
CONSENT = OnlineConsent(
    number=NUMBER, person=ZHANG, others=("刘志强",), stages=tuple(Answer(one, one != "非同步调解") for one in STAGES),
    identity_method="姓名、公民身份号码与手机号码核验，并由调解员当面比对证件", device="本人手机",
    signature_method="本人浏览器内生成的密钥，经短信验证码确认后签名", delivery_address="短信138****0013",
    privacy=tuple(Answer(one, one != PRIVACY[1]) for one in PRIVACY), committee=COMMITTEE, date=dt.date(2026, 11, 17),
    verify_url=URL, development=True,
)  # fmt: skip
INQUIRY = InquiryRecord(
    number=NUMBER, began_at=_at(18, 14), ended_at=_at(18, 14, 40), place="大连市沙河口区望海街道12号楼502室",
    participants=("王敏", "赵云", "张桂兰"), asked=replace(ZHANG, role="被调查人"), relation="本人为申请人",
    cause="核实502室渗水受损情况", investigator="王敏", recorder="赵云", committee=COMMITTEE,
    spoken=(
        Spoken("问", "我们是人民调解委员会的调解员，现依法向你了解有关情况，请如实陈述。你听清楚了吗？"),
        Spoken("答", "听清楚了。"),
        Spoken("问", "什么时候发现渗水的？"),
        Spoken("答", "今年10月23日早上，卫生间顶棚开始滴水，第二天北侧卧室的墙面也湿了一片，大约2.5平方米。"),
        Spoken("问", "有没有找楼上协商过？"),
        Spoken("答", "找过三次。他说没有动过防水，我有装修公司的照片。"),
        Spoken("问", "还有什么要补充的？"),
        Spoken("答", "没有了。"),
    ),
    verify_url=URL, development=True,
)  # fmt: skip
RECORD = MediationRecord(
    number=NUMBER, began_at=_at(24, 9), ended_at=_at(24, 10, 35), place="云调视频调解室（双方在线同时到场）",
    matter="邻里渗水纠纷", parties=BOTH, invited=("社区网格员孙静", "物业工程师何平"),
    rights_told="调解员宣读了人民调解权利义务告知书，双方表示清楚，不申请更换调解员，要求不公开调解。",
    statements=(
        Spoken("张桂兰", "楼上装修以后我家一直渗水，要求重做防水，赔偿9,000元。"),
        Spoken("刘志强", "愿意重做防水，但是赔偿的数额太高，希望分期支付。"),
    ),
    issues="一是渗水的原因；二是修复费用的数额和支付时间。",
    verified="物业工程师现场查看，602室卫生间防水层破坏，闭水试验不合格，渗水点与502室受损位置一致。",
    undisputed="2026年10月20日刘志强装修时动过602室卫生间地面，没有做闭水试验。",
    law_explained="《中华人民共和国民法典》第二百八十八条（相邻关系）、第一千一百六十五条（过错责任）。",
    proposals="刘志强重做防水，赔偿8,600元（捌仟陆佰元整），分两期支付。", result="成功",
    result_detail="双方同意调解方案，另行制作人民调解协议书。", mediator="王敏", recorder="赵云", committee=COMMITTEE,
    verify_url=URL, development=True,
)  # fmt: skip
ORAL = OralAgreement(
    number="（2026）沙望人调字第38号", parties=(ZHANG, PROPERTY), facts="楼道灯损坏两周未修，申请人夜间摔倒擦伤。",
    content="物业公司于三日内修复楼道灯，并向申请人支付医药费200元（贰佰元整）。申请人不再提出其他要求。",
    performance="楼道灯由物业公司派员修复；医药费当场以现金支付。", mediator="王敏", committee=COMMITTEE,
    date=dt.date(2026, 11, 25), verify_url=URL, development=True,
)  # fmt: skip
FOLLOW_UP = FollowUpRecord(
    number=NUMBER, parties=BOTH, matter="协议履行情况回访",
    visited_at=_at(8, 15, month=12), method="视频回访，现场查看",
    performance="部分履行", performance_detail="防水已重做，闭水试验合格；首期4,300元已付，第二期2027年1月4日到期。",
    satisfaction=5, new_signs="无", lawsuits="无", wrong_mediation="无",
    measures="第二期到期前三日短信提醒，到期后再回访。",
    visitor="王敏", committee=COMMITTEE, verify_url=URL, development=True,
)  # fmt: skip
TERMINATION = TerminationNotice(
    number="（2026）沙望人调字第39号", parties=NAMES, dispute="楼道堆物纠纷", accepted_on=dt.date(2026, 11, 2),
    reason="gap",
    routes=ROUTES, contact="0411-84600020", committee=COMMITTEE, date=dt.date(2026, 11, 27), verify_url=URL,
    development=True,
)  # fmt: skip
REFUSAL = RefusalNotice(
    number="（2026）沙望人调不字第4号", applicants=("张桂兰",), respondents=("刘志强",), dispute="房屋渗水赔偿纠纷",
    applied_on=dt.date(2026, 11, 16), reason="accepted", reason_detail="沙河口区人民法院已于2026年11月10日立案",
    routes=("继续参加人民法院的诉讼，并可以在诉讼中请求调解。",), contact="0411-84600020", committee=COMMITTEE,
    date=dt.date(2026, 11, 18), verify_url=URL, development=True,
)  # fmt: skip
PROOF = MediationProof(
    organisation=COMMITTEE, registration="由望海街道办事处设立", mediators=("王敏",), parties=NAMES, cause="邻里",
    started_on=dt.date(2026, 11, 17), concluded_on=dt.date(2026, 11, 24), agreement_number=NUMBER,
    agreement_sha256="9f2c41d0" * 8, date=dt.date(2026, 11, 24), verify_url=URL, development=True,
)  # fmt: skip
CONFIRMATION = ApplicationDocument(
    court=COURT, applicants=APPLICANTS, organisation=COMMITTEE, agreement_number=NUMBER,
    agreement_date=dt.date(2026, 11, 24), facts=f"{FACTS}经调解，双方自愿达成人民调解协议，各方已签名，委员会已盖章。",
    date=dt.date(2026, 11, 26), verify_url=URL, development=True,
)  # fmt: skip
PLEDGE = PledgeDocument(
    court=COURT, applicants=APPLICANTS, organisation=COMMITTEE, agreement_number=NUMBER, date=dt.date(2026, 11, 26),
    verify_url=URL, development=True,
)  # fmt: skip
AUTHORITY = PowerOfAttorney(
    principal=replace(ZHANG, role="申请人"), matter=f"申请确认{NUMBER}人民调解协议一案",
    agents=(Agent(name="周律", sex="女", standing="律师", work_place="辽宁某某律师事务所", contact="0411-84600030"),),
    special=("代为承认、放弃、变更请求", "代为进行和解、调解，签署调解协议", "代为撤回申请"),
    date=dt.date(2026, 11, 25), verify_url=URL, development=True,
)  # fmt: skip
ADDRESS = DeliveryAddress(
    court=COURT, case_number=CASE, cause="申请司法确认调解协议", receiver=replace(ZHANG, role="申请人"),
    address=ZHANG.address, phone="138****0013", postcode="116021", electronic=True, electronic_phone="138****0013",
    date=dt.date(2026, 11, 30), verify_url=URL, development=True,
)  # fmt: skip
ACCEPTANCE = AcceptanceNotice(
    court=COURT, case_number=CASE, applicants=NAMES, accepted_on=dt.date(2026, 11, 30), cause="邻里", judge="高远",
    clerk="孙丽", contact="0411-84600000", date=dt.date(2026, 11, 30), verify_url=URL, development=True,
)  # fmt: skip
CORRECTION = CorrectionNotice(
    court=COURT, case_number="收件2026-1130-07", applicants=NAMES, received_on=dt.date(2026, 11, 27), cause="邻里",
    defects=("补交调解组织主持调解的证明；", "补交申请人刘志强的身份证明；", "写明协议第二条收款账户的户名和开户行。"),
    deadline=dt.date(2026, 12, 4), clerk="孙丽", contact="0411-84600000", date=dt.date(2026, 11, 27), verify_url=URL,
    development=True,
)  # fmt: skip
RULING = examples.ruling()
RECEIPT = DeliveryReceipt(
    court=COURT, case_number=CASE, cause="申请司法确认调解协议", recipient="张桂兰", place=ZHANG.address,
    method="留置送达",
    papers=(Delivered("（2026）辽0204诉前调确12号民事裁定书"), Delivered("司法确认风险告知书", 2)),
    received_on=dt.date(2026, 12, 4), refusal="受送达人称需与家人商量，拒绝签收",
    witnesses=("社区居民委员会工作人员孙静",),
    server="孙丽", issued_on=dt.date(2026, 12, 3), remarks="送达过程已拍照、录像。", verify_url=URL, development=True,
)  # fmt: skip
ELECTRONIC = ElectronicReceipt(
    court=COURT, case_number=CASE, cause="邻里纠纷", recipient="张桂兰", paper="民事裁定书", channel="平台页面和短信",
    sent_at=_at(3, 10, month=12), arrived_at=_at(3, 10, month=12), verify_url=URL, development=True,
)  # fmt: skip
SIGNING = SigningProof(
    platform="云调平台", paper_title="人民调解协议书", paper_number=f"{NUMBER}　第2版", sha256="9f2c41d0" * 8,
    verdict="真的，没被改过（Valid）", time_authority="云调演示签发机构 时间戳", made_at=_at(24, 12),
    signers=(
        SignerRecord(
            name="张桂兰", role="申请人", identity="短信验证码，调解员当面核对身份证", invited=(_at(24, 10, 40),),
            viewed=(_at(24, 10, 42),), consent="谈成了，您愿意在手机上签名吗？愿意。", consented_at=_at(24, 10, 50),
            signed_at=_at(24, 10, 52), device="手机浏览器", level="B-LTA", fingerprint="41d09f2c" * 8,
        ),
        SignerRecord(
            name="刘志强", role="被申请人", identity="身份证原件", mode="paper", attested_by="调解员王敏",
            signed_at=_at(24, 11),
        ),
    ),
    archived_at=_at(24, 11, 5), development=True,
)  # fmt: skip

SPECIMENS: Mapping[str, Paper] = {
    "mediation-application": APPLICATION,
    "mediation-application-organisation": replace(APPLICATION, respondent=PROPERTY),
    "registration": REGISTRATION,
    "rights-notice": RIGHTS,
    "online-consent": CONSENT,
    "inquiry-record": INQUIRY,
    "mediation-record": RECORD,
    "agreement": examples.agreement(),
    "oral-agreement": ORAL,
    "follow-up": FOLLOW_UP,
    "termination-notice": TERMINATION,
    "refusal-notice": REFUSAL,
    "mediation-proof": PROOF,
    "mediation-proof-english": replace(PROOF, language="en", registration="set up by the Wanghai sub-district office"),
    "confirmation-application": CONFIRMATION,
    "pledge": PLEDGE,
    "power-of-attorney": AUTHORITY,
    "delivery-address": ADDRESS,
    "acceptance-notice": ACCEPTANCE,
    "correction-notice": CORRECTION,
    "ruling-confirm": RULING,
    "ruling-reject": examples.ruling("调解协议内容不明确"),
    "ruling-not-admitted": replace(RULING, outcome="not-admitted", ground="调解协议内容涉及物权、知识产权确权"),
    "ruling-withdrawal-allowed": replace(RULING, outcome="withdrawal-allowed", withdrawn_on=dt.date(2026, 12, 1)),
    "ruling-deemed-withdrawn": replace(
        RULING, outcome="deemed-withdrawn", ground="无正当理由未在本院指定的期限内补充证明材料"
    ),
    "delivery-receipt": RECEIPT,
    "electronic-receipt": ELECTRONIC,
    "signing-proof": SIGNING,
}
