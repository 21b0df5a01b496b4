"""Who stands at the door before `accounts` has said more: the request keys that both layers share."""

from dataclasses import dataclass

from aiohttp import web

from server.audit.log import Doer


@dataclass(frozen=True)
class Visitor:
    """Somebody whose name we do not know."""

    kind: str = "visitor"
    id: str = "-"
    name: str = "-"


ACTOR = web.RequestKey("actor", Doer)  # set by accounts.auth.login_border
CASE_ID = web.RequestKey("case_id", str)  # set by views as soon as they know which case they serve


def visitor_of(request: web.Request) -> Doer:
    """Return whoever acts, or a nameless visitor."""
    return request.get(ACTOR) or Visitor()
