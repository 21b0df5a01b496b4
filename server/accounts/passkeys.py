"""Passkeys of staff (W3C WebAuthn level 3): register, sign in; challenges live for minutes and once."""

import datetime as dt
import json
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import InvalidAuthenticationResponse, InvalidRegistrationResponse, WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from server.accounts.models import Challenge, Passkey, User
from server.errors import NotAllowed, NotNow, _

LIFE = dt.timedelta(minutes=5)


def relying_party(base_url: str) -> str:
    """Return the relying party id: the host of our address."""
    return urlsplit(base_url).hostname or "localhost"


async def _challenge(db: AsyncSession, challenge: bytes, user_id: str | None, now: dt.datetime) -> str:
    row = Challenge(challenge=challenge, user_id=user_id, expires_at=now + LIFE)
    db.add(row)
    await db.flush()
    return row.id


async def _taken(db: AsyncSession, challenge_id: str, now: dt.datetime) -> Challenge:
    row = await db.get(Challenge, challenge_id)
    if row is None or row.expires_at <= now:
        raise NotNow("passkey_too_late", _("等得太久了，请再点一次“用通行密钥登录”。"))
    await db.delete(row)
    return row


async def begin_registration(db: AsyncSession, user: User, base_url: str, now: dt.datetime) -> dict[str, Any]:
    """Return the options for navigator.credentials.create and the challenge's id."""
    known = await db.scalars(select(Passkey).where(Passkey.user_id == user.id))
    options = generate_registration_options(
        rp_id=relying_party(base_url),
        rp_name="云调 Yuntiao",
        user_id=user.id.encode(),
        user_name=user.username,
        user_display_name=user.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
    )
    challenge_id = await _challenge(db, options.challenge, user.id, now)
    return {"id": challenge_id, "options": json.loads(options_to_json(options))}


async def finish_registration(
    db: AsyncSession, user: User, challenge_id: str, credential: dict[str, Any], base_url: str, now: dt.datetime
) -> Passkey:
    """Check the new credential and keep it; raises NotAllowed when it does not verify."""
    challenge = await _taken(db, challenge_id, now)
    if challenge.user_id != user.id:
        raise NotAllowed("passkey_refused", _("这个通行密钥没有通过核对。"))
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge.challenge,
            expected_rp_id=relying_party(base_url),
            expected_origin=base_url,
        )
    except (InvalidRegistrationResponse, WebAuthnException) as error:
        raise NotAllowed("passkey_refused", _("这个通行密钥没有通过核对。")) from error
    passkey = Passkey(
        user_id=user.id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        name=f"{now:%Y-%m-%d}",
        created_at=now,
    )
    db.add(passkey)
    return passkey


async def begin_sign_in(db: AsyncSession, base_url: str, now: dt.datetime) -> dict[str, Any]:
    """Return the options for navigator.credentials.get; the browser offers whose passkey it has."""
    options = generate_authentication_options(
        rp_id=relying_party(base_url), user_verification=UserVerificationRequirement.PREFERRED
    )
    challenge_id = await _challenge(db, options.challenge, None, now)
    return {"id": challenge_id, "options": json.loads(options_to_json(options))}


async def finish_sign_in(
    db: AsyncSession, challenge_id: str, credential: dict[str, Any], base_url: str, now: dt.datetime
) -> User:
    """Return whose passkey answered; raises NotAllowed when it does not verify."""
    refused = NotAllowed("passkey_refused", _("这个通行密钥没有通过核对。"))
    challenge = await _taken(db, challenge_id, now)
    try:
        raw_id = _bytes(str(credential.get("rawId", "")))
    except ValueError as error:
        raise refused from error
    passkey = await db.scalar(select(Passkey).where(Passkey.credential_id == raw_id))
    if passkey is None:
        raise refused
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.challenge,
            expected_rp_id=relying_party(base_url),
            expected_origin=base_url,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    except (InvalidAuthenticationResponse, WebAuthnException) as error:
        raise refused from error
    passkey.sign_count = verified.new_sign_count
    user = await db.get(User, passkey.user_id)
    if user is None or not user.active:
        raise refused
    return user


def _bytes(text: str) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    return base64url_to_bytes(text)
