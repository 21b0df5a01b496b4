"""One short handler for each message that a client may send; what is not here is not spoken (see README.md)."""

import time
from collections.abc import Callable

from livekit.protocol import models, rtc

from signaling import publishing, resuming, subscribing
from signaling.logs import Log
from signaling.participant import Participant

log = Log("dispatch")
Handler = Callable[[Participant, rtc.SignalRequest], None]
Reason = rtc.RequestResponse.Reason
OWN_REASONS = (
    models.DisconnectReason.USER_UNAVAILABLE, models.DisconnectReason.USER_REJECTED,
    models.DisconnectReason.AGENT_ERROR,
)  # fmt: skip


def _offer(member: Participant, request: rtc.SignalRequest) -> None:
    member.postponed = None  # a newer one takes its place
    publishing.offered(member, request.offer)


def _answer(member: Participant, request: rtc.SignalRequest) -> None:
    subscribing.answered(member, request.answer)


def _trickle(member: Participant, _request: rtc.SignalRequest) -> None:
    """An ICE-lite agent sends no checks: the client's candidates are learned from its checks (RFC 8445 2.5).

    But who gathers candidates has set its own description, and can take an answer to it.
    """
    publishing.answer_postponed(member)


def _add_track(member: Participant, request: rtc.SignalRequest) -> None:
    publishing.add_track(member, request.add_track)


def _mute(member: Participant, request: rtc.SignalRequest) -> None:
    publishing.mute(member, request.mute.sid, muted=request.mute.muted)


def _subscription(member: Participant, request: rtc.SignalRequest) -> None:
    subscribing.wish(member, request.subscription)


def _track_setting(member: Participant, request: rtc.SignalRequest) -> None:
    subscribing.settle(member, request.track_setting)


def _subscription_permission(member: Participant, request: rtc.SignalRequest) -> None:
    subscribing.let(member, request.subscription_permission)


def _leave(member: Participant, request: rtc.SignalRequest) -> None:
    reason = request.leave.reason if request.leave.reason in OWN_REASONS else models.DisconnectReason.CLIENT_INITIATED
    publishing.leave_room(member, reason, tell=False)


def _update_layers(member: Participant, request: rtc.SignalRequest) -> None:
    track = member.tracks.get(request.update_layers.track_sid)
    if track is not None:
        del track.announced.layers[:]
        track.announced.layers.extend(request.update_layers.layers[:4])
        member.changed()


def _update_metadata(member: Participant, request: rtc.SignalRequest) -> None:
    update = request.update_metadata
    limits = member.room.limits
    reason = Reason.OK
    if not member.permission.can_update_metadata:
        reason = Reason.NOT_ALLOWED
    elif not (
        limits.metadata_fits(update.metadata)
        and limits.attributes_fit({**member.attributes, **update.attributes})
        and limits.fits(update.name, limits.max_participant_name_length)
    ):
        reason = Reason.LIMIT_EXCEEDED
    else:
        member.update(name=update.name, metadata=update.metadata, attributes=dict(update.attributes))
    answer = rtc.RequestResponse(request_id=update.request_id, reason=reason, update_metadata=update)
    member.send(rtc.SignalResponse(request_response=answer))


def _update_audio_track(member: Participant, request: rtc.SignalRequest) -> None:
    track = member.tracks.get(request.update_audio_track.track_sid)
    if track is not None:
        del track.announced.audio_features[:]
        track.announced.audio_features.extend(request.update_audio_track.features)
        member.changed()


def _update_video_track(member: Participant, request: rtc.SignalRequest) -> None:
    track = member.tracks.get(request.update_video_track.track_sid)
    if track is not None:
        track.announced.width = request.update_video_track.width
        track.announced.height = request.update_video_track.height
        member.changed()


def _ping(member: Participant, _request: rtc.SignalRequest) -> None:
    member.send(rtc.SignalResponse(pong=int(time.time() * 1000)))


def _ping_request(member: Participant, request: rtc.SignalRequest) -> None:
    sent = request.ping_req.timestamp
    member.send(rtc.SignalResponse(pong_resp=rtc.Pong(last_ping_timestamp=sent, timestamp=int(time.time() * 1000))))


def _sync_state(member: Participant, request: rtc.SignalRequest) -> None:
    resuming.sync(member, request.sync_state)


def _simulate(member: Participant, request: rtc.SignalRequest) -> None:
    resuming.simulate(member, request.simulate)


HANDLERS: dict[str, Handler] = {
    "offer": _offer, "answer": _answer, "trickle": _trickle, "add_track": _add_track, "mute": _mute,
    "subscription": _subscription, "track_setting": _track_setting, "leave": _leave,
    "update_layers": _update_layers, "update_metadata": _update_metadata, "ping": _ping, "ping_req": _ping_request,
    "update_audio_track": _update_audio_track, "update_video_track": _update_video_track, "sync_state": _sync_state,
    "subscription_permission": _subscription_permission, "simulate": _simulate,
}  # fmt: skip


def dispatch(member: Participant, request: rtc.SignalRequest) -> None:
    """Act on one message of a client's."""
    name = request.WhichOneof("message")
    handler = HANDLERS.get(name or "")
    if handler is None:
        log.info("signal.unspoken", message=name, sid=member.sid)
        return
    handler(member, request)
