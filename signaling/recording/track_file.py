"""One Matroska file that grows by clusters; after each of them it can be played."""

import os
from pathlib import Path

from signaling.recording import matroska, store
from signaling.recording.frames import Format
from signaling.recording.matroska import Block, Cue

CUE_EVERY_MS = 5000


class TrackFile:
    """Frames in, file out. Every method may raise OSError; the file then ends with its last whole cluster."""

    def __init__(self, folder: Path, relative: str, codec: str) -> None:
        self.path, self._descriptor = store.create(folder, relative)
        self._codec = codec
        self._head: matroska.Head | None = None
        self._blocks: list[Block] = []
        self._cues: list[Cue] = []
        self.size = 0

    @property
    def begun(self) -> bool:
        """There was something to write."""
        return self._head is not None

    def begin(self, form: Format, began_ns: int) -> None:
        """Write the head: the first frame is known."""
        self._head = matroska.head(self._codec, form, began_ns)
        self._append(self._head.content)

    def add(self, block: Block) -> None:
        """Take a frame; it is written with the next cluster."""
        self._blocks.append(block)

    def flush(self) -> bool:
        """Write what was taken since; tell whether there was something."""
        blocks, self._blocks = self._blocks, []
        video = self._codec != "opus"
        for group in matroska.clusters(blocks, video=video):
            first = group[0]
            due = not self._cues or first.at_ms - self._cues[-1].at_ms >= CUE_EVERY_MS
            if due and (first.keyframe or not video):
                self._cues.append(Cue(first.at_ms, self.size))
            self._append(matroska.cluster(group))
        return bool(blocks)

    def sync(self) -> None:
        """Wait until the disk has what was written."""
        os.fdatasync(self._descriptor)

    def finish(self, duration_ms: int) -> str:
        """Write the index and the duration; return the SHA-256 of the whole."""
        self.flush()
        if self._head is not None:
            cues_at = self.size if self._cues else None
            if self._cues:
                self._append(matroska.cues(self._cues, self._head.segment_at))
            for offset, content in matroska.ending(self._head, duration_ms, cues_at, self.size):
                store.write_at(self._descriptor, content, offset)
        os.fsync(self._descriptor)
        return store.digest(self._descriptor, self.size)

    def close(self) -> None:
        """Let go of the file; one without a single frame is no recording and is removed."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:  # never twice: the number may be another file's by now
            os.close(descriptor)
        if not self.begun:
            self.path.unlink(missing_ok=True)

    def _append(self, content: bytes) -> None:
        try:
            store.write_at(self._descriptor, content, self.size)
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(content)
