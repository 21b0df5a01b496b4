"""The agreement's API for the browser: save, freeze, reopen; certificate, begin, complete; seal."""

import base64
import binascii
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from documents.signing import Prepared
from server.accounts.auth import actor_of, allow
from server.accounts.permissions import Action
from server.agreements import drafting, keys, queries, signing
from server.agreements.drafting import DraftForm
from server.agreements.lint import Finding
from server.agreements.models import SigningRequest
from server.cases import queries as cases
from server.errors import Invalid, NotFound, _
from server.http.body import read_body
from server.http.limits import limit
from server.http.pages import language, say
from server.wiring import platform_of


class KeyForm(BaseModel):
    """A new key: SPKI and the signed challenge, base64."""

    challenge: str = Field(max_length=40)
    spki: str = Field(max_length=400)
    proof: str = Field(max_length=200)


class BeginForm(BaseModel):
    """Which certificate, and the drawn name (strokes of points, 0 to 1)."""

    fingerprint: str = Field(min_length=64, max_length=64)
    strokes: list[list[tuple[float, float]]] = Field(max_length=400)


class CompleteForm(BaseModel):
    """The signature, r and s in base64."""

    signature: str = Field(max_length=200)


class Reason(BaseModel):
    """Why."""

    reason: str = Field(default="", max_length=500)


def decoded(text: str) -> bytes:
    """Return bytes from base64; raises Invalid."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("not_base64", _("收到的内容读不懂。")) from error


@allow(Action.DRAFT)
async def save(request: web.Request) -> web.Response:
    """PUT /api/cases/{case_id}/agreement: keep the draft; answers the new revision and the findings."""
    platform, form = platform_of(request), await read_body(request, DraftForm)
    async with platform.database.writing() as db:
        case = await cases.get_case(db, request.match_info["case_id"])
        draft = await drafting.save(db, case, form, platform.now())
        found = drafting.findings(draft, case)
    rows = [told(one, language(request)) for one in found]
    return web.json_response({"revision": draft.revision, "saved_at": draft.saved_at.isoformat(), "findings": rows})


def told(finding: Finding, lang: str) -> dict[str, Any]:
    """A finding in the reader's language, with the mended text if there is one."""
    mended = finding.repair
    return {
        "where": say(lang, finding.where).format(number=finding.clause),
        "says": say(lang, finding.says).format(**finding.values),
        "basis": finding.basis,
        "must": finding.must,
        "clause": finding.clause,
        "repair": {"label": say(lang, mended.label).format(**mended.values), "text": mended.text} if mended else None,
    }


@allow(Action.DRAFT)
async def freeze(request: web.Request) -> web.Response:
    """POST .../freeze."""
    limit(request, "freeze", per_minute=20)
    version = await drafting.freeze(platform_of(request), request.match_info["case_id"], actor_of(request))
    return web.json_response({"next": f"/cases/{version.case_id}/agreement/signing", "sha256": version.blob})


@allow(Action.DRAFT, Action.TAKE_PART)
async def reopen(request: web.Request) -> web.Response:
    """POST .../reopen: a change; all signatures are void."""
    platform, form = platform_of(request), await read_body(request, Reason)
    async with platform.database.writing() as db:
        case = await cases.get_case(db, request.match_info["case_id"])
        await drafting.reopen(db, case, actor_of(request), form.reason, platform.now())
    return web.json_response({"next": f"/cases/{case.id}/agreement"})


@allow(Action.SIGN, Action.RULE)
async def challenge(request: web.Request) -> web.Response:
    """POST .../challenges: a nonce for a new key."""
    limit(request, "sign", per_minute=60)
    platform = platform_of(request)
    async with platform.database.writing() as db:
        made = await keys.challenge(db, actor_of(request), platform.now())
    return web.json_response({"id": made.id, "nonce": base64.b64encode(made.nonce).decode()})


@allow(Action.SIGN)
async def certificate(request: web.Request) -> web.Response:
    """POST .../certificates: a certificate for a key that is proved to be there."""
    limit(request, "sign", per_minute=60)
    form = await read_body(request, KeyForm)
    made = await keys.certify_key(
        platform_of(request),
        request.match_info["case_id"],
        actor_of(request),
        form.challenge,
        decoded(form.spki),
        decoded(form.proof),
    )
    return web.json_response(certificate_answer(made))


