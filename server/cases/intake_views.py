"""Two ways in: the grid worker's report (works with a bad connection) and the resident's own application."""

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import invitations
from server.accounts.auth import COOKIE, actor_of, allow, public
from server.accounts.logins import begin_for_party
from server.accounts.models import Invitation, Kind
from server.accounts.organizations import of_kind
from server.accounts.permissions import Action
from server.cases import intake, photos, queries
from server.cases.forms import CATEGORIES, Report, ResidentForm
from server.cases.intake import Picture
from server.cases.progress import STATE_WORDS
from server.errors import Invalid, _
from server.http.body import read_body, read_files
from server.http.limits import limit
from server.http.pages import WEB, render
from server.wiring import platform_of


class CodeForm(BaseModel):
    """What was typed."""

    code: str = Field(default="", max_length=20)


@allow(Action.REPORT_CASE)
async def report_page(request: web.Request) -> web.Response:
    """GET /report: photographs first; kept on the phone until there is a connection."""
    return await render(request, "cases/report.html", categories=CATEGORIES)


@allow(Action.REPORT_CASE)
async def report_post(request: web.Request) -> web.StreamResponse:
    """POST /api/reports: a form with files; the same client_key twice is one report."""
    platform = platform_of(request)
    form = await read_body(request, Report)
    files = await read_files(request, "photos", most_bytes=photos.MOST_BYTES)
    if len(files) > photos.MOST_PHOTOS:
        raise Invalid("too_many_photos", _("照片最多 6 张。"))
    pictures = [
        Picture(name[:120], photos.media_type(content), len(content), platform.blobs.put(content))
        for name, content in files
    ]
    async with platform.database.writing() as db:
        case = await intake.report(db, actor_of(request), form, pictures, platform.now())
    if "json" in request.headers.get("Accept", ""):
        return web.json_response({"case": case.id, "state": case.state}, status=201)
    raise web.HTTPSeeOther("/report/mine")


@allow(Action.REPORT_CASE)
async def my_reports(request: web.Request) -> web.Response:
    """GET /report/mine: what became of it; never agreement or minutes."""
    actor = actor_of(request)
    async with platform_of(request).database.reading() as db:
        cases = await queries.of_reporter(db, actor.id)
    topics = " ".join(f"case:{case.id}" for case in cases[:8])
    return await render(request, "cases/my_reports.html", cases=cases, words=STATE_WORDS, topics=topics)


@public
async def offline_worker(_request: web.Request) -> web.StreamResponse:
    """GET /report-worker.js: the service worker that keeps the report page for places without a signal."""
    from server.http.pages import manifest

    path = WEB / "static" / "build" / manifest()["features/report_worker.js"]
    answer = web.Response(body=path.read_bytes(), content_type="text/javascript")
    answer.headers["Service-Worker-Allowed"] = "/report"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@public
async def apply_page(request: web.Request) -> web.Response:
    """GET /apply: a resident's own application."""
    async with platform_of(request).database.reading() as db:
        committees = await of_kind(db, Kind.COMMITTEE)
    return await render(request, "cases/apply.html", categories=CATEGORIES, committees=committees)


@public
async def apply_post(request: web.Request) -> web.StreamResponse:
    """POST /apply: keep it, send a code."""
    limit(request, "apply", per_minute=6)
    platform = platform_of(request)
    form = await read_body(request, ResidentForm)
    async with platform.database.writing() as db:
        token = await intake.apply(db, form, platform.now())
    raise web.HTTPSeeOther(f"/apply/{token}")


@public
async def apply_code_page(request: web.Request) -> web.Response:
    """GET /apply/{token}: the code that was sent."""
    async with platform_of(request).database.reading() as db:
        await intake.application_by(db, request.match_info["token"])
    return await render(request, "cases/apply_code.html", token=request.match_info["token"])


@public
async def apply_confirm(request: web.Request) -> web.StreamResponse:
    """POST /apply/{token}: with the right code the application is in; the applicant is signed in for the case."""
    limit(request, "code", per_minute=30)
    platform, token = platform_of(request), request.match_info["token"]
    form = await read_body(request, CodeForm)
    async with platform.database.writing() as db:
        intake.count_application_try(await intake.application_by(db, token), platform.now())
    async with platform.database.writing() as db:
        application = await intake.application_by(db, token)
        case = await intake.confirm(db, application, form.code, platform.now())
        me = case.parties[0]
        await invitations.invite(db, case_id=case.id, party_id=me.id, name=me.name, phone=me.phone, now=platform.now())
        invited = await invitations.of_party(db, me.id)
        assert isinstance(invited, Invitation)
        login, _actor = await begin_for_party(db, invited, platform.now())
    answer = web.Response(status=303, headers={"Location": f"/my/{case.id}"})
    answer.set_cookie(COOKIE, login, httponly=True, samesite="Lax", secure=request.secure, max_age=7 * 24 * 3600)
    return answer


@public
async def apply_resend(request: web.Request) -> web.StreamResponse:
    """POST /apply/{token}/code: 重新发一条."""
    limit(request, "code", per_minute=30)
    platform, token = platform_of(request), request.match_info["token"]
    async with platform.database.writing() as db:
        application = await intake.application_by(db, token)
        await intake.send_application_code(db, application, platform.now())
    raise web.HTTPSeeOther(f"/apply/{token}")


def routes() -> list[web.RouteDef]:
    """Addresses of the two ways in."""
    return [
        web.get("/report", report_page, name="cases.report"),
        web.post("/api/reports", report_post),
        web.get("/report/mine", my_reports, name="cases.my_reports"),
        web.get("/report-worker.js", offline_worker),
        web.get("/apply", apply_page, name="cases.apply"),
        web.post("/apply", apply_post),
        web.get("/apply/{token}", apply_code_page),
        web.post("/apply/{token}", apply_confirm),
        web.post("/apply/{token}/code", apply_resend),
    ]
