"""A page that proves a signing, as the tests use it: one person by telephone, one on paper, the mediator."""

import datetime as dt
import hashlib

from documents_play import BEGIN

from documents.papers.signing_proof import SignerRecord, SigningProof

MINUTE = dt.timedelta(minutes=1)
ZHANG = SignerRecord(
    name="张桂兰",
    role="申请人",
    identity="短信验证码，调解员当面核对身份证",
    invited=(BEGIN, BEGIN + MINUTE),
    viewed=tuple(BEGIN + number * MINUTE for number in range(2, 11)),
    consent="谈成了，您愿意在手机上签名吗？愿意。",
    consented_at=BEGIN + 11 * MINUTE,
    signed_at=BEGIN + 12 * MINUTE,
    device="手机浏览器（Firefox 151, Android）",
    level="B-LTA",
    fingerprint=hashlib.sha256(b"key").hexdigest(),
)
LIU = SignerRecord(
    name="刘志强", role="被申请人", identity="身份证原件", mode="paper", attested_by="调解员王敏", signed_at=BEGIN + 40 * MINUTE
)  # fmt: skip


def proof(*signers: SignerRecord, **changes) -> SigningProof:
    values = {
        "platform": "云调平台",
        "paper_title": "人民调解协议书",
        "paper_number": "（2026）沙望人调字第37号　第2版",
        "sha256": hashlib.sha256(b"paper").hexdigest(),
        "signers": signers or (ZHANG, LIU),
        "time_authority": "云调演示签发机构 时间戳",
        "made_at": BEGIN + 60 * MINUTE,
        "verdict": "真的，没被改过（Valid）",
        "archived_at": BEGIN + 50 * MINUTE,
        "development": True,
    }
    return SigningProof(**{**values, **changes})
