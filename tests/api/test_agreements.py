"""The agreement: writing, freezing, signing by everybody with their own keys, sealing; and every way to cheat."""

import asyncio
import datetime as dt

from conftest import Town
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from documents_wetink import DAY, URL, packed, sheets_of
from journey_agreements import DRAFT, Key, begin, drafted, effective, finish, frozen, sign, signed_by_all
from journey_cases import audit_of, state_of

from documents.keys import SigningKey
from documents.report import Report, Verdict
from documents.validation import verify
from documents.wetink.attesting import Pen, Printed, Witness, attestation, rendered
from documents.wetink.closing import Closing
from documents.wetink.printing import print_version
from documents.wetink.scanning import read_sheets


async def file_of(town: Town, case_id: str) -> bytes:
    return (await (await town.staff("wang")).get(f"/cases/{case_id}/agreement/file.pdf")).content


async def verdict(town: Town, pdf: bytes) -> Report:
    return await asyncio.to_thread(verify, pdf, town.platform.signer.roots, now=town.clock.now())


async def test_an_agreement_is_signed_by_all_sealed_and_valid(town: Town) -> None:
    case_id = await effective(town)
    assert await state_of(town, case_id) == "effective"
    pdf = await file_of(town, case_id)
    report = await verdict(town, pdf)
    assert report.verdict is Verdict.VALID, report.to_json()
    assert {one.field for one in report.signers} >= {"party-1", "party-2", "mediator", "seal"}
    actions = await audit_of(town, case_id)
    assert actions.count("agreement.sign") == 3
    assert "agreement.seal" in actions