def certificate_answer(made: Any) -> dict[str, str]:
    """What the browser keeps of its certificate."""
    return {"fingerprint": made.fingerprint, "pem": made.pem, "expires_at": made.expires_at.isoformat()}


@allow(Action.SIGN)
async def begin(request: web.Request) -> web.Response:
    """POST .../signatures: prepare; answers what is to be signed and where the prepared file is."""
    limit(request, "sign", per_minute=120)
    form = await read_body(request, BeginForm)
    case_id = request.match_info["case_id"]
    made, prepared = await signing.begin(
        platform_of(request), case_id, actor_of(request), form.fingerprint, form.strokes
    )
    address = f"/api/cases/{case_id}/agreement/signatures/{made.id}"
    return web.json_response(begun_answer(made, prepared, f"{address}/file", leave=address))


def begun_answer(made: SigningRequest, prepared: Prepared, file: str, leave: str = "") -> dict[str, Any]:
    """What the browser checks and signs; `leave` is where it says that it will not, so that others need not wait."""
    return {
        "id": made.id,
        "attributes": base64.b64encode(prepared.signed_attributes).decode(),
        "byte_range": list(prepared.byte_range),
        "file": file,
        "leave": leave,
    }


@allow(Action.SIGN)
async def prepared_file(request: web.Request) -> web.Response:
    """GET .../signatures/{request_id}/file: the prepared file, for the browser's own check."""
    platform = platform_of(request)
    async with platform.database.reading() as db:
        made = await db.get(SigningRequest, request.match_info["request_id"])
    if made is None or made.holder != keys.holder_of(actor_of(request)):
        raise NotFound("request_unknown", _("找不到这次签名。"))
    prepared = Prepared.from_json(platform.blobs.get(made.prepared).decode())
    return web.Response(body=prepared.pdf, content_type="application/pdf")


@allow(Action.SIGN)
async def complete(request: web.Request) -> web.Response:
    """PUT .../signatures/{request_id}: the signature."""
    limit(request, "sign", per_minute=120)
    form = await read_body(request, CompleteForm)
    version = await signing.complete(
        platform_of(request),
        request.match_info["case_id"],
        actor_of(request),
        request.match_info["request_id"],
        decoded(form.signature),
    )
    return web.json_response({"sha256": version.blob})


@allow(Action.SIGN)
async def leave(request: web.Request) -> web.Response:
    """DELETE .../signatures/{request_id}: the browser will not sign this; nobody need wait for it."""
    limit(request, "sign", per_minute=120)
    given = request.match_info
    await signing.leave(platform_of(request), given["case_id"], actor_of(request), given["request_id"])
    return web.Response(status=204)


@allow(Action.SEAL)
async def seal(request: web.Request) -> web.Response:
    """POST .../seal: 盖章."""
    limit(request, "sign", per_minute=60)
    await signing.seal(platform_of(request), request.match_info["case_id"], actor_of(request))
    return web.json_response({"next": f"/cases/{request.match_info['case_id']}/agreement/effective"})


@allow(Action.SEE_AGREEMENT)
async def progress(request: web.Request) -> web.Response:
    """GET .../progress: who has signed, from the file's version."""
    async with platform_of(request).database.reading() as db:
        version = await queries.live_version(db, request.match_info["case_id"])
        done = await queries.signatures(db, version.id) if version else {}
    return web.json_response({"sha256": version.blob if version else "", "signed": sorted(done)})


def routes() -> list[web.RouteDef]:
    """Addresses of the API."""
    base = "/api/cases/{case_id}/agreement"
    return [
        web.put(base, save),
        web.post(f"{base}/freeze", freeze),
        web.post(f"{base}/reopen", reopen),
        web.post(f"{base}/challenges", challenge),
        web.post(f"{base}/certificates", certificate),
        web.post(f"{base}/signatures", begin),
        web.get(f"{base}/signatures/{{request_id}}/file", prepared_file),
        web.put(f"{base}/signatures/{{request_id}}", complete),
        web.delete(f"{base}/signatures/{{request_id}}", leave),
        web.post(f"{base}/seal", seal),
        web.get(f"{base}/progress", progress),
    ]
