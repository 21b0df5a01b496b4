"""Certificates for keys that live in people's browsers: challenge, proof of possession, short-lived certificate."""

import asyncio
import datetime as dt
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from documents.keys import PossessionRefused, verify_possession
from server.accounts.permissions import Actor
from server.agreements.models import Challenge, HeldCertificate
from server.audit import log as audit
from server.cases import queries as cases
from server.db.base import new_id
from server.errors import NotAllowed, NotNow, _
from server.wiring import Platform

CHALLENGE_LIFE = dt.timedelta(minutes=5)
USABLE = dt.timedelta(days=1)  # for signing; the certificate in the file may live longer, see Settings


def holder_of(actor: Actor) -> str:
    """Name whoever holds a key: party-<id> or staff-<id>."""
    return f"{actor.kind}-{actor.id}"


async def challenge(db: AsyncSession, actor: Actor, now: dt.datetime) -> Challenge:
    """Give a nonce for a new key to sign."""
    made = Challenge(id=new_id(), holder=holder_of(actor), nonce=os.urandom(32), expires_at=now + CHALLENGE_LIFE)
    db.add(made)
    await db.flush()
    return made


async def certify_key(
    platform: Platform, case_id: str, actor: Actor, challenge_id: str, spki: bytes, proof: bytes
) -> HeldCertificate:
    """Issue a certificate for a key whose holder was identified and agreed to sign electronically."""
    now = platform.now()
    async with platform.database.reading() as db:
        asked = await db.get(Challenge, challenge_id)
        if actor.kind == "party":
            await _check_party(db, case_id, actor)
    if asked is None or asked.holder != holder_of(actor) or asked.expires_at <= now:
        raise NotNow("challenge_old", _("等得太久了，请再点一次“签名”。")).about(case_id)
    try:
        await asyncio.to_thread(verify_possession, spki, asked.nonce, proof)
    except PossessionRefused as error:
        raise NotAllowed("key_refused", _("这把钥匙没有通过核对，没有签名。")).about(case_id) from error
    evidence = f"{case_id}.{holder_of(actor)}"[:60]
    authority = platform.signer.authority
    validity = dt.timedelta(days=platform.settings.certificate_days)
    pem = await asyncio.to_thread(authority.issue_event_certificate, spki, actor.name, evidence, now, validity)
    fingerprint = x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex()
    made = HeldCertificate(
        id=new_id(),
        case_id=case_id,
        holder=holder_of(actor),
        pem=pem,
        fingerprint=fingerprint,
        issued_at=now,
        expires_at=now + USABLE,
    )
    async with platform.database.writing() as db:
        used = await db.get(Challenge, challenge_id)
        if used is None:
            raise NotNow("challenge_old", _("等得太久了，请再点一次“签名”。")).about(case_id)
        await db.delete(used)
        db.add(made)
        await audit.append(db, actor, "certificate.issue", case_id, {"fingerprint": fingerprint}, now=now)
    return made


async def _check_party(db: AsyncSession, case_id: str, actor: Actor) -> None:
    party = cases.party_of(await cases.get_case(db, case_id), actor.id)
    if party.verified_at is None:
        raise NotNow("not_verified", _("还没有核对身份，请先点短信里的链接核对。")).about(case_id)
    if not (await cases.consents(db, party.id)).get("e_signature"):
        raise NotNow("no_consent", _("您没有同意用手机签名。可以到现场签，也可以回“我的案子”改成同意。")).about(case_id)


async def held(db: AsyncSession, case_id: str, actor: Actor, fingerprint: str, now: dt.datetime) -> HeldCertificate:
    """Return a valid certificate of this person for this case; raises NotNow."""
    found = await db.scalar(
        select(HeldCertificate).where(
            HeldCertificate.case_id == case_id,
            HeldCertificate.holder == holder_of(actor),
            HeldCertificate.fingerprint == fingerprint,
        )
    )
    if found is None or found.expires_at <= now:
        raise NotNow("certificate_old", _("签名用的证书过期了，请再点一次“签名”。")).about(case_id)
    return found
