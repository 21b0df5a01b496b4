"""The unmodified `livekit` Python SDK against our media server."""

from pathlib import Path

import pytest
from interop.signaling_person import people, reach
from interop.signaling_server import running, until

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_two_publishers_see_and_hear_each_other(tmp_path: Path, single: bool) -> None:
    async with running(tmp_path) as server, people("anna", "bert") as (anna, bert):
        await anna.join(server, single=single)
        await bert.join(server, single=single)
        await until(lambda: anna.sees("bert") and bert.sees("anna"), what="pictures")
        await until(lambda: anna.hears("bert") and bert.hears("anna"), what="sound")
        await reach(bert, [anna])
        await anna.room.local_participant.publish_data(b"reliably", reliable=True, topic="t")
        await bert.room.local_participant.publish_data(b"perhaps", reliable=False)
        await until(lambda: (b"reliably", "anna", "t") in bert.packets, what="reliable packet")
        await until(lambda: (b"perhaps", "bert", "") in anna.packets, what="lossy packet")
