"""The WebSocket of a client: token, joining or resuming, its messages in and out; its errors end here."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import WSMsgType, web
from livekit.protocol import models, rtc

from signaling import last_words, publishing, rate, resuming, tokens, turn, wire
from signaling.dispatch import dispatch
from signaling.errors import NotAuthorized, ProtocolError
from signaling.logs import Log
from signaling.node import Node
from signaling.outgoing import Outgoing
from signaling.participant import Participant
from signaling.room import ENABLED_CODECS
from signaling.tokens import Claims

log = Log("endpoint")
NODE = web.AppKey("node", Node)
# LiveKit's SDK for Go reads our answer before it has set its own description, and then lacks it: it gets the answer
# with its first candidate, which comes after, or when it has had this long.
GATHERING_SECONDS = 0.3
UNSUPPORTED, BROKEN, OURS = 1003, 1002, 1011  # RFC 6455 7.4.1


@dataclass(frozen=True)
class Wanted:
    """What a client asks for in the address it opens."""

    single: bool
    auto_subscribe: bool
    reconnect: bool
    participant_sid: str
    request: rtc.JoinRequest | None


def bearer(request: web.Request) -> str:
    """Return the token of a request: in the address, where browsers must put it, or in the header."""
    return request.query.get("access_token") or request.headers.get("Authorization", "").removeprefix("Bearer ")


@contextlib.contextmanager
def written() -> Iterator[None]:
    """Write down, now and then, why somebody is not let in."""
    try:
        yield
    except web.HTTPException as refusal:
        log.limited("join.refused", status=refusal.status, error=refusal.text)
        raise


def authorized(request: web.Request) -> Claims:
    """Return the claims of who may join; raises HTTPUnauthorized."""
    node = request.app[NODE]
    try:
        claims = tokens.may_join(tokens.verify(bearer(request), node.config.keys), node.config.limits)
    except NotAuthorized as error:
        raise web.HTTPUnauthorized(text=str(error)) from error
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    room = node.rooms.get(claims.grants.room)
    if room is None and not node.config.auto_create:
        raise web.HTTPNotFound(text="requested room does not exist")
    if room is not None and claims.issued < room.revoked.get(claims.identity, 0):
        raise web.HTTPUnauthorized(text="the token has been revoked")
    if room is not None and claims.identity in room.members:
        return claims  # who resumes, or takes its own place, is counted already: no limit sends it away
    if room is not None and room.full:
        raise web.HTTPForbidden(text="room has as many participants as it may have")
    if node.loaded:
        raise web.HTTPServiceUnavailable(text="this server has as many tracks as it may have (limit.num_tracks)")
    return claims


def wanted(request: web.Request) -> Wanted:
    """Read what a client asks for; one peer connection is chosen by a join request, not by the path alone."""
    text = request.query.get("join_request")
    if text:
        try:
            join = wire.read_join(text)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        settings = join.connection_settings
        return Wanted(
            single=True,
            auto_subscribe=settings.auto_subscribe or not join.HasField("connection_settings"),
            reconnect=join.reconnect,
            participant_sid=join.participant_sid,
            request=join,
        )
    if request.path.startswith("/rtc/v1"):
        raise web.HTTPBadRequest(text="join_request is missing")
    return Wanted(
        single=False,
        auto_subscribe=request.query.get("auto_subscribe", "1") in ("1", "true"),
        reconnect=request.query.get("reconnect") in ("1", "true"),
        participant_sid=request.query.get("sid", ""),
        request=None,
    )


async def validate(request: web.Request) -> web.Response:
    """Tell a client in words why it may not join: a WebSocket's refusal reaches no page."""
    with written():
        authorized(request)
    return web.Response(text="success")


async def rtc_socket(request: web.Request) -> web.WebSocketResponse:
    """Serve one client."""
    node = request.app[NODE]
    with written():
        claims, wish = authorized(request), wanted(request)
    socket = web.WebSocketResponse(max_msg_size=wire.LARGEST_MESSAGE, compress=False)
    await socket.prepare(request)
    ear = last_words.heed(request)
    member = resumed(node, claims, wish) if wish.reconnect else joined(node, claims, wish)
    if member is None:  # the client then begins again, with a new identity in the room
        farewell = wire.leave(models.DisconnectReason.STATE_MISMATCH, again=True)
        await socket.send_bytes(farewell.SerializeToString())
        await socket.close()
        return socket
    member.attach(socket)
    await serve(node, member, socket, wish, ear)
    return socket


def resumed(node: Node, claims: Claims, wish: Wanted) -> Participant | None:
    """Find who comes back; None if this process does not know it, or knows it differently."""
    room = node.rooms.get(claims.grants.room)
    member = room.members.get(claims.identity) if room is not None else None
    if member is None or member.closed or member.single != wish.single:
        return None
    return member if wish.participant_sid in ("", member.sid) else None


def joined(node: Node, claims: Claims, wish: Wanted) -> Participant:
    """Make a new participant."""
    return node.join(claims, single=wish.single, auto_subscribe=wish.auto_subscribe)


