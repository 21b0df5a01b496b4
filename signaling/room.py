"""A room: its members and what it tells them.  Whose packets go where is in `uptrack` and `downtrack`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from livekit.protocol import models, rtc

from signaling import wire
from signaling.config import Limits
from signaling.outgoing import framed
from signaling.replay import Replay
from signaling.speakers import Loudness

if TYPE_CHECKING:
    from signaling.participant import Participant
    from signaling.transport.dtls import Handshake
    from signaling.uptrack import UpTrack


class Events(Protocol):
    """Whoever wants to know what happens in rooms."""

    def emit(
        self, event: str, room: Room, participant: Participant | None = None, track: models.TrackInfo | None = None
    ) -> None:
        """Take one event."""


CROWD = 8  # members; of a smaller room everybody is told everything at once


class Room:
    """One room; it closes some time after the last member left, or if nobody ever came."""

    def __init__(self, name: str, events: Events, now: float, *, empty_timeout: int, departure_timeout: int) -> None:
        self.name, self.events, self.created_at = name, events, now
        self.sid = wire.new_sid("RM_")
        self.empty_timeout, self.departure_timeout = empty_timeout, departure_timeout
        self.max_participants = 0
        self.limits = Limits()
        self.loudness: Callable[[], Loudness] = Loudness  # how it is judged who speaks
        self.metadata = ""
        self.members: dict[str, Participant] = {}
        self.revoked: dict[str, int] = {}
        self.replay = Replay()
        self.holding: dict[Participant, Handshake] = {}  # who waits for others to read, and the way its packets come
        self.closed = False
        self.active_recording = False
        self.news: dict[str, Participant] = {}  # who came lately, by sid; a crowd is told of several at once
        self._quiet_since = now
        self._visited = False

    def described(self) -> models.Room:
        """Return the room as the protocol describes it."""
        members = self.members.values()
        visible = [each for each in members if not (each.hidden or each.permission.recorder)]
        return models.Room(
            sid=self.sid,
            name=self.name,
            empty_timeout=self.empty_timeout,
            departure_timeout=self.departure_timeout,
            max_participants=self.max_participants,
            creation_time=int(self.created_at),
            creation_time_ms=int(self.created_at * 1000),
            metadata=self.metadata,
            num_participants=len(visible),
            num_publishers=sum(1 for member in visible if member.publishes),
            active_recording=self.active_recording or any(each.permission.recorder for each in members),
            enabled_codecs=ENABLED_CODECS,
        )

    @property
    def full(self) -> bool:
        """No more members are let in."""
        return 0 < self.max_participants <= len(self.members)

    def expired(self, now: float) -> bool:
        """Nobody is here, and has not been for long enough."""
        if self.members:
            return False
        patience = self.departure_timeout if self._visited else self.empty_timeout
        return now - self._quiet_since >= patience

    def admit(self, member: Participant) -> None:
        """Take a member in and tell the others."""
        self.members[member.identity] = member
        self._visited = True
        self.announce(member)
        if member.permission.recorder:
            self.tell_about_itself()  # it is being recorded

    def dismiss(self, member: Participant, now: float) -> None:
        """Let a member go; a newer one with the same identity stays."""
        self.news.pop(member.sid, None)
        if self.members.get(member.identity) is member:
            del self.members[member.identity]
            if member.permission.recorder:
                self.tell_about_itself()
        if not self.members:
            self._quiet_since = now

    def others(self, member: Participant) -> Iterator[Participant]:
        """Yield the other members."""
        return (each for each in tuple(self.members.values()) if each is not member)

    def tracks_of_others(self, member: Participant) -> list[UpTrack]:
        """Return what a member may subscribe to."""
        return [track for each in self.others(member) for track in each.tracks.values() if track.ready]

    def tracks(self) -> Iterator[UpTrack]:
        """Yield all published tracks."""
        return (track for member in self.members.values() for track in member.tracks.values() if track.ready)

    def track(self, sid: str) -> UpTrack | None:
        """Return a published track."""
        return next((m.tracks[sid] for m in self.members.values() if sid in m.tracks), None)

    def member_by_sid(self, sid: str) -> Participant | None:
        """Return a member by its participant sid."""
        return next((each for each in self.members.values() if each.sid == sid), None)

    def broadcast(self, response: rtc.SignalResponse, *, but: Participant | None = None) -> None:
        """Send to every member, but perhaps one; all get the same bytes."""
        frame = framed(response.SerializeToString())
        for member in tuple(self.members.values()):
            if member is not but:
                member.outgoing.put(frame)

    def speakers(self) -> rtc.SignalResponse:
        """Return how loud everybody is: for whoever came, or came back, after the others were told of a change."""
        levels = [
            models.SpeakerInfo(sid=member.sid, level=track.level, active=track.level > 0)
            for member in self.members.values()
            for track in member.tracks.values()
            if track.kind == "audio"
        ]
        return rtc.SignalResponse(speakers_changed=rtc.SpeakersChanged(speakers=levels))

    def tell_about(self, member: Participant) -> None:
        """Tell everybody the state of a member; of a hidden one only itself."""
        self.news.pop(member.sid, None)
        update = rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=[member.described()]))
        if member.hidden:
            member.send(update)
        else:
            self.broadcast(update)

    def announce(self, member: Participant) -> None:
        """Tell that a member came, or is active now: itself at once, a crowd with the next news.

        Else each of a hundred who come would make a hundred messages, twice. Whoever publishes is told of at once.
        """
        if member.hidden or member.publishes or len(self.members) <= CROWD:
            self.tell_about(member)
            return
        self.news[member.sid] = member
        member.send(rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=[member.described()])))

    def tell_news(self) -> None:
        """Tell everybody who came lately; regular work."""
        came, self.news = [member.described() for member in self.news.values()], {}
        if came:
            self.broadcast(rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=came)))

    def tell_about_itself(self) -> None:
        """Tell everybody that the room's description changed."""
        self.broadcast(rtc.SignalResponse(room_update=rtc.RoomUpdate(room=self.described())))


ENABLED_CODECS = [models.Codec(mime="audio/opus"), models.Codec(mime="video/VP8"), models.Codec(mime="video/H264")]
