"""A client that speaks the signalling protocol by hand: what is said to it, message by message."""

import base64
from typing import Any

import aiohttp
from interop.signaling_server import Server
from livekit.protocol import models, rtc

Reason, Action = models.DisconnectReason, rtc.LeaveRequest.Action


def join_request(**fields: Any) -> str:
    settings = rtc.ConnectionSettings(auto_subscribe=True)
    client = models.ClientInfo(sdk=models.ClientInfo.SDK.JS, protocol=16)
    join = rtc.JoinRequest(connection_settings=settings, client_info=client, **fields)
    wrapped = rtc.WrappedJoinRequest(join_request=join.SerializeToString())
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


class Talk:
    """One WebSocket of one client."""

    def __init__(self, client: aiohttp.ClientSession, server: Server, room: str) -> None:
        self._client, self._server, self._room = client, server, room
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.seen: list[str] = []

    async def open(self, identity: str, *, single: bool = False, query: str = "", **grants: Any) -> "Talk":
        token = self._server.token(identity, self._room, **grants)
        path = f"/rtc/v1?join_request={join_request()}&" if single else "/rtc?protocol=16&sdk=js&"
        self.socket = await self._client.ws_connect(f"{self._server.url}{path}access_token={token}{query}")
        return self

    async def next(self, kind: str) -> Any:
        """Wait for the next message of a kind; what comes before is passed over."""
        assert self.socket is not None
        while True:
            message = await self.socket.receive(timeout=60)
            assert message.type is aiohttp.WSMsgType.BINARY, f"{message.type} after {self.seen}, not {kind}"
            response = rtc.SignalResponse.FromString(message.data)
            self.seen.append(response.WhichOneof("message") or "")
            if self.seen[-1] == kind:
                return getattr(response, kind)

    async def about(self, identity: str, wanted: Any) -> models.ParticipantInfo:
        """Wait for an update about somebody that is as wanted."""
        while True:
            for each in (await self.next("update")).participants:
                if each.identity == identity and wanted(each):
                    return each

    async def close(self) -> None:
        assert self.socket is not None
        await self.socket.close()

    async def say(self, **message: Any) -> None:
        assert self.socket is not None
        await self.socket.send_bytes(rtc.SignalRequest(**message).SerializeToString())
