"""Access tokens as LiveKit makes them: a JWT (RFC 7519) signed by HS256 with the API secret, grants under `video`."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jwt

from signaling.config import Limits
from signaling.errors import NotAuthorized

LEEWAY_SECONDS = 60
REFRESHED_SECONDS = 600


@dataclass(frozen=True)
class Grants:
    """What the bearer may do; LiveKit's VideoGrant. Absent means yes for the three `can_` of publishing."""

    room: str = ""
    room_join: bool = False
    room_create: bool = False
    room_list: bool = False
    room_admin: bool = False
    room_record: bool = False
    can_publish: bool = True
    can_subscribe: bool = True
    can_publish_data: bool = True
    can_publish_sources: tuple[str, ...] = ()
    can_update_own_metadata: bool = False
    hidden: bool = False
    recorder: bool = False


@dataclass(frozen=True)
class Claims:
    """A verified token."""

    key: str
    identity: str
    name: str
    metadata: str
    attributes: Mapping[str, str]
    grants: Grants
    video: Mapping[str, Any] = field(default_factory=dict)
    issued: int = 0


def _grants(video: Mapping[str, Any]) -> Grants:
    """Read the camelCase grants; a field of a wrong type grants nothing."""
    sources = video.get("canPublishSources") or ()

    def allowed(name: str, *, absent: bool) -> bool:
        value = video.get(name)
        return absent if value is None else value is True

    return Grants(
        room=str(video.get("room") or ""),
        room_join=allowed("roomJoin", absent=False),
        room_create=allowed("roomCreate", absent=False),
        room_list=allowed("roomList", absent=False),
        room_admin=allowed("roomAdmin", absent=False),
        room_record=allowed("roomRecord", absent=False),
        can_publish=allowed("canPublish", absent=True),
        can_subscribe=allowed("canSubscribe", absent=True),
        can_publish_data=allowed("canPublishData", absent=True),
        can_publish_sources=tuple(str(each).lower() for each in sources),
        can_update_own_metadata=allowed("canUpdateOwnMetadata", absent=False),
        hidden=allowed("hidden", absent=False),
        recorder=allowed("recorder", absent=False),
    )


def _issuer(token: str) -> str:
    """Return who says to have signed a token, "" for nobody: nothing of it is verified yet; raises PyJWTError."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError, RecursionError):
        claims = jwt.decode(token, options={"verify_signature": False})  # which says what is wrong
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else ""


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


HEAD = _encoded(b'{"alg":"HS256","typ":"JWT"}')


def _signed(body: Mapping[str, Any], secret: str) -> str:
    """Make a token (RFC 7515 3.3)."""
    signed = HEAD + b"." + _encoded(json.dumps(body, separators=(",", ":")).encode())
    return (signed + b"." + _encoded(hmac.digest(secret.encode(), signed, "sha256"))).decode()


def verify(token: str, keys: Mapping[str, str]) -> Claims:
    """Return the claims of a token signed by one of `keys`; raises NotAuthorized."""
    try:
        key = _issuer(token)
        secret = keys.get(key)
        if secret is None:
            raise NotAuthorized("invalid API key")
        claims = jwt.decode(token, secret, algorithms=["HS256"], leeway=LEEWAY_SECONDS, options={"require": ["exp"]})
    except jwt.PyJWTError as error:
        raise NotAuthorized(f"invalid token: {error}") from error
    video = claims.get("video") or {}
    attributes = claims.get("attributes") or {}
    if not isinstance(video, Mapping) or not isinstance(attributes, Mapping):
        raise NotAuthorized("invalid token: grants are no mapping")
    issued = claims.get("nbf") or claims.get("iat") or 0
    return Claims(
        key=key,
        identity=str(claims.get("sub") or ""),
        name=str(claims.get("name") or ""),
        metadata=str(claims.get("metadata") or ""),
        attributes={str(name): str(value) for name, value in attributes.items()},
        grants=_grants(video),
        video=video,
        issued=int(issued) if isinstance(issued, int | float) else 0,
    )


def may_join(claims: Claims, limits: Limits) -> Claims:
    """Return the claims if they let their bearer in; raises NotAuthorized, ValueError for a name that is none."""
    if not claims.grants.room_join:
        raise NotAuthorized("permissions denied: no grant to join")
    for what, text, most in (
        ("identity", claims.identity, limits.max_participant_identity_length),
        ("room name", claims.grants.room, limits.max_room_name_length),
    ):
        if not text or not limits.fits(text, most):
            raise ValueError(f"{what} is empty or too long")
    if not limits.fits(claims.name, limits.max_participant_name_length):
        raise ValueError("name is too long")
    if not limits.metadata_fits(claims.metadata) or not limits.attributes_fit(claims.attributes):
        raise ValueError("metadata or attributes are too large")
    return claims


def refreshed(claims: Claims, secret: str, now: float) -> str:
    """Make a fresh token with the same grants, so that a long meeting survives a reconnection (LiveKit does so)."""
    body = {
        "iss": claims.key, "sub": claims.identity, "name": claims.name, "metadata": claims.metadata,
        "attributes": dict(claims.attributes), "video": dict(claims.video),
        "nbf": int(now), "exp": int(now) + REFRESHED_SECONDS,
    }  # fmt: skip
    return _signed(body, secret)


def changed(
    claims: Claims, *, name: str, metadata: str, attributes: Mapping[str, str], video: Mapping[str, Any]
) -> Claims:
    """Return the claims with what a participant or the room API has changed since; `video` are the changed grants."""
    grants = {key: value for key, value in {**claims.video, **video}.items() if value is not None}
    return replace(claims, name=name, metadata=metadata, attributes=dict(attributes), video=grants)


def webhook_token(key: str, secret: str, digest: str, now: float) -> str:
    """Sign a webhook's body digest (base64 of SHA-256) as LiveKit does."""
    body = {"iss": key, "nbf": int(now), "exp": int(now) + 300, "sha256": digest}
    return _signed(body, secret)
