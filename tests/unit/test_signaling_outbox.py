"""Many datagrams by one call: what arrives is what was put in, in order, whatever their sizes."""

import asyncio
import errno
import gc
import socket
from collections.abc import Iterator

import pytest

from signaling.transport import outbox as under_test
from signaling.transport.ice_lite import Path
from signaling.transport.outbox import MEMORY, Outbox
from signaling.transport.runs import runs_of


class Far:
    """A peer's socket, and our path to it."""

    def __init__(self, ours: socket.socket, outbox: Outbox, family: int = socket.AF_INET) -> None:
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.setblocking(False)
        self.path = Path(ours, self.sock.getsockname(), outbox)

    def put(self, *sizes: int) -> None:
        outbox = self.path.outbox
        place = outbox.room(sum(sizes), len(sizes))
        outbox.view[place : place + sum(sizes)] = b"".join(size.to_bytes(2) + bytes(size - 2) for size in sizes)
        self.path.post(place, runs_of(sizes))

    def got(self) -> list[int]:
        found = []
        while True:
            try:
                datagram = self.sock.recv(4096)
            except BlockingIOError:
                return found
            assert int.from_bytes(datagram[:2]) == len(datagram)
            found.append(len(datagram))


class Near:
    """Our side."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.outbox.holding = True
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.fars: list[Far] = []

    def far(self) -> Far:
        self.fars.append(Far(self.sock, self.outbox))
        return self.fars[-1]


@pytest.fixture
def near() -> Iterator[Near]:
    side = Near()
    yield side
    for sock in (side.sock, *(far.sock for far in side.fars)):
        sock.close()


@pytest.mark.parametrize(
    "sizes",
    [(1200,) * 5 + (300, 80, 80, 900), (100,), (5, 6, 7), (7, 6, 5), (50,) * 200, (1200, 1201, 1201, 2), (2000,) * 60],
)
def test_what_is_put_in_arrives_in_order(near: Near, sizes: tuple[int, ...]) -> None:
    far = near.far()
    far.put(*sizes)
    near.outbox.flush()
    assert far.got() == list(sizes)
    far.put(*sizes)
    near.outbox.flush()
    assert far.got() == list(sizes)


def test_each_destination_gets_its_own(near: Near) -> None:
    fars = [near.far() for _ in range(40)]
    for round_ in range(3):
        for number, far in enumerate(fars):
            far.put(100 + number, 100 + number, 50 + round_)
    near.outbox.flush()
    for number, far in enumerate(fars):
        assert far.got() == [size for round_ in range(3) for size in (100 + number, 100 + number, 50 + round_)]


def test_nothing_is_sent_before_the_end_of_the_turn_unless_it_is_much(near: Near) -> None:
    far = near.far()
    far.put(1000, 1000)
    assert far.got() == []
    for _ in range(4):
        far.put(*[1000] * 10)
    sent = 2 + 10 * 4
    assert far.got() == []
    far.put(*[1000] * 10)
    assert len(far.got()) == sent
    near.outbox.flush()
    assert len(far.got()) == 10


def test_where_the_kernel_refuses_to_cut_the_packets_go_one_by_one(near: Near, monkeypatch: pytest.MonkeyPatch) -> None:
    real = under_test._kernel

    class Refusing:
        """A network device that cannot cut: messages with a control part are refused."""

        def sendmmsg(self, handle, messages, count, flags):
            if messages[0].msg_hdr.msg_control != under_test._c.NULL:
                under_test._c.errno = errno.EIO
                return -1
            return real.sendmmsg(handle, messages, 1, flags)

    monkeypatch.setattr(under_test, "_kernel", Refusing())
    far, other = near.far(), near.far()
    far.put(700, 700, 700, 9)
    other.put(40)
    near.outbox.flush()
    assert (far.got(), other.got()) == ([700, 700, 700, 9], [40])
    far.put(700, 700, 8)
    near.outbox.flush()
    assert far.got() == [700, 700, 8]
    assert near.outbox.dropped == 0


def test_one_destination_that_cannot_be_reached_costs_the_others_nothing(near: Near) -> None:
    far = near.far()
    nowhere = Path(near.sock, ("255.255.255.255", 9), near.outbox)  # broadcast is forbidden: EACCES
    nowhere.post(near.outbox.room(100, 1), ((0, 100, 100),))
    far.put(60)
    near.outbox.flush()
    assert far.got() == [60]
    assert near.outbox.dropped == 1


def test_a_closed_socket_is_no_failure(near: Near) -> None:
    far = near.far()
    far.put(60)
    near.sock.close()
    near.outbox.flush()
    assert far.got() == []


async def test_outside_of_a_turn_the_loop_sends(near: Near) -> None:
    near.outbox.holding = False
    far = near.far()
    far.put(60, 60)
    assert far.got() == []
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert far.got() == [60, 60]


def test_sockets_take_turns_within_one_turn_of_the_loop(near: Near) -> None:
    six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    near.fars.append(Far(six, near.outbox, socket.AF_INET6))
    four = near.far()
    for round_ in range(3):
        near.fars[0].put(60, 60 - round_)
        four.put(50, 50 - round_)
    near.outbox.flush()
    six.close()
    assert near.fars[0].got() == [60, 60, 60, 59, 60, 58]
    assert four.got() == [50, 50, 50, 49, 50, 48]


def test_room_that_was_not_used_is_there_again_after_the_turn(near: Near) -> None:
    far = near.far()
    for _ in range(3):
        near.outbox.room(MEMORY, 1)
        near.outbox.flush()
    far.put(60)
    near.outbox.flush()
    assert far.got() == [60]


def test_an_address_outlives_its_path_until_it_is_sent_to(near: Near) -> None:
    far = near.far()
    far.put(60)
    far.path = None  # type: ignore[assignment]  # the client moved within this turn
    gc.collect()
    near.outbox.flush()
    assert far.got() == [60]
