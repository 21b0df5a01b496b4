"""The media server under the platform's care: one serves, one is ready to take its place, neither outlives us."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from interop.signaling_server import until

from server.meetings.embedded import ChildFailed, EmbeddedMedia, embedded_media
from server.serving import completed
from server.settings import Media, Settings

pytestmark = pytest.mark.interop


def media_processes(file: Path) -> dict[int, bool]:
    """Process id -> whether it was started as the one in reserve, of every media server with this configuration."""
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_text().split("\0") if entry.name.isdigit() else []
            if str(file) in words:
                found[int(entry.name)] = "--standby" in words
    return found


def settings_in(folder: Path) -> Settings:
    return completed(Settings(development=True, folder=folder, media=Media(port=0, udp_port=0)))


async def answers(settings: Settings) -> bool:
    """Does a media server listen where it should?"""
    async with aiohttp.ClientSession() as client:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with client.get(f"{settings.media.url}/") as answer:
                return answer.status == 200
    return False


async def reserve_of(child: EmbeddedMedia, file: Path) -> int:
    """Wait until somebody stands in reserve."""
    await until(lambda: len(set(media_processes(file)) - {child.pid}) == 1, 90, "one is in reserve")
    return next(iter(set(media_processes(file)) - {child.pid}))


@contextlib.asynccontextmanager
async def cared_for(folder: Path) -> AsyncIterator[tuple[EmbeddedMedia, Settings, Path]]:
    settings = settings_in(folder)
    async with embedded_media(settings, "http://127.0.0.1:9/hooks/rooms") as child:
        yield child, settings, settings.folder / "media.yaml"


async def test_the_one_in_reserve_takes_over_each_time_the_serving_one_is_killed(tmp_path: Path) -> None:
    async with cared_for(tmp_path) as (child, settings, file):
        for _time in range(3):
            first, reserve = child.pid, await reserve_of(child, file)
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await until(lambda reserve=reserve: child.pid == reserve, 90, "the reserve serves")
            await until(lambda: answers(settings), 90, "it answers at the same place")
    assert media_processes(file) == {}


async def test_a_killed_reserve_is_replaced_and_nobody_in_a_meeting_notices(tmp_path: Path) -> None:
    async with cared_for(tmp_path) as (child, settings, file):
        first, reserve = child.pid, await reserve_of(child, file)
        os.kill(reserve, signal.SIGKILL)
        await until(lambda: reserve not in media_processes(file), 90, "it is gone")
        assert await reserve_of(child, file) != reserve
        assert child.pid == first
        assert await answers(settings)


async def test_when_both_are_killed_at_once_a_new_one_serves(tmp_path: Path) -> None:
    async with cared_for(tmp_path) as (child, settings, file):
        await reserve_of(child, file)
        for pid in media_processes(file):
            os.kill(pid, signal.SIGKILL)
        await until(lambda: answers(settings), 90, "a new one answers")


async def test_a_media_server_that_cannot_start_is_an_error_and_leaves_no_process(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    taken = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", settings.media.port)
    async with taken:
        with pytest.raises(ChildFailed):
            async with embedded_media(settings, "http://127.0.0.1:9/hooks/rooms"):
                pass
    assert media_processes(settings.folder / "media.yaml") == {}
