"""One person's signature over two requests, and the seal that ends the ceremony.

A lease keeps two preparations off one revision: whoever comes second is told `busy` and tries again unseen, so two
people who sign at the same moment both succeed. Nothing is signed by the platform for a person. PDF work, the
timestamp and the verification happen before the writing transaction, which then checks that nothing changed meanwhile.
"""

import asyncio
import datetime as dt
from collections.abc import Sequence

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sqlalchemy.ext.asyncio import AsyncSession

from documents.archive import stamped, stored
from documents.marks import Appearance, StrokesRefused, checked_strokes
from documents.report import Verdict
from documents.signing import Prepared, SignatureRefused, embed, prepare, sign_with_key
from documents.timestamp import TimestampFailed
from documents.validation import verify
from server.accounts.organizations import organization
from server.accounts.permissions import SYSTEM, Actor
from server.agreements import queries
from server.agreements.keys import held, holder_of
from server.agreements.models import Signed, SigningRequest, Standing, Version
from server.audit import log as audit
from server.cases import operations as case_operations
from server.cases import queries as cases
from server.cases.lifecycle import Trigger
from server.cases.models import Case
from server.db.base import new_id
from server.db.engine import announce
from server.errors import Invalid, NotAllowed, NotNow, Stale, Upstream, _
from server.http.pages import BEIJING
from server.messages.operations import queue
from server.outbox.events import AgreementEffective
from server.outbox.store import record
from server.wiring import Platform

LEASE = dt.timedelta(seconds=90)
log = structlog.get_logger("signing")
SEAL_TRIES = 3


def field_of(case: Case, actor: Actor) -> str:
    """Return the field that is this person's to sign; raises NotAllowed."""
    if actor.kind == "party":
        return f"party-{cases.party_of(case, actor.id).position}"
    if actor.id == case.mediator_id:
        return "mediator"
    raise NotAllowed("not_yours_to_sign", _("这份协议没有您签名的地方。")).about(case.id)


def expected_fields(case: Case) -> list[str]:
    """Return everybody who must sign before the seal."""
    return [*(f"party-{party.position}" for party in case.parties), "mediator"]


async def begin(
    platform: Platform, case_id: str, actor: Actor, fingerprint: str, strokes: Sequence[Sequence[Sequence[float]]]
) -> tuple[SigningRequest, Prepared]:
    """Take the lease, prepare the signature on the newest revision, keep it for `complete`."""
    now = platform.now()
    try:
        drawn = checked_strokes(strokes)
    except StrokesRefused as error:
        raise Invalid("strokes", _("没有收到手写的名字，请在框里写上再交。")) from error
    async with platform.database.writing() as db:
        case = await cases.get_case(db, case_id)
        version = await queries.signing_version(db, case_id)
        field = field_of(case, actor)
        certificate = await held(db, case_id, actor, fingerprint, now)
        done = await queries.signatures(db, version.id)
        _check_turn(case, field, set(done))
        _take_lease(version, actor, now)
        base = version.blob
    pdf = await asyncio.to_thread(platform.blobs.get, base)
    shown = f"{now.astimezone(BEIJING):%Y-%m-%d %H:%M} 北京时间"
    look = Appearance(actor.name, shown, fingerprint, drawn_strokes=drawn, fonts=platform.signer.fonts)
    chain = platform.signer.authority.chain_pems
    try:
        prepared = await asyncio.to_thread(prepare, pdf, field, certificate.pem, chain, look, now)
    except SignatureRefused as error:
        await _give_back(platform, version.id, actor)
        raise NotNow(error.code, str(error)).about(case_id) from error
    kept = await asyncio.to_thread(platform.blobs.put, prepared.to_json().encode())
    request = SigningRequest(
        id=new_id(),
        subject=version.id,
        holder=holder_of(actor),
        field=field,
        fingerprint=fingerprint,
        base=base,
        prepared=kept,
        at=now,
    )
    async with platform.database.writing() as db:
        db.add(request)
    return request, prepared


def _check_turn(case: Case, field: str, done: set[str]) -> None:
    if field in done:
        raise NotNow("already_signed", _("您已经签过了。")).about(case.id)
    people = set(expected_fields(case)) - {"mediator"}
    if field == "mediator" and people - done:
        raise NotNow("people_first", _("请等双方都签完，调解员再签。")).about(case.id)


