"""Somebody connected to a room: who it is, what it may do, its messages out; tracks are in `publishing` and
`subscribing`."""

import time
from collections.abc import Callable, Coroutine
from typing import Any

from livekit.protocol import models, rtc

from signaling import tokens, wire
from signaling.audience import Audience
from signaling.backpressure import Hold
from signaling.calling import Calls
from signaling.connection import Connection
from signaling.logs import Log
from signaling.outgoing import Outgoing, framed
from signaling.rate import packet_flow
from signaling.room import Room
from signaling.tokens import Claims
from signaling.uptrack import UpTrack

log = Log("participant")
State = models.ParticipantInfo.State
JOINED, ACTIVE = State.JOINED, State.ACTIVE  # by their names they are looked up by code of Python, each time
SOURCES = {
    "camera": models.TrackSource.CAMERA,
    "microphone": models.TrackSource.MICROPHONE,
    "screen_share": models.TrackSource.SCREEN_SHARE,
    "screen_share_audio": models.TrackSource.SCREEN_SHARE_AUDIO,
}
Spawn = Callable[[Coroutine[Any, Any, None]], None]


def _permission(claims: Claims) -> models.ParticipantPermission:
    grants = claims.grants
    return models.ParticipantPermission(
        can_subscribe=grants.can_subscribe,
        can_publish=grants.can_publish,
        can_publish_data=grants.can_publish_data,
        can_publish_sources=[SOURCES[each] for each in grants.can_publish_sources if each in SOURCES],
        hidden=grants.hidden,
        recorder=grants.recorder,
        can_update_metadata=grants.can_update_own_metadata,
    )


def _video(permission: models.ParticipantPermission) -> dict[str, Any]:
    """Return a permission as a token's grants name it; None is no longer there."""
    names = {source: name for name, source in SOURCES.items()}
    return {
        "canSubscribe": permission.can_subscribe,
        "canPublish": permission.can_publish,
        "canPublishData": permission.can_publish_data,
        "canPublishSources": [names[each] for each in permission.can_publish_sources if each in names] or None,
        "hidden": permission.hidden,
        "recorder": permission.recorder,
        "canUpdateOwnMetadata": permission.can_update_metadata,
    }