async def test_a_flipped_byte_and_a_cut_file_are_never_valid(town: Town) -> None:
    pdf = await file_of(town, await effective(town))
    flipped = bytearray(pdf)
    flipped[len(pdf) // 3] ^= 1
    assert (await verdict(town, bytes(flipped))).verdict is not Verdict.VALID
    assert (await verdict(town, pdf[: len(pdf) * 2 // 3])).verdict is not Verdict.VALID


async def test_two_people_who_sign_at_the_same_moment_both_succeed(town: Town) -> None:
    case_id = await frozen(town)
    people = [await town.party(case_id, name) for name in ("张桂兰", "刘志强")]
    await asyncio.gather(*(sign(person, case_id) for person in people))
    progress = (await people[0].api("GET", f"/api/cases/{case_id}/agreement/progress")).json()
    assert progress["signed"] == ["party-1", "party-2"]


async def test_a_second_person_is_told_to_wait_while_one_is_signing(town: Town) -> None:
    case_id = await frozen(town)
    zhang, liu = await town.party(case_id, "张桂兰"), await town.party(case_id, "刘志强")
    first, second = Key(), Key()
    begun = await begin(zhang, case_id, first)
    assert begun.status == 200
    told = await begin(liu, case_id, second)
    assert (told.status, told.json()["code"]) == (412, "signing_busy")
    assert (await finish(zhang, case_id, first, begun)).status == 200
    again = await begin(liu, case_id, second)
    assert (await finish(liu, case_id, second, again)).status == 200


async def test_a_device_that_refuses_to_sign_makes_nobody_wait(town: Town) -> None:
    case_id = await frozen(town)
    zhang, liu = await town.party(case_id, "张桂兰"), await town.party(case_id, "刘志强")
    begun = (await begin(zhang, case_id, Key())).json()
    assert (await liu.api("DELETE", begun["leave"])).json()["code"] == "not_your_request"
    assert (await begin(liu, case_id, Key())).json()["code"] == "signing_busy"  # a stranger's farewell frees nothing
    assert (await zhang.api("DELETE", begun["leave"])).status == 204
    assert (await begin(liu, case_id, Key())).status == 200
    assert "agreement.sign_left" in await audit_of(town, case_id)


async def test_what_is_found_in_a_draft_is_told_in_the_readers_language_with_its_repair(town: Town) -> None:
    case_id = await drafted(town)
    wang = await town.staff("wang")
    page = (await wang.get(f"/cases/{case_id}/agreement/draft")).text
    text = "双方约定：刘志强于2026年4月1日前付给张桂兰8,600元（大写：捌仟元整）。"
    draft = {
        **DRAFT,
        "clauses": [{"heading": "", "text": text}],
        "revision": int(page.split('data-revision="')[1].split('"')[0]),
    }
    saved = (await wang.api("PUT", f"/api/cases/{case_id}/agreement", draft)).json()
    [found] = saved["findings"]
    assert (found["where"], found["must"], found["clause"]) == ("第 1 条", True, 1)
    assert found["repair"]["label"] == "大写改成“捌仟陆佰元整”"
    mended = {**draft, "clauses": [{"heading": "", "text": found["repair"]["text"]}], "revision": saved["revision"]}
    assert (await wang.api("PUT", f"/api/cases/{case_id}/agreement", mended)).json()["findings"] == []


async def test_a_lease_that_was_left_lying_ends_by_itself(town: Town) -> None:
    case_id = await frozen(town)
    zhang, liu = await town.party(case_id, "张桂兰"), await town.party(case_id, "刘志强")
    first, second = Key(), Key()
    begun = await begin(zhang, case_id, first)
    town.clock.forward(seconds=95)
    other = await begin(liu, case_id, second)
    assert (await finish(liu, case_id, second, other)).status == 200
    late = await finish(zhang, case_id, first, begun)
    assert (late.status, late.json()["code"]) == (412, "signing_stale")


async def test_somebody_elses_signature_is_refused_and_noted(town: Town) -> None:
    case_id = await frozen(town)
    zhang, liu = await town.party(case_id, "张桂兰"), await town.party(case_id, "刘志强")
    key = Key()
    begun = await begin(zhang, case_id, key)
    stolen = await finish(liu, case_id, key, begun)
    assert (stolen.status, stolen.json()["code"]) == (403, "not_your_request")
    assert "refused.not_your_request" in await audit_of(town, case_id)
    forged = await finish(zhang, case_id, Key(), begun)
    assert (forged.status, forged.json()["code"]) == (403, "signature_refused")
    assert "agreement.sign" not in await audit_of(town, case_id)


async def test_a_certificate_of_somebody_else_cannot_be_used(town: Town) -> None:
    case_id = await frozen(town)
    zhang, liu = await town.party(case_id, "张桂兰"), await town.party(case_id, "刘志强")
    key = Key()
    await begin(zhang, case_id, key)
    borrowed = await begin(liu, case_id, key)
    assert (borrowed.status, borrowed.json()["code"]) == (409, "certificate_old")


async def test_a_key_that_is_not_there_gets_no_certificate(town: Town) -> None:
    case_id = await frozen(town)
    zhang = await town.party(case_id, "张桂兰")
    key, other = Key(), Key()
    key.sign = other.sign  # type: ignore[method-assign]
    answer = await key.enroll(zhang, f"/api/cases/{case_id}/agreement")
    assert (answer.status, answer.json()["code"]) == (403, "key_refused")


async def test_a_signature_after_a_change_is_refused_and_all_earlier_ones_are_void(town: Town) -> None:
    case_id = await frozen(town)
    zhang, liu = await town.party(case_id, "张桂兰"), await town.party(case_id, "刘志强")
    await sign(zhang, case_id)
    key = Key()
    begun = await begin(liu, case_id, key)
    reopened = await liu.api("POST", f"/api/cases/{case_id}/agreement/reopen", {"reason": "日期不对"})
    assert reopened.status == 200
    assert await state_of(town, case_id) == "drafting"
    late = await finish(liu, case_id, key, begun)
    assert late.status == 409
    assert (await audit_of(town, case_id)).count("agreement.sign") == 1
    wang = await town.staff("wang")
    assert (await wang.api("POST", f"/api/cases/{case_id}/agreement/freeze", {})).status == 200
    after = await finish(liu, case_id, key, begun)
    assert (after.status, after.json()["code"]) == (409, "request_unknown")
    progress = (await zhang.api("GET", f"/api/cases/{case_id}/agreement/progress")).json()
    assert progress["signed"] == []


async def test_reopening_needs_a_reason(town: Town) -> None:
    case_id = await frozen(town)
    answer = await (await town.staff("wang")).api("POST", f"/api/cases/{case_id}/agreement/reopen", {"reason": " "})
    assert (answer.status, answer.json()["code"]) == (409, "reason_needed")
    assert await state_of(town, case_id) == "signing"


async def test_the_mediator_signs_after_the_people_and_the_seal_is_last(town: Town) -> None:
    case_id = await frozen(town)
    early = await begin(await town.staff("wang"), case_id, Key())
    assert (early.status, early.json()["code"]) == (409, "people_first")
    seal = await (await town.staff("zhou")).api("POST", f"/api/cases/{case_id}/agreement/seal", {})
    assert (seal.status, seal.json()["code"]) == (409, "signatures_missing")
    assert await state_of(town, case_id) == "signing"


async def test_nobody_signs_twice(town: Town) -> None:
    case_id = await frozen(town)
    zhang = await town.party(case_id, "张桂兰")
    await sign(zhang, case_id)
    again = await begin(zhang, case_id, Key())
    assert (again.status, again.json()["code"]) == (409, "already_signed")


async def test_a_frozen_text_cannot_be_edited(town: Town) -> None:
    case_id = await frozen(town)
    answer = await (await town.staff("wang")).api("PUT", f"/api/cases/{case_id}/agreement", {**DRAFT, "revision": 2})
    assert (answer.status, answer.json()["code"]) == (409, "text_frozen")


async def test_a_draft_typed_on_an_old_revision_overwrites_nothing(town: Town) -> None:
    case_id = await drafted(town)
    answer = await (await town.staff("wang")).api("PUT", f"/api/cases/{case_id}/agreement", {**DRAFT, "revision": 1})
    assert (answer.status, answer.json()["code"]) == (412, "draft_stale")


async def test_a_draft_with_a_finding_that_must_be_mended_is_not_frozen(town: Town) -> None:
    case_id = await drafted(town)
    wang = await town.staff("wang")
    page = await wang.get(f"/cases/{case_id}/agreement/draft")
    revision = int(page.text.split('data-revision="')[1].split('"')[0])
    vague = {**DRAFT, "clauses": [{"heading": "", "text": "刘志强尽快付清。"}], "revision": revision}
    saved = await wang.api("PUT", f"/api/cases/{case_id}/agreement", vague)
    assert any(one["must"] for one in saved.json()["findings"])
    answer = await wang.api("POST", f"/api/cases/{case_id}/agreement/freeze", {})
    assert (answer.status, answer.json()["code"]) == (409, "findings_open")


async def test_a_character_without_a_glyph_is_named(town: Town) -> None:
    case_id = await drafted(town)
    wang = await town.staff("wang")
    page = await wang.get(f"/cases/{case_id}/agreement/draft")
    revision = int(page.text.split('data-revision="')[1].split('"')[0])
    clauses = [{"heading": "", "text": "双方和好 \U0001f91d。"}]
    await wang.api("PUT", f"/api/cases/{case_id}/agreement", {**DRAFT, "clauses": clauses, "revision": revision})
    answer = await wang.api("POST", f"/api/cases/{case_id}/agreement/freeze", {})
    assert (answer.status, answer.json()["code"]) == (422, "glyph_missing")
    assert "\U0001f91d" in answer.json()["title"]
    assert await state_of(town, case_id) == "drafting"


async def test_the_public_page_judges_a_dropped_file_and_masks_names(town: Town) -> None:
    pdf = await file_of(town, await effective(town))
    page = await town.stranger().post("/verify", file=("agreement.pdf", pdf))
    assert 'data-verdict="valid"' in page.text
    assert "张桂兰" not in page.text
    assert "张*兰" in page.text
    bad = await town.stranger().post("/verify", file=("x.pdf", b"%PDF-1.7 nothing"))
    assert 'data-verdict="invalid"' in bad.text


async def test_the_public_page_tells_ink_from_signatures_and_masks_its_names(town: Town) -> None:
    pdf = await file_of(town, await frozen(town))
    ink = await asyncio.to_thread(attested_for, town, pdf)
    page = await town.stranger().post("/verify", file=("ink.pdf", ink))
    assert 'data-verdict="valid"' in page.text
    assert page.text.count("data-on-paper") == 2
    assert "在纸上签的，由王*证明；笔迹没有查验" in page.text
    assert "张桂兰" not in page.text
    assert "张*兰" in page.text
    reader = town.stranger()
    await reader.post("/ui/lang", lang="en", back="/")
    assert (
        "as 王* attests; the handwriting was not judged" in (await reader.post("/verify", file=("ink.pdf", ink))).text
    )


def attested_for(town: Town, pdf: bytes) -> bytes:
    """Both parties signed the print of this file with a pen, and the mediator attests it."""
    signer, now = town.platform.signer, town.clock.now()
    printed = Printed.opened(pdf, signer.roots, now)
    sheets = sheets_of(print_version(pdf, URL, signer.fonts, on=DAY))[1:]
    pens = [Pen("party-1", "张桂兰", now), Pen("party-2", "刘志强", now)]
    witness = Witness("王敏", "委员会", URL, DAY)
    paper = attestation(printed, read_sheets([packed(one) for one in sheets]), pens, witness)
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    certificate = signer.authority.issue_event_certificate(spki, "王敏", "EV-1", now, dt.timedelta(days=1))
    mediator = SigningKey(key, certificate, signer.authority.chain_pems, "王敏")
    keys = (signer.platform_key, mediator, signer.seal_key("委员会"))
    closing = Closing(*keys, signer.timestamper, signer.evidence(), now)
    return closing.close(rendered(paper, printed, signer.fonts), paper, signer.fonts)


async def test_the_public_page_masks_those_who_have_yet_to_sign_too(town: Town) -> None:
    pdf = await file_of(town, await frozen(town))
    page = await town.stranger().post("/verify", file=("agreement.pdf", pdf))
    assert 'data-verdict="incomplete"' in page.text
    assert "张桂兰" not in page.text
    assert "申请人张*兰签名" in page.text


async def test_the_printed_code_leads_to_the_verdict_and_a_void_version_says_so(town: Town) -> None:
    case_id = await signed_by_all(town)
    from server.agreements import queries

    async with town.platform.database.reading() as db:
        version = await queries.live_version(db, case_id)
    assert version is not None
    page = await town.stranger().get(f"/verify/{version.verify_code}")
    assert 'data-verdict="incomplete"' in page.text
    await (await town.staff("wang")).api("POST", f"/api/cases/{case_id}/agreement/reopen", {"reason": "要改"})
    assert 'data-verdict="void"' in (await town.stranger().get(f"/verify/{version.verify_code}")).text
    assert (await town.stranger().get("/verify/nonsense")).status == 404


async def test_a_party_without_the_consent_to_sign_electronically_is_told(town: Town) -> None:
    case_id = await frozen(town)
    liu = await town.party(case_id, "刘志强")
    answers = {"mediation": "yes", "video": "yes", "e_signature": "no", "e_delivery": "yes"}
    await liu.post(f"/my/{case_id}/consent", **answers)
    answer = await Key().enroll(liu, f"/api/cases/{case_id}/agreement")
    assert (answer.status, answer.json()["code"]) == (409, "no_consent")
