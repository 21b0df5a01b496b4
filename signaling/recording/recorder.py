"""The recorder: a process of its own between the media and the disk, so that no disk ever makes a meeting wait.

It reads messages from standard input and answers in JSON lines on standard output. Standard input ends when the
server is gone, however it went: the files are then finished, and the recorder with them.
"""

import os
import select
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from signaling.recording.messages import CloseMessage, Decoder, Message, OpenMessage, PacketMessage
from signaling.recording.timeline import MILLISECOND
from signaling.recording.track import FLUSH_NS, Order, TrackRecording

READ_AT_ONCE = 1 << 18
KEYFRAME_PAUSE_NS = 500 * MILLISECOND
DISK_THREADS = 8
Sync = Future[None]
Tell = Callable[[Mapping[str, Any]], None]


class Recorder:
    """All tracks that are being recorded; `tell` is called from several threads."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._tracks: dict[int, TrackRecording] = {}
        self._asked: dict[int, int] = {}
        self._syncs: dict[int, Sync] = {}
        self._endings: list[Future[None]] = []
        self._disk = ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="disk")

    def take(self, message: Message) -> None:
        """Act on one message; of a track that failed or never was, nothing is wanted."""
        if isinstance(message, OpenMessage):
            self._open(message)
            return
        track = self._tracks.get(message.track)
        if track is None:
            return
        if isinstance(message, CloseMessage):
            self._close(message.track, interrupted=False)
            return
        try:
            if isinstance(message, PacketMessage):
                track.packet(message)
            else:
                track.report(message)
        except OSError as error:
            self._fail(message.track, error)

    def write(self, now: int) -> None:
        """Write what there is, and ask for the keyframes that are missing.

        The disk is waited for elsewhere: one that is slow delays no other file, nor the next writing of its own.
        """
        for number, track in tuple(self._tracks.items()):
            try:
                self._look_after_sync(number)
                if track.write(now) and number not in self._syncs:
                    self._syncs[number] = self._disk.submit(track.sync)
            except OSError as error:
                self._fail(number, error)
        self._look_after_endings()
        self.ask_keyframes(now)

    def _look_after_sync(self, number: int) -> None:
        """Hear what the disk said to the last writing. Raises OSError."""
        if number in self._syncs and self._syncs[number].done():
            self._syncs.pop(number).result()

    def ask_keyframes(self, now: int) -> None:
        """Ask for the keyframes without which nothing can be recorded."""
        for number, track in self._tracks.items():
            if track.wants_keyframe and now - self._asked.get(number, 0) >= KEYFRAME_PAUSE_NS:
                self._asked[number] = now
                self._tell({"event": "keyframe", "track": number})

    def end(self) -> None:
        """The server is gone: finish all files."""
        for number in tuple(self._tracks):
            self._close(number, interrupted=True)
        self._disk.shutdown()
        self._look_after_endings()

    def _look_after_endings(self) -> None:
        """Let a mistake of ours on another thread be seen: it ends the recorder, which the server reports."""
        done = [each for each in self._endings if each.done()]
        self._endings = [each for each in self._endings if not each.done()]
        for ending in done:
            ending.result()

    def _open(self, message: OpenMessage) -> None:
        try:
            track = TrackRecording(Order(**message.order))
        except OSError as error:
            self._tell({"event": "failed", "track": message.track, "error": reason(error)})
            return
        self._tracks[message.track] = track
        self._tell({"event": "opened", "track": message.track, "path": str(track.path)})

    def _close(self, number: int, *, interrupted: bool) -> None:
        """End a file on another thread: the digest reads it once more, which takes a while."""
        track, sync = self._let_go(number)
        self._endings.append(self._disk.submit(self._finish, number, track, sync, interrupted=interrupted))

    def _finish(self, number: int, track: TrackRecording, sync: Sync | None, *, interrupted: bool) -> None:
        try:
            if sync is not None:
                sync.result()
            manifest = track.finish(interrupted=interrupted)
            track.close()  # an empty file goes with it, so nobody is told before it is gone
            if track.begun:
                self._tell({"event": "finished", "track": number, "path": str(track.path), "manifest": manifest})
            else:
                self._tell({"event": "empty", "track": number})
        except OSError as error:
            self._tell_failure(number, track, error)
            self._give_up(number, track, None, error)

    def _fail(self, number: int, error: OSError) -> None:
        """Tell at once; what can be saved is saved on another thread."""
        track, sync = self._let_go(number)
        self._tell_failure(number, track, error)
        self._endings.append(self._disk.submit(self._give_up, number, track, sync, error))

    def _let_go(self, number: int) -> tuple[TrackRecording, Sync | None]:
        self._asked.pop(number, None)
        return self._tracks.pop(number), self._syncs.pop(number, None)

    def _tell_failure(self, number: int, track: TrackRecording, error: OSError) -> None:
        self._tell({"event": "failed", "track": number, "error": reason(error), "path": str(track.path)})

    def _give_up(self, number: int, track: TrackRecording, sync: Sync | None, error: OSError) -> None:
        """Leave the file as whole as the disk allows."""
        if sync is not None:
            wait([sync])
        last: tuple[Callable[[], None], ...] = (lambda: track.failed(reason(error)), track.close)
        for step in last:
            try:
                step()
            except OSError as another:
                self._tell({"event": "remark", "track": number, "error": reason(another)})


def reason(error: OSError) -> str:
    """Return in words what the disk said, without the path, which is our own affair."""
    return error.strerror or str(error)


def run(incoming: int, tell: Tell) -> None:
    """Record what comes on a descriptor until it ends. Raises ValueError for what no server wrote."""
    recorder, decoder = Recorder(tell), Decoder()
    due = time.monotonic_ns() + FLUSH_NS
    try:
        while True:
            patience = max(0, due - time.monotonic_ns()) / 1e9
            if select.select([incoming], [], [], patience)[0]:
                piece = os.read(incoming, READ_AT_ONCE)
                if not piece:
                    return
                for message in decoder.feed(piece):
                    recorder.take(message)
                recorder.ask_keyframes(time.monotonic_ns())
            now = time.monotonic_ns()
            if now >= due:
                recorder.write(now)
                due = max(due + FLUSH_NS, time.monotonic_ns())
    finally:
        recorder.end()
