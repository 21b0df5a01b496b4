"""The desktop's navigation, by role: one table, so that page and permission cannot drift apart. Pure."""

from dataclasses import dataclass

from server.accounts.permissions import Actor, Role
from server.errors import _


@dataclass(frozen=True)
class Entry:
    """One line of the navigation."""

    icon: str
    label: str
    href: str
    count: str = ""
    current: bool = False


ENTRIES: dict[Role, tuple[Entry, ...]] = {
    Role.MEDIATOR: (Entry("house", _("今天"), "/workbench"),),
    Role.COMMITTEE: (Entry("inbox", _("受理与指派"), "/intake"),),
    Role.GRID: (
        Entry("clipboard-list", _("我报的事"), "/report/mine"),
        Entry("plus", _("报一件事"), "/report"),
    ),
    Role.CLERK: (Entry("inbox", _("新收申请"), "/court/inbox"),),
    Role.JUDGE: (Entry("gavel", _("我的审查"), "/court/reviews"),),
    Role.ADMIN: (Entry("send", _("对外通知"), "/admin/deliveries"),),
}
EVERYBODY = (Entry("shield-check", _("查文书真假"), "/verify"), Entry("key", _("我的通行密钥"), "/passkeys"))
HOME: tuple[tuple[Role, str], ...] = tuple((role, entries[0].href) for role, entries in ENTRIES.items())


def navigation(actor: Actor | None, path: str) -> list[Entry]:
    """Return the entries for this actor, the one that leads here marked."""
    if actor is None or actor.kind != "staff":
        return []
    found = [entry for role, entries in ENTRIES.items() if role in actor.roles for entry in entries]
    return [
        Entry(entry.icon, entry.label, entry.href, entry.count, current=path.partition("?")[0] == entry.href)
        for entry in (*found, *EVERYBODY)
    ]


def home(actor: Actor) -> str:
    """Return where this member of staff begins the day."""
    return next((href for role, href in HOME if role in actor.roles), "/passkeys")
