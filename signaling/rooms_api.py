"""The room API of LiveKit: Twirp (v7) in protobuf and JSON, at /twirp/livekit.RoomService/*."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from livekit.protocol import models
from livekit.protocol import room as api

from signaling import messages, publishing, subscribing, tokens
from signaling.endpoint import NODE, bearer
from signaling.errors import NotAuthorized
from signaling.logs import Log
from signaling.node import Node
from signaling.participant import Participant
from signaling.room import Room
from signaling.tokens import Grants

log = Log("rooms_api")
PACKAGE = "livekit.RoomService"
STATUS = {
    "bad_route": 404, "malformed": 400, "invalid_argument": 400, "unauthenticated": 401, "not_found": 404,
    "failed_precondition": 412, "unimplemented": 501,
}  # fmt: skip
JSON, PROTOBUF = "application/json", "application/protobuf"
LONGEST_METADATA = 64_000


class TwirpFault(Exception):
    """An answer other than success, with Twirp's code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def _room(node: Node, name: str) -> Room:
    room = node.rooms.get(name)
    if room is None:
        raise TwirpFault("not_found", "requested room does not exist")
    return room


def _member(node: Node, room: str, identity: str) -> Participant:
    member = _room(node, room).members.get(identity)
    if member is None:
        raise TwirpFault("not_found", "participant does not exist")
    return member


def _create(node: Node, request: Any) -> Message:
    if not request.name or len(request.name) > tokens.LONGEST_ROOM:
        raise TwirpFault("invalid_argument", "name is empty or too long")
    room = node.room(request.name)
    room.empty_timeout = request.empty_timeout or room.empty_timeout
    room.departure_timeout = request.departure_timeout or room.departure_timeout
    room.max_participants = request.max_participants or room.max_participants
    room.metadata = request.metadata or room.metadata
    return room.described()


def _list(node: Node, request: Any) -> Message:
    names = set(request.names)
    return api.ListRoomsResponse(
        rooms=[room.described() for room in node.rooms.values() if not names or room.name in names]
    )


def _delete(node: Node, request: Any) -> Message:
    node.close_room(_room(node, request.room), models.DisconnectReason.ROOM_DELETED)
    return api.DeleteRoomResponse()


def _participants(node: Node, request: Any) -> Message:
    room = node.rooms.get(request.room)
    there = [member for member in room.members.values() if not member.hidden] if room is not None else []
    return api.ListParticipantsResponse(participants=[member.described() for member in there])


def _participant(node: Node, request: Any) -> Message:
    return _member(node, request.room, request.identity).described()


def _remove(node: Node, request: Any) -> Message:
    member = _member(node, request.room, request.identity)
    if request.revoke_token_ts:
        member.room.revoked[member.identity] = request.revoke_token_ts
    publishing.leave_room(member, models.DisconnectReason.PARTICIPANT_REMOVED)
    return api.RemoveParticipantResponse()


def _mute(node: Node, request: Any) -> Message:
    member = _member(node, request.room, request.identity)
    if not request.muted and not node.config.enable_remote_unmute:
        raise TwirpFault("failed_precondition", "remote unmute not enabled")
    track = publishing.mute(member, request.track_sid, muted=request.muted, by_server=True)
    if track is None:
        raise TwirpFault("not_found", "track is not found")
    return api.MuteRoomTrackResponse(track=track.announced)


def _update(node: Node, request: Any) -> Message:
    member = _member(node, request.room, request.identity)
    if len(request.metadata) > LONGEST_METADATA:
        raise TwirpFault("invalid_argument", "metadata is too long")
    if request.HasField("permission"):
        publishing.permit(member, request.permission)
    if request.name or request.metadata or request.attributes:
        member.update(name=request.name, metadata=request.metadata, attributes=dict(request.attributes))
    return member.described()


def _subscriptions(node: Node, request: Any) -> Message:
    member = _member(node, request.room, request.identity)
    sids = [*request.track_sids, *(sid for each in request.participant_tracks for sid in each.track_sids)]
    if request.subscribe:
        found = [track for sid in sids if (track := member.room.track(sid)) is not None]
        member.unwanted -= set(sids)
        subscribing.subscribe(member, [track for track in found if track.owner_sid != member.sid])
    else:
        member.unwanted |= set(sids)
        subscribing.unsubscribe(member, sids)
    return api.UpdateSubscriptionsResponse()


