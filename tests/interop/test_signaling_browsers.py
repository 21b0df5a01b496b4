"""Unmodified livekit-client in Chromium and Firefox against our media server."""

from pathlib import Path

import pytest
from interop.signaling_browsers import chromium, fox, served_page
from interop.signaling_person import people
from interop.signaling_server import Server, running, until
from livekit import api

pytestmark = [pytest.mark.interop, pytest.mark.browser]
LOOPBACK = {"udp_port": 0, "node_ip": "127.0.0.1", "use_external_ip": False}


@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_two_chromium_tabs_see_and_hear_each_other(tmp_path: Path, single: bool) -> None:
    async with (
        running(tmp_path) as server,
        served_page() as url,
        chromium(url, "anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=single, simulcast=True)
        await bert.join(server, single=single, simulcast=True)
        await anna.sees_and_hears("bert")
        await bert.sees_and_hears("anna")


async def test_a_chromium_reaches_a_server_that_names_only_the_loopback_address(tmp_path: Path) -> None:
    async with (
        running(tmp_path, rtc=LOOPBACK.copy()) as server,
        served_page() as url,
        chromium(url, "anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=True)
        await bert.join(server, single=False)
        await anna.sees_and_hears("bert")
        await bert.sees_and_hears("anna")


@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_firefox_and_chromium_see_and_hear_each_other(tmp_path: Path, single: bool) -> None:
    async with (
        running(tmp_path) as server,
        served_page() as url,
        chromium(url, "anna") as (anna,),
        fox(tmp_path, url, "fritz") as fritz,
    ):
        await anna.join(server, single=single, simulcast=True)
        await fritz.join(server, single=single, simulcast=True)
        await anna.sees_and_hears("fritz")
        await fritz.sees_and_hears("anna")


async def test_a_browser_and_the_python_sdk_see_and_hear_each_other(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as server,
        served_page() as url,
        chromium(url, "anna") as (anna,),
        people("bert") as (bert,),
    ):
        await anna.join(server, single=True, simulcast=True)
        await bert.join(server, single=True)
        await until(lambda: bert.sees("anna"), what="picture")
        await anna.sees_and_hears("bert")
        assert (await anna.state())["others"] == ["bert"]


async def test_a_small_tile_gets_a_small_layer_and_what_nobody_looks_at_is_not_sent(media: Server, room: str) -> None:
    async with served_page() as url, chromium(url, "anna", "bert") as (anna, bert):
        await anna.join(media, room, single=True, simulcast=True, dynacast=True)
        await bert.join(media, room, single=True, publish=False)

        async def width() -> int:
            widths = (await bert.received())["widths"]
            return int(widths.get("anna", 0))

        async def wide() -> bool:
            return await width() == 640

        async def narrow() -> bool:
            return 0 < await width() < 640

        async def sends_all() -> bool:
            layers = [each for each in await anna.tab.evaluate("() => sent()") if "rid" in each]
            return len(layers) > 1 and all(each["active"] for each in layers)

        async def sends_less() -> bool:
            return not await sends_all()

        quality = (
            "(q) => [...room.remoteParticipants.get('anna').videoTrackPublications.values()][0].setVideoQuality(q)"
        )
        await until(wide, what="the large layer")
        await until(sends_all, what="all layers are sent")
        await bert.tab.evaluate(quality, 0)
        await until(narrow, what="the small layer")
        await until(sends_less, what="the large layer is not sent any more")
        await bert.tab.evaluate(quality, 2)
        await until(wide, what="the large layer again")
        assert await sends_all()
        await bert.sees_and_hears("anna")


async def test_who_is_muted_by_the_server_is_not_heard_and_its_page_knows(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as server,
        server.room_api() as rooms,
        served_page() as url,
        chromium(url, "anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=True, tone=True)
        await bert.join(server, single=True)

        async def speaks() -> bool:
            return "anna" in (await bert.state())["speakers"]

        await until(speaks, what="anna speaks")
        who = await rooms.room.get_participant(api.RoomParticipantIdentity(room="room", identity="anna"))
        sound = next(track for track in who.tracks if track.type == api.TrackType.AUDIO)
        await rooms.room.mute_published_track(
            api.MuteRoomTrackRequest(room="room", identity="anna", track_sid=sound.sid, muted=True)
        )

        async def quiet() -> bool:
            return not (await anna.state())["microphone"] and not await speaks()

        await until(quiet, what="anna is muted and does not speak")
        await anna.tab.evaluate("() => room.localParticipant.setMicrophoneEnabled(true)")
        await until(speaks, what="anna may unmute herself")


async def test_messages_of_any_kind_go_from_page_to_page(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as server,
        served_page() as url,
        chromium(url, "anna", "bert") as (anna, bert),
    ):
        await anna.join(server, single=True, publish=False)
        await bert.join(server, single=False, publish=False)
        await bert.tab.evaluate(
            "() => { room.registerRpcMethod('greet', async (call) => 'hello ' + call.payload); "
            "room.registerTextStreamHandler('notes', async (reader) => packets.push([await reader.readAll(), 'notes'])); }"
        )
        answer = (
            "() => room.localParticipant.performRpc({destinationIdentity: 'bert', method: 'greet', payload: 'bert'})"
        )
        assert await anna.tab.evaluate(answer) == "hello bert"
        await anna.tab.evaluate("() => room.localParticipant.sendText('x'.repeat(100000), {topic: 'notes'})")

        async def arrived() -> bool:
            return ["x" * 100_000, "notes"] in (await bert.state())["packets"]

        await until(arrived, what="a long text")


async def test_h264_is_forwarded_where_a_browser_publishes_it(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as server,
        served_page() as url,
        chromium(url, "anna", "bert") as (anna, bert),
    ):
        offered = await anna.tab.evaluate(
            "() => RTCRtpSender.getCapabilities('video').codecs.some((codec) => codec.mimeType === 'video/H264')"
        )
        if not offered:
            pytest.skip("this Chromium has no H264 encoder")
        await anna.join(server, single=True, codec="h264", simulcast=True)
        await bert.join(server, single=False)
        await bert.sees_and_hears("anna")