def greet(node: Node, member: Participant, wish: Wanted) -> None:
    """Send the first messages: who is there, then the first negotiation."""
    if wish.reconnect:
        member.send(rtc.SignalResponse(reconnect=reconnect_response(node, member)))
        resuming.resume(member)
        if wish.request is not None and wish.request.HasField("sync_state"):
            resuming.sync(member, wish.request.sync_state)
        return
    member.send(rtc.SignalResponse(join=join_response(node, member)))
    if wish.request is not None:
        for track in wish.request.add_track_requests:
            publishing.add_track(member, track)
        if wish.request.HasField("publisher_offer"):
            member.postponed = wish.request.publisher_offer
            if wish.request.client_info.sdk != models.ClientInfo.SDK.GO:
                publishing.answer_postponed(member)
    node.enter(member)
    member.refresh_token()


def ice_servers_for(node: Node, member: Participant) -> list[rtc.ICEServer]:
    """Return the STUN and TURN servers that a client may use, with credentials of its own."""
    return turn.ice_servers(node.config.turn_servers, node.config.stun_servers, member.sid, time.time())


def reconnect_response(node: Node, member: Participant) -> rtc.ReconnectResponse:
    """Tell a client that it is back, and which of its reliable packets came; credentials may have ended since."""
    return rtc.ReconnectResponse(
        ice_servers=ice_servers_for(node, member),
        server_info=wire.about_us(node.sid),
        last_message_seq=member.last_sequence,
    )


def join_response(node: Node, member: Participant) -> rtc.JoinResponse:
    """Tell a client that it is in, and who else is."""
    others = [each.described() for each in member.room.others(member) if not each.hidden]
    return rtc.JoinResponse(
        room=member.room.described(),
        participant=member.described(),
        other_participants=others,
        server_version=wire.SERVER_VERSION,
        server_info=wire.about_us(node.sid),
        ping_interval=wire.PING_SECONDS,
        ping_timeout=wire.PING_TIMEOUT_SECONDS,
        ice_servers=ice_servers_for(node, member),
        subscriber_primary=not member.single,
        enabled_publish_codecs=ENABLED_CODECS,
    )


async def serve(
    node: Node, member: Participant, socket: web.WebSocketResponse, wish: Wanted, ear: last_words.Ear | None
) -> None:
    """Read and write until one side ends; errors become close codes here, and here only."""
    writer = asyncio.create_task(write(member.outgoing, socket, ear))
    code = 1000
    try:
        greet(node, member, wish)
        await read(member, socket)
    except ProtocolError as error:
        log.limited("protocol.broken", sid=member.sid, error=str(error))
        code = error.code
    except Exception as error:
        log.exception("endpoint.failed", sid=member.sid, cause=error)
        code = OURS
    finally:
        if member.closed or code == 1000:
            await flushed(writer, member)
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await writer
        if code != 1000 and member.socket is socket:
            publishing.leave_room(member, models.DisconnectReason.STATE_MISMATCH, tell=False)
        member.detach(socket, time.time())
        await socket.close(code=code)


async def flushed(writer: asyncio.Task[None], member: Participant) -> None:
    """Let a last message out; the writer ends by itself after a farewell."""
    if member.closed and not writer.done():
        await asyncio.wait([writer], timeout=0.5)


async def read(member: Participant, socket: web.WebSocketResponse) -> None:
    """Act on the client's messages; silence longer than its pings allow ends the socket."""
    flow = rate.signal_flow()
    while not member.closed and member.socket is socket:
        try:
            async with asyncio.timeout(_patience(member)) as limit:
                await read_on(member, socket, flow, limit)
                return
        except TimeoutError:
            if not publishing.answer_postponed(member):
                return


def _patience(member: Participant) -> float:
    return wire.PING_TIMEOUT_SECONDS if member.postponed is None else GATHERING_SECONDS


async def read_on(member: Participant, socket: web.WebSocketResponse, flow: rate.Flow, limit: asyncio.Timeout) -> None:
    """Act on messages; each of them puts off the end of our patience."""
    now = asyncio.get_running_loop().time
    while not member.closed and member.socket is socket:
        message = await socket.receive()
        limit.reschedule(now() + _patience(member))
        if message.type is WSMsgType.TEXT:
            raise ProtocolError("text frames are not spoken", UNSUPPORTED)
        if message.type is not WSMsgType.BINARY or member.socket is not socket:  # it came back by another one since
            return
        if not flow.take(len(message.data), time.monotonic()):
            log.limited("limit.exceeded", sid=member.sid, limit="signal messages")
            publishing.leave_room(member, models.DisconnectReason.PARTICIPANT_REMOVED)
            return
        try:
            request = wire.read_request(message.data)
        except ValueError as error:
            raise ProtocolError(str(error), BROKEN) from error
        dispatch(member, request)


async def write(outgoing: Outgoing, socket: web.WebSocketResponse, ear: last_words.Ear | None) -> None:
    """Send what waits; a farewell to somebody who must go is the last message."""
    while True:
        frames = await outgoing.take()
        if ear is None or socket.closed or not await ear.write(frames):
            return
        if outgoing.over:
            await socket.close()
            return
