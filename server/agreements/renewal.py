"""Keep the evidence of finished papers alive: archive time stamps that are missing or near their end, put in unasked.

A paper that was sealed while no time authority answered waits here at its honest level; one whose last time stamp
nears its end is stamped again in time. Each is an entry in its case's audit log. Failures are told and tried again.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from cryptography.x509 import load_pem_x509_certificate
from prometheus_client import Gauge
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from documents.renewal import due, renew_at, standing_of, upgraded
from documents.timestamp import TimestampFailed
from server.accounts.permissions import SYSTEM
from server.agreements.models import Standing, Version
from server.audit import log as audit
from server.http.metrics import REGISTRY
from server.wiring import Platform

log = structlog.get_logger("renewal")
EVERY = dt.timedelta(minutes=10)
AT_ONCE = 20
ALARM_DAYS = 90
WAITING = Gauge("yuntiao_papers_without_lasting_time", "Finished papers that wait for a time stamp", registry=REGISTRY)
DAYS_LEFT = Gauge("yuntiao_certificate_days_left", "Days until a certificate ends", ["whose"], registry=REGISTRY)


@dataclass(frozen=True)
class Paper:
    """A finished paper: its row, its case, and which file it is now (SHA-256)."""

    id: str
    case_id: str
    blob: str


@dataclass(frozen=True)
class Shelf:
    """One kind of finished papers: which there are, and how another file takes a paper's place if it is still that."""

    action: str
    papers: Callable[[AsyncSession], Awaitable[list[Paper]]]
    replace: Callable[[AsyncSession, Paper, str], Awaitable[bool]]


async def _agreements(db: AsyncSession) -> list[Paper]:
    effective = select(Version.id, Version.case_id, Version.blob).where(Version.standing == Standing.EFFECTIVE)
    return [Paper(*row) for row in await db.execute(effective)]


async def _replace_agreement(db: AsyncSession, paper: Paper, blob: str) -> bool:
    version = await db.get(Version, paper.id)
    if version is None or version.blob != paper.blob:
        return False
    version.blob = blob
    return True


AGREEMENTS = Shelf("agreement.renew", _agreements, _replace_agreement)


class Renewal:
    """One loop over the shelves; a file is read once, for its name is its content."""

    def __init__(self, platform: Platform, shelves: Sequence[Shelf]) -> None:
        self._platform, self._shelves = platform, shelves
        self._when: dict[str, dt.datetime | None] = {}

    async def run(self) -> None:
        """Look every ten minutes until cancelled."""
        while True:
            try:
                await self.round()
            except Exception:  # the border: a fault of ours must not end the loop
                log.exception("renewal.round_failed")
            await asyncio.sleep(EVERY.total_seconds())

    async def round(self) -> int:
        """Mend what is due now; return how many papers got a time stamp."""
        self._tell_certificates()
        waiting = mended = 0
        for shelf in self._shelves:
            async with self._platform.database.reading() as db:
                papers = {one.blob: one for one in await shelf.papers(db)}
            for blob in papers.keys() - self._when.keys():
                self._when[blob] = await self._read(blob)
            found = due([(blob, self._when[blob]) for blob in papers], self._platform.now())
            waiting += len(found)
            for blob in found[:AT_ONCE]:
                mended += await self._mend(shelf, papers[blob])
        WAITING.set(waiting - mended)
        return mended

    async def _read(self, blob: str) -> dt.datetime | None:
        content = await asyncio.to_thread(self._platform.blobs.get, blob)
        return renew_at(await asyncio.to_thread(standing_of, content))

    async def _mend(self, shelf: Shelf, paper: Paper) -> bool:
        signer, blobs = self._platform.signer, self._platform.blobs
        try:
            pdf = await asyncio.to_thread(
                lambda: upgraded(blobs.get(paper.blob), signer.timestamper, signer.evidence())
            )
        except TimestampFailed as fault:
            log.warning("renewal.no_time", case=paper.case_id, why=str(fault))
            return False
        before, after = self._when[paper.blob], renew_at(await asyncio.to_thread(standing_of, pdf))
        if after is None or (before is not None and after <= before):
            log.error("renewal.would_not_help", case=paper.case_id, ends=str(after))
            return False
        blob = await asyncio.to_thread(blobs.put, pdf)
        async with self._platform.database.writing() as db:
            if not await shelf.replace(db, paper, blob):
                return False
            detail = {"before": paper.blob, "sha256": blob, "until": after.isoformat()}
            await audit.append(db, SYSTEM, shelf.action, paper.case_id, detail, now=self._platform.now())
        self._when[blob] = after
        return True

    def _tell_certificates(self) -> None:
        """How long each certificate of the authority lives; an alarm in the log when that is not long."""
        for whose, pem in self._platform.signer.certificates().items():
            ends = load_pem_x509_certificate(pem.encode()).not_valid_after_utc
            days = (ends - self._platform.now()).days
            DAYS_LEFT.labels(whose).set(days)
            if days < ALARM_DAYS:
                log.warning("certificate.ends_soon", whose=whose, days=days)