def _send(node: Node, request: Any) -> Message:
    user = models.UserPacket(payload=request.data, nonce=request.nonce)
    if request.HasField("topic"):
        user.topic = request.topic
    packet = models.DataPacket(kind=request.kind, user=user)
    messages.send_from_server(
        _room(node, request.room), packet, request.destination_identities, request.destination_sids
    )
    return api.SendDataResponse()


def _update_room(node: Node, request: Any) -> Message:
    room = _room(node, request.room)
    if len(request.metadata) > LONGEST_METADATA:
        raise TwirpFault("invalid_argument", "metadata is too long")
    room.metadata = request.metadata
    room.tell_about_itself()
    return room.described()


def _unimplemented(_node: Node, _request: Any) -> Message:
    raise TwirpFault("unimplemented", "this server does not move or forward participants")


def _may_create(grants: Grants, _request: Any) -> bool:
    return grants.room_create


def _may_list(grants: Grants, _request: Any) -> bool:
    return grants.room_list


def _may_administer(grants: Grants, request: Any) -> bool:
    return grants.room_admin and grants.room == request.room


class Method(NamedTuple):
    """One method: its request, who may call it, what it does."""

    request: type[Message]
    allowed: Callable[[Grants, Any], bool]
    handle: Callable[[Node, Any], Message]


METHODS = {
    "CreateRoom": Method(api.CreateRoomRequest, _may_create, _create),
    "ListRooms": Method(api.ListRoomsRequest, _may_list, _list),
    "DeleteRoom": Method(api.DeleteRoomRequest, _may_create, _delete),
    "ListParticipants": Method(api.ListParticipantsRequest, _may_administer, _participants),
    "GetParticipant": Method(api.RoomParticipantIdentity, _may_administer, _participant),
    "RemoveParticipant": Method(api.RoomParticipantIdentity, _may_administer, _remove),
    "MutePublishedTrack": Method(api.MuteRoomTrackRequest, _may_administer, _mute),
    "UpdateParticipant": Method(api.UpdateParticipantRequest, _may_administer, _update),
    "UpdateSubscriptions": Method(api.UpdateSubscriptionsRequest, _may_administer, _subscriptions),
    "SendData": Method(api.SendDataRequest, _may_administer, _send),
    "UpdateRoomMetadata": Method(api.UpdateRoomMetadataRequest, _may_administer, _update_room),
    "MoveParticipant": Method(api.MoveParticipantRequest, _may_administer, _unimplemented),
    "ForwardParticipant": Method(api.ForwardParticipantRequest, _may_administer, _unimplemented),
}


def _read(kind: type[Message], body: bytes, content_type: str) -> Message:
    """Decode a request body by its content type."""
    try:
        if content_type == JSON:
            return json_format.Parse(body or b"{}", kind(), ignore_unknown_fields=True)
        if content_type == PROTOBUF:
            return kind.FromString(body)
    except (DecodeError, json_format.ParseError, UnicodeError) as error:
        raise TwirpFault("malformed", "the request body cannot be read") from error
    raise TwirpFault("bad_route", f"unexpected Content-Type: {content_type!r}")


def _perform(node: Node, request: web.Request, body: bytes) -> Message:
    method = METHODS.get(request.match_info["method"])
    if request.match_info["package"] != PACKAGE or method is None:
        raise TwirpFault("bad_route", f"no handler for path {request.path!r}")
    try:
        claims = tokens.verify(bearer(request), node.config.keys)
    except NotAuthorized as error:
        raise TwirpFault("unauthenticated", str(error)) from error
    message = _read(method.request, body, request.content_type)
    if not method.allowed(claims.grants, message):
        raise TwirpFault("unauthenticated", "permissions denied")
    log.info("api.called", method=request.match_info["method"])
    return method.handle(node, message)


async def call(request: web.Request) -> web.Response:
    """Serve one call; a fault becomes a Twirp error, in JSON always."""
    body = await request.read()
    try:
        answer = _perform(request.app[NODE], request, body)
    except TwirpFault as fault:
        text = json.dumps({"code": fault.code, "msg": str(fault)})
        return web.Response(status=STATUS[fault.code], text=text, content_type=JSON)
    if request.content_type == PROTOBUF:
        return web.Response(body=answer.SerializeToString(), content_type=PROTOBUF)
    text = json_format.MessageToJson(
        answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )
    return web.Response(text=text, content_type=JSON)