class Participant:
    """One member of a room, from joining to leaving; it outlives its WebSocket for a while, to be resumed."""

    def __init__(self, room: Room, claims: Claims, publisher: Connection, subscriber: Connection, spawn: Spawn) -> None:
        self.room, self.claims, self._spawn = room, claims, spawn
        self.secret = ""  # that of the API key by which it came, for fresh tokens
        self.publisher, self.subscriber = publisher, subscriber
        self.sid = wire.new_sid("PA_")
        self.identity, self.name, self.metadata = claims.identity, claims.name, claims.metadata
        self.attributes = dict(claims.attributes)
        self.permission = _permission(claims)
        self.joined_at = time.time()
        self.state = JOINED
        self.tracks: dict[str, UpTrack] = {}
        self.auto_subscribe = True
        self.unwanted: set[str] = set()  # tracks this member unsubscribed from
        self.wanted: set[str] = set()  # tracks it asked for itself
        self.withheld: set[str] = set()  # tracks it was told that it may not have
        self.audience = Audience()
        self.calls = Calls()  # of the room API, to this member's methods
        self.postponed: rtc.SessionDescription | None = None  # an offer whose answer the client cannot take yet
        self.last_sequence = 0  # of the reliable packets it sent
        self.missed: dict[str, int] = {}  # first reliable packet of each sender that found its channel closed
        self.quality: models.ConnectionQuality | None = None
        self.outgoing = Outgoing()
        self.closed = False
        self._reason = models.DisconnectReason.UNKNOWN_REASON  # why it left, once it has
        self.packets = packet_flow()
        self.hold = Hold()
        self.socket: object | None = None
        self.silent_since: float | None = None
        self._version = 0
        self._description: tuple[tuple[int, int], models.ParticipantInfo] | None = None
        for connection in {publisher, subscriber}:
            connection.when_connected = self._connected

    @property
    def single(self) -> bool:
        """One peer connection carries both directions (/rtc/v1)."""
        return self.publisher is self.subscriber

    @property
    def publishes(self) -> bool:
        """A track of this member's is there, not only announced."""
        return any(track.ready for track in self.tracks.values())

    @property
    def hidden(self) -> bool:
        """Others are not told of this member."""
        return self.permission.hidden

    def described(self) -> models.ParticipantInfo:
        """Return the member as the protocol describes it: made once for a version, read by many, changed by nobody."""
        key = (self._version, int(self.state))
        if self._description is None or self._description[0] != key:
            self._description = key, self._describe()
        return self._description[1]

    def _describe(self) -> models.ParticipantInfo:
        return models.ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            name=self.name,
            metadata=self.metadata,
            attributes=self.attributes,
            state=self.state,
            joined_at=int(self.joined_at),
            joined_at_ms=int(self.joined_at * 1000),
            version=self._version,
            is_publisher=self.publishes,
            permission=self.permission,
            tracks=[track.announced for track in self.tracks.values() if track.ready],
            disconnect_reason=self._reason,
        )

    def send(self, response: rtc.SignalResponse) -> None:
        """Let a message go to the client."""
        self.outgoing.put(framed(response.SerializeToString()), last=response.HasField("leave"))

    def changed(self) -> None:
        """Tell the room that this member changed."""
        self._version += 1
        self.room.tell_about(self)

    def desires(self, track_sid: str) -> bool:
        """Tell whether this member wants a track: by name, or because it wants all but some."""
        return track_sid in self.wanted or (self.auto_subscribe and track_sid not in self.unwanted)

    def may_publish(self, source: models.TrackSource) -> bool:
        """Tell whether a track of this source may be published."""
        allowed = self.permission.can_publish_sources
        return self.permission.can_publish and (not allowed or source in allowed)

    def update(self, *, name: str, metadata: str, attributes: dict[str, str]) -> None:
        """Change what others read of this member; an empty attribute is removed (as LiveKit has it)."""
        self.name, self.metadata = name or self.name, metadata or self.metadata
        merged = {**self.attributes, **attributes}
        self.attributes = {key: value for key, value in merged.items() if value}
        self.changed()
        self.refresh_token()

    def attach(self, socket: object) -> None:
        """Speak through this WebSocket from now on; what waited for an older one is dropped."""
        self.socket, self.silent_since = socket, None
        self.outgoing = Outgoing()

    def detach(self, socket: object, now: float) -> None:
        """The WebSocket is gone; if it was the current one, the client has some seconds to come back."""
        if self.socket is socket:
            self.socket, self.silent_since = None, now

    def refresh_token(self) -> None:
        """Give the client a fresh token with what it is called and may do now."""
        claims = tokens.changed(
            self.claims,
            name=self.name,
            metadata=self.metadata,
            attributes=self.attributes,
            video=_video(self.permission),
        )
        self.send(rtc.SignalResponse(refresh_token=tokens.refreshed(claims, self.secret, time.time())))

    def _connected(self) -> None:
        if self.state == JOINED and self.subscriber.connected and not self.closed:
            self.state = ACTIVE
            self._version += 1
            self.room.announce(self)
            self.send(self.room.speakers())
            log.info("participant.active", room=self.room.sid, sid=self.sid)
            self.room.events.emit("participant_joined", self.room, self)

    def close(self, reason: models.DisconnectReason) -> None:
        """Leave the room: the connections close, the others are told."""
        if self.closed:
            return
        was_active = self.state == ACTIVE
        self.closed, self.state, self._reason = True, State.DISCONNECTED, reason
        self.calls.end()
        for track in tuple(self.tracks.values()):
            self.room.events.emit("track_unpublished", self.room, self, track.announced)
        self.room.dismiss(self, time.time())
        for connection in {self.publisher, self.subscriber}:
            self._spawn(connection.close())
        self._version += 1
        if not self.hidden and self.identity not in self.room.members:
            self.room.broadcast(rtc.SignalResponse(update=rtc.ParticipantUpdate(participants=[self.described()])))
        log.info("participant.left", room=self.room.sid, sid=self.sid, reason=models.DisconnectReason.Name(reason))
        self.room.events.emit("participant_left" if was_active else "participant_connection_aborted", self.room, self)
