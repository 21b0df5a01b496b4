"""A client that comes back: what it missed is sent again, what it sent twice is not, and what it says it has counts."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from livekit.protocol import models, rtc
from signaling_play import application, node, talk

from signaling import messages
from signaling.transport.dtls import RELIABLE


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(application())) as made:
        yield made


def packet(number: int, *to: str) -> bytes:
    user = models.UserPacket(payload=b"%d" % number, destination_identities=to)
    return models.DataPacket(kind=models.DataPacket.Kind.RELIABLE, user=user, sequence=number).SerializeToString()


class Channel:
    """What goes out on a member's reliable channel."""

    def __init__(self, member: Any, monkeypatch: pytest.MonkeyPatch, *, is_open: bool = True) -> None:
        self.got: list[bytes] = []
        self.opened = is_open
        monkeypatch.setattr(member.subscriber.handshake, "is_open", lambda _label: self.opened)
        monkeypatch.setattr(member.subscriber.handshake, "send", self._send)

    def _send(self, label: str, message: bytes) -> None:
        assert label == RELIABLE
        self.got.append(models.DataPacket.FromString(message).user.payload)


async def test_packets_missed_during_a_cut_come_after_it_and_those_sent_twice_only_once(
    client: TestClient[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for identity in ("anna", "bert", "carl"):
        await (await talk(client, identity)).next("join")
    room = node(client).rooms["room"]
    anna, bert, carl = (room.members[each] for each in ("anna", "bert", "carl"))
    to_bert, to_carl = Channel(bert, monkeypatch), Channel(carl, monkeypatch)
    for number, to in ((1, ()), (2, ()), (3, ("carl",)), (4, ())):
        messages.received(anna, RELIABLE, packet(number, *to))
    assert (to_bert.got, to_carl.got) == ([b"1", b"2", b"4"], [b"1", b"2", b"3", b"4"])

    again = await talk(client, "bert", query=f"&reconnect=1&sid={bert.sid}")
    assert (await again.next("reconnect")).last_message_seq == 0  # bert himself has sent none
    states = [rtc.DataChannelReceiveState(publisher_sid=anna.sid, last_seq=1)]
    await again.say(sync_state=rtc.SyncState(datachannel_receive_states=states))
    await again.say(ping=1)
    await again.next("pong")
    assert to_bert.got == [b"1", b"2", b"4", b"2", b"4"]  # from the second on, and nothing that was for carl

    sender = await talk(client, "anna", query=f"&reconnect=1&sid={anna.sid}")
    assert (await sender.next("reconnect")).last_message_seq == 4
    messages.received(anna, RELIABLE, packet(4))
    messages.received(anna, RELIABLE, packet(5))
    assert to_carl.got == [b"1", b"2", b"3", b"4", b"5"]


async def test_packets_that_pass_before_a_channel_opens_wait_for_it(
    client: TestClient[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for identity in ("anna", "bert"):
        await (await talk(client, identity)).next("join")
    anna, bert = (node(client).rooms["room"].members[each] for each in ("anna", "bert"))
    to_bert = Channel(bert, monkeypatch, is_open=False)
    for number in (1, 2):
        messages.received(anna, RELIABLE, packet(number))
    assert to_bert.got == []
    to_bert.opened = True
    messages.opened(bert, RELIABLE)
    assert to_bert.got == [b"1", b"2"]


async def test_what_a_client_says_it_wants_and_has_disabled_counts_after_its_return(
    client: TestClient[Any, Any],
) -> None:
    anna = await talk(client)
    await anna.next("join")
    member = node(client).rooms["room"].members["anna"]
    again = await talk(client, query=f"&reconnect=1&sid={member.sid}")
    unwanted = rtc.UpdateSubscription(track_sids=["TR_a"], subscribe=False)
    await again.say(sync_state=rtc.SyncState(subscription=unwanted, track_sids_disabled=["TR_b"]))
    await again.say(ping=1)
    await again.next("pong")
    assert not member.desires("TR_a")
    assert member.desires("TR_b")


@pytest.mark.parametrize("sid", ["PA_another", ""])
async def test_only_its_own_sid_finds_a_member_again(client: TestClient[Any, Any], sid: str) -> None:
    anna = await talk(client)
    own = (await anna.next("join")).participant.sid
    again = await talk(client, query=f"&reconnect=1&sid={sid}")
    if sid:
        assert (await again.next("leave")).action == rtc.LeaveRequest.Action.RECONNECT
    else:  # older clients name none
        await again.next("reconnect")
        assert node(client).rooms["room"].members["anna"].sid == own
