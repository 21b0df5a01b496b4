"""Calls of the room and egress API through the front: to the worker that has the room, or to all of them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from google.protobuf.message import Message
from livekit.protocol import egress
from livekit.protocol import room as rooms

from signaling import calling, tokens, twirp
from signaling.app import API
from signaling.endpoint import bearer
from signaling.errors import NotAuthorized
from signaling.logs import Log

if TYPE_CHECKING:
    from signaling.workers.front import Front

log = Log("front")
CALL_SECONDS = 10.0
WAITING = {"PerformRpc": calling.LONGEST_SECONDS}  # seconds that a participant may take to answer, besides
ALL_ANSWER: dict[str, type[Message]] = {"ListRooms": rooms.ListRoomsResponse, "ListEgress": egress.ListEgressResponse}
ONE_ANSWERS = {"StopEgress"}  # by the identifier of what one of them has
PASSED = ("Authorization", "Content-Type", "Accept")
Answer = tuple[int, bytes]


class Calls:
    """The ways in which workers are called."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def one(self, slot: int, method: str, path: str, *, body: bytes = b"", headers: Any = None) -> Answer:
        """Call one worker; one that is gone answers 503."""
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS + WAITING.get(path.rpartition("/")[2], 0))
        try:
            client = self._front.client(slot)
            async with client.request(
                method, f"http://worker{path}", data=body, headers=headers, timeout=timeout
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.limited("worker.silent", worker=slot, error=type(error).__name__)
            return 503, twirp.fault("unavailable", "the worker of this room is being started again")

    async def everywhere(self, method: str, path: str, *, body: bytes = b"", headers: Any = None) -> dict[int, Answer]:
        """Call every worker that serves, at once."""
        slots = self._front.placement.alive
        found = await asyncio.gather(*(self.one(slot, method, path, body=body, headers=headers) for slot in slots))
        return dict(zip(slots, found, strict=True))

    async def ask(self, request: web.Request, slot: int | None) -> web.Response:
        """Pass a request on to one worker, any if none is named."""
        alive = self._front.placement.alive
        if slot is None and not alive:
            raise web.HTTPServiceUnavailable(text="no worker serves at the moment")
        slot = alive[0] if slot is None else slot
        code, body = await self.one(
            slot, request.method, request.raw_path, body=await request.read(), headers=_passed(request)
        )
        return web.Response(status=code, body=body, content_type=_kind(request, code))

    async def api(self, request: web.Request) -> web.Response:
        """Serve one call."""
        name = request.match_info["method"]
        if name in ALL_ANSWER:
            return await self._merged(request, ALL_ANSWER[name])
        if name in ONE_ANSWERS:
            return await self._first(request)
        return await self.ask(request, await self._slot(request, name))

    async def _slot(self, request: web.Request, name: str) -> int | None:
        """Return where the room of a call is; where it will be, if the call makes one."""
        message = await self._read(request, name)
        room = getattr(message, "room", "") or getattr(message, "room_name", "")
        if name != "CreateRoom" or message is None:
            return self._front.placement.where(room)
        member, number = await self._front.place(getattr(message, "name", ""))
        if member.line is not None:
            member.line.send({"kind": "room", "room": getattr(message, "name", ""), "number": number})
        return member.seat.slot

    async def _read(self, request: web.Request, name: str) -> Message | None:
        """Read what is asked; None for what any worker refuses in the right words."""
        method = API.get(request.match_info["package"], {}).get(name)
        try:
            tokens.verify(bearer(request), self._front.config.keys)
            return twirp.read(method.request, await request.read(), request.content_type) if method else None
        except (NotAuthorized, ValueError, twirp.TwirpFault):
            return None

    async def _merged(self, request: web.Request, kind: type[Message]) -> web.Response:
        body = await request.read()
        found = await self.everywhere("POST", request.raw_path, body=body, headers=_passed(request))
        whole = kind()
        for code, answer in found.values():
            if code == 503:
                continue
            if code != 200:
                return web.Response(status=code, body=answer, content_type=twirp.JSON)
            whole.MergeFrom(twirp.read(kind, answer, request.content_type))
        return twirp.answer(request, whole)

    async def _first(self, request: web.Request) -> web.Response:
        body = await request.read()
        found = await self.everywhere("POST", request.raw_path, body=body, headers=_passed(request))
        known = [answer for answer in found.values() if answer[0] != 404]
        code, answer = (known or list(found.values()) or [(503, b"")])[0]
        return web.Response(status=code, body=answer, content_type=_kind(request, code))

    @staticmethod
    def snapshot(answer: Answer | None) -> dict[str, Any] | None:
        """Return the state a worker told; None if it did not."""
        return json.loads(answer[1])[0] if answer is not None and answer[0] == 200 else None


def _passed(request: web.Request) -> dict[str, str]:
    return {name: request.headers[name] for name in PASSED if name in request.headers}


def _kind(request: web.Request, code: int) -> str:
    if "/twirp/" not in request.path:
        return "text/plain"
    return request.content_type if code == 200 and request.content_type == twirp.PROTOBUF else twirp.JSON
