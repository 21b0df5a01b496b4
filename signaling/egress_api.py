"""The Egress API of LiveKit, as far as it needs no transcoding: tracks and participants, into files of this server."""

from typing import Any

from google.protobuf.message import Message
from livekit.protocol import egress as api

from signaling.node import Node
from signaling.recording.egress import Egress, Status
from signaling.tokens import Grants
from signaling.twirp import Method, TwirpFault

PACKAGE = "livekit.Egress"
CLOUDS = ("s3", "gcp", "azure", "aliOSS")
MOST_LISTED = 1000


def _egress_is_served(node: Node) -> None:
    if not node.egresses.folder:
        raise TwirpFault("internal", "egress not connected: recording.folder is not configured")


def _to_file(output: Any) -> None:
    """Refuse what is no plain file here."""
    if any(output.HasField(cloud) for cloud in CLOUDS):
        raise TwirpFault("unimplemented", "this server writes files on its own disk, it uploads nothing")


def _start_track(node: Node, request: Any) -> Message:
    _egress_is_served(node)
    if request.websocket_url:
        raise TwirpFault("unimplemented", "this server records to files, not to WebSockets")
    if request.webhooks:
        raise TwirpFault("unimplemented", "webhooks of a single egress are not sent; configure webhook.urls")
    _to_file(request.file)
    room = node.rooms.get(request.room_name)
    if room is None:
        raise TwirpFault("not_found", "requested room does not exist")
    track = room.track(request.track_id)
    owner = room.member_by_sid(track.owner_sid) if track is not None else None
    if track is None or owner is None or not track.ready:
        raise TwirpFault("not_found", "track is not found")
    try:
        return node.egresses.start_track(room, owner, track, request).described()
    except ValueError as error:
        raise TwirpFault("invalid_argument", str(error)) from error


def _start_participant(node: Node, request: Any) -> Message:
    _egress_is_served(node)
    if request.stream_outputs or request.segment_outputs or request.image_outputs:
        raise TwirpFault("unimplemented", "this server records to files, not to streams, segments or images")
    if request.webhooks:
        raise TwirpFault("unimplemented", "webhooks of a single egress are not sent; configure webhook.urls")
    if len(request.file_outputs) != 1:
        raise TwirpFault("invalid_argument", "one file output is needed")
    if request.HasField("advanced") or request.file_outputs[0].file_type in (api.OGG, api.MP3):
        raise TwirpFault("unimplemented", "this server records what is sent, without encoding it anew")
    _to_file(request.file_outputs[0])
    room = node.rooms.get(request.room_name)
    if room is None:
        raise TwirpFault("not_found", "requested room does not exist")
    owner = room.members.get(request.identity)
    if owner is None:
        raise TwirpFault("not_found", "participant does not exist")
    try:
        return node.egresses.start_participant(room, owner, request).described()
    except ValueError as error:
        raise TwirpFault("invalid_argument", str(error)) from error


def _stop(node: Node, request: Any) -> Message:
    _egress_is_served(node)
    egress = node.egresses.known.get(request.egress_id)
    if egress is None:
        raise TwirpFault("not_found", "egress does not exist")
    if not egress.running:
        status = Status.Name(egress.status)
        raise TwirpFault("failed_precondition", f"egress with status {status} cannot be stopped")
    node.egresses.stop(egress, "StopEgress API")
    return egress.described()


def _list(node: Node, request: Any) -> Message:
    _egress_is_served(node)

    def listed(egress: Egress) -> bool:
        return (
            request.room_name in ("", egress.room.name)
            and request.egress_id in ("", egress.sid)
            and (not request.active or not egress.over)
        )

    found = [egress for egress in node.egresses.known.values() if listed(egress)]
    return api.ListEgressResponse(items=[egress.described() for egress in found[-MOST_LISTED:]])


def _unimplemented(_node: Node, _request: Any) -> Message:
    raise TwirpFault(
        "unimplemented",
        "this server records tracks and participants to files without encoding them anew; `compose` makes one film",
    )


def _may_record(grants: Grants, _request: Any) -> bool:
    return grants.room_record


METHODS = {
    "StartTrackEgress": Method(api.TrackEgressRequest, _may_record, _start_track),
    "StartParticipantEgress": Method(api.ParticipantEgressRequest, _may_record, _start_participant),
    "StopEgress": Method(api.StopEgressRequest, _may_record, _stop),
    "ListEgress": Method(api.ListEgressRequest, _may_record, _list),
    "StartRoomCompositeEgress": Method(api.RoomCompositeEgressRequest, _may_record, _unimplemented),
    "StartWebEgress": Method(api.WebEgressRequest, _may_record, _unimplemented),
    "StartTrackCompositeEgress": Method(api.TrackCompositeEgressRequest, _may_record, _unimplemented),
    "StartEgress": Method(api.StartEgressRequest, _may_record, _unimplemented),
    "UpdateLayout": Method(api.UpdateLayoutRequest, _may_record, _unimplemented),
    "UpdateStream": Method(api.UpdateStreamRequest, _may_record, _unimplemented),
}
