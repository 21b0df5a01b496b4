"""One picture of the film: tiles with names on a dark ground, in planes of light and of halved colours."""

from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from signaling.compose.layout import Seat, Tile, fitted

Plane = NDArray[np.uint8]
GROUND, EMPTY, TEXT, NO_COLOUR = 24, 48, 235, 128
FONTS = (  # of systems that have Chinese glyphs; else Pillow's own, which has none
    "NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "wqy-microhei.ttc", "PingFang.ttc", "msyh.ttc",
    "DejaVuSans.ttf",
)  # fmt: skip
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font(size: int, wanted: Path | None = None) -> Font:
    """Return a font for names; raises OSError if the one that is wanted cannot be read."""
    if wanted is not None:
        return ImageFont.truetype(str(wanted), size)
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


class Canvas:
    """A picture that is changed where something changed."""

    def __init__(self, width: int, height: int, font_file: Path | None = None) -> None:
        self.width, self.height, self._font_file = width, height, font_file
        self._labels: dict[tuple[str, int, int], Plane] = {}
        self.clear()

    def clear(self) -> None:
        """Begin with an empty ground."""
        self._light: Plane = np.full((self.height, self.width), GROUND, np.uint8)
        half = (self.height // 2, self.width // 2)
        self._blue: Plane = np.full(half, NO_COLOUR, np.uint8)
        self._red: Plane = np.full(half, NO_COLOUR, np.uint8)

    def show(self, tile: Tile, seat: Seat, frame: Any | None) -> None:
        """Put somebody's picture, or an empty tile, with the name, in its place."""
        self._fill(tile, EMPTY)
        if frame is not None:
            self._paste(fitted(frame.width, frame.height, tile), frame)
        name = f"{seat.name} – screen" if seat.screen else seat.name
        self._write(tile, name)

    def frame(self) -> Any:
        """Return the picture for an encoder."""
        planes = np.concatenate([self._light.ravel(), self._blue.ravel(), self._red.ravel()])
        return av.VideoFrame.from_ndarray(planes.reshape(self.height * 3 // 2, self.width), format="yuv420p")

    def _fill(self, tile: Tile, light: int) -> None:
        self._light[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] = light
        for plane in (self._blue, self._red):
            plane[tile.y // 2 : (tile.y + tile.height) // 2, tile.x // 2 : (tile.x + tile.width) // 2] = NO_COLOUR

    def _paste(self, place: Tile, frame: Any) -> None:
        x, y, width, height = place
        planes = frame.reformat(width, height, "yuv420p").to_ndarray()
        self._light[y : y + height, x : x + width] = planes[:height]
        colours = planes[height:].reshape(2, height // 2, width // 2)
        for plane, colour in zip((self._blue, self._red), colours, strict=True):
            plane[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] = colour

    def _write(self, tile: Tile, name: str) -> None:
        """Write a name into the lower left corner, light on a darkened strip."""
        strip = self._label(name, tile.width, max(14, tile.height // 14))
        height, width = strip.shape
        y, x = tile.y + tile.height - height, tile.x
        under = self._light[y : y + height, x : x + width].astype(np.uint16)
        written = (under * 2 // 5 * (255 - strip.astype(np.uint16)) + TEXT * strip.astype(np.uint16)) // 255
        self._light[y : y + height, x : x + width] = written.astype(np.uint8)
        for plane in (self._blue, self._red):
            plane[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] = NO_COLOUR

    def _label(self, name: str, widest: int, size: int) -> Plane:
        key = (name, widest, size)
        if key not in self._labels:
            kind = font(size, self._font_file)
            pad = size // 2
            width = min(widest, (int(kind.getlength(name)) + 2 * pad) // 2 * 2)
            height = min((size + 2 * pad) // 2 * 2, size * 2)
            strip = Image.new("L", (width, height // 2 * 2), 0)
            ImageDraw.Draw(strip).text((pad, height // 2), name, fill=255, font=kind, anchor="lm")
            self._labels[key] = np.asarray(strip, np.uint8)
        return self._labels[key]
