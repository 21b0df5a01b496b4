"""All recordings of a folder as one film: a grid of tiles that people come to and leave, their voices mixed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.codec import UnknownCodecError

from signaling.compose.canvas import Canvas
from signaling.compose.catalogue import SECOND, ComposeError, Recorded
from signaling.compose.layout import Seat, Tile, grid, seats, span
from signaling.compose.sources import RATE, Limiter, Picture, Sound, opened

ENCODERS = {"video": "libx264", "audio": "aac"}
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Options:
    """What the film should be like."""

    width: int = 1280
    height: int = 720
    rate: int = 25
    quality: int = 26  # x264's constant rate factor
    font: Path | None = None


def check_encoders() -> None:
    """Raise ComposeError if this PyAV cannot write H264 and AAC."""
    for kind, name in ENCODERS.items():
        try:
            av.Codec(name, "w")
        except UnknownCodecError as error:
            raise ComposeError(f"PyAV was built without {name}: it cannot write {kind} for MP4") from error


def compose(files: list[Recorded], target: Path, options: Options, progress: Progress) -> list[str]:
    """Write the film; return remarks about files that could not be used. Raises ComposeError, OSError, FFmpegError."""
    check_encoders()
    if not files:
        raise ComposeError("there are no recordings here")
    if target.resolve() in {file.path.resolve() for file in files}:
        raise ComposeError(f"{target.name} is a recording itself: the film needs another name (--output)")
    began, ended = span(files)
    pictures, sounds, remarks = opened(files, began / SECOND)
    draft = target.with_name(f".{target.name}.part")
    try:
        with av.open(str(draft), "w", format="mp4", options={"movflags": "faststart"}) as container:
            _write(container, _Stage(files, pictures, options), sounds, (began, ended), progress)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
        for picture in pictures:
            picture.close()
        for sound in sounds:
            sound.close()
    return remarks


class _Stage:
    """What is to be seen at a moment."""

    def __init__(self, files: list[Recorded], pictures: list[Picture], options: Options) -> None:
        self._files, self._pictures, self.options = files, pictures, options
        self._canvas = Canvas(options.width, options.height, options.font)
        self._places: dict[Seat, Tile] = {}
        self._shown: dict[Seat, Any] = {}

    def frame(self, at: int) -> Any:
        """Return the picture of a moment."""
        there = seats(self._files, at)
        if list(self._places) != there:
            tiles = grid(len(there), self.options.width, self.options.height)
            self._places = dict(zip(there, tiles, strict=True))
            self._shown.clear()
            self._canvas.clear()
        for seat, tile in self._places.items():
            frame = self._picture(seat, at)
            if seat not in self._shown or self._shown[seat] is not frame:
                self._canvas.show(tile, seat, frame)
                self._shown[seat] = frame
        return self._canvas.frame()

    def _picture(self, seat: Seat, at: int) -> Any | None:
        for picture in self._pictures:
            file = picture.file
            mine = (file.participant, file.screen) == (seat.participant, seat.screen)
            if mine and file.starts_at <= at < file.ends_at:
                frame = picture.at(at / SECOND)
                if frame is not None:
                    return frame
        return None


def _write(container: Any, stage: _Stage, sounds: list[Sound], when: tuple[int, int], progress: Progress) -> None:
    options, (began, ended) = stage.options, when
    video = container.add_stream(ENCODERS["video"], rate=options.rate)
    video.width, video.height, video.pix_fmt = options.width, options.height, "yuv420p"
    video.options = {"preset": "veryfast", "crf": str(options.quality)}
    audio = container.add_stream(ENCODERS["audio"], rate=RATE, layout="stereo")
    audio.bit_rate = 96_000
    count = max(1, (ended - began) * options.rate // SECOND)
    voices = _mixed(sounds, count, options.rate)
    for number in range(count):
        picture = stage.frame(began + number * SECOND // options.rate)
        picture.pts, picture.time_base = number, Fraction(1, options.rate)
        container.mux(video.encode(picture))
        container.mux(audio.encode(next(voices)))
        progress((number + 1) / count)
    container.mux(video.encode(None))
    container.mux(audio.encode(None))


def _mixed(sounds: list[Sound], count: int, rate: int) -> Iterator[Any]:
    """Yield the sound of one picture after the other."""
    limiter = Limiter()
    for number in range(count):
        start, stop = number * RATE // rate, (number + 1) * RATE // rate
        mix = np.zeros((stop - start, 2), np.float32)
        for sound in sounds:
            sound.add_to(mix, start)
        samples = np.ascontiguousarray(limiter.apply(mix).T)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        yield frame