def _take_lease(version: Version, actor: Actor, now: dt.datetime) -> None:
    holder = holder_of(actor)
    held_by_other = version.leased_by not in (None, holder)
    if held_by_other and version.leased_until is not None and version.leased_until > now:
        raise Stale("signing_busy", _("另一个人正在签，马上就轮到您。"))
    version.leased_by, version.leased_until = holder, now + LEASE


async def _give_back(platform: Platform, version_id: str, actor: Actor) -> None:
    async with platform.database.writing() as db:
        version = await db.get(Version, version_id)
        if version is not None and version.leased_by == holder_of(actor):
            version.leased_by, version.leased_until = None, None


async def leave(platform: Platform, case_id: str, actor: Actor, request_id: str) -> None:
    """The browser will not sign what it was given: let the others sign at once, and write down that it refused."""
    async with platform.database.reading() as db:
        case = await cases.get_case(db, case_id)
        request = await db.get(SigningRequest, request_id)
    if request is None or request.holder != holder_of(actor):
        raise NotAllowed("not_your_request", _("这个签名不是您的，没有签进去。")).about(case.id)
    await _give_back(platform, request.subject, actor)
    async with platform.database.writing() as db:
        detail = {"field": request.field, "sha256": request.base}
        await audit.append(db, actor, "agreement.sign_left", case_id, detail, now=platform.now())


async def complete(platform: Platform, case_id: str, actor: Actor, request_id: str, signature: bytes) -> Version:
    """Check and embed the signature, timestamp it, and store it if the revision is still the one it was made on."""
    async with platform.database.reading() as db:
        case = await cases.get_case(db, case_id)
        version = await queries.signing_version(db, case_id)
        request = await db.get(SigningRequest, request_id)
    _check_request(case, version, request, actor)
    assert request is not None
    prepared = Prepared.from_json((await asyncio.to_thread(platform.blobs.get, request.prepared)).decode())
    pdf = await embedded(platform, prepared, signature, case_id)
    blob = await asyncio.to_thread(platform.blobs.put, pdf)
    now = platform.now()
    async with platform.database.writing() as db:
        version = await queries.signing_version(db, case_id)
        kept = await db.get(SigningRequest, request_id)
        if version.blob != request.base or kept is None or kept.done:
            raise Stale("signing_stale", _("刚才又有人签了，系统会自动重签一次。"))
        version.blob, version.leased_by, version.leased_until = blob, None, None
        kept.done = True
        db.add(
            Signed(
                version_id=version.id,
                field=request.field,
                person_id=holder_of(actor),
                name=actor.name,
                fingerprint=request.fingerprint,
                at=now,
            )
        )
        detail = {"version": version.number, "field": request.field, "sha256": blob, "key": request.fingerprint}
        await audit.append(db, actor, "agreement.sign", case_id, detail, now=now)
        announce(db, f"case:{case_id}")
    return version


def _check_request(case: Case, version: Version, request: SigningRequest | None, actor: Actor) -> None:
    if request is None or request.subject != version.id:
        raise NotNow("request_unknown", _("协议的文本改过了，刚才的签名不算数。请重新看、重新签。")).about(case.id)
    if request.holder != holder_of(actor):
        raise NotAllowed("not_your_request", _("这个签名不是您的，没有签进去。")).about(case.id)
    if request.base != version.blob:
        raise Stale("signing_stale", _("刚才又有人签了，系统会自动重签一次。"))


async def embedded(platform: Platform, prepared: Prepared, signature: bytes, case_id: str) -> bytes:
    """Verify and embed a browser's signature; raises NotAllowed or Upstream, nothing stored."""
    try:
        return await asyncio.to_thread(embed, prepared, signature, platform.signer.timestamper)
    except SignatureRefused as error:
        raise NotAllowed("signature_refused", _("签名和您的证书对不上，没有签进去。")).about(case_id) from error
    except TimestampFailed as error:
        raise Upstream("timestamp_failed", _("时间戳服务没有回应，这次没签上，什么都没丢。请过一会儿再点。")) from error


