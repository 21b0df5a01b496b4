"""TURN servers that clients are told of, with credentials that end (coturn's use-auth-secret).  (pure)"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from livekit.protocol import rtc


@dataclass(frozen=True)
class TurnServer:
    """One TURN server; with a `secret` each client gets credentials of its own, valid for `seconds`."""

    host: str
    port: int
    protocol: str
    username: str = ""
    credential: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    seconds: int = 14_400

    @property
    def url(self) -> str:
        """Return the address as clients take it (RFC 7065)."""
        scheme, transport = ("turns", "tcp") if self.protocol == "tls" else ("turn", self.protocol)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}:{host}:{self.port}?transport={transport}"

    def credentials(self, participant: str, now: float) -> tuple[str, str]:
        """Return user name and password: the time they end, and its HMAC-SHA1 under the shared secret."""
        if not self.secret:
            return self.username, self.credential
        username = f"{int(now) + self.seconds}:{participant}"
        digest = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        return username, base64.b64encode(digest).decode()


def ice_servers(turns: Iterable[TurnServer], stuns: Iterable[str], participant: str, now: float) -> list[rtc.ICEServer]:
    """Return what a joining client is told; none where the operator named none: nobody else's servers are asked."""
    servers = []
    for turn in turns:
        username, credential = turn.credentials(participant, now)
        servers.append(rtc.ICEServer(urls=[turn.url], username=username, credential=credential))
    urls = [f"stun:{each}" for each in stuns]
    return [*servers, rtc.ICEServer(urls=urls)] if urls else servers
