"""Calls of the room API to a participant's RPC methods: asked and answered by data packets (PerformRpc)."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from livekit.protocol import models

LARGEST_PAYLOAD = 15_360  # bytes of UTF-8, as LiveKit's clients allow each other
ACKNOWLEDGE_SECONDS = 2.0
DEFAULT_SECONDS, LONGEST_SECONDS = 10.0, 60.0
APPLICATION, CONNECTION_TIMEOUT, RESPONSE_TIMEOUT, DISCONNECTED = 1500, 1501, 1502, 1503
UNSUPPORTED_METHOD, REQUEST_TOO_LARGE = 1400, 1402
WORDS = {
    CONNECTION_TIMEOUT: "Connection timeout", RESPONSE_TIMEOUT: "Response timeout",
    DISCONNECTED: "Recipient disconnected", REQUEST_TOO_LARGE: "Request payload too large",
}  # fmt: skip


class CallFailed(Exception):
    """A call without a result: LiveKit's code (1400-1599) or the method's own, and the words for it."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(f"RpcError {code}: {text or WORDS[code]}")
        self.code = code


@dataclass
class _Call:
    identifier: str
    message: bytes
    sent: bool = False
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    answer: asyncio.Future[models.RpcResponse] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Calls:
    """The calls to one participant that wait for their answers."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Call] = {}

    def takes(self, packet: models.DataPacket) -> bool:
        """Take a packet that belongs to a call from here; tell whether it does: nobody else gets it then."""
        kind = packet.WhichOneof("value")
        if kind == "rpc_ack" and packet.rpc_ack.request_id in self._waiting:
            self._waiting[packet.rpc_ack.request_id].acknowledged.set()
            return True
        if kind == "rpc_response" and packet.rpc_response.request_id in self._waiting:
            call = self._waiting.pop(packet.rpc_response.request_id)
            call.acknowledged.set()
            if not call.answer.done():
                call.answer.set_result(packet.rpc_response)
            return True
        return False

    def end(self) -> None:
        """Answer all that wait: the participant is gone."""
        for call in self._waiting.values():
            call.acknowledged.set()
            if not call.answer.done():
                call.answer.set_exception(CallFailed(DISCONNECTED))
        self._waiting.clear()

    def begin(self, method: str, payload: str, seconds: float) -> _Call:
        """Make a call, to be sent as soon as the data channel is open; raises CallFailed for too large a payload."""
        if len(payload.encode()) > LARGEST_PAYLOAD:
            raise CallFailed(REQUEST_TOO_LARGE)
        identifier = secrets.token_hex(16)
        request = models.RpcRequest(
            id=identifier, method=method, payload=payload, response_timeout_ms=int(seconds * 1000), version=1
        )
        kind = models.DataPacket.Kind.RELIABLE
        packet = models.DataPacket(kind=kind, participant_identity=identifier, rpc_request=request)
        call = self._waiting[identifier] = _Call(identifier, packet.SerializeToString())
        return call

    def unsent(self) -> Iterator[bytes]:
        """Yield the messages that are still to be sent."""
        for call in self._waiting.values():
            if not call.sent:
                call.sent = True
                yield call.message

    async def result(self, call: _Call, seconds: float) -> str:
        """Wait for what the method returns; raises CallFailed."""
        try:
            try:
                await asyncio.wait_for(call.acknowledged.wait(), min(ACKNOWLEDGE_SECONDS, seconds))
            except TimeoutError as error:
                raise CallFailed(CONNECTION_TIMEOUT) from error
            try:
                answer = await asyncio.wait_for(call.answer, seconds)
            except TimeoutError as error:
                raise CallFailed(RESPONSE_TIMEOUT) from error
        finally:
            self._waiting.pop(call.identifier, None)
        if answer.WhichOneof("value") == "error":
            raise CallFailed(answer.error.code, answer.error.message)
        return answer.payload


def patience(timeout_ms: int) -> float:
    """Return how many seconds a call may take, of what was asked for."""
    return min(timeout_ms / 1000, LONGEST_SECONDS) if timeout_ms > 0 else DEFAULT_SECONDS