async def release(db: AsyncSession, case_id: str, actor: Actor) -> None:
    """Give the lease back when the person turns away."""
    version = await queries.live_version(db, case_id)
    if version is not None and version.leased_by == holder_of(actor):
        version.leased_by = version.leased_until = None


async def seal(platform: Platform, case_id: str, actor: Actor) -> None:
    """盖章: the committee's seal last, then the long-term store and the document timestamp; the agreement binds."""
    async with platform.database.reading() as db:
        case = await cases.get_case(db, case_id)
        version = await queries.signing_version(db, case_id)
        missing = set(expected_fields(case)) - set(await queries.signatures(db, version.id))
        committee = await organization(db, case.committee_id)
    if missing:
        raise NotNow("signatures_missing", _("还有人没签名，或者还没盖章。")).about(case_id)
    pdf = await sealed(platform, version.blob, committee.name)
    await _store_sealed(platform, case_id, actor, (version, pdf, committee.name))


async def sealed(platform: Platform, base: str, name: str) -> bytes:
    """Seal, complete for the long term, and verify: what does not verify is never stored.

    Without an answer for the archive time stamp the paper is kept at B-LT, and `renewal` stamps it later.
    """
    signer = platform.signer
    now = platform.now()
    shown = f"{now.astimezone(BEIJING):%Y-%m-%d}"

    def work() -> bytes:
        key = signer.seal_key(name)
        fingerprint = x509.load_pem_x509_certificate(key.certificate_pem.encode()).fingerprint(hashes.SHA256()).hex()
        look = Appearance(name, shown, fingerprint, kind="seal", fonts=signer.fonts)
        closed = stored(
            sign_with_key(platform.blobs.get(base), "seal", key, look, signer.timestamper, now), signer.evidence()
        )
        try:
            return stamped(closed, signer.timestamper)
        except TimestampFailed as fault:  # the seal has its own time: the archive's is put in later (renewal)
            log.warning("seal.no_archive_time", why=str(fault))
            return closed

    try:
        pdf = await asyncio.to_thread(work)
    except TimestampFailed as error:
        raise Upstream("timestamp_failed", _("时间戳服务没有回应，这次没签上，什么都没丢。请过一会儿再点。")) from error
    report = await asyncio.to_thread(verify, pdf, signer.roots, None, now=platform.now())
    if report.verdict is not Verdict.VALID and {one.code for one in report.reasons} != {"no_archive"}:
        raise RuntimeError(f"a sealed paper does not verify: {report.verdict}")
    return pdf


async def _store_sealed(platform: Platform, case_id: str, actor: Actor, of: tuple[Version, bytes, str]) -> None:
    base, pdf, committee = of
    blob = await asyncio.to_thread(platform.blobs.put, pdf)
    now = platform.now()
    async with platform.database.writing() as db:
        case = await cases.get_case(db, case_id)
        version = await queries.signing_version(db, case_id)
        if version.id != base.id or version.blob != base.blob:
            raise Stale("signing_stale", _("刚才又有人签了，系统会自动重签一次。"))
        version.blob, version.standing, version.effective_at = blob, Standing.EFFECTIVE, now
        case.effective_at = now
        db.add(
            Signed(
                version_id=version.id, field="seal", person_id=holder_of(actor), name=committee, fingerprint="", at=now
            )
        )
        await audit.append(db, actor, "agreement.seal", case_id, {"version": version.number, "sha256": blob}, now=now)
        facts = await cases.facts(db, case, signatures_missing=0, sealed=True)
        await case_operations.advance(
            db, case, Trigger.COMPLETE_SIGNING, SYSTEM, now=now, facts=facts, detail={"sha256": blob}
        )
        event = AgreementEffective(case_id=case_id, agreement_id=version.agreement_id, sha256=blob, effective_at=now)
        await record(db, event, now=now)
        for party in case.parties:
            where = f"{platform.settings.base_url}/my/{case_id}"
            text = f"【云调】{party.name}您好，协议生效了。30天内双方可申请法院确认：{where}"
            await queue(db, phone=party.phone, text=text, purpose="effective", case_id=case_id, now=now)
