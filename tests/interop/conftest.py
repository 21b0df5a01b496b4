"""The media servers that the tests of the protocol talk to: ours, and the one that it is compared with."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from interop.signaling_livekit import LIVEKIT, OURS, running_as
from interop.signaling_server import Server
from interop.signaling_talk import Talk


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[OURS, LIVEKIT])
async def media(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One server for the tests of a file: each takes a room of its own."""
    async with running_as(request.param, tmp_path_factory.mktemp("media")) as server:
        yield server


@pytest.fixture
def room(request: pytest.FixtureRequest) -> str:
    return request.node.originalname  # type: ignore[no-any-return]


class Talks:
    """Opens conversations in one room."""

    def __init__(self, client: aiohttp.ClientSession, server: Server, room: str) -> None:
        self.client, self.server, self.room = client, server, room
        self.open_ones: list[Talk] = []

    async def open(self, identity: str, **options: object) -> Talk:
        talk = await Talk(self.client, self.server, self.room).open(identity, **options)  # type: ignore[arg-type]
        self.open_ones.append(talk)  # a socket that nobody holds is closed, and livekit-server forgets its client
        return talk


@pytest_asyncio.fixture
async def talks(media: Server, room: str) -> AsyncIterator[Talks]:
    async with aiohttp.ClientSession() as client:
        made = Talks(client, media, room)
        yield made
        for each in made.open_ones:
            await each.close()
