"""The room API of LiveKit (livekit.RoomService)."""

from typing import Any

from google.protobuf.message import Message
from livekit.protocol import models, rtc
from livekit.protocol import room as api

from signaling import calling, messages, publishing, subscribing
from signaling.node import Node
from signaling.participant import Participant
from signaling.room import Room
from signaling.tokens import Grants
from signaling.twirp import Method, TwirpFault

PACKAGE = "livekit.RoomService"
NONCE_BYTES = 16
CALL_CODES = {
    calling.CONNECTION_TIMEOUT: "canceled", calling.RESPONSE_TIMEOUT: "canceled", calling.DISCONNECTED: "unavailable",
    calling.REQUEST_TOO_LARGE: "invalid_argument", calling.UNSUPPORTED_METHOD: "invalid_argument",
}  # fmt: skip


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
    limits = node.config.limits
    if not request.name or not limits.fits(request.name, limits.max_room_name_length):
        raise TwirpFault("invalid_argument", "name is empty or too long")
    room = node.rooms.get(request.name)
    if room is not None:  # as in LiveKit: what goes on is not changed by whoever makes sure that it is there
        return room.described()
    if not limits.metadata_fits(request.metadata):
        raise TwirpFault("invalid_argument", "metadata is too long")
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
    there = tuple(room.members.values()) if room is not None else ()  # also those hidden from each other
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
    limits = node.config.limits
    if not limits.metadata_fits(request.metadata):
        raise TwirpFault("invalid_argument", "metadata is too long")
    if not limits.fits(request.name, limits.max_participant_name_length):
        raise TwirpFault("invalid_argument", "name is too long")
    if not limits.attributes_fit({**member.attributes, **request.attributes}):
        raise TwirpFault("invalid_argument", "attributes are too long")
    if request.HasField("permission"):
        publishing.permit(member, request.permission)
    if request.name or request.metadata or request.attributes:
        member.update(name=request.name, metadata=request.metadata, attributes=dict(request.attributes))
    return member.described()


def _subscriptions(node: Node, request: Any) -> Message:
    member = _member(node, request.room, request.identity)
    subscribing.wish(
        member,
        rtc.UpdateSubscription(
            track_sids=request.track_sids, participant_tracks=request.participant_tracks, subscribe=request.subscribe
        ),
    )
    return api.UpdateSubscriptionsResponse()


def _send(node: Node, request: Any) -> Message:
    if request.nonce and len(request.nonce) != NONCE_BYTES:
        raise TwirpFault("invalid_argument", f"nonce should be {NONCE_BYTES} bytes or not present")
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
    if not node.config.limits.metadata_fits(request.metadata):
        raise TwirpFault("invalid_argument", "metadata is too long")
    room.metadata = request.metadata
    room.tell_about_itself()
    return room.described()


async def _call(node: Node, request: Any) -> Message:
    if not request.destination_identity:
        raise TwirpFault("invalid_argument", "destination_identity is required")
    member = _member(node, request.room, request.destination_identity)
    seconds = calling.patience(request.response_timeout_ms)
    try:
        result = await messages.call(member, request.method, request.payload, seconds)
    except calling.CallFailed as error:
        raise TwirpFault(CALL_CODES.get(error.code, "internal"), str(error)) from error
    return api.PerformRpcResponse(payload=result)


def _unimplemented(_node: Node, _request: Any) -> Message:
    raise TwirpFault("unimplemented", "this server does not move or forward participants")


def _may_create(grants: Grants, _request: Any) -> bool:
    return grants.room_create


def _may_list(grants: Grants, _request: Any) -> bool:
    return grants.room_list


def _may_administer(grants: Grants, request: Any) -> bool:
    return grants.room_admin and grants.room == request.room


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
    "PerformRpc": Method(api.PerformRpcRequest, _may_administer, _call),
    "MoveParticipant": Method(api.MoveParticipantRequest, _may_administer, _unimplemented),
    "ForwardParticipant": Method(api.ForwardParticipantRequest, _may_administer, _unimplemented),
}
