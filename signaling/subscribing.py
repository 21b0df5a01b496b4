"""What a participant gets of the others: subscriptions, their media sections, its wishes about layers."""

import time
from collections.abc import Collection, Iterable

from livekit.protocol import models, rtc

from signaling import dynacast
from signaling.downtrack import DownTrack
from signaling.errors import ProtocolError
from signaling.participant import Participant
from signaling.room import Room
from signaling.slots import Slot
from signaling.uptrack import UpTrack

MOST_WISHES = 1000


def subscribe(member: Participant, tracks: Iterable[UpTrack]) -> None:
    """Subscribe a member to what it wants of these tracks, may have and does not have yet."""
    if not member.permission.can_subscribe or member.closed:
        return
    has = {down.up.sid for down in member.subscriber.downs.values()}
    wanted = {each.sid: each for each in tracks if each.ready and each.sid not in has and member.desires(each.sid)}
    new = [track for track in wanted.values() if admitted(member, track)]
    for track in new:
        source = member.subscriber.unused_source
        slot = Slot(track.sid, track.owner_sid, track.kind, track.codec, source(track.source))
        slot.red = track.red_type is not None
        slot.repair_ssrc = source(track.repair_source) if track.kind == "video" else 0
        member.subscriber.subscribe(DownTrack(track, slot, member.subscriber))
        owner = member.room.member_by_sid(track.owner_sid)
        if owner is not None:
            owner.send(rtc.SignalResponse(track_subscribed=rtc.TrackSubscribed(track_sid=track.sid)))
        tell_demand(member.room, track)
    if new:
        negotiate(member)


def tell_paused(member: Participant, down: DownTrack) -> None:
    """Tell a client that its line carries a picture no longer, or again (StreamStateUpdate)."""
    state = rtc.StreamState.PAUSED if down.paused else rtc.StreamState.ACTIVE
    change = rtc.StreamStateInfo(participant_sid=down.up.owner_sid, track_sid=down.up.sid, state=state)
    member.send(rtc.SignalResponse(stream_state_update=rtc.StreamStateUpdate(stream_states=[change])))


def admitted(member: Participant, track: UpTrack) -> bool:
    """Tell whether a track's publisher lets a member have it; the member is told when that changes."""
    owner = member.room.member_by_sid(track.owner_sid)
    allowed = owner is None or owner.audience.admits(member.identity, track.sid)
    if owner is not None and allowed == (track.sid in member.withheld):
        (member.withheld.discard if allowed else member.withheld.add)(track.sid)
        update = rtc.SubscriptionPermissionUpdate(participant_sid=owner.sid, track_sid=track.sid, allowed=allowed)
        member.send(rtc.SignalResponse(subscription_permission_update=update))
    return allowed


def let(owner: Participant, permission: rtc.SubscriptionPermission) -> None:
    """Follow a publisher's wish who may have its tracks, at once and for those it publishes later."""
    room = owner.room

    def identity_of(sid: str) -> str:
        member = room.member_by_sid(sid)
        return member.identity if member is not None else ""

    owner.audience.replace(permission, identity_of)
    tracks = [track for track in owner.tracks.values() if track.ready]
    for member in room.others(owner):
        refused = [track.sid for track in tracks if not admitted(member, track)]
        unsubscribe(member, refused)
        subscribe(member, [track for track in tracks if track.sid not in refused])


def tell_demand(room: Room, track: UpTrack) -> None:
    """Tell a publisher which layers of a picture are wanted, if that changed (dynacast)."""
    if track.kind != "video":
        return
    highest = track.demand.changed((down.asked for down in track.downs), time.monotonic())
    owner = room.member_by_sid(track.owner_sid) if highest is not None else None
    if owner is not None and highest is not None:
        owner.send(dynacast.update(track.sid, track.codec, highest))


def unsubscribe(member: Participant, sids: Collection[str]) -> None:
    """End subscriptions; the sections become free."""
    gone = [down for down in member.subscriber.downs.values() if down.up.sid in sids]
    for down in gone:
        member.subscriber.unsubscribe(down)
        tell_demand(member.room, down.up)
    if gone:
        negotiate(member)


def drop_subscribers(room: Room, track: UpTrack) -> None:
    """End every subscription to a track that is no more."""
    for member in tuple(room.members.values()):
        for wishes in (member.wanted, member.unwanted, member.withheld):
            wishes.discard(track.sid)
        unsubscribe(member, [track.sid])


def wish(member: Participant, request: rtc.UpdateSubscription) -> None:
    """Follow the client's own choice of tracks (UpdateSubscription), or the room API's for it."""
    named = [*request.track_sids, *(sid for each in request.participant_tracks for sid in each.track_sids)]
    sids = set(named[:MOST_WISHES])
    if request.subscribe:
        member.unwanted -= sids
        if len(member.wanted) < MOST_WISHES:
            member.wanted |= sids
        found = [track for sid in sids if (track := member.room.track(sid)) is not None]
        subscribe(member, [track for track in found if track.owner_sid != member.sid])
    else:
        member.wanted -= sids
        if len(member.unwanted) < MOST_WISHES:
            member.unwanted |= sids
        unsubscribe(member, sids)


def settle(member: Participant, request: rtc.UpdateTrackSettings) -> None:
    """Follow the client's wish about layers (UpdateTrackSettings)."""
    for down in member.subscriber.downs.values():
        if down.up.sid in request.track_sids:
            down.ask(quality=request.quality, width=request.width, height=request.height, disabled=request.disabled)
            down.choose(time.monotonic())
            tell_demand(member.room, down.up)


def negotiate(member: Participant) -> None:
    """Let the client's connection follow what it is subscribed to."""
    if member.closed or member.postponed is not None:
        return
    if member.single:
        request = member.subscriber.answering.missing() or {"audio": 0, "video": 0}
        _require(member, request)
        return
    offer = member.subscriber.offer()
    if offer is not None:
        member.send(
            rtc.SignalResponse(
                offer=rtc.SessionDescription(
                    type="offer", sdp=offer.text, id=offer.identifier, mid_to_track_id=offer.mids
                )
            )
        )


def ask_for_sections(member: Participant) -> None:
    """After an answer on a single connection: ask on while tracks wait, and name those that cannot be decoded."""
    request = member.subscriber.answering.missing()
    if request is not None:
        _require(member, request)
    for down in tuple(member.subscriber.downs.values()):
        if down.slot.refused:
            _tell_refused(member, down)


def _require(member: Participant, sections: dict[str, int]) -> None:
    member.send(
        rtc.SignalResponse(
            media_sections_requirement=rtc.MediaSectionsRequirement(
                num_audios=sections["audio"], num_videos=sections["video"]
            )
        )
    )


def _tell_refused(member: Participant, down: DownTrack) -> None:
    member.subscriber.unsubscribe(down)
    member.unwanted.add(down.up.sid)
    member.send(
        rtc.SignalResponse(
            subscription_response=rtc.SubscriptionResponse(
                track_sid=down.up.sid, err=models.SubscriptionError.SE_CODEC_UNSUPPORTED
            )
        )
    )


def answered(member: Participant, description: rtc.SessionDescription) -> None:
    """Take the client's answer to our offer (/rtc)."""
    try:
        again = member.subscriber.answered(description.sdp)
    except ValueError as error:
        raise ProtocolError(f"answer: {error}") from error
    for down in tuple(member.subscriber.downs.values()):
        if down.slot.refused:
            _tell_refused(member, down)
    if again:
        negotiate(member)
