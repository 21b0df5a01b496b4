"""The evidence bundle of a case: what is in it, who may have it, and that it stands without the platform."""

import asyncio
import io
import json
import zipfile

import pikepdf
from conftest import Town
from journey_agreements import effective
from journey_cases import LEAK, accepted, audit_of

from documents.bundle.checking import check
from documents.bundle.container import unpack
from documents.report import Verdict


async def test_the_mediator_takes_away_a_bundle_that_anybody_can_check(town: Town) -> None:
    case_id = await effective(town)
    wang = await town.staff("wang")
    assert "bundle.zip" in (await wang.get(f"/cases/{case_id}")).text
    answer = await wang.get(f"/cases/{case_id}/bundle.zip")
    assert answer.status == 200
    root = (await town.stranger().get("/verify/root.pem")).text
    report = await asyncio.to_thread(check, answer.content, [root], now=town.clock.now())
    assert report.verdict is Verdict.VALID, report.plain()["reasons"]
    files = unpack(answer.content)
    stated = json.loads(files["manifest.json"])
    assert [one["kind"] for one in stated["files"]][:3] == ["index", "agreement", "certificate_page"]
    assert set(stated["case"]["parties"]) == {"张桂兰", "刘志强"}
    actions = [one["action"] for one in json.loads(files["audit.json"])["entries"]]
    assert actions.count("agreement.sign") == 3
    assert LEAK["respondent_phone"].encode() not in answer.content
    assert (await audit_of(town, case_id))[-1] == "bundle.make"


async def test_the_page_of_proof_tells_of_every_signer_and_is_no_part_of_the_agreement(town: Town) -> None:
    case_id = await effective(town)
    bundle = (await (await town.staff("wang")).get(f"/cases/{case_id}/bundle.zip")).content
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        page = archive.read("papers/002.pdf")
    with pikepdf.open(io.BytesIO(page)) as opened:
        headings = [str(one.Title) for one in _outline(opened)]
    assert [name for name in ("张桂兰", "刘志强", "调解员") if not any(name in one for one in headings)] == []


def _outline(opened: pikepdf.Pdf) -> list[pikepdf.Object]:
    found, waiting = [], [opened.Root.Outlines.get("/First")]
    while waiting:
        one = waiting.pop()
        if one is not None:
            found.append(one)
            waiting += [one.get("/Next"), one.get("/First")]
    return found


async def test_before_there_is_a_paper_nothing_is_made(town: Town) -> None:
    case_id = await accepted(town)
    zhou = await town.staff("zhou")
    assert "bundle.zip" not in (await zhou.get(f"/cases/{case_id}")).text
    refused = await zhou.get(f"/cases/{case_id}/bundle.zip")
    assert (refused.status, "bundle.make" in await audit_of(town, case_id)) == (409, False)


async def test_a_party_and_other_staff_are_refused(town: Town) -> None:
    case_id = await effective(town)
    for person in (await town.party(case_id, "张桂兰"), await town.staff("li"), await town.staff("gao")):
        assert (await person.get(f"/cases/{case_id}/bundle.zip")).status == 403
