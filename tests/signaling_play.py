"""A media server within the test's own process, and a client that speaks its messages by hand."""

from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient
from livekit import api
from livekit.protocol import rtc

from signaling.app import build_app
from signaling.config import Config
from signaling.endpoint import NODE
from signaling.node import Node

KEY, SECRET = "key", "a secret that is long enough to be one"


def application(**settings: Any) -> web.Application:
    return build_app(Config(keys={KEY: SECRET}, udp_port=0, node_ips=("127.0.0.1",), **settings))


def node(client: TestClient[Any, Any]) -> Node:
    return client.server.app[NODE]  # type: ignore[attr-defined, no-any-return]


def token(identity: str = "anna", room: str = "room", **grants: Any) -> str:
    video = api.VideoGrants(room_join=True, room=room, **grants)
    return api.AccessToken(KEY, SECRET).with_identity(identity).with_grants(video).to_jwt()


class Talk:
    """A client's side of one WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.seen: list[str] = []  # the kinds of all that came

    async def next(self, kind: str) -> Any:
        """Wait for the next message of a kind; what comes before is passed over."""
        while True:
            response = rtc.SignalResponse.FromString(await self.socket.receive_bytes(timeout=5))
            self.seen.append(response.WhichOneof("message") or "")
            if self.seen[-1] == kind:
                return getattr(response, kind)

    async def say(self, **message: Any) -> None:
        await self.socket.send_bytes(rtc.SignalRequest(**message).SerializeToString())


async def talk(client: TestClient[Any, Any], identity: str = "anna", query: str = "", **grants: Any) -> Talk:
    return Talk(await client.ws_connect(f"/rtc?access_token={token(identity, **grants)}{query}"))
