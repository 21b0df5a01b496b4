"""Papers sealed while the time authority is away wait at their honest level; old ones are stamped again in time."""

import asyncio
import dataclasses

import structlog
from conftest import Town
from journey_agreements import effective, signed_by_all
from journey_cases import audit_of

from documents.report import Verdict
from documents.timestamp import TimestampFailed
from documents.validation import verify
from server.agreements import queries, renewal
from server.agreements.renewal import AGREEMENTS, DAYS_LEFT, Renewal


class AnswersOnly:
    """A time authority that answers so many times and then is away."""

    def __init__(self, inner, times: int) -> None:
        self.inner, self.times = inner, times

    def respond(self, request: bytes) -> bytes:
        if self.times <= 0:
            raise TimestampFailed("away")
        self.times -= 1
        return self.inner.respond(request)


async def verdict_of(town: Town, case_id: str) -> Verdict:
    async with town.platform.database.reading() as db:
        version = await queries.live_version(db, case_id)
    assert version is not None
    pdf = await asyncio.to_thread(town.platform.blobs.get, version.blob)
    report = await asyncio.to_thread(verify, pdf, town.platform.signer.roots, now=town.clock.now())
    return report.verdict


async def test_an_agreement_sealed_without_an_archive_stamp_gets_it_later(town: Town) -> None:
    case_id = await signed_by_all(town)
    signer = town.platform.signer
    away = dataclasses.replace(signer, timestamper=AnswersOnly(signer.timestamper, 1))
    object.__setattr__(town.platform, "signer", away)
    try:
        answer = await (await town.staff("zhou")).api("POST", f"/api/cases/{case_id}/agreement/seal", {})
        assert answer.status == 200, answer.text
        assert await verdict_of(town, case_id) is Verdict.INCOMPLETE
        job = Renewal(town.platform, [AGREEMENTS])
        assert await job.round() == 0
        assert "agreement.renew" not in await audit_of(town, case_id)
    finally:
        object.__setattr__(town.platform, "signer", signer)
    assert await job.round() >= 1
    assert await verdict_of(town, case_id) is Verdict.VALID
    assert (await audit_of(town, case_id)).count("agreement.renew") == 1
    assert await job.round() == 0


async def test_a_finished_agreement_is_left_alone_and_certificates_are_counted(town: Town) -> None:
    case_id = await effective(town)
    job = Renewal(town.platform, [AGREEMENTS])
    await job.round()
    assert "agreement.renew" not in await audit_of(town, case_id)
    assert DAYS_LEFT.labels("time")._value.get() > 3000


async def test_a_certificate_that_ends_soon_raises_an_alarm_and_others_do_not(town: Town, monkeypatch) -> None:
    for days, alarms in ((1, set()), (100_000, set(town.platform.signer.certificates()))):
        monkeypatch.setattr(renewal, "ALARM_DAYS", days)
        with structlog.testing.capture_logs() as told:
            await Renewal(town.platform, [AGREEMENTS]).round()
        assert {one["whose"] for one in told if one["event"] == "certificate.ends_soon"} == alarms
