"""Every address of the platform against everybody: refused before the view runs exactly when the table says so."""

from typing import Any

from aiohttp import web
from conftest import Town
from journey_cases import LEAK, accepted
from journey_meetings import scheduled
from people import Person

from server.accounts.auth import COOKIE, RESOLVERS, actor_by_token
from server.accounts.permissions import Action, Actor, Whose, may
from server.cases import queries
from server.cases.models import Case

STAFF = ("chen", "zhou", "wang", "li", "sun", "gao", "zheng", "admin", "tang", "ma")
EVERYBODY = (*STAFF, "a party", "a party of another case", "a stranger")
PARTS = ("case_id", "meeting_id", "confirmation_id", "agreement_id")
OPEN_DOORS = (
    *("/", "/sign-in", "/sign-out", "/work", "/ui/mode", "/ui/lang", "/dev/messages", "/healthz", "/metrics", "/live"),
    *("/i/{token}", "/apply", "/api/passkeys", "/passkeys", "/verify", "/api/verify", "/hooks/", "/static/"),
    *("/report-worker.js", "/{path}"),
)


def guarded(app: web.Application) -> list[web.AbstractRoute]:
    return [route for route in app.router.routes() if route.method != "HEAD" and route.handler.allows != ()]


def pattern(route: web.AbstractRoute) -> str:
    assert route.resource is not None
    return route.resource.canonical


async def test_no_route_is_without_a_declaration(town: Town) -> None:
    routes = list(town.server.app.router.routes())
    assert [pattern(route) for route in routes if not hasattr(route.handler, "allows")] == []
    assert len(guarded(town.server.app)) > 40


async def test_what_is_open_to_everybody_is_a_short_known_list_and_names_no_case(town: Town) -> None:
    public = {pattern(route) for route in town.server.app.router.routes() if route.handler.allows == ()}
    unknown = [
        path
        for path in public
        if not any(path == door or path.startswith(door.rstrip("/") + "/") for door in OPEN_DOORS[1:]) and path != "/"
    ]
    assert unknown == []
    assert [path for path in public for part in PARTS if part in path] == []


async def test_every_part_of_an_address_that_names_a_case_has_someone_who_says_whose_it_is(town: Town) -> None:
    named = {part for route in guarded(town.server.app) for part in PARTS if f"{{{part}}}" in pattern(route)}
    assert named - set(town.server.app[RESOLVERS]) - {"agreement_id"} == set()
    orphans = [
        pattern(route)
        for route in guarded(town.server.app)
        if "agreement_id" in pattern(route) and "case_id" not in pattern(route)
    ]
    assert orphans == []


def replace_the_views(app: web.Application) -> None:
    """Put an answer of 204 behind every guard, so that a view that runs is seen and changes nothing."""
    for route in guarded(app):
        handler: Any = route.handler

        async def ran(request: web.Request) -> web.Response:
            return web.Response(status=204)

        ran.allows = handler.allows  # type: ignore[attr-defined]
        ran.record = getattr(handler, "record", "")  # type: ignore[attr-defined]
        route._handler = ran


class Stage:
    """A case in which everybody stands in their own relation to it."""

    def __init__(self, town: Town, ids: dict[str, str]) -> None:
        self.town = town
        self.ids = ids
        self.people: dict[str, Person] = {}
        self.actors: dict[str, Actor | None] = {}

    async def gather(self, other_case: str) -> None:
        for username in STAFF:
            self.people[username] = await self.town.staff(username)
        self.people["a party"] = await self.town.party(self.ids["case_id"], "张桂兰")
        self.people["a party of another case"] = await self.town.party(other_case, "赵一")
        self.people["a stranger"] = self.town.stranger()

        platform = self.town.platform
        async with platform.database.reading() as db:
            for name, person in self.people.items():
                self.actors[name] = await actor_by_token(db, person.cookie(COOKIE), platform.now())

    def expected(self, name: str, actions: tuple[Action, ...], whose: Whose | None) -> int:
        actor = self.actors[name]
        if actor is None:
            return 401
        return 204 if any(may(actor, action, whose) for action in actions) else 403


async def _stage(town: Town, *, submitted: bool) -> Stage:
    case_id, meeting_id = await scheduled(town)
    other = await accepted(town, title="另一件事", applicant_name="赵一", applicant_phone="13700003333")
    stage = Stage(town, {"case_id": case_id, "meeting_id": meeting_id, "confirmation_id": "confirmation"})
    await stage.gather(other)
    async with town.platform.database.writing() as db:
        case = await db.get(Case, case_id)
        assert case is not None
        if submitted:
            case.court_id = town.ids["court"]
        else:
            case.mediator_id, case.asked_mediator_id = None, town.ids["li"]

    async def whose_by_confirmation(db: Any, _confirmation_id: str) -> Whose:
        return await queries.whose_by_case(db, case_id)

    town.server.app[RESOLVERS]["confirmation_id"] = whose_by_confirmation
    replace_the_views(town.server.app)
    return stage


async def test_every_route_refuses_exactly_whom_the_table_refuses_while_the_court_has_the_case(town: Town) -> None:
    seen = await compare(await _stage(town, submitted=True), EVERYBODY)
    assert ("a stranger", 204) not in seen
    assert {("a party", 204), ("a party", 403), ("wang", 204), ("zhou", 204), ("tang", 403), ("ma", 403)} <= seen


async def test_a_mediator_who_is_only_asked_and_a_court_that_has_nothing_yet_see_almost_nothing(town: Town) -> None:
    seen = await compare(await _stage(town, submitted=False), ("wang", "li", "sun", "gao"))
    assert ("li", 204) in seen


async def compare(stage: Stage, people: tuple[str, ...]) -> set[tuple[str, int]]:
    """Ask every guarded route as each of them; return who met which answer."""
    app = stage.town.server.app
    whose: dict[str, Whose] = {}
    async with stage.town.platform.database.reading() as db:
        for part, value in stage.ids.items():
            whose[part] = await app[RESOLVERS][part](db, value)
    wrong: list[object] = []
    seen: set[tuple[str, int]] = set()
    for route in guarded(app):
        path = pattern(route)
        about = next((whose[part] for part in PARTS if f"{{{part}}}" in path), None)
        for part, value in stage.ids.items():
            path = path.replace(f"{{{part}}}", value)
        path = path.replace("{", "").replace("}", "")
        for name in people:
            person = stage.people[name]
            expected = stage.expected(name, route.handler.allows, about)
            answer = await person.api(route.method, path)
            code = answer.json()["code"] if answer.content else ""
            told = {204: "", 401: "not_signed_in", 403: "not_yours"}[expected]
            seen.add((name, expected))
            if (answer.status, code) != (expected, told):
                wrong.append((name, route.method, path, expected, answer.status, code))
    assert wrong == []
    return seen


async def test_a_refusal_is_written_into_the_chain_of_the_case(town: Town) -> None:
    case_id = await accepted(town)
    assert (await (await town.staff("tang")).get(f"/cases/{case_id}")).status == 403
    async with town.platform.database.reading() as db:
        from server.audit import log

        last = (await log.entries(db, case_id))[-1]
    assert (last.action, last.actor_name) == ("refused.not_yours", "唐静")
    assert LEAK["title"] not in str(last.detail)
