"""The public verify page: drop a file, or come by the printed QR; one verdict, no login, nothing kept."""

import asyncio
import datetime as dt
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from documents.apart import verify_apart
from documents.report import Report, Signer
from server.accounts.auth import public
from server.agreements import queries
from server.agreements.models import Standing
from server.errors import Invalid, TooLarge, _
from server.http.body import read_files
from server.http.limits import limit
from server.http.pages import language, masked_name, render
from server.wiring import Platform, platform_of

MOST_BYTES = 20 * 2**20
AT_ONCE = asyncio.Semaphore(2)
Reader = Callable[[AsyncSession, str], Awaitable[str | None]]
READERS: web.AppKey[list[Reader]] = web.AppKey(
    "verify_readers", list[Reader]
)  # later stages add papers of their own, by code
PERSON_LABEL = re.compile("(被申请人|申请人|调解员|审判员)([^、，（）()]{1,30}?)签名")


@dataclass(frozen=True)
class Words:
    """A verdict as a page says it: the verdict, what it means, its colour and shape, what to do now."""

    words: str
    means: str
    tone: str
    todo: tuple[str, ...] = ()

    @property
    def row(self) -> str:
        """The mark beside each reason."""
        return {"part": "warn"}.get(self.tone, self.tone)


WORDS = {
    "valid": Words(_("真的，没被改过"), _("该签的都签了，该盖的章也盖了，签完以后一个字没动。"), "ok"),
    "incomplete": Words(
        _("真的，但还没签完"),
        _("已经有的签名是真的，可是还不完整，现在不能当签好的用。"),
        "part",
        (_("等所有人签完、盖好章，再来查一次"), _("想知道还差谁，打下面的电话")),
    ),
    "unknown": Words(
        _("没法判断真假"),
        _("这份文件里缺少能查的东西，我们说不了真，也说不了假。"),
        "part",
        (_("要原来的 PDF 文件，照片和打印件查不了"), _("扫纸上的码，看平台里存的那一份"), _("打下面的电话问")),
    ),
    "invalid": Words(
        _("不要相信这份文件"),
        _("它和当时签名盖章的不一样。"),
        "bad",
        (_("不要照着它付钱或收钱"), _("扫纸上的码，看当时签名的那一份"), _("打下面的电话，问清楚是谁给您的")),
    ),
}


@dataclass(frozen=True)
class Shown:
    """One signer as the public page shows them: masked."""

    field: str
    name: str
    time: dt.datetime | None
    good: bool
    level: str


async def judged(platform: Platform, pdf: bytes) -> Report:
    """Judge one of our own files, outside the event loop."""
    return await asyncio.to_thread(platform.signer.verdicts.verify, pdf, platform.signer.roots, now=platform.now())


async def judged_apart(platform: Platform, pdf: bytes) -> Report:
    """Judge a stranger's file in a process with limits of its own, two at a time."""
    async with AT_ONCE:
        return await asyncio.to_thread(verify_apart, pdf, platform.signer.roots, now=platform.now())


@dataclass(frozen=True)
class ShownInk:
    """One who signed on paper as the public page shows them: masked; `by` is who attests it, or nobody."""

    name: str
    role: str
    by: str


def shown(signers: Sequence[Signer]) -> list[Shown]:
    """Mask the names of people; organisations' names are public."""
    return [
        Shown(
            (one.label or one.field).replace(one.name, _public_name(one)),
            _public_name(one),
            one.time,
            one.intact and one.trusted,
            one.level,
        )
        for one in signers
    ]


def shown_inks(report: Report) -> list[ShownInk]:
    """Who signed on paper, if the paper is an attestation."""
    return [
        ShownInk(masked_name(one.name), one.role, masked_name(one.attested_by) if one.attested_by else "")
        for one in report.on_paper
    ]


def _public_name(one: Signer) -> str:
    return one.name if one.role in ("seal", "platform") else masked_name(one.name)


