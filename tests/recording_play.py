"""Streams to record: real VP8, H264 and Opus of a moving picture and a tone, cut into RTP packets the plain way."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from signaling.rtp import Packet

PICTURES_A_SECOND = 25
SECOND = 1_000_000_000


@cache
def vp8(pictures: int, width: int = 160, height: int = 120) -> tuple[bytes, ...]:
    """Return encoded frames, a keyframe every 25."""
    return _encoded(
        "libvpx", pictures, width, height, {"deadline": "realtime", "cpu-used": "8", "error-resilient": "1"}
    )


@cache
def h264(pictures: int, width: int = 160, height: int = 120) -> tuple[bytes, ...]:
    """Return access units in the byte stream format, a keyframe with parameter sets every 25."""
    return _encoded("libx264", pictures, width, height, {"preset": "ultrafast", "tune": "zerolatency"})


def _encoded(codec: str, pictures: int, width: int, height: int, options: dict[str, str]) -> tuple[bytes, ...]:
    encoder: Any = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.gop_size, encoder.bit_rate = PICTURES_A_SECOND, 25, 300_000
    encoder.profile = "Baseline" if codec == "libx264" else None
    encoder.options = options
    found = []
    for number in range(pictures):
        picture = np.zeros((height, width, 3), np.uint8)
        picture[:, :, 0] = (np.arange(width) * 2 + number * 7) & 255
        picture[:, :, 2] = (np.arange(height)[:, None] * 3 + number * 5) & 255
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        found += [bytes(packet) for packet in encoder.encode(frame)]
    return (*found, *(bytes(packet) for packet in encoder.encode(None) if packet.size))


@cache
def opus(packets: int) -> tuple[bytes, ...]:
    """Return a tone as Opus packets of 20 ms."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = 48_000, "stereo", "s16", 32_000
    found: list[bytes] = []
    for number in range(packets + 5):
        at = np.arange(960) + number * 960
        tone = np.repeat((np.sin(at * 2 * np.pi * 440 / 48_000) * 9000).astype(np.int16), 2)
        frame = av.AudioFrame.from_ndarray(tone.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, number * 960
        found += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(found[:packets])


def opus_packets(packets: int, *, seq: int = 65_500, timestamp: int = 2**32 - 4800) -> list[Packet]:
    return [
        Packet((seq + number) & 0xFFFF, (timestamp + number * 960) & 0xFFFFFFFF, number == 0, False, payload)
        for number, payload in enumerate(opus(packets))
    ]


def vp8_packets(
    frames: tuple[bytes, ...],
    *,
    seq: int = 65_500,
    timestamp: int = 2**32 - 7200,
    picture: int = 32_760,
    mtu: int = 300,
) -> list[Packet]:
    """Cut frames into packets with 15-bit picture numbers; the numbers all wrap soon."""
    found = []
    for number, frame in enumerate(frames):
        pieces = [frame[at : at + mtu] for at in range(0, len(frame), mtu)]
        for place, piece in enumerate(pieces):
            descriptor = bytes([0x80 | (0x10 if place == 0 else 0), 0x80])
            descriptor += (((picture + number) & 0x7FFF) | 0x8000).to_bytes(2)
            found.append(_packet(seq, len(found), timestamp, number, descriptor + piece, last=place == len(pieces) - 1))
    return found


def h264_packets(
    units: tuple[bytes, ...], *, seq: int = 65_500, timestamp: int = 2**32 - 7200, mtu: int = 300
) -> list[Packet]:
    """Cut access units into packets: parameter sets in a STAP-A, large units in FU-As."""
    found: list[Packet] = []
    for number, unit in enumerate(units):
        payloads = list(_h264_payloads(nal_units(unit), mtu))
        for place, payload in enumerate(payloads):
            found.append(_packet(seq, len(found), timestamp, number, payload, last=place == len(payloads) - 1))
    return found


def nal_units(stream: bytes) -> list[bytes]:
    return [
        each.rstrip(b"\x00") for each in stream.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")[1:]
    ]


def _h264_payloads(units: list[bytes], mtu: int) -> Iterator[bytes]:
    small = [unit for unit in units if unit[0] & 31 in (7, 8)]
    if small:
        yield b"\x18" + b"".join(len(unit).to_bytes(2) + unit for unit in small)
    for unit in units:
        if unit[0] & 31 in (7, 8):
            continue
        if len(unit) <= mtu:
            yield unit
            continue
        pieces = [unit[at : at + mtu] for at in range(1, len(unit), mtu)]
        for place, piece in enumerate(pieces):
            flags = (0x80 if place == 0 else 0) | (0x40 if place == len(pieces) - 1 else 0)
            yield bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 31]) + piece


def _packet(seq: int, sent: int, timestamp: int, frame: int, payload: bytes, *, last: bool) -> Packet:
    at = (timestamp + frame * 90_000 // PICTURES_A_SECOND) & 0xFFFFFFFF
    return Packet((seq + sent) & 0xFFFF, at, last, False, payload)


class Played:
    """A file as a player sees it."""

    def __init__(self, path: Path, stream_number: int = 0) -> None:
        with av.open(str(path)) as container:
            self.container_duration = container.duration / 1e6 if container.duration else None
            self.format = container.format.name
            stream = container.streams[stream_number]
            self.codec = stream.codec_context.name
            self.frames = list(container.decode(stream))
        self.times = [float(frame.time) for frame in self.frames]

    @property
    def seconds(self) -> float:
        """From the first frame to the end of the last, as far as that is known."""
        last = self.frames[-1]
        lasts = last.samples / last.sample_rate if isinstance(last, av.AudioFrame) else 1 / PICTURES_A_SECOND
        return self.times[-1] - self.times[0] + lasts

    def loudness(self) -> float:
        """The root mean square of all samples, 0 to 1."""
        sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in self.frames])
        return float(np.sqrt(np.mean(np.square(sound.astype(np.float64)))))

    def contrast(self) -> float:
        return float(np.mean([frame.to_ndarray(format="gray").std() for frame in self.frames]))
