"""The oldest livekit-client 2.x, unmodified, in Chromium and Firefox: a whole meeting beside a client of today."""

from pathlib import Path
from typing import Any

import pytest
from interop.signaling_browsers import OLDEST, Visitor, chromium, fox, served_page
from interop.signaling_person import people
from interop.signaling_server import Server, until
from livekit import api

pytestmark = [pytest.mark.interop, pytest.mark.browser]


async def happened(visitor: Visitor, event: str) -> None:
    async def there() -> bool:
        return event in (await visitor.state())["happened"]

    await until(there, what=f"{visitor.identity}: {event}")


async def resumed(visitor: Visitor) -> None:
    """Lose the WebSocket and wait for another: this release tells its page nothing of a resume."""
    sid = await visitor.tab.evaluate("() => room.localParticipant.sid")
    await visitor.tab.evaluate(
        "() => { window.lost = room.engine.client.ws; return room.engine.client.handleOnClose('the network changed'); }"
    )
    another = "() => { const { ws } = room.engine.client; return Boolean(ws && ws !== lost && ws.readyState === 1); }"
    await until(lambda: visitor.tab.evaluate(another), what="another socket")
    assert await visitor.tab.evaluate("() => room.localParticipant.sid") == sid


async def told(visitor: Visitor, packet: list[str]) -> None:
    async def there() -> bool:
        return packet in (await visitor.state())["packets"]

    await until(there, what=f"{visitor.identity} gets {packet}")


async def see_and_hear(*visitors: Visitor) -> None:
    for one in visitors:
        for other in visitors:
            if one is not other:
                await one.sees_and_hears(other.identity)


async def test_the_oldest_client_meets_mutes_writes_comes_back_and_leaves(
    media: Server, room: str, tmp_path: Path
) -> None:
    async with (
        served_page(OLDEST) as url,
        chromium(url, "anna") as (anna,),
        fox(tmp_path, url, "fritz") as fritz,
        people("bert") as (bert,),
    ):
        assert await anna.tab.evaluate("() => LivekitClient.version") == "2.0.0"
        await anna.join(media, room, simulcast=True, adaptive=True)
        await fritz.join(media, room, simulcast=True)
        await bert.join(media, single=True, room=room)
        await see_and_hear(anna, fritz)
        await anna.sees_and_hears("bert")
        await until(lambda: min(bert.pictures.get(each, 0) for each in ("anna", "fritz")) >= 10, what="bert sees both")

        await anna.tab.evaluate("() => room.localParticipant.setMicrophoneEnabled(false)")
        await until(lambda: muted(fritz, "anna", "microphone"), what="fritz knows that anna is muted")
        await anna.tab.evaluate("() => room.localParticipant.setMicrophoneEnabled(true)")
        await fritz.sees_and_hears("anna")

        send = "(t, o) => room.localParticipant.publishData(new TextEncoder().encode(t), o)"
        await anna.tab.evaluate(send, "to fritz", {"reliable": True, "destinationIdentities": ["fritz"]})
        await told(fritz, ["to fritz", "anna"])
        await fritz.tab.evaluate(send, "to all", {"reliable": False})
        await told(anna, ["to all", "fritz"])
        await until(lambda: (b"to all", "fritz", "") in bert.packets, what="packet to bert")
        assert (b"to fritz", "anna", "") not in bert.packets

        for visitor, other in ((anna, "fritz"), (fritz, "anna")):
            await resumed(visitor)
            await visitor.sees_and_hears(other)
        await anna.tab.evaluate("() => room.simulateScenario('full-reconnect')")
        await happened(anna, "reconnected")
        await see_and_hear(anna, fritz)

        await fritz.tab.evaluate("() => room.disconnect()")
        await until(lambda: others(anna, ["bert"]), what="fritz is gone")
        async with media.room_api() as rooms:
            await rooms.room.delete_room(api.DeleteRoomRequest(room=room))
        await happened(anna, "disconnected")


async def muted(visitor: Visitor, who: str, source: str) -> Any:
    asked = "(w, s) => room.remoteParticipants.get(w).getTrackPublication(s).isMuted"
    return await visitor.tab.evaluate(asked, who, source)


async def others(visitor: Visitor, expected: list[str]) -> bool:
    found: list[str] = (await visitor.state())["others"]
    return found == expected
