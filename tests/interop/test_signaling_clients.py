"""LiveKit's SDKs for Node and Go, unmodified, against our media server and against a real livekit-server."""

from pathlib import Path

import pytest
from interop.signaling_clients import film, program, tone
from interop.signaling_person import people
from interop.signaling_server import Server, until

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    return {
        "picture": film(folder / "picture.h264", "libx264", profile="baseline", preset="ultrafast", bf="0"),
        "sound": tone(folder / "tone.ogg"),
    }


@pytest.mark.parametrize(
    ("name", "single", "video"),
    [("node", True, ""), ("node", False, ""), ("go", True, "picture"), ("go", False, "picture")],
    ids=["Node, one connection", "Node, two", "Go, one connection, H264", "Go, two, H264"],
)
async def test_another_sdk_and_the_python_sdk_see_hear_and_write_to_each_other(
    media: Server, room: str, files: dict[str, Path], name: str, single: bool, video: str
) -> None:
    published = [files["sound"], files[video]] if video else []
    async with (
        people("anna") as (anna,),
        program(name, media, "other", f"{room}-{name}-{single}", single=single, files=published) as other,
    ):
        await anna.join(media, single=True, room=f"{room}-{name}-{single}")
        await until(lambda: anna.sees("other", frames=10) and anna.hears("other"), what="anna sees and hears")
        await until(lambda: other.sees_and_hears("anna"), what="the other sees and hears")

        async def answered() -> bool:  # asked again: LiveKit drops what comes before a data channel is open
            me = anna.room.local_participant
            await me.publish_data(b"say hello", reliable=True, destination_identities=["other"])
            return (b"hello", "other", "") in anna.packets

        await until(answered, what="an answer")
        await until(lambda: ["say hello", "anna"] in other.told["packets"], what="the question was counted")
