"""Members of staff, by id."""

from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.models import User
from server.errors import NotFound, _


async def user(db: AsyncSession, user_id: str) -> User:
    """Return one; raises NotFound."""
    found = await db.get(User, user_id)
    if found is None:
        raise NotFound("user_unknown", _("找不到这位工作人员。"))
    return found
