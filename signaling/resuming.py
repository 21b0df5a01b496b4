"""A client that comes back: what it is told, what it says it has, and the trials that its developer asks for."""

from livekit.protocol import models, rtc

from signaling import messages, publishing, subscribing
from signaling.participant import Participant

MOST_SENDERS = 1000


def resume(member: Participant) -> None:
    """Tell the present state, and let the connection be found again: new ICE credentials, the same keys."""
    there = [each for each in member.room.members.values() if not each.hidden or each is member]
    update = rtc.ParticipantUpdate(participants=[each.described() for each in there])
    member.send(rtc.SignalResponse(update=update))
    member.send(rtc.SignalResponse(room_update=rtc.RoomUpdate(room=member.room.described())))
    member.send(member.room.speakers())
    member.subscriber.answering.forget_requests()
    if member.subscriber.offering is not None:
        member.subscriber.offering.restart()
        member.subscriber.renew_credentials()
    subscribing.negotiate(member)


def sync(member: Participant, state: rtc.SyncState) -> None:
    """Follow what a resumed client says it has; if it has tracks that we do not know, it must begin again."""
    if any(each.track.sid not in member.tracks for each in state.publish_tracks):
        publishing.leave_room(member, models.DisconnectReason.STATE_MISMATCH, again=True)
        return
    for sid in state.track_sids_disabled[: subscribing.MOST_WISHES]:
        subscribing.settle(member, rtc.UpdateTrackSettings(track_sids=[sid], disabled=True))
    subscribing.wish(member, state.subscription)
    received = {each.publisher_sid: each.last_seq + 1 for each in state.datachannel_receive_states[:MOST_SENDERS]}
    messages.replay(member, received)


def simulate(member: Participant, scenario: rtc.SimulateScenario) -> None:
    """Let a client's developer see how it bears a fault (SimulateScenario); it can only harm itself."""
    if scenario.server_leave:
        publishing.leave_room(member, models.DisconnectReason.SERVER_SHUTDOWN)
    elif scenario.leave_request_full_reconnect:
        publishing.leave_room(member, models.DisconnectReason.UNKNOWN_REASON, again=True)
    elif scenario.node_failure:  # gone without a word
        publishing.leave_room(member, models.DisconnectReason.SERVER_SHUTDOWN, tell=False)
    elif scenario.migration:
        publishing.leave_room(member, models.DisconnectReason.MIGRATION, tell=False)
