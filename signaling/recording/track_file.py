"""One file of one track that grows by pieces; after each of them it can be played."""

import os
from collections.abc import Iterable
from pathlib import Path

from signaling.recording import store
from signaling.recording.frames import Block, Container, Format
from signaling.recording.matroska import LONGEST_CLUSTER_MS, WebM
from signaling.recording.mp4 import Mp4


def extension(codec: str) -> str:
    """Return the file name's ending: WebM knows no H264."""
    return ".mp4" if codec == "H264" else ".webm"


def pieces(blocks: Iterable[Block], *, video: bool) -> list[list[Block]]:
    """Divide blocks into what stands together in a file: of a video, each begins with a keyframe where there is one."""
    groups: list[list[Block]] = []
    for block in blocks:
        begins = not groups or (video and block.keyframe) or block.at_ms - groups[-1][0].at_ms > LONGEST_CLUSTER_MS
        if begins:
            groups.append([])
        groups[-1].append(block)
    return groups


class TrackFile:
    """Frames in, file out. Every method may raise OSError; the file then ends with its last whole piece."""

    def __init__(self, folder: Path, relative: str, codec: str) -> None:
        self.path, self._descriptor = store.create(folder, relative)
        self._video = codec != "opus"
        self._container: Container = Mp4() if codec == "H264" else WebM(codec)
        self._blocks: list[Block] = []
        self.begun = False  # there was something to write
        self.size = 0

    def begin(self, form: Format, began_ns: int) -> None:
        """Write the head: the first frame is known."""
        self.begun = True
        self._append(self._container.begin(form, began_ns))

    def add(self, block: Block) -> None:
        """Take a frame; it is written with the next piece."""
        self._blocks.append(block)

    def flush(self) -> bool:
        """Write what was taken since; tell whether there was something."""
        blocks, self._blocks = self._blocks, []
        for group in pieces(blocks, video=self._video):
            self._append(self._container.piece(group, self.size))
        return bool(blocks)

    def sync(self) -> None:
        """Wait until the disk has what was written."""
        os.fdatasync(self._descriptor)

    def finish(self, duration_ms: int) -> str:
        """Write the index and the duration; return the SHA-256 of the whole."""
        self.flush()
        if self.begun:
            appended, filled = self._container.end(duration_ms, self.size)
            self._append(appended)
            for offset, content in filled:
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
