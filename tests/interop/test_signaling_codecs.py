"""H264 in layers and redundant sound from real clients, on both servers; and what of it the recorder keeps."""

from pathlib import Path
from typing import Any

import pytest
from interop.signaling_browsers import chromium, fox, served_page
from interop.signaling_clients import film, program, tone
from interop.signaling_recording import studio
from interop.signaling_server import Server, until
from livekit import api
from recording_play import Played

pytestmark = pytest.mark.interop
QUALITY = "(q) => [...room.remoteParticipants.get('go').videoTrackPublications.values()][0].setVideoQuality(q)"
# Bytes a packet of somebody's sound: a redundant one holds the one before it too. Statistics name only what is inside.
WEIGHT = """async (who) => {
  let weight = 0;
  (await elements[who + ':audio'].track.receiver.getStats()).forEach((each) => {
    if (each.type === 'inbound-rtp' && each.packetsReceived > 100) weight = each.bytesReceived / each.packetsReceived;
  });
  return weight;
}"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A picture in two layers, and a tone."""
    folder, how = tmp_path_factory.mktemp("files"), {"profile": "baseline", "preset": "ultrafast", "bf": "0"}
    layers = [
        film(folder / f"{width}.h264", "libx264", width=width, height=width * 3 // 4, **how) for width in (160, 320)
    ]
    return ",".join(map(str, layers)), tone(folder / "tone.ogg")


@pytest.mark.browser
@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_of_h264_in_layers_each_gets_the_one_it_asked_for(
    media: Server, room: str, files: tuple[str, Path], single: bool
) -> None:
    room = f"{room}-{single}"
    async with (
        served_page() as url,
        chromium(url, "anna") as (anna,),
        program("go", media, "go", room, single=False, files=files),
    ):
        await anna.join(media, room, single=single, publish=False)

        async def wide(width: int) -> bool:
            return bool((await anna.received())["widths"].get("go") == width)

        await until(lambda: wide(320), what="the large layer")
        async with media.room_api() as rooms:
            who = await rooms.room.get_participant(api.RoomParticipantIdentity(room=room, identity="go"))
        picture = next(track for track in who.tracks if track.type == api.TrackType.VIDEO)
        assert (picture.simulcast, picture.mime_type.lower()) == (True, "video/h264")
        assert [each.width for each in picture.layers] == [160, 320]
        await anna.tab.evaluate(QUALITY, 0 if picture.layers[0].quality == api.VideoQuality.LOW else 1)
        await until(lambda: wide(160), what="the small layer")
        await anna.tab.evaluate(QUALITY, 2)
        await until(lambda: wide(320), what="the large layer again")
        await anna.sees_and_hears("go")


@pytest.mark.browser
@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_redundant_sound_reaches_who_knows_it_and_plain_sound_who_does_not(
    media: Server, room: str, tmp_path: Path, single: bool
) -> None:
    room = f"{room}-{single}"
    async with (
        served_page() as url,
        chromium(url, "anna", "bert") as (anna, bert),
        fox(tmp_path, url, "fritz") as fritz,
    ):
        await anna.join(media, room, single=single, tone=True)
        await bert.join(media, room, single=single, publish=False)
        await fritz.join(media, room, single=single, publish=False)

        async def there() -> bool:
            found = [await each.tab.evaluate("() => 'anna:audio' in elements") for each in (bert, fritz)]
            return all(found)

        await until(there, what="sound")

        async def weighed() -> bool:
            double, plain = [await each.tab.evaluate(WEIGHT, "anna") for each in (bert, fritz)]
            return bool(plain > 0 and double > 1.6 * plain)

        await until(weighed, what="the same sound weighs twice as much with redundancy")


async def test_h264_in_layers_and_sound_of_a_go_client_are_recorded(tmp_path: Path, files: tuple[str, Path]) -> None:
    async with (
        studio(tmp_path) as here,
        program("go", here.server, "go", "room", single=True, files=files) as go,
    ):
        await until(lambda: go.told["state"] == "connected", what="connected")
        await here.published("go", 2)
        began = await here.participant("go")

        def grown() -> bool:
            sizes: dict[str, Any] = {path.suffix: path.stat().st_size for path in here.folder.rglob("*.*")}
            return bool(sizes.get(".mp4", 0) > 100_000 and sizes.get(".webm", 0) > 8_000)

        await until(grown, what="picture and sound grow")
        await here.stop(began.egress_id)
        ended = await here.ended(began.egress_id)
        assert ended.status == api.EgressStatus.EGRESS_COMPLETE
        played = {Path(each.location).suffix: Played(Path(each.location)) for each in ended.file_results}
        assert played[".mp4"].codec == "h264"
        assert {(frame.width, frame.height) for frame in played[".mp4"].frames} == {(320, 240)}
        assert played[".mp4"].contrast() > 5
        assert played[".webm"].loudness() > 0.005
