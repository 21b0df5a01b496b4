"""Recorded files read forward, in step with the film: the picture of a moment, the sound of a stretch."""

from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from av.error import FFmpegError, InvalidDataError
from numpy.typing import NDArray

from signaling.compose.catalogue import Recorded

RATE = 48_000
STALE_SECONDS = 2.0  # a picture older than this, with none to come soon, is no picture of now
SNAP = RATE // 50  # sound nearer than this to the end of what came before is joined to it without a click
Samples = NDArray[np.float32]


def _frames(container: Any) -> Iterator[Any]:
    """Decode what can be decoded: a frame that cannot be is left out."""
    for packet in container.demux(container.streams[0]):
        try:
            yield from packet.decode()
        except InvalidDataError:
            continue


class Picture:
    """A video file; asked for later and later moments."""

    def __init__(self, file: Recorded) -> None:
        self.file = file
        self._container: Any = av.open(str(file.path))
        self._frames = _frames(self._container)
        self._current: tuple[float, Any] | None = None
        self._coming = self._read()

    def at(self, second: float) -> Any | None:
        """Return the frame that is shown at a moment (seconds since 1970); None if there is none of now."""
        while self._coming is not None and self._coming[0] <= second:
            self._current, self._coming = self._coming, self._read()
        if self._current is None:
            return None
        until = self._coming[0] if self._coming is not None else self.file.ends_at / 1e9
        stale = until - self._current[0] > STALE_SECONDS and second - self._current[0] > STALE_SECONDS / 2
        return None if stale else self._current[1]

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _read(self) -> tuple[float, Any] | None:
        frame = next(self._frames, None)
        return None if frame is None else (self.file.seconds_at(float(frame.time or 0)), frame)


class Sound:
    """An audio file; asked for later and later stretches."""

    def __init__(self, file: Recorded, began: float) -> None:
        """`began`: when the film begins, in seconds since 1970; samples are counted from there."""
        self.file, self._began = file, began
        self._container: Any = av.open(str(file.path))
        self._frames = _frames(self._container)
        self._resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE)
        self._pieces: list[tuple[int, Samples]] = []
        self._end: int | None = None
        self._over = False

    def add_to(self, mix: Samples, start: int) -> None:
        """Add what sounds from sample `start` on to the mix."""
        stop = start + len(mix)
        while not self._over and (self._end is None or self._end < stop):
            self._decode()
        for at, piece in self._pieces:
            first, last = max(at, start), min(at + len(piece), stop)
            if first < last:
                mix[first - start : last - start] += piece[first - at : last - at]
        self._pieces = [(at, piece) for at, piece in self._pieces if at + len(piece) > stop]

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _decode(self) -> None:
        frame = next(self._frames, None)
        if frame is None:
            self._over = True
            return
        at = round((self.file.seconds_at(float(frame.time or 0)) - self._began) * RATE)
        if self._end is not None and abs(at - self._end) < SNAP:
            at = self._end
        for part in self._resampler.resample(frame):
            samples = part.to_ndarray().reshape(-1, 2).astype(np.float32)
            self._pieces.append((at, samples))
            at += len(samples)
        self._end = at


class Limiter:
    """Keeps a sum of voices within what can be heard undistorted."""

    def __init__(self) -> None:
        self._gain = 1.0

    def apply(self, mix: Samples) -> Samples:
        """Return the mix, quieter where it would clip and slowly back."""
        peak = float(np.abs(mix).max(initial=0.0))
        target = min(1.0, 0.98 / peak) if peak > 0 else 1.0
        before, self._gain = self._gain, min(target, self._gain + 0.02)
        ramp = np.linspace(min(before, target), self._gain, len(mix), dtype=np.float32)
        limited: Samples = np.clip(mix * ramp[:, None], -1.0, 1.0).astype(np.float32)
        return limited


def opened(files: list[Recorded], began: float) -> tuple[list[Picture], list[Sound], list[str]]:
    """Open what can be read; return remarks about the rest."""
    pictures: list[Picture] = []
    sounds: list[Sound] = []
    remarks = []
    for file in files:
        try:
            if file.video:
                pictures.append(Picture(file))
            else:
                sounds.append(Sound(file, began))
        except (FFmpegError, OSError) as error:
            remarks.append(f"{file.path.name}: {error}")
    return pictures, sounds, remarks
