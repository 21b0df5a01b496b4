"""A participant's own tracks: announced, placed by an offer, muted, withdrawn."""

from collections.abc import Iterable

from livekit.protocol import models, rtc

from signaling import subscribing, wire
from signaling.errors import ProtocolError
from signaling.negotiation import Pending
from signaling.participant import Participant
from signaling.uptrack import UpTrack

MOST_TRACKS = 32
Reason = rtc.RequestResponse.Reason
STEREO, NO_DTX = models.AudioTrackFeature.TF_STEREO, models.AudioTrackFeature.TF_NO_DTX
CODECS = {"vp8": "VP8", "h264": "H264", "video/vp8": "VP8", "video/h264": "H264"}


def _features(request: rtc.AddTrackRequest) -> list[models.AudioTrackFeature]:
    """Return the audio features, with those that older clients name by a field of their own."""
    older = [each for each, named in ((STEREO, request.stereo), (NO_DTX, request.disable_dtx)) if named]
    return sorted({*request.audio_features, *older})


def _announced(request: rtc.AddTrackRequest) -> models.TrackInfo:
    audio = request.type == models.TrackType.AUDIO
    features = _features(request)
    codecs = [CODECS.get(each.codec.lower(), "VP8") for each in request.simulcast_codecs[:1]] or ["VP8"]
    mime_type = "audio/opus" if audio else f"video/{codecs[0]}"
    track = models.TrackInfo(
        sid=wire.new_sid("TR_A" if audio else "TR_V"),
        type=request.type,
        name=request.name,
        muted=request.muted,
        width=request.width,
        height=request.height,
        source=request.source,
        layers=request.layers,
        stream=request.stream,
        stereo=STEREO in features,
        disable_dtx=NO_DTX in features,
        disable_red=request.disable_red or not audio,
        encryption=request.encryption,
        simulcast=len(request.layers) > 1,
        mime_type=mime_type,
        audio_features=features,
    )
    for codec in request.simulcast_codecs[:1]:
        track.codecs.append(
            models.SimulcastCodecInfo(mime_type=mime_type, cid=codec.cid, layers=codec.layers or request.layers)
        )
    return track


def add_track(member: Participant, request: rtc.AddTrackRequest) -> None:
    """Give an announced track its sid; it exists for others once an offer sends it."""
    kind = models.TrackType.Name(request.type).lower()
    reason = Reason.OK
    if kind not in ("audio", "video"):
        reason = Reason.UNSUPPORTED_TYPE
    elif not member.may_publish(request.source):
        reason = Reason.NOT_ALLOWED
    elif len(member.tracks) >= MOST_TRACKS:
        reason = Reason.LIMIT_EXCEEDED
    if reason != Reason.OK:
        member.send(rtc.SignalResponse(request_response=rtc.RequestResponse(reason=reason, add_track=request)))
        return
    announced = _announced(request)
    cids = tuple(cid for cid in (request.cid, *(each.cid for each in request.simulcast_codecs)) if cid)
    track = UpTrack(announced, cids, member.sid)
    track.loudness = member.room.loudness()
    member.tracks[track.sid] = track
    codec = announced.mime_type.partition("/")[2] if kind == "video" else ""
    plain = announced.encryption == models.Encryption.Type.NONE  # what is encrypted end to end has no blocks to tell
    member.publisher.answering.pending.append(
        Pending(
            track.sid, kind, cids, codec,
            stereo=announced.stereo, red=plain and not announced.disable_red, dtx=not announced.disable_dtx,
        )
    )  # fmt: skip
    member.send(rtc.SignalResponse(track_published=rtc.TrackPublishedResponse(cid=request.cid, track=announced)))


def offered(member: Participant, description: rtc.SessionDescription) -> None:
    """Answer the client's offer and let the room know of tracks that came or went."""
    try:
        answer = member.publisher.answer(description.sdp)
    except ValueError as error:
        raise ProtocolError(f"offer: {error}") from error
    mids = answer.mids if member.single else {}
    member.send(
        rtc.SignalResponse(
            answer=rtc.SessionDescription(type="answer", sdp=answer.text, id=description.id, mid_to_track_id=mids)
        )
    )
    for sid in answer.unpublished:
        if sid in member.tracks:
            unpublish(member, member.tracks[sid])
    came = []
    for published in answer.published:
        track = member.tracks.get(published.sid)
        if track is not None:
            track.place(published)
            member.publisher.publish(track)
            came.append(track)
    if member.single:
        subscribing.ask_for_sections(member)
    if came:
        _announce(member, came)


def answer_postponed(member: Participant) -> bool:
    """Answer the offer of a join request that had to wait, if there is one; tell whether there was."""
    description, member.postponed = member.postponed, None
    if description is not None:
        offered(member, description)
    return description is not None


def _announce(member: Participant, tracks: Iterable[UpTrack]) -> None:
    tracks = list(tracks)
    member.changed()
    for track in tracks:
        member.room.events.emit("track_published", member.room, member, track.announced)
    for other in member.room.others(member):
        subscribing.subscribe(other, tracks)


def unpublish(member: Participant, track: UpTrack) -> None:
    """Withdraw a track from everybody."""
    member.tracks.pop(track.sid, None)
    member.publisher.answering.withdraw(track.sid)
    member.publisher.incoming.remove(track)
    member.send(rtc.SignalResponse(track_unpublished=rtc.TrackUnpublishedResponse(track_sid=track.sid)))
    subscribing.drop_subscribers(member.room, track)
    member.changed()
    member.room.events.emit("track_unpublished", member.room, member, track.announced)


def mute(member: Participant, sid: str, *, muted: bool, by_server: bool = False) -> UpTrack | None:
    """Mute or unmute a track; the client is told when it was not its own wish."""
    track = member.tracks.get(sid)
    if track is None:
        return None
    changed = track.muted != muted
    track.mute(muted=muted)
    if by_server:
        member.send(rtc.SignalResponse(mute=rtc.MuteTrackRequest(sid=sid, muted=muted)))
    if changed:
        member.changed()
    return track


def leave_room(member: Participant, reason: models.DisconnectReason, *, tell: bool = True, again: bool = False) -> None:
    """Take a member out of its room with all it published; `again` tells its client to join anew."""
    if member.closed:
        return
    if tell:
        member.send(wire.leave(reason, again=again))
    tracks = tuple(member.tracks.values())
    member.close(reason)
    for track in tracks:
        subscribing.drop_subscribers(member.room, track)


def permit(member: Participant, permission: models.ParticipantPermission) -> None:
    """Change what a member may do, at once: tracks it may no longer publish or hear are taken away."""
    member.permission.CopyFrom(permission)
    for track in tuple(member.tracks.values()):
        if not member.may_publish(track.announced.source):
            unpublish(member, track)
    if not permission.can_subscribe:
        subscribing.unsubscribe(member, [down.up.sid for down in member.subscriber.downs.values()])
    else:
        subscribing.subscribe(member, member.room.tracks_of_others(member))
    member.changed()
    member.refresh_token()
