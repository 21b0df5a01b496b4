"""The server as a whole: its rooms, its media port, and the work it does regularly."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from livekit.protocol import models, rtc

from signaling import messages, publishing, subscribing, wire
from signaling.config import Config
from signaling.connection import Connection
from signaling.logs import Log
from signaling.meter import Meter
from signaling.participant import Participant
from signaling.pulse import TICK_SECONDS, Pulse
from signaling.recording.egresses import Egresses
from signaling.room import Room
from signaling.speakers import Loudness
from signaling.tokens import Claims
from signaling.transport.addresses import own_addresses
from signaling.transport.dtls import Certificate, Handshake
from signaling.transport.ice_lite import MediaPort
from signaling.transport.ice_tcp import Door, Streams, open_listeners
from signaling.webhooks import Webhooks

log = Log("node")
TICKED_AT_ONCE = 16  # connections
READ_EVERY, NEWS_EVERY, CHOOSE_EVERY, SAMPLE_EVERY, KEEP_EVERY = 4, 4, 10, 20, 20  # ticks
QUALITY_EVERY, REFRESH_EVERY = 100, 6000
RESUME_SECONDS = 15.0


class Node:
    """One process of rooms."""

    def __init__(self, config: Config, *, prefix: str = "") -> None:
        self.config = config
        self.meter = Meter()
        self.sid = wire.new_sid("ND_")
        self.rooms: dict[str, Room] = {}
        self.webhooks = Webhooks(config.webhook, config.keys)
        self.egresses = Egresses(config.recordings, self.webhooks.emit_egress)
        addresses = config.node_ips or own_addresses(config.choice)
        self.media = MediaPort(addresses, config.udp_port, prefix=prefix)
        self.streams = Streams(self.media)
        self.door: Door | None = None
        if config.tcp_port is not None:
            self.door = Door(open_listeners(addresses, config.tcp_port), self.streams.adopt)
            self.media.announce_tcp(self.door.port, only=config.force_tcp)
        self._certificate = Certificate()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections: set[Connection] = set()
        self.pulse = Pulse()
        self._speakers_every = max(1, round(config.audio.update_interval / 1000 / TICK_SECONDS))

    def ports(self) -> dict[str, int]:
        """Return where media is served; 0 for no TCP."""
        return {"udp_port": self.media.port, "tcp_port": self.door.port if self.door is not None else 0}

    @property
    def loaded(self) -> bool:
        """As many tracks are carried as may be: nobody more is let in."""
        most = self.config.limits.num_tracks
        return most > 0 and most <= sum(
            len(connection.incoming.tracks) + len(connection.downs) for connection in self.connections
        )

    # rooms and members

    def room(self, name: str) -> Room:
        """Return the room of a name, made now if there is none."""
        room = self.rooms.get(name)
        if room is None:
            room = Room(
                name,
                self,
                time.time(),
                empty_timeout=self.config.empty_timeout,
                departure_timeout=self.config.departure_timeout,
            )
            room.max_participants = self.config.max_participants
            room.limits = self.config.limits
            audio = self.config.audio
            room.loudness = lambda: Loudness(audio.active_level, audio.min_percentile / 100)
            self.rooms[name] = room
            log.info("room.started", room=room.sid)
            self.emit("room_started", room)
        return room

    def close_room(self, room: Room, reason: models.DisconnectReason) -> None:
        """End a room: everybody leaves."""
        room.closed = True
        for member in tuple(room.members.values()):
            publishing.leave_room(member, reason)
        if self.rooms.get(room.name) is room:
            del self.rooms[room.name]
        log.info("room.finished", room=room.sid)
        self.emit("room_finished", room)

    def join(self, claims: Claims, *, single: bool, auto_subscribe: bool) -> Participant:
        """Let somebody into the room of the token; an older connection of the same identity goes."""
        room = self.room(claims.grants.room)
        older = room.members.get(claims.identity)
        if older is not None:
            publishing.leave_room(older, models.DisconnectReason.DUPLICATE_IDENTITY)
        publisher = Connection(self.media, self._certificate, offers=False)
        subscriber = publisher if single else Connection(self.media, self._certificate, offers=True)
        member = Participant(room, claims, publisher, subscriber, self.spawn)
        member.secret = self.config.keys[claims.key]
        member.auto_subscribe = auto_subscribe
        for connection in {publisher, subscriber}:
            self._listen(member, connection.handshake)
            connection.downlink.when_paused = lambda down: subscribing.tell_paused(member, down)
            connection.handshake.when_open = lambda label: messages.opened(member, label)
            self.connections.add(connection)
            connection.pace.phase, connection.pace.when_hurried = len(self.connections), self.pulse.hasten
        log.info("participant.joining", room=room.sid, sid=member.sid, single=single)
        return member

    @staticmethod
    def _listen(member: Participant, source: Handshake) -> None:
        source.when_message = lambda label, message: messages.received(member, label, message, source)

    def enter(self, member: Participant) -> None:
        """Make a joined member known and subscribe it to what is there."""
        member.room.admit(member)
        subscribing.subscribe(member, member.room.tracks_of_others(member))
        if not member.single and not member.subscriber.slots:
            subscribing.negotiate(member)  # the first offer, for the data channels: the client waits for it

    def emit(
        self, event: str, room: Room, participant: Participant | None = None, track: models.TrackInfo | None = None
    ) -> None:
        """Let those know who want to: the webhooks, and what records."""
        self.webhooks.emit(event, room, participant, track)
        self.egresses.noticed(event, room, participant, track)

    # work

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that nobody waits for; a failure is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("task.failed", cause=task.exception())

    async def run(self) -> None:
        """Do the regular work until cancelled."""
        self.media.start()
        if self.door is not None:
            self.door.start()
        while True:
            hurried = any(connection.pace.hurried for connection in self.connections)
            number = await self.pulse.wait(brisk=hurried or any(room.holding for room in self.rooms.values()))
            await self._tick(number, time.monotonic())

    async def _tick(self, number: int, now: float) -> None:
        passed = self.pulse.passed
        self.meter.delay.note(self.pulse.late, now)
        if passed(READ_EVERY):
            self.media.read_reports()
        await self._tick_connections(number, now)
        for room in tuple(self.rooms.values()):
            self._tick_room(room, now)
        self.egresses.tick(now, chooses=passed(CHOOSE_EVERY))
        if passed(SAMPLE_EVERY):
            self.meter.sample(self, now)

    async def _tick_connections(self, number: int, now: float) -> None:
        ticked = 0
        for connection in tuple(self.connections):
            if connection.closed:
                self.connections.discard(connection)
            elif connection.wants(number):
                connection.tick(number, now)
                ticked += 1
                if ticked % TICKED_AT_ONCE == 0:
                    await asyncio.sleep(0)  # packets come first

    def _tick_room(self, room: Room, now: float) -> None:
        passed = self.pulse.passed
        if room.holding:
            messages.ease(room, now)
        if passed(NEWS_EVERY):
            room.tell_news()
        if passed(self._speakers_every):
            tell_speakers(room)
            for track in room.tracks():
                subscribing.tell_demand(room, track)
        if passed(QUALITY_EVERY):
            tell_quality(room)
        for member in room.members.values() if passed(REFRESH_EVERY) else ():
            member.refresh_token()
        if passed(KEEP_EVERY):  # last: it may end the room
            keep_room(self, room, time.time())

    async def close(self) -> None:
        """End: connections are closed without a farewell, so that clients come back to the next process."""
        for connection in tuple(self.connections):
            await connection.close()
        for task in tuple(self._tasks):
            task.cancel()
        await self.egresses.close()
        if self.door is not None:
            await self.door.close()
        self.streams.close()
        self.media.close()
        await self.webhooks.close()


def keep_room(node: Node, room: Room, now: float) -> None:
    """Close members that lost their socket too long ago, and the room when it is over."""
    for member in tuple(room.members.values()):
        if member.silent_since is not None and now - member.silent_since > RESUME_SECONDS:
            publishing.leave_room(member, models.DisconnectReason.SIGNAL_CLOSE)
        elif any(connection.unanswered(now) for connection in (member.publisher, member.subscriber)):
            log.limited("participant.never_connected", sid=member.sid)
            publishing.leave_room(member, models.DisconnectReason.CONNECTION_TIMEOUT)
        elif any(connection.floods for connection in (member.publisher, member.subscriber)):
            log.limited("limit.exceeded", sid=member.sid, limit="media packets")
            publishing.leave_room(member, models.DisconnectReason.PARTICIPANT_REMOVED)
    if room.expired(now):
        node.close_room(room, models.DisconnectReason.ROOM_CLOSED)


def tell_speakers(room: Room) -> None:
    """Tell the room whose speaking changed (SpeakersChanged)."""
    changed = []
    for member in room.members.values():
        for track in member.tracks.values():
            if track.kind != "audio":
                continue
            level = 0.0 if track.muted else track.loudness.take()
            if level != track.level:
                track.level = level
                changed.append(models.SpeakerInfo(sid=member.sid, level=level, active=level > 0))
    if changed:
        room.broadcast(rtc.SignalResponse(speakers_changed=rtc.SpeakersChanged(speakers=changed)))


def quality_of(member: Participant) -> models.ConnectionQuality:
    """Judge a line by the worst fraction lost lately, in either direction."""
    if member.silent_since is not None:
        return models.ConnectionQuality.LOST
    connections = member.publisher, member.subscriber
    lately = [each.reception.lost_lately for one in connections for each in one.incoming.layers()]
    lately += [down.lost_lately for one in connections for down in one.downs.values()]
    lost = max(lately, default=0.0)
    if lost < 0.02:
        return models.ConnectionQuality.EXCELLENT
    return models.ConnectionQuality.GOOD if lost < 0.08 else models.ConnectionQuality.POOR


def tell_quality(room: Room) -> None:
    """Tell the room whose connection quality changed."""
    updates = []
    scores = {models.ConnectionQuality.EXCELLENT: 5.0, models.ConnectionQuality.GOOD: 3.5}
    for member in room.members.values():
        quality = quality_of(member)
        if quality != member.quality and not member.hidden:
            member.quality = quality
            score = scores.get(quality, 2.0)
            updates.append(rtc.ConnectionQualityInfo(participant_sid=member.sid, quality=quality, score=score))
    if updates:
        room.broadcast(rtc.SignalResponse(connection_quality=rtc.ConnectionQualityUpdate(updates=updates)))
