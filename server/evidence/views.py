"""The evidence bundle of a case, for its mediator and its committee: made at the click, sealed, entered in the log."""

import asyncio
import datetime as dt
import hashlib
from urllib.parse import quote

from aiohttp import web

from documents.bundle.contents import CaseContents, Piece
from documents.bundle.index import WORDS
from documents.bundle.making import ContentsFault, Sealer, make
from documents.papers.signing_proof import SigningProof
from documents.render import render
from documents.timestamp import TimestampFailed
from documents.validation import verify
from server.accounts.auth import actor_of, allow
from server.accounts.permissions import Action
from server.agreements.signer import PLATFORM
from server.audit import log as audit
from server.db.blobs import Blobs
from server.errors import NotNow, Upstream, _
from server.evidence.gathering import CaseFile, gather, records
from server.http.limits import limit
from server.wiring import Platform, platform_of

PICTURES = ("image/jpeg", "image/png", "image/webp", "application/pdf")
ONE_AT_A_TIME = asyncio.Semaphore(1)  # judging every paper is a second of computing each


@allow(Action.EXPORT_BUNDLE)
async def bundle(request: web.Request) -> web.Response:
    """GET /cases/{case_id}/bundle.zip: everything of the case as one sealed file."""
    limit(request, "bundle", per_minute=6)
    platform, case_id = platform_of(request), request.match_info["case_id"]
    async with platform.database.reading() as db:
        gathered = await gather(db, case_id)
    if gathered.version is None:
        raise NotNow("no_papers", _("还没有可以装进证据包的文书。")).about(case_id)
    now = platform.now()
    try:
        async with ONE_AT_A_TIME:
            made, digest = await asyncio.to_thread(_made, platform, gathered, now)
    except TimestampFailed as failed:
        raise Upstream("timestamp_failed", _("时间戳服务没有回应，证据包没有做成。请过一会儿再点。")).about(
            case_id
        ) from failed
    except ContentsFault as fault:
        raise NotNow("bundle_fault", _("证据包做不成：{why}"), why=str(fault)).about(case_id) from fault
    async with platform.database.writing() as db:
        await audit.append(db, actor_of(request), "bundle.make", case_id, {"sha256": digest}, now=now)
    name = quote(f"证据包-{gathered.case.number or case_id}.zip")
    headers = {"Content-Disposition": f"attachment; filename=\"bundle.zip\"; filename*=UTF-8''{name}"}
    return web.Response(body=made, content_type="application/vnd.etsi.asic-e+zip", headers=headers)


def _made(platform: Platform, gathered: CaseFile, now: dt.datetime) -> tuple[bytes, str]:
    signer = platform.signer
    sealer = Sealer(signer.platform_key, signer.timestamper, signer.evidence(), tuple(signer.roots))
    case = gathered.case
    contents = CaseContents(
        number=case.number or "",
        title=case.title,
        installation=platform.settings.base_url,
        made_at=now,
        pieces=(*_papers(platform, gathered, now), *_attachments(platform.blobs, gathered)),
        audit={key: gathered.audit[key] for key in ("chain", "entries", "head")},
        parties=tuple(party.name for party in case.parties),
    )
    made = make(contents, sealer, now=now)
    return made, hashlib.sha256(made).hexdigest()


def _papers(platform: Platform, gathered: CaseFile, now: dt.datetime) -> list[Piece]:
    assert gathered.version is not None
    agreement = platform.blobs.get(gathered.version.blob)
    papers = [Piece("人民调解协议书", agreement, "agreement")]
    if gathered.ruling:
        papers.append(Piece("民事裁定书", platform.blobs.get(gathered.ruling.blob)))
    page = render(_proof(platform, gathered, agreement, now), platform.signer.fonts)
    return [*papers, Piece("签署证明页", page, "certificate_page", signed=False)]


def _proof(platform: Platform, gathered: CaseFile, agreement: bytes, now: dt.datetime) -> SigningProof:
    signer, report = platform.signer, verify(agreement, platform.signer.roots, now=now)
    zh, en = WORDS[report.verdict]
    return SigningProof(
        platform=PLATFORM,
        paper_title=report.title,
        paper_number=report.number,
        sha256=report.sha256,
        signers=records(gathered, report),
        time_authority=platform.settings.timestamp_url or "平台时间戳（RFC 3161）",
        made_at=now,
        verdict=f"{zh}（{en}）",
        archived_at=report.document_timestamp,
        development=signer.development,
    )


def _attachments(blobs: Blobs, gathered: CaseFile) -> list[Piece]:
    return [
        Piece(one.name, blobs.get(one.sha256), "scan", signed=False)
        for one in gathered.attachments
        if one.media_type in PICTURES
    ]


def routes() -> list[web.RouteDef]:
    """This feature's addresses."""
    return [web.get("/cases/{case_id}/bundle.zip", bundle, name="evidence.bundle")]
