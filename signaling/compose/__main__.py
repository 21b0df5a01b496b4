"""`python -m signaling compose DIR`: one MP4 of all that was recorded in a folder."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from av.error import FFmpegError

from signaling.compose import catalogue, film
from signaling.compose.catalogue import ComposeError
from signaling.compose.film import Options
from signaling.compose.layout import span

FAULTY = 2
BAR = 40
TENTHS = 10
EVERY_SECONDS = 0.2


class Bar:
    """Progress: a bar on a terminal, elsewhere a line for every tenth, which a log can hold."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._terminal = stream, stream.isatty()
        self._began = time.monotonic()
        self._drawn, self._tenths = 0.0, 0

    def draw(self, part: float) -> None:
        """Show how much is done, and how long it will take yet."""
        if self._terminal:
            self._redraw(part)
        elif int(part * TENTHS) > self._tenths:
            self._tenths = int(part * TENTHS)
            self._stream.write(f"{self._tenths / TENTHS:.0%}\n")
            self._stream.flush()

    def _redraw(self, part: float) -> None:
        now = time.monotonic()
        if now - self._drawn < EVERY_SECONDS and part < 1:
            return
        self._drawn = now
        left = (now - self._began) * (1 - part) / part if part > 0 else 0.0
        full = int(part * BAR)
        line = f"\r[{'#' * full}{'-' * (BAR - full)}] {part:4.0%}  {int(left) // 60}:{int(left) % 60:02d} left "
        self._stream.write(line + ("\n" if part >= 1 else ""))
        self._stream.flush()


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError("a size like 1280x720 is expected")
    found = int(width), int(height)
    if any(side % 2 or not 64 <= side <= 4096 for side in found):
        raise argparse.ArgumentTypeError("both sides are even numbers from 64 to 4096")
    return found


def main(arguments: Sequence[str]) -> int:
    """Make the film; 2 if that is impossible."""
    parser = argparse.ArgumentParser(prog="python -m signaling compose", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder of recordings with their manifests")
    parser.add_argument("--output", type=Path, help="the film; by default film.mp4 in the folder")
    parser.add_argument("--size", type=_size, default=(1280, 720), help="of the picture, by default 1280x720")
    parser.add_argument("--font", type=Path, help="a font file for the names")
    chosen = parser.parse_args(arguments)
    target = chosen.output or chosen.folder / "film.mp4"
    began = time.monotonic()
    try:
        files, remarks = catalogue.read(chosen.folder)
        options = Options(width=chosen.size[0], height=chosen.size[1], font=chosen.font)
        remarks += film.compose(files, target, options, Bar(sys.stderr).draw)
    except (ComposeError, FFmpegError, OSError) as error:
        print(f"{chosen.folder}: {error}", file=sys.stderr)
        return FAULTY
    for remark in remarks:
        print(f"left out: {remark}", file=sys.stderr)
    first, last = span(files)
    seconds = (last - first) / catalogue.SECOND
    print(f"{target}: {seconds:.1f} s of {len(files)} files, made in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
