"""From a settled case to an effective agreement; keys are made and used here as a browser would."""

import base64
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from journey_meetings import settled
from people import Answer, Person

STROKES = [[[0.2, 0.2], [0.5, 0.6], [0.8, 0.3]], [[0.3, 0.7], [0.7, 0.75]]]
CLAUSES = [
    {
        "heading": "付款",
        "text": "刘志强于2026年4月1日前，通过银行转账一次性付给张桂兰8,600元（大写：捌仟陆佰元整）。",
    },
    {"heading": "防水", "text": "刘志强于2026年4月5日前做好602室卫生间防水，闭水24小时，请张桂兰当场查看。"},
    {"heading": "不照做怎么办", "text": "刘志强逾期不付的，每逾期一日按未付金额的万分之二付给张桂兰。"},
]
DRAFT = {
    "facts": "2026年2月，602室装修动了卫生间地面，未做闭水试验，502室顶棚、墙面受损。",
    "responsibility": "刘志强对漏水负责。",
    "performance": "银行转账。",
    "clauses": CLAUSES,
}


class Key:
    """A P-256 key as a browser holds it."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.fingerprint = ""

    @property
    def spki(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, content: bytes) -> str:
        r, s = decode_dss_signature(self.private.sign(content, ec.ECDSA(hashes.SHA256())))
        return base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()

    async def enroll(self, person: Person, base: str) -> Answer:
        challenge = (await person.api("POST", f"{base}/challenges", {})).json()
        proof = self.sign(base64.b64decode(challenge["nonce"]) + self.spki)
        body = {"challenge": challenge["id"], "spki": base64.b64encode(self.spki).decode(), "proof": proof}
        answer = await person.api("POST", f"{base}/certificates", body)
        if answer.status == 200:
            self.fingerprint = answer.json()["fingerprint"]
        return answer


async def drafted(town: Any, **changes: str) -> str:
    case_id = await settled(town, **changes)
    wang = await town.staff("wang")
    page = await wang.get(f"/cases/{case_id}/agreement/draft")
    revision = int(page.text.split('data-revision="')[1].split('"')[0])
    saved = await wang.api("PUT", f"/api/cases/{case_id}/agreement", {**DRAFT, "revision": revision})
    assert saved.status == 200, saved.text
    assert [one for one in saved.json()["findings"] if one["must"]] == []
    return case_id


async def frozen(town: Any, **changes: str) -> str:
    case_id = await drafted(town, **changes)
    done = await (await town.staff("wang")).api("POST", f"/api/cases/{case_id}/agreement/freeze", {})
    assert done.status == 200, done.text
    return case_id


async def begin(person: Person, case_id: str, key: Key) -> Answer:
    base = f"/api/cases/{case_id}/agreement"
    if not key.fingerprint:
        enrolled = await key.enroll(person, base)
        assert enrolled.status == 200, enrolled.text
    return await person.api("POST", f"{base}/signatures", {"fingerprint": key.fingerprint, "strokes": STROKES})


async def finish(person: Person, case_id: str, key: Key, begun: Answer) -> Answer:
    signature = key.sign(base64.b64decode(begun.json()["attributes"]))
    path = f"/api/cases/{case_id}/agreement/signatures/{begun.json()['id']}"
    return await person.api("PUT", path, {"signature": signature})


async def sign(person: Person, case_id: str) -> None:
    """The whole ceremony of one person, again and again as the page does while somebody else is signing."""
    key = Key()
    for _turn in range(200):
        begun = await begin(person, case_id, key)
        if begun.status == 412:
            continue
        assert begun.status == 200, begun.text
        done = await finish(person, case_id, key, begun)
        if done.status == 412:
            continue
        assert done.status == 200, done.text
        return
    raise AssertionError("never got the turn")


async def signed_by_all(town: Any, **changes: str) -> str:
    case_id = await frozen(town, **changes)
    for name in ("张桂兰", "刘志强"):
        await sign(await town.party(case_id, name), case_id)
    await sign(await town.staff("wang"), case_id)
    return case_id


async def effective(town: Any, **changes: str) -> str:
    case_id = await signed_by_all(town, **changes)
    done = await (await town.staff("zhou")).api("POST", f"/api/cases/{case_id}/agreement/seal", {})
    assert done.status == 200, done.text
    return case_id
