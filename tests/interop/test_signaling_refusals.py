"""What somebody with livekit-client in a browser is told who is not let in, or sent away: the same of both servers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from interop.signaling_browsers import Visitor, chromium, served_page
from interop.signaling_livekit import LIVEKIT
from interop.signaling_server import Server, running, until
from livekit import api

pytestmark = [pytest.mark.interop, pytest.mark.browser]
WATCH = "() => room.on('disconnected', (reason) => { window.reason = LivekitClient.DisconnectReason[reason]; })"
TRY = """(url, token, single) => {
  const room = new LivekitClient.Room({ singlePeerConnection: single });
  return room.connect(url, token, { maxRetries: 0 }).then(() => ['in'], (error) =>
    [error.name, LivekitClient.ConnectionErrorReason[error.reason], error.status || 0, error.message]);
}"""


@pytest_asyncio.fixture
async def anna() -> AsyncIterator[Visitor]:
    async with served_page() as url, chromium(url, "anna") as (visitor,):
        yield visitor


async def told(visitor: Visitor, reason: str) -> None:
    async def there() -> bool:
        return await visitor.tab.evaluate("() => window.reason || ''") == reason

    await until(there, what=f"{visitor.identity} is told {reason}")
    assert (await visitor.state())["state"] == "disconnected"  # and does not try again


@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_who_comes_to_a_full_room_reads_that_it_is_full(
    media: Server, room: str, anna: Visitor, single: bool, request: pytest.FixtureRequest
) -> None:
    room = f"{room}-{single}"
    async with media.room_api() as rooms:
        await rooms.room.create_room(api.CreateRoomRequest(name=room, max_participants=1))
    assert await anna.tab.evaluate(TRY, media.url, media.token("first", room), single) == ["in"]
    name, reason, status, words = await anna.tab.evaluate(TRY, media.url, media.token("second", room), single)
    assert name == "ConnectionError"
    if LIVEKIT in request.node.name:
        assert words  # livekit-server takes the fault upon itself: 500
    else:
        assert (reason, status) == ("NotAllowed", 403)
        assert "as many participants as it may have" in words


async def test_whose_token_has_ended_reads_why(media: Server, room: str, anna: Visitor) -> None:
    video = api.VideoGrants(room_join=True, room=room)
    ended = _token(video, seconds=-600)
    name, reason, status, words = await anna.tab.evaluate(TRY, media.url, ended, True)
    assert (name, reason, status) == ("ConnectionError", "NotAllowed", 401)
    assert words


def _token(video: api.VideoGrants, *, seconds: int) -> str:
    from datetime import timedelta

    from interop.signaling_server import KEY, SECRET

    token = api.AccessToken(KEY, SECRET).with_identity("late").with_grants(video)
    return token.with_ttl(timedelta(seconds=seconds)).to_jwt()


async def remove(lk: api.LiveKitAPI, room: str) -> None:
    await lk.room.remove_participant(api.RoomParticipantIdentity(room=room, identity="anna"))


async def delete(lk: api.LiveKitAPI, room: str) -> None:
    await lk.room.delete_room(api.DeleteRoomRequest(room=room))


@pytest.mark.parametrize(
    ("act", "reason"), [(remove, "PARTICIPANT_REMOVED"), (delete, "ROOM_DELETED")], ids=["removed", "room deleted"]
)
async def test_who_is_sent_away_is_told_why(
    media: Server, room: str, anna: Visitor, act: Callable[[Any, str], Awaitable[None]], reason: str
) -> None:
    room = f"{room}-{reason}"
    await anna.join(media, room, single=True, publish=False)
    await anna.tab.evaluate(WATCH)
    async with media.room_api() as lk:
        await act(lk, room)
    await told(anna, reason)


async def test_who_comes_a_second_time_is_told_so_at_the_first_place(media: Server, room: str, anna: Visitor) -> None:
    await anna.join(media, room, single=True, publish=False)
    await anna.tab.evaluate(WATCH)
    assert await anna.tab.evaluate(TRY, media.url, media.token("anna", room), True) == ["in"]
    await told(anna, "DUPLICATE_IDENTITY")


async def test_who_floods_the_server_is_told_that_it_was_removed(tmp_path: Path, anna: Visitor) -> None:
    async with running(tmp_path) as server:
        await anna.join(server, single=True, publish=False)
        await anna.tab.evaluate(WATCH)
        await anna.tab.evaluate(
            "() => { for (let n = 0; n < 3000; n++) room.engine.client.sendMuteTrack('none', true); }"
        )
        await told(anna, "PARTICIPANT_REMOVED")
