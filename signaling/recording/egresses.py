"""All egresses of a server: they begin and end with the API, with tracks, members and rooms, and with the disk."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livekit.protocol import egress as api
from livekit.protocol import models

from signaling.logs import Log
from signaling.participant import Participant
from signaling.recording import messages, paths
from signaling.recording.egress import Egress, File, Status
from signaling.recording.process import MOST_WAITING, RecorderProcess
from signaling.recording.tap import Tap
from signaling.recording.track_file import extension
from signaling.room import Room
from signaling.uptrack import UpTrack

log = Log("egress")
MOST_REMEMBERED = 1000
CLOSE_SECONDS = 3.0
Source = models.TrackSource
CAMERA, SCREEN = (Source.CAMERA, Source.MICROPHONE), (Source.SCREEN_SHARE, Source.SCREEN_SHARE_AUDIO)
Emit = Callable[[str, api.EgressInfo], None]


class Egresses:
    """`folder` is where recordings go; without one there are none."""

    def __init__(self, folder: str, emit: Emit, *, most_waiting: int = MOST_WAITING) -> None:
        self.folder, self._emit = folder, emit
        self.known: dict[str, Egress] = {}
        self._most_waiting = most_waiting
        self._recorder: RecorderProcess | None = None
        self._owners: dict[int, Egress] = {}  # by the number of a file
        self._numbers = 0

    @property
    def recorder_pid(self) -> int | None:
        """The recorder's process, if one runs."""
        return self._recorder.pid if self._recorder is not None else None

    # what the API asks for

    def start_track(self, room: Room, owner: Participant, track: UpTrack, request: api.TrackEgressRequest) -> Egress:
        """Record one track until it ends. Raises ValueError for a path that leads elsewhere."""
        egress = Egress(room, request, owner.sid, time.time_ns())
        path = self._path(egress, owner, track)
        self._remember(egress)
        self._add(egress, owner, track, path)
        return self._started(egress)

    def start_participant(self, room: Room, owner: Participant, request: api.ParticipantEgressRequest) -> Egress:
        """Record what a participant sends, now and later, until it leaves. Raises ValueError as above."""
        egress = Egress(room, request, owner.sid, time.time_ns())
        paths.fill(self._template(egress), {}, ".webm", several=True)  # a bad one is refused before anything begins
        self._remember(egress)
        for track in owner.tracks.values():
            self._follow(egress, owner, track)
        return self._started(egress)

    def stop(self, egress: Egress, reason: str) -> None:
        """End an egress; its files are finished, which takes a moment."""
        if not egress.running:
            return
        egress.end_reason = reason
        egress.became(Status.EGRESS_ENDING, time.time_ns())
        self._emit("egress_updated", egress.described())
        self._wind_up(egress)

    # what happens in rooms, and regularly

    def noticed(self, event: str, room: Room, member: Participant | None, track: models.TrackInfo | None) -> None:
        """Take a room event."""
        concerned = [each for each in self.known.values() if each.room is room and each.running]
        for egress in concerned:
            if event == "room_finished":
                self.stop(egress, "the room was closed")
            elif member is None or member.sid != egress.owner_sid:
                continue
            elif event in ("participant_left", "participant_connection_aborted"):
                self.stop(egress, "the participant left")
            elif track is not None and event == "track_published" and track.sid in member.tracks:
                self._follow(egress, member, member.tracks[track.sid])
            elif track is not None and event == "track_unpublished":
                self._track_ended(egress, track.sid)

    def tick(self, now: float, *, chooses: bool) -> None:
        """Hand over what was taken; now and then look for a better layer."""
        if self._recorder is not None:
            self._recorder.flush()
        if chooses:
            for file_number, egress in self._owners.items():
                if egress.files[file_number].open and egress.running:
                    egress.files[file_number].tap.choose(now)

    async def close(self) -> None:
        """End with the server: the recorder finishes its files, with us or without us."""
        for egress in tuple(self.known.values()):
            self.stop(egress, "the server ended")
        if self._recorder is not None:
            await self._recorder.close(CLOSE_SECONDS)

    # files

    def _follow(self, egress: Egress, owner: Participant, track: UpTrack) -> None:
        """Record another track of a participant, if it is of the kind that is recorded."""
        if not isinstance(egress.request, api.ParticipantEgressRequest) or not track.ready:
            return
        wanted = SCREEN if egress.request.screen_share else CAMERA
        if track.announced.source in wanted and egress.file_of(track.sid) is None:
            self._add(egress, owner, track, self._path(egress, owner, track))

    def _template(self, egress: Egress) -> str:
        request = egress.request
        if isinstance(request, api.TrackEgressRequest):
            return paths.below(self.folder, request.file.filepath)
        return paths.below(self.folder, request.file_outputs[0].filepath)

    def _path(self, egress: Egress, owner: Participant, track: UpTrack) -> str:
        names = {
            "room_name": egress.room.name, "room_id": egress.room.sid, "publisher_identity": owner.identity,
            "track_id": track.sid, "track_type": track.kind,
            "track_source": Source.Name(track.announced.source).lower(),
            **paths.moment(datetime.fromtimestamp(time.time(), UTC)),
        }  # fmt: skip
        several = isinstance(egress.request, api.ParticipantEgressRequest)
        return paths.fill(self._template(egress), names, extension(track.codec), several=several)

    def _add(self, egress: Egress, owner: Participant, track: UpTrack, path: str) -> None:
        if self._recorder is None:
            self._recorder = RecorderProcess(self._told, self._gone, most_waiting=self._most_waiting)
        recorder = self._recorder
        self._numbers += 1
        request = egress.request
        output = request.file if isinstance(request, api.TrackEgressRequest) else request.file_outputs[0]
        about = {
            "egress_id": egress.sid, "room_id": egress.room.sid, "room_name": egress.room.name,
            "participant_id": owner.sid, "publisher_identity": owner.identity, "publisher_name": owner.name,
            "track_id": track.sid, "track_type": track.kind,
            "track_source": Source.Name(track.announced.source).lower(),
        }  # fmt: skip
        order = {
            "folder": self.folder, "path": path, "codec": track.codec, "about": about,
            "wall_offset_ns": time.time_ns() - time.monotonic_ns(), "manifest": not output.disable_manifest,
        }  # fmt: skip
        recorder.send(messages.opening(self._numbers, order))
        tap = Tap(self._numbers, track, recorder.send)
        egress.files[self._numbers] = File(tap, path)
        self._owners[self._numbers] = egress
        tap.start(time.monotonic())
        recorder.flush()

    def _track_ended(self, egress: Egress, sid: str) -> None:
        file = egress.file_of(sid)
        if file is None:
            return
        if isinstance(egress.request, api.TrackEgressRequest):
            self.stop(egress, "the track was unpublished")
        else:
            self._end_file(file)

    def _end_file(self, file: File) -> None:
        file.tap.stop()
        if self._recorder is not None:
            self._recorder.send(messages.closing(file.tap.number))
            self._recorder.flush()

    def _wind_up(self, egress: Egress) -> None:
        """End every open file; with the last of them the egress is over."""
        self._mark(egress.room)
        for file in egress.files.values():
            if file.open:
                self._end_file(file)
        self._settle(egress)

    # what the recorder tells

    def _told(self, event: Mapping[str, Any]) -> None:
        egress = self._owners.get(event["track"])
        if egress is None:
            return
        file = egress.files[event["track"]]
        if "path" in event:
            file.location = event["path"]
            file.path = str(Path(file.location).relative_to(Path(self.folder).absolute()))
        match event["event"]:
            case "opened" if egress.status == Status.EGRESS_STARTING:
                egress.became(Status.EGRESS_ACTIVE, time.time_ns())
                self._emit("egress_updated", egress.described())
            case "keyframe":
                file.tap.keyframe_wanted(time.monotonic())
            case "finished" | "empty":
                file.manifest = event.get("manifest", {})
                self._file_over(egress, file)
            case "failed":
                self._failed(egress, file, event["error"])

    def _failed(self, egress: Egress, file: File, error: str) -> None:
        """Say so at once; what other files the egress has are finished."""
        log.error("egress.failed", egress=egress.sid, room=egress.room.sid, error=error)
        file.open = False
        file.tap.stop()
        self._owners.pop(file.tap.number, None)
        if egress.status != Status.EGRESS_FAILED:
            egress.error = error
            egress.became(Status.EGRESS_FAILED, time.time_ns())
            self._emit("egress_updated", egress.described())
        self._wind_up(egress)

    def _gone(self, reason: str) -> None:
        """The recorder died: whatever it was writing ends with its last whole second."""
        self._recorder = None
        for number, egress in tuple(self._owners.items()):
            if number in self._owners:
                self._failed(egress, egress.files[number], reason)

    def _file_over(self, egress: Egress, file: File) -> None:
        file.open = False
        del self._owners[file.tap.number]
        self._settle(egress)

    def _settle(self, egress: Egress) -> None:
        if egress.over or egress.running or any(each.open for each in egress.files.values()):
            return
        egress.settled(time.time_ns())
        log.info("egress.ended", egress=egress.sid, room=egress.room.sid, status=Status.Name(egress.status))
        self._emit("egress_ended", egress.described())

    # the whole

    def _started(self, egress: Egress) -> Egress:
        log.info("egress.started", egress=egress.sid, room=egress.room.sid)
        self._emit("egress_started", egress.described())
        self._mark(egress.room)
        return egress

    def _remember(self, egress: Egress) -> None:
        self.known[egress.sid] = egress
        ended = [sid for sid, each in self.known.items() if each.over]
        for sid in ended[: max(0, len(self.known) - MOST_REMEMBERED)]:
            del self.known[sid]

    def _mark(self, room: Room) -> None:
        """Let everybody in the room know whether it is being recorded."""
        recording = any(each.running for each in self.known.values() if each.room is room)
        if recording != room.active_recording:
            room.active_recording = recording
            if not room.closed:
                room.tell_about_itself()
