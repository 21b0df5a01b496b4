"""Our credentials for a client's checks, and what these say: where it wants to be sent to, if it still does.

See RFC 7675. The state stands in a `struct consent`: the loops answer checks that only say "still here"
(`loops/checks.c`).
"""

import secrets
from math import inf
from typing import Any

from signaling.loops.library import ffi
from signaling.transport.ice_lite import Path, Route

SECONDS = 30  # RFC 7675 5.1
MOST_CREDENTIALS = 8
SILENT = 1.5  # seconds without a check on a path that its client checks every 2 s or more


class Credentials:
    """A ufrag of ours and its password; `memory` is a `struct credentials`."""

    def __init__(self, ufrag: str, password: str) -> None:
        self.ufrag, self.password = ufrag, password
        self.memory: Any = ffi.new("struct credentials *")
        self.memory.ufrag, self.memory.password = ufrag.encode(), password.encode()
        self.memory.ufrag_size, self.memory.password_size = len(ufrag), len(password)


class Consent:
    """What one client's checks said so far."""

    def __init__(self) -> None:
        self.memory: Any = ffi.new("struct consent *")
        self.known: dict[str, Credentials] = {}  # by ufrag; the last are the present ones

    @property
    def present(self) -> Credentials:
        """Return our present credentials."""
        return next(reversed(self.known.values()))

    @property
    def credentials(self) -> tuple[str, str]:
        """Return our present ufrag and its password."""
        return self.present.ufrag, self.present.password

    def password(self, ufrag: str) -> str | None:
        """Return the password of a ufrag of ours that is still valid."""
        found = self.known.get(ufrag)
        return found.password if found is not None else None

    @property
    def nominated(self) -> bool:
        """The client has chosen a path, since it got our present credentials."""
        return bool(self.memory.nominated)

    def expired(self, now: float) -> bool:
        """Tell whether the client asks no more: who does not is sent nothing."""
        return bool(now - self.memory.heard_at > SECONDS)

    def renew(self, prefix: str) -> list[str]:
        """Make new credentials, with which the client has to nominate again; return the ufrags that are over."""
        made = Credentials(prefix + secrets.token_hex(4), secrets.token_hex(12))
        self.known[made.ufrag] = made
        self.memory.nominated, self.memory.present = False, made.memory
        over = list(self.known)[:-MOST_CREDENTIALS]
        for each in over:
            del self.known[each]
        return over

    def turn_to(self, path: Route | None) -> None:
        """Let the loops know which path is the client's."""
        memory = self.memory
        memory.way_size = 0
        if isinstance(path, Path):
            memory.socket, size = path.sock.fileno(), path.name.length
            ffi.memmove(memory.way, ffi.cast("unsigned char *", path.name.pointer), size)
            memory.way_size = size

    def checked(self, current: Route | None, path: Route, now: float, *, nominated: bool) -> Route:
        """Take an authentic check along a path; return where to send from now on.

        It is the path that the client nominates (RFC 8445 7.3.1.5), or where it is seen now: a client does not know
        that a NAT gave it another address, and a lite agent asks nothing. Browsers nominate with every check; Go
        clients (pion) do so once, and after that check nothing but the path they use.
        """
        memory = self.memory
        memory.heard_at = now
        gone = memory.nominated and now - memory.checked_at > SILENT
        if (nominated or current is None or gone) and current != path:
            current = path
        if current == path:  # its last check that was no nomination
            memory.checked_at = inf if nominated else now
        memory.nominated = memory.nominated or nominated
        return current
