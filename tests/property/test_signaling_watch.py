"""The waiting that forwards: what it does without Python is what Python would do, and nothing is lost between the two."""

import random
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from receive import AUDIO, STREAMS, VIDEO, Both, World, begun, datagram, packet

from signaling import downtrack
from signaling.connection import Connection
from signaling.downtrack import DownTrack
from signaling.loops import library
from signaling.slots import Slot
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort, Path
from signaling.transport.watch import UNSEEN_SECONDS, Watch

pytest_plugins = ["loops_fixtures"]
SO_NO_CHECK = 11  # socket(7), Linux
FRAMES = "9"  # the picture that World's subscriber gets


class Waiting:
    """Two worlds, of which the first is waited for by a `Watch`, and the second read by Python."""

    def __init__(self, loops: Any, certificate: Certificate) -> None:
        self.both = Both(loops, certificate)
        self.world = self.both.worlds[0]
        before, library.library = library.library, loops
        try:
            self.watch = Watch()
        finally:
            library.library = before
        port: Any = self.world.port
        self.watch.register(self.world.sock, selectors.EVENT_READ, "media")
        self.watch.attend(self.world.sock.fileno(), port._tables[self.world.sock], port.inbox, port.outbox)
        self.ours, self.other = socket.socketpair()  # something else that is ready: so that nothing waits in vain
        self.watch.register(self.ours, selectors.EVENT_READ, "other")
        self.other.send(b"x")

    def look(self) -> list[str]:
        """Return what is ready now, whatever was looked at just before."""
        self.watch._looked_at = -1.0
        return [key.data for key, _ in self.watch.select(0)]

    def turn(self, *datagrams: tuple[int, bytes | None]) -> int:
        """Let datagrams come; return how often Python was asked to go on."""
        for end, each in datagrams:
            self.world.ends[end].send(self.world.check() if each is None else each)
        asked, seen = 0, -1
        while seen != self.world.port.received:  # more than are taken at once may have come
            seen = self.world.port.received
            if "media" in self.look():
                self.world.port._readable(self.world.sock)
                asked += 1
        self.world.read()
        return asked

    def close(self) -> None:
        self.watch.unregister(self.world.sock)
        for world in self.both.worlds:
            world.close()
        self.watch.close()
        self.ours.close()
        self.other.close()


@pytest.fixture
def make(loops: Any, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Waiting]]:
    made: list[Waiting] = []
    monkeypatch.setattr(downtrack, "starts_keyframe", lambda *_: True)  # the payloads are any bytes

    def another() -> Waiting:
        while made:
            made.pop().close()
        made.append(Waiting(loops, certificate))
        return made[0]

    yield another
    while made:
        made.pop().close()


def flowing(there: Waiting) -> None:
    """Every stream is known, and who gets it sits in its crowd."""
    begun(there.both)
    for step in (1, 2):
        for ssrc, mid, rid, kind in STREAMS:
            there.turn((0, there.both.protected(packet(ssrc, 65_530 + step, mid, rid, kind, b"\x90\x80\x01\x10\x00"))))


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.integers(0, 2**32), st.lists(st.integers(1, 20), min_size=4, max_size=20), st.booleans())
def test_whatever_comes_is_the_same_as_without_the_watch(
    make: Callable[[], Waiting], seed: int, batches: list[int], known: bool
) -> None:
    chance, there = random.Random(seed), make()
    if known:
        begun(there.both)
    for size in batches:
        batch = [(chance.choice([0, 0, 0, 0, 1]), datagram(chance, there.both)) for _ in range(size)]
        there.turn(*batch)
        there.both.worlds[1].arrive(*batch)
        there.world.port.read_reports()
        assert there.world.seen() == there.both.worlds[1].seen()


def test_what_needs_no_python_wakes_nobody(make: Callable[[], Waiting]) -> None:
    there = make()
    flowing(there)
    turns, got = there.watch.turns, len(there.world.got[100])
    sound = [(0, there.both.protected(packet(5, 65_533 + step, "7", "", AUDIO, b"sound"))) for step in range(70)]
    assert there.turn(*sound) == 0
    assert len(there.world.got[100]) == got + 70
    assert there.watch.turns > turns
    assert there.look() == ["other"]  # which is not forgotten meanwhile


def test_python_goes_on_with_the_very_datagrams_that_were_taken(make: Callable[[], Waiting]) -> None:
    there = make()
    flowing(there)
    mixed = [
        there.both.protected(packet(5, 65_533, "7", "", AUDIO, b"sound")),
        there.both.protected(packet(77, 5, "8", "h", VIDEO, b"\x90\x80\x01\x10\x00")),  # nobody knows this source
        there.both.protected(packet(5, 65_534, "7", "", AUDIO, b"sound")),
    ]
    got = len(there.world.got[100])
    assert there.turn(*[(0, each) for each in mixed]) == 1
    assert len(there.world.got[100]) == got + 2
    assert 77 in there.world.publisher.incoming._sources


def test_a_frame_whose_end_never_comes_is_not_held_back(make: Callable[[], Waiting]) -> None:
    there = make()
    flowing(there)
    subscribers(there.world, 8)
    for step in range(3, 6):
        whole = packet(8, 65_530 + step, FRAMES, "q", VIDEO, b"\x90\x80\x01\x10\x00")
        assert not whole[1] & 128
        got = len(there.world.got[101])
        there.turn((0, there.both.protected(whole)))
        assert len(there.world.got[101]) == got + 1


