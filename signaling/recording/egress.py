"""One egress: what was asked for, its files, its status as LiveKit describes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from livekit.protocol import egress as api

from signaling import wire
from signaling.recording.tap import Tap
from signaling.room import Room

Status = api.EgressStatus
RUNNING = (Status.EGRESS_STARTING, Status.EGRESS_ACTIVE)
OVER = (Status.EGRESS_COMPLETE, Status.EGRESS_FAILED, Status.EGRESS_ABORTED)
Request = api.TrackEgressRequest | api.ParticipantEgressRequest
NOTHING_CAME = "nothing was received of what should be recorded"


@dataclass
class File:
    """One file of an egress, from the order to the digest."""

    tap: Tap
    path: str  # below the recordings folder
    location: str = ""
    open: bool = True
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def described(self) -> api.FileInfo:
        """Return the file as the protocol describes it; size and times are known when it has ended."""
        began, lasts = self.manifest.get("starts_at_ns", 0), self.manifest.get("duration_ns", 0)
        return api.FileInfo(
            filename=self.path,
            location=self.location,
            started_at=began,
            ended_at=began + lasts,
            duration=lasts,
            size=self.manifest.get("size", 0),
        )


class Egress:
    """A track's, or a participant's with a file for each of its tracks. Times are nanoseconds since 1970."""

    def __init__(self, room: Room, request: Request, owner_sid: str, now: int) -> None:
        self.sid = wire.new_sid("EG_")
        self.room, self.request, self.owner_sid = room, request, owner_sid
        self.files: dict[int, File] = {}
        self.status: api.EgressStatus = Status.EGRESS_STARTING
        self.started_at = self.updated_at = now
        self.ended_at = 0
        self.error = self.end_reason = ""

    @property
    def running(self) -> bool:
        """It takes packets, or will."""
        return self.status in RUNNING

    @property
    def over(self) -> bool:
        """Nothing will change any more."""
        return self.ended_at > 0

    def file_of(self, track_sid: str) -> File | None:
        """Return the open file of a track."""
        return next((each for each in self.files.values() if each.open and each.tap.up.sid == track_sid), None)

    def became(self, status: api.EgressStatus, now: int) -> None:
        """Take another status."""
        self.status, self.updated_at = status, now

    def settled(self, now: int) -> None:
        """End: every file has ended, and what they hold decides how."""
        if self.status not in OVER:
            empty = not any(each.manifest for each in self.files.values())
            self.error = NOTHING_CAME if empty else ""
            self.status = Status.EGRESS_ABORTED if empty else Status.EGRESS_COMPLETE
        self.updated_at = self.ended_at = now

    def described(self) -> api.EgressInfo:
        """Return the egress as the protocol describes it; `details` has what it has no field for, as JSON."""
        shown = [each for each in self.files.values() if each.manifest or (each.open and each.location)]
        details = {"end_reason": self.end_reason, "files": [_details(each) for each in shown if each.manifest]}
        message = api.EgressInfo(
            egress_id=self.sid,
            room_id=self.room.sid,
            room_name=self.room.name,
            source_type=api.EGRESS_SOURCE_TYPE_SDK,
            status=self.status,
            started_at=self.started_at,
            updated_at=self.updated_at,
            ended_at=self.ended_at,
            error=self.error,
            details=json.dumps(details),
            file_results=[each.described() for each in shown],
        )
        if isinstance(self.request, api.TrackEgressRequest):
            message.track.CopyFrom(self.request)
            if shown:
                message.file.CopyFrom(shown[0].described())  # what clients read before `file_results`
        else:
            message.participant.CopyFrom(self.request)
        return message


def _details(file: File) -> dict[str, Any]:
    """Return what LiveKit's FileInfo has no field for."""
    named = ("track_id", "sha256", "starts_at_ns", "duration_ns", "codec", "packets_lost", "frames_dropped")
    return {"filename": file.path, **{name: file.manifest.get(name) for name in named}}
