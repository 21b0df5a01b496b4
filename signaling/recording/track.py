"""The recording of one track: its packets, its file, and the manifest beside the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from signaling.recording import store
from signaling.recording.assembly import Assembly
from signaling.recording.clocks import KEPT
from signaling.recording.frames import Block
from signaling.recording.messages import PacketMessage, ReportMessage
from signaling.recording.timeline import MILLISECOND
from signaling.recording.track_file import TrackFile

MANIFEST_VERSION = 1
FLUSH_NS = 800 * MILLISECOND


class State(StrEnum):
    """Of a file; a file whose process died stays `recording`."""

    RECORDING = "recording"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True)
class Order:
    """What to record, and where; `about` goes into the manifest as it is."""

    folder: str
    path: str
    codec: str
    wall_offset_ns: int  # what UTC is ahead of the monotonic clock
    manifest: bool = True
    about: Mapping[str, Any] = field(default_factory=dict)


class TrackRecording:
    """Every method may raise OSError, after which only `failed` and `close` make sense."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._assembly = Assembly(order.codec)
        self._file = TrackFile(Path(order.folder), order.path, order.codec)
        self._reports = 0
        self._sha256 = ""

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    @property
    def begun(self) -> bool:
        """At least one frame was recorded."""
        return self._file.begun

    @property
    def wants_keyframe(self) -> bool:
        """Nothing can be recorded before the next keyframe."""
        return self._assembly.wants_keyframe

    def packet(self, message: PacketMessage) -> None:
        """Take a packet."""
        taken = self._assembly.take(message.packet, message.layer, message.arrived, fresh=message.fresh)
        self._add(taken)

    def report(self, message: ReportMessage) -> None:
        """Take a sender report; those of the beginning make the time base good, which is then kept."""
        self._assembly.report(message.layer, message.ntp, message.timestamp, message.arrived)
        self._reports += 1
        if self.begun and self._reports in (1, KEPT):
            self._describe(State.RECORDING)

    def write(self, now: int) -> bool:
        """Write what is there; tell whether `sync` is worth its while."""
        self._add(self._assembly.drain(now))
        return self._file.flush()

    def sync(self) -> None:
        """Wait for the disk."""
        self._file.sync()

    def finish(self, *, interrupted: bool) -> dict[str, Any]:
        """End the file and return its manifest; `interrupted`: the server died, this is all there is."""
        self._add(self._assembly.drain(0, everything=True))
        self._sha256 = self._file.finish(self._assembly.end // MILLISECOND)
        return self._describe(State.INTERRUPTED if interrupted else State.COMPLETE)

    def failed(self, error: str) -> None:
        """Note in the manifest that this is not all."""
        if self.begun:
            self._describe(State.FAILED, error)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _add(self, blocks: list[Block]) -> None:
        if blocks and not self.begun:
            form, began = self._assembly.form, self._assembly.began_at
            assert form is not None
            assert began is not None
            self._file.begin(form, began + self._order.wall_offset_ns)
            self._describe(State.RECORDING)
        for block in blocks:
            self._file.add(block)

    def _describe(self, state: State, error: str = "") -> dict[str, Any]:
        """Return the manifest, and write it if it is wanted and there is a file."""
        assembly, clock = self._assembly, self._assembly.clock
        offset = self._order.wall_offset_ns
        arrived = assembly.began_at + offset if assembly.began_at is not None else 0
        apart = clock.offset + offset if clock.offset is not None else None
        manifest = {
            "version": MANIFEST_VERSION, "file": self.path.name, "state": state, "error": error,
            "codec": self._order.codec, **self._order.about,
            "width": assembly.form.width if assembly.form else 0,
            "height": assembly.form.height if assembly.form else 0,
            "starts_at_ns": clock.began + apart if clock.began is not None and apart is not None else arrived,
            "arrived_at_ns": arrived,
            "sender_starts_at_ns": clock.began, "sender_clock_offset_ns": apart, "drift": clock.drift,
            "duration_ns": assembly.end, "size": self._file.size, "sha256": self._sha256,
            "packets_lost": assembly.lost, "packets_malformed": assembly.malformed, "frames_dropped": assembly.dropped,
        }  # fmt: skip
        if self._order.manifest and self.begun:
            store.write_manifest(self.path, manifest)
        return manifest
