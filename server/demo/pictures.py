"""Camera pictures and sound for invented people: a drawn head that sways before a wall, and a tone, as files."""

import math
import struct
import wave
from pathlib import Path

WIDTH, HEIGHT, FRAMES, RATE = 320, 240, 45, 15
SWAY = 80
SECONDS, SAMPLES = 3, 16_000


def camera(path: Path, colour: tuple[int, int, int]) -> Path:
    """Write a Y4M film (4:2:0) of a drawn head that sways; `colour` is Y, U, V of the wall behind it."""
    planes = [_plane(WIDTH + SWAY, HEIGHT, colour[0], (205, 60)), _plane_half(colour[1], (105, 128)),
              _plane_half(colour[2], (150, 128))]  # fmt: skip
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            left = SWAY // 2 + int(SWAY / 2 * math.sin(2 * math.pi * number / FRAMES))
            file.write(b"FRAME\n" + _window(planes[0], left, WIDTH))
            file.write(_window(planes[1], left // 2, WIDTH // 2) + _window(planes[2], left // 2, WIDTH // 2))
    return path


def _window(rows: list[bytes], left: int, width: int) -> bytes:
    return b"".join(row[left : left + width] for row in rows)


def _plane_half(ground: int, head: tuple[int, int]) -> list[bytes]:
    return _plane((WIDTH + SWAY) // 2, HEIGHT // 2, ground, head)


def _plane(width: int, height: int, ground: int, head: tuple[int, int]) -> list[bytes]:
    """Draw wall, shoulders and head; `head` is the value of skin and of hair, eyes and clothes."""
    skin, dark = head

    def value(x: float, y: float) -> int:
        if (x / 0.045 + 1.9) ** 2 + (y / 0.05 + 0.9) ** 2 < 1 or (x / 0.045 - 1.9) ** 2 + (y / 0.05 + 0.9) ** 2 < 1:
            return dark
        if (x / 0.19) ** 2 + (y / 0.3) ** 2 < 1:
            return dark if y < -0.17 else skin
        return dark if (x / 0.42) ** 2 + ((y - 0.62) / 0.33) ** 2 < 1 else ground

    return [bytes(value((x - width / 2) / height, y / height - 0.48) for x in range(width)) for y in range(height)]


def voice(path: Path, pitch: int) -> Path:
    """Write a WAV file with a tone that swells and fades like speech."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES)
        for index in range(SECONDS * SAMPLES):
            swell = 0.55 + 0.45 * math.sin(2 * math.pi * 2 * index / SAMPLES)
            sample = int(20_000 * swell * math.sin(2 * math.pi * pitch * index / SAMPLES))
            file.writeframesraw(struct.pack("<h", sample))
    return path


def photo() -> bytes:
    """Return a small PNG that stands for the photograph of a wet ceiling: plaster, a brown stain, what runs down."""
    import zlib

    width, height = 400, 300

    def pixel(x: int, y: int) -> bytes:
        wall = y > 190 - x // 12  # below this line the tiled wall begins
        tile = wall and (x % 80 < 2 or (y + x // 12) % 60 < 2)
        shade = 228 - (22 if wall else 0) - (26 if tile else 0) - (x * 7 + y * 13) % 5
        around = math.hypot((x - 190) / 120, (y - 90) / 62) + 0.06 * math.sin(x / 9) + 0.05 * math.sin(y / 7)
        wet = max(0.0, min(1.0, (1.08 - around) * 3)) * (0.55 + 0.45 * min(1.0, around))
        run = y > 100 and abs((x - 170) % 46 - 6 - 2 * math.sin(y / 17)) < 3 and 130 < x < 260 and y < 270
        wet = max(wet, 0.55 if run else 0.0)
        return bytes(int(shade - wet * lost) for lost in (62, 92, 128))

    rows = b"".join(b"\x00" + b"".join(pixel(x, y) for x in range(width)) for y in range(height))

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
