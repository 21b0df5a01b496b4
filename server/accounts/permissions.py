"""Who may do what: one table of role x action -> how far it reaches (domain: roles and permissions). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What somebody is, within one organisation or one case."""

    PARTY = "party"  # 当事人
    GRID = "grid"  # 网格员
    MEDIATOR = "mediator"  # 调解员
    COMMITTEE = "committee"  # 调委会管理员
    CLERK = "clerk"  # 书记员
    JUDGE = "judge"  # 审判员
    SUPERVISOR = "supervisor"  # 督导
    ADMIN = "admin"  # 系统管理员
    SYSTEM = "system"


class Reach(StrEnum):
    """How far a permission reaches."""

    OWN = "own"  # the case the person is a party of, has reported, or mediates
    ORGANIZATION = "organization"  # cases of the person's organisation (committee, court)
    AREA = "area"  # cases below the person's place in the tree
    EVERY = "every"  # not about one case


class Action(StrEnum):
    """What can be done; one word pair each, as the audit log writes it."""

    REPORT_CASE = "case.report"
    SEE_CASE = "case.see"
    SEE_OUTCOME = "case.see_outcome"
    HANDLE_INTAKE = "case.handle_intake"
    ASSIGN = "case.assign"
    ANSWER_CONFLICT = "case.answer_conflict"
    MEDIATE = "case.mediate"
    TAKE_PART = "case.take_part"
    SEE_AUDIT = "case.see_audit"
    EXPORT_BUNDLE = "case.export_bundle"
    DRAFT = "agreement.draft"
    SEE_AGREEMENT = "agreement.see"
    SIGN = "agreement.sign"
    SEAL = "agreement.seal"
    APPLY = "confirmation.apply"
    SEE_CONFIRMATION = "confirmation.see"
    DOCKET = "confirmation.docket"
    INQUIRE = "confirmation.inquire"
    RULE = "confirmation.rule"
    SERVE = "confirmation.serve"
    ADMINISTER = "platform.administer"


EVERY, PLACE, AREA, OWN = Reach.EVERY, Reach.ORGANIZATION, Reach.AREA, Reach.OWN

PERMISSIONS: dict[Role, dict[Action, Reach]] = {
    Role.PARTY: {
        Action.SEE_CASE: OWN,
        Action.TAKE_PART: OWN,
        Action.SEE_AGREEMENT: OWN,
        Action.SIGN: OWN,
        Action.APPLY: OWN,
        Action.SEE_CONFIRMATION: OWN,
    },
    Role.GRID: {Action.REPORT_CASE: EVERY, Action.SEE_OUTCOME: OWN},
    Role.MEDIATOR: {
        Action.SEE_CASE: OWN,
        Action.ANSWER_CONFLICT: OWN,
        Action.MEDIATE: OWN,
        Action.DRAFT: OWN,
        Action.SEE_AGREEMENT: OWN,
        Action.SIGN: OWN,
        Action.SEE_AUDIT: OWN,
        Action.EXPORT_BUNDLE: OWN,
        Action.SEE_CONFIRMATION: OWN,
    },
    Role.COMMITTEE: {
        Action.SEE_CASE: PLACE,
        Action.HANDLE_INTAKE: PLACE,
        Action.ASSIGN: PLACE,
        Action.SEE_AGREEMENT: PLACE,
        Action.SEAL: PLACE,
        Action.SEE_AUDIT: PLACE,
        Action.EXPORT_BUNDLE: PLACE,
        Action.SEE_CONFIRMATION: PLACE,
    },
    Role.CLERK: {
        Action.SEE_CONFIRMATION: PLACE,
        Action.DOCKET: PLACE,
        Action.INQUIRE: PLACE,
        Action.SERVE: PLACE,
    },
    Role.JUDGE: {Action.SEE_CONFIRMATION: PLACE, Action.INQUIRE: PLACE, Action.RULE: PLACE},
    Role.SUPERVISOR: {Action.SEE_AUDIT: AREA},
    Role.ADMIN: {Action.ADMINISTER: EVERY},
    Role.SYSTEM: {action: EVERY for action in Action if action not in (Action.SIGN, Action.RULE)},
}


@dataclass(frozen=True)
class Post:
    """A role in an organisation; `path` is the organisation's place in the tree ("/city/district/...")."""

    role: Role
    organization_id: str
    path: str


@dataclass(frozen=True)
class Actor:
    """Whoever acts: a member of staff with posts, a party of one case, or the system."""

    kind: str  # "staff" | "party" | "system"
    id: str  # user id, party id, or "system"
    name: str
    posts: tuple[Post, ...] = ()
    case_id: str | None = None  # a party's login is for one case

    @property
    def roles(self) -> frozenset[Role]:
        """Every role this actor has somewhere."""
        if self.kind == "system":
            return frozenset({Role.SYSTEM})
        if self.kind == "party":
            return frozenset({Role.PARTY})
        return frozenset(post.role for post in self.posts)

    def organizations(self, role: Role) -> frozenset[str]:
        """Where this actor has this role."""
        return frozenset(post.organization_id for post in self.posts if post.role is role)


SYSTEM = Actor(kind="system", id="system", name="系统")


@dataclass(frozen=True)
class Whose:
    """Whose a case is, as far as permissions ask."""

    case_id: str
    reporter_id: str | None = None
    mediator_id: str | None = None
    asked_mediator_id: str | None = None  # asked for conflicts, not yet assigned
    committee_id: str | None = None
    court_id: str | None = None  # only once submitted to the court
    path: str = ""  # the grid's or committee's place in the tree
    party_ids: frozenset[str] = field(default_factory=frozenset)


def may(actor: Actor, action: Action, whose: Whose | None = None) -> bool:
    """Decide: does any of the actor's roles allow this action on this case (or at all, when `whose` is None)?"""
    return bool(roles_for(actor, action, whose))


def roles_for(actor: Actor, action: Action, whose: Whose | None = None) -> frozenset[Role]:
    """Return the roles through which the actor may do it."""
    return frozenset(role for role in _granting(actor, action) if whose is None or _reaches(actor, role, action, whose))


def _granting(actor: Actor, action: Action) -> Iterable[Role]:
    return (role for role in actor.roles if action in PERMISSIONS[role])


def _reaches(actor: Actor, role: Role, action: Action, whose: Whose) -> bool:
    reach = PERMISSIONS[role][action]
    if reach is Reach.EVERY:
        return True
    if reach is Reach.OWN:
        return _owns(actor, role, action, whose)
    posts = [post for post in actor.posts if post.role is role]
    if reach is Reach.AREA:
        return any(whose.path.startswith(post.path) for post in posts)
    place = whose.court_id if role in (Role.CLERK, Role.JUDGE) else whose.committee_id
    return any(post.organization_id == place for post in posts)


def _owns(actor: Actor, role: Role, action: Action, whose: Whose) -> bool:
    if role is Role.PARTY:
        return actor.case_id == whose.case_id and actor.id in whose.party_ids
    if role is Role.GRID:
        return actor.id == whose.reporter_id
    if action in (Action.ANSWER_CONFLICT, Action.SEE_CASE) and actor.id == whose.asked_mediator_id:
        return True
    return actor.id == whose.mediator_id
