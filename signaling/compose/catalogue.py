"""What was recorded in a folder, from the manifests beside the files; each file's place on one common time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

SECOND = 1_000_000_000
SCREENS = {"screen_share", "screen_share_audio"}


class ComposeError(Exception):
    """No film can be made; the text says why."""


@dataclass(frozen=True)
class Recorded:
    """One file. Times are nanoseconds since 1970, on our clock."""

    path: Path
    video: bool
    participant: str
    name: str
    screen: bool
    starts_at: int
    duration: int
    drift: float = 0.0
    sender_starts_at: int | None = None
    clock_offset: int | None = None

    @property
    def ends_at(self) -> int:
        """When its last frame ends."""
        return self.starts_at + int(self.duration * (1 + self.drift))

    def seconds_at(self, position: float) -> float:
        """Return the time since 1970 of a position in the file, both in seconds."""
        return self.starts_at / SECOND + position * (1 + self.drift)


def read(folder: Path) -> tuple[list[Recorded], list[str]]:
    """Return what is recorded below a folder, aligned, and remarks about what cannot be used."""
    found, remarks = [], []
    for file in sorted(folder.rglob("*.json")):
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(manifest, Mapping) and "starts_at_ns" in manifest:
                found.append(_recorded(file, manifest))
        except (ValueError, TypeError, KeyError, OSError, FFmpegError) as error:
            remarks.append(f"{file.name}: {error}")
    return aligned(found), remarks


def _recorded(file: Path, manifest: Mapping[str, Any]) -> Recorded:
    path = file.with_name(Path(manifest["file"]).name)
    whole = manifest["state"] in ("complete", "interrupted")
    return Recorded(
        path=path,
        video=manifest["track_type"] == "video",
        participant=str(manifest["participant_id"]),
        name=str(manifest.get("publisher_name") or manifest["publisher_identity"]),
        screen=manifest.get("track_source") in SCREENS,
        starts_at=int(manifest["starts_at_ns"]),
        duration=int(manifest["duration_ns"]) if whole else played_length(path),
        drift=float(manifest.get("drift") or 0.0),
        sender_starts_at=manifest.get("sender_starts_at_ns"),
        clock_offset=manifest.get("sender_clock_offset_ns"),
    )


def played_length(path: Path) -> int:
    """Return how long a file lasts whose recorder could not say so any more."""
    last = 0.0
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams[0]):
            if packet.pts is not None and packet.time_base is not None:
                last = max(last, float(packet.pts * packet.time_base))
    return int(last * SECOND)


def aligned(files: Iterable[Recorded]) -> list[Recorded]:
    """Put the files of one participant on that participant's clock: sound and picture belong together.

    How far that clock is from ours is known best from the report that travelled least, whichever file it was for.
    """
    files = list(files)
    offsets: dict[str, int] = {}
    for file in files:
        if file.clock_offset is not None:
            known = offsets.get(file.participant, file.clock_offset)
            offsets[file.participant] = min(known, file.clock_offset)
    return [
        replace(file, starts_at=file.sender_starts_at + offsets[file.participant])
        if file.sender_starts_at is not None and file.participant in offsets
        else file
        for file in files
    ]
