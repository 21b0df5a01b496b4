"""Pass the media server's signalling WebSocket through our own address, so that one origin and one certificate serve.

Only in the embedded mode; media itself (UDP) goes straight to the media server.
"""

import asyncio
import contextlib

import aiohttp
from aiohttp import WSMsgType, web

from server.wiring import PLATFORM

CLIENT = web.AppKey("media_client", aiohttp.ClientSession)
MOST_BYTES = 1 << 20
PATIENCE_SECONDS = 8
PASSED = ("Authorization", "User-Agent", "Accept-Language")


async def proxy(request: web.Request) -> web.StreamResponse:
    """GET /rtc...: upgrade on both sides and carry messages until one side ends."""
    settings = request.app[PLATFORM].settings
    target = f"{settings.media.url.rstrip('/')}{request.path_qs}"
    headers = {name: request.headers[name] for name in PASSED if name in request.headers}
    client = request.app[CLIENT]
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return await _plain(client, target, headers)
    try:
        upstream = await _connect(client, target, headers)
    except aiohttp.WSServerHandshakeError as error:
        return web.Response(status=error.status, text=error.message)
    except (aiohttp.ClientError, OSError):
        return web.Response(status=503, text="media server not reachable")
    downstream = web.WebSocketResponse(max_msg_size=MOST_BYTES, heartbeat=20)
    async with upstream:
        await downstream.prepare(request)
        tasks = {asyncio.create_task(_carry(upstream, downstream)), asyncio.create_task(_carry(downstream, upstream))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(ConnectionError):
                await downstream.close()
    return downstream


async def _connect(
    client: aiohttp.ClientSession, target: str, headers: dict[str, str]
) -> aiohttp.ClientWebSocketResponse:
    """Open the way to the media server; while it is being started again, wait for it.

    A client that is refused waits longer before each further attempt: being held is what brings it back in seconds.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + PATIENCE_SECONDS
    while True:
        try:
            return await client.ws_connect(target, headers=headers, max_msg_size=MOST_BYTES, autoping=True)
        except aiohttp.ClientConnectorError:
            if clock() >= end:
                raise
            await asyncio.sleep(0.1)


async def _plain(client: aiohttp.ClientSession, target: str, headers: dict[str, str]) -> web.Response:
    try:
        async with client.get(target, headers=headers) as answer:
            return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)
    except (aiohttp.ClientError, OSError):
        return web.Response(status=503, text="media server not reachable")


Socket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse


async def _carry(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
