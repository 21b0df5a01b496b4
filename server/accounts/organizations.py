"""The tree of organizations: find, scope by path, the court of a committee, the mediators of a committee."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.models import Kind, Membership, Organization, User
from server.accounts.permissions import Role
from server.errors import NotFound, _


async def organization(db: AsyncSession, organization_id: str) -> Organization:
    """Return one; raises NotFound."""
    found = await db.get(Organization, organization_id)
    if found is None:
        raise NotFound("organization_unknown", _("找不到这个单位。"))
    return found


async def of_kind(db: AsyncSession, kind: Kind) -> list[Organization]:
    """Return every organization of a kind, by name."""
    return list(await db.scalars(select(Organization).where(Organization.kind == kind).order_by(Organization.name)))


async def above(db: AsyncSession, place: Organization) -> list[Organization]:
    """Return the organizations on the way from the root to this one, this one last."""
    ids = [part for part in place.path.split("/") if part]
    found = {one.id: one for one in await db.scalars(select(Organization).where(Organization.id.in_(ids)))}
    return [found[key] for key in ids if key in found]


async def committee_for(db: AsyncSession, place: Organization) -> Organization:
    """Return the committee responsible for a place: the nearest one up the tree; raises NotFound."""
    for one in reversed(await above(db, place)):
        found = await db.scalar(
            select(Organization).where(Organization.parent_id == one.id, Organization.kind == Kind.COMMITTEE)
        )
        if found is not None:
            return found
    raise NotFound("no_committee", _("这个地方还没有对应的调解委员会。"))


async def court_for(db: AsyncSession, committee: Organization) -> Organization:
    """Return the basic court of the committee's seat (民事诉讼法 205: 调解组织所在地基层法院); raises NotFound."""
    for one in reversed(await above(db, committee)):
        found = await db.scalar(
            select(Organization).where(Organization.parent_id == one.id, Organization.kind == Kind.COURT)
        )
        if found is not None:
            return found
    raise NotFound("no_court", _("这个地方还没有接入法院。"))


async def members(db: AsyncSession, organization_id: str, role: Role) -> list[User]:
    """Return the active people with a role in an organization, by name."""
    found = await db.scalars(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization_id, Membership.role == role, User.active)
        .order_by(User.name)
    )
    return list(found)


async def mediators_of(db: AsyncSession, committee_id: str) -> list[User]:
    """Return the committee's mediators."""
    return await members(db, committee_id, Role.MEDIATOR)
