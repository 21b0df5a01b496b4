"""The demonstration town: invented places and people, so that a stranger can try everything at once.

Everybody's password is printed by `make run`; the town exists only in development (see `Settings`).
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.models import Kind, Membership, Organization, User
from server.accounts.passwords import hash_password
from server.accounts.permissions import Role
from server.db.base import new_id

PASSWORD = "yuntiao-demo"  # noqa: S105 - printed on purpose, refused outside development


@dataclass(frozen=True)
class Place:
    """One organization of the town."""

    key: str
    kind: Kind
    name: str
    parent: str = ""
    short_name: str = ""
    court_code: str = ""
    phone: str = "0499-8460-2137"
    address: str = ""


@dataclass(frozen=True)
class Resident:
    """One member of staff."""

    username: str
    name: str
    role: Role
    place: str
    phone: str
    years: int = 0


PLACES = (
    Place("city", Kind.CITY, "连湾市"),
    Place("district", Kind.DISTRICT, "滨城区", "city"),
    Place("street", Kind.STREET, "望海街道", "district"),
    Place("community", Kind.COMMUNITY, "望海社区", "street"),
    Place("grid", Kind.GRID, "望海社区第七网格", "community"),
    Place(
        "committee",
        Kind.COMMITTEE,
        "连湾市滨城区望海街道人民调解委员会",
        "street",
        "滨望",
        address="望海街道海晏路12号",
    ),
    Place("court", Kind.COURT, "连湾市滨城区人民法院", "district", "滨城法院", "连0202", address="滨城区政和街1号"),
    Place("street2", Kind.STREET, "东山街道", "district"),
    Place(
        "committee2",
        Kind.COMMITTEE,
        "连湾市滨城区东山街道人民调解委员会",
        "street2",
        "滨东",
        address="东山街道松林路3号",
    ),
)
STAFF = (
    Resident("chen", "陈晓东", Role.GRID, "grid", "13900006620"),
    Resident("zhou", "周敏", Role.COMMITTEE, "committee", "13900006601"),
    Resident("wang", "王敏", Role.MEDIATOR, "committee", "13900006602", 9),
    Resident("li", "李建国", Role.MEDIATOR, "committee", "13900006603", 15),
    Resident("sun", "孙丽", Role.CLERK, "court", "13900006604"),
    Resident("gao", "高远", Role.JUDGE, "court", "13900006605"),
    Resident("zheng", "郑国华", Role.SUPERVISOR, "city", "13900006606"),
    Resident("admin", "何管理", Role.ADMIN, "city", "13900006607"),
    Resident("tang", "唐静", Role.COMMITTEE, "committee2", "13900006608"),
    Resident("ma", "马骏", Role.MEDIATOR, "committee2", "13900006609", 4),
)


async def build_town(db: AsyncSession) -> dict[str, str]:
    """Make the town unless it stands already; return the ids by key (places) and username (staff)."""
    ids: dict[str, str] = {}
    if await db.scalar(select(User.id).where(User.username == "chen")):
        return await _known(db)
    paths: dict[str, str] = {"": "/"}
    for place in PLACES:
        ids[place.key] = new_id()
        paths[place.key] = f"{paths[place.parent]}{ids[place.key]}/"
        db.add(
            Organization(
                id=ids[place.key],
                kind=place.kind,
                name=place.name,
                short_name=place.short_name,
                court_code=place.court_code,
                parent_id=ids.get(place.parent),
                path=paths[place.key],
                phone=place.phone,
                address=place.address,
            )
        )
        await db.flush()
    hashed = hash_password(PASSWORD)
    for person in STAFF:
        ids[person.username] = new_id()
        db.add(
            User(
                id=ids[person.username],
                username=person.username,
                name=person.name,
                phone=person.phone,
                password_hash=hashed,
                years_certified=person.years,
            )
        )
        await db.flush()
        db.add(Membership(user_id=ids[person.username], organization_id=ids[person.place], role=person.role))
    await db.flush()
    return ids


async def _known(db: AsyncSession) -> dict[str, str]:
    places = {name: key for key, name in await _pairs(db)}
    users = (await db.execute(select(User.username, User.id))).all()
    return {place.key: places[place.name] for place in PLACES} | dict(users)


async def _pairs(db: AsyncSession) -> list[tuple[str, str]]:
    return [(key, name) for key, name in (await db.execute(select(Organization.id, Organization.name)))]