def masked_reasons(report: Report, lang: str) -> list[str]:
    """The reasons without anybody's full name: of those who signed, and of those who have yet to."""
    told = []
    for one in report.reasons:
        text = PERSON_LABEL.sub(
            lambda found: f"{found[1]}{masked_name(found[2])}签名", one.en if lang == "en" else one.zh
        )
        for signer in report.signers:
            text = text.replace(signer.name, _public_name(signer)) if signer.name else text
        for ink in report.on_paper:
            text = text.replace(ink.name, masked_name(ink.name))
        told.append(text)
    return told


@public
async def verify_page(request: web.Request) -> web.Response:
    """GET /verify."""
    return await render(request, "verify/verify.html", report=None, code="")


@public
async def verify_post(request: web.Request) -> web.StreamResponse:
    """POST /verify (a form) and POST /api/verify (a program): judge the file that was given."""
    limit(request, "verify", per_minute=20)
    platform = platform_of(request)
    content = await _given(request)
    report = await judged_apart(platform, content)
    if request.path.startswith("/api/"):
        return web.Response(text=report.to_json(), content_type="application/json")
    return await _show(request, report)


async def _given(request: web.Request) -> bytes:
    if request.content_type in ("application/pdf", "application/octet-stream"):
        content = await request.content.read(MOST_BYTES + 1)
        while len(content) <= MOST_BYTES and (more := await request.content.read(MOST_BYTES)):
            content += more
    elif request.content_type == "multipart/form-data":
        files = await read_files(request, "file", most_bytes=MOST_BYTES)
        content = files[0][1] if files else b""
    else:
        content = b""
    if len(content) > MOST_BYTES:
        raise TooLarge("file_too_large", _("文件太大了，最多 {mib} MB。"), mib=MOST_BYTES // 2**20)
    if not content:
        raise Invalid("no_file", _("还没有选文件。"))
    return content


async def _show(request: web.Request, report: Report, code: str = "") -> web.Response:
    outside = platform_of(request).settings.timestamp_url
    return await render(
        request,
        "verify/verify.html",
        report=report,
        verdict=WORDS[report.verdict.word],
        reasons=masked_reasons(report, language(request)),
        signers=shown(report.signers),
        inks=shown_inks(report),
        before_print=shown([one for one in report.printed.signers if one.role == "person"]) if report.printed else [],
        code=code,
        own_authority=not outside,
    )


@public
async def verify_code(request: web.Request) -> web.Response:
    """GET /verify/{code}: what the printed QR leads to: the file as it is kept here, judged now."""
    limit(request, "verify", per_minute=20)
    platform = platform_of(request)
    code = request.match_info["code"]
    async with platform.database.reading() as db:
        for reader in request.app[READERS]:
            blob = await reader(db, code)
            if blob is not None:
                content = await asyncio.to_thread(platform.blobs.get, blob)
                return await _show(request, await judged(platform, content), code)
        version = await queries.by_code(db, code)
    if version.standing is Standing.VOID:
        return await render(request, "verify/void.html", version=version)
    if version.standing is Standing.SIGNING:
        return await render(request, "verify/pending.html", version=version)
    content = await asyncio.to_thread(platform.blobs.get, version.blob)
    return await _show(request, await judged(platform, content), version.verify_code)


@public
async def root(request: web.Request) -> web.Response:
    """GET /verify/root.pem: the root certificate, for checking without us."""
    pem = platform_of(request).signer.roots[0]
    headers = {"Content-Disposition": 'attachment; filename="root.pem"'}
    return web.Response(text=pem, content_type="application/x-pem-file", headers=headers)


def routes() -> list[web.RouteDef]:
    """Addresses of the verify page."""
    return [
        web.get("/verify", verify_page, name="verify.verify"),
        web.post("/verify", verify_post),
        web.post("/api/verify", verify_post),
        web.get("/verify/root.pem", root, name="verify.root"),
        web.get("/verify/{code}", verify_code, name="verify.code"),
    ]
