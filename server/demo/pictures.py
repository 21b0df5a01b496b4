"""Camera pictures and sound for invented people: a moving square on a coloured ground, and a tone, as files."""

import math
import struct
import wave
from pathlib import Path

WIDTH, HEIGHT, FRAMES, RATE = 320, 240, 45, 15
SQUARE = 60
SECONDS, SAMPLES = 3, 16_000


def camera(path: Path, colour: tuple[int, int, int]) -> Path:
    """Write a Y4M film (4:2:0) in which a bright square walks across; `colour` is Y, U, V of the ground."""
    ground, u, v = colour
    chroma = bytes([u]) * (WIDTH * HEIGHT // 4) + bytes([v]) * (WIDTH * HEIGHT // 4)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            left = (WIDTH - SQUARE) * number // FRAMES
            top = (HEIGHT - SQUARE) // 2
            plain = bytes([ground]) * WIDTH
            marked = plain[:left] + bytes([235]) * SQUARE + plain[left + SQUARE :]
            rows = (marked if top <= row < top + SQUARE else plain for row in range(HEIGHT))
            file.write(b"FRAME\n" + b"".join(rows) + chroma)
    return path


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
    """Return a small PNG that stands for the photograph of a wet ceiling."""
    import zlib

    width = height = 64
    rows = b"".join(
        b"\x00" + b"".join(bytes((200 - (x * y) % 60, 190 - (x + y) % 50, 170)) for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