def subscribers(world: World, count: int) -> None:
    """Let more people get the picture, at an address where nobody listens."""
    track = world.tracks[2]
    for number in range(count):
        there = Connection(world.port, world.publisher._certificate, offers=False)
        there.handshake.outbound, there.connected = world.subscriber.handshake.outbound, True
        there.path = Path(world.sock, ("127.0.0.1", 9), world.port.outbox)
        slot = Slot(track.sid, "PA_x", "video", "H264", 300 + number, "1", 101)
        there.subscribe(DownTrack(track, slot, there))
        there._activate()


def test_a_message_that_the_kernel_refuses_is_lost_and_nothing_else(make: Callable[[], Waiting]) -> None:
    there = make()
    flowing(there)
    there.world.subscriber.path = Path(there.world.sock, ("255.255.255.255", 9), there.world.port.outbox)  # EACCES
    for step in range(3, 7):
        there.turn((0, there.both.protected(packet(5, 65_530 + step, "7", "", AUDIO, b"sound"))))
    assert there.world.port.outbox.dropped == 4
    there.world.subscriber.path = Path(there.world.sock, there.world.far.getsockname(), there.world.port.outbox)
    got = len(there.world.got[100])
    for step in range(7, 10):
        there.turn((0, there.both.protected(packet(5, 65_530 + step, "7", "", AUDIO, b"sound"))))
    assert len(there.world.got[100]) == got + 3


def test_an_urgent_report_wakes_python_and_others_wait(make: Callable[[], Waiting], monkeypatch: Any) -> None:
    there, read = make(), list[bytes]()
    flowing(there)
    monkeypatch.setattr(there.world.publisher, "take_control", lambda compound, _now: read.append(bytes(compound)))
    report, wish = b"\x80\xc9\0\x01\0\0\0\x07", b"\x81\xce\0\x02\0\0\0\x07\0\0\0\x65"
    assert there.turn((0, there.both.theirs.protect_rtcp(report))) == 1  # the first of its source is Python's
    assert there.turn((0, there.both.theirs.protect_rtcp(report))) == 0
    assert read == [report]
    assert there.turn((0, there.both.theirs.protect_rtcp(wish))) == 1
    assert read == [report, report, wish]


def test_a_socket_that_is_unregistered_is_left_alone(make: Callable[[], Waiting]) -> None:
    there = make()
    flowing(there)
    there.watch.unregister(there.world.sock)
    turns = there.watch.turns
    assert there.turn((0, there.both.protected(packet(5, 65_533, "7", "", AUDIO, b"sound")))) == 0
    assert there.watch.turns == turns
    there.watch.register(there.world.sock, selectors.EVENT_READ, "media")
    got = len(there.world.got[100])
    assert "media" in there.look()  # as without a watch: its reader is told, and takes what came
    there.world.port._readable(there.world.sock)
    there.world.read()
    assert len(there.world.got[100]) == got + 1


def test_callbacks_that_are_due_are_not_held_up_by_another_look_but_not_for_long(make: Callable[[], Waiting]) -> None:
    there = make()
    assert there.look() == ["other"]
    there.watch._looked_at = time.monotonic() + 60
    assert there.watch.select(0) == []
    there.watch._looked_at = time.monotonic() - UNSEEN_SECONDS
    assert [key.data for key, _ in there.watch.select(0)] == ["other"]


def test_waiting_ends_when_its_time_is_over_or_a_signal_comes(make: Callable[[], Waiting]) -> None:
    there = make()
    there.ours.recv(1)
    began = time.monotonic()
    assert there.watch.select(0.02) == []
    assert time.monotonic() - began >= 0.02
    came: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: came.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        assert there.watch.select(60) == []
    finally:
        signal.signal(signal.SIGALRM, before)
    assert came == [signal.SIGALRM] and time.monotonic() - began < 30


def test_what_waits_for_another_socket_goes_by_that_one_first(loops: Any) -> None:
    before, library.library = library.library, loops
    try:
        port = MediaPort(("127.0.0.1", "::1"), 0)
    finally:
        library.library = before
    ends = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)]
    for end, address in zip(ends, ("127.0.0.1", "::1"), strict=True):
        end.bind((address, 0))
        end.settimeout(10)
    port.outbox.holding = True
    paths = [Path(sock, end.getsockname(), port.outbox) for sock, end in zip(port._at, ends, strict=True)]
    for number, path in enumerate(paths * 2):
        place = port.outbox.room(1, 1)
        port.outbox.view[place] = 65 + number
        path.post(place, ((0, 1, 1),))
    port.outbox.flush()
    assert [[end.recv(10) for _ in range(2)] for end in ends] == [[b"A", b"C"], [b"B", b"D"]]
    for end in ends:
        end.close()
    port.close()


def test_what_the_kernel_will_not_cut_goes_packet_by_packet(make: Callable[[], Waiting]) -> None:
    there = make()
    flowing(there)
    there.world.sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)  # the kernel cuts nothing without checksums
    got = len(there.world.got[101])
    frame = [packet(8, 65_533 + step, FRAMES, "q", VIDEO, b"\x90\x80\x01\x10\x00" * 9) for step in range(5)]
    assert there.turn(*[(0, there.both.protected(each)) for each in frame]) == 1  # what is refused is Python's
    assert len(there.world.got[101]) == got + 5
    assert there.world.port.outbox.dropped == 0


def test_packets_leave_from_the_socket_of_who_gets_them_whatever_left_before(make: Callable[[], Waiting]) -> None:
    there = make()
    flowing(there)
    got = len(there.world.got[100])
    there.world.port.outbox.memory.socket = -1
    assert there.turn((0, there.both.protected(packet(5, 65_533, "7", "", AUDIO, b"sound")))) == 0
    assert len(there.world.got[100]) == got + 1
