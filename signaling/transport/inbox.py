"""Datagrams taken by the handful and media opened where it lies, by the loop in C (`loops/receive.c`).

It leaves to Python what is not the usual: checks, handshakes, control, and each packet of a stream that Python has not
told it of. Without a C compiler there is no inbox, and `ice_lite` takes one datagram after the other.
"""

import secrets
import socket
import struct
from collections.abc import Callable
from typing import Any, Protocol

from signaling.loops import library
from signaling.transport.outbox import Outbox
from signaling.transport.srtp import (
    LARGEST_DATAGRAM,
    RECEIVING,
    TRAILER,
    UNPROTECT_ADDRESS,
    UNPROTECT_CONTROL_ADDRESS,
    Unprotector,
)

ffi = library.ffi
TAKEN_AT_ONCE, NAME_SIZE = int(library.kernel.MOST_AT_ONCE), int(library.kernel.NAME_SIZE)
SLOT = LARGEST_DATAGRAM + TRAILER
SMALLEST_TABLE = 64  # places, a power of two
ARRIVAL = struct.Struct("@IIIIiHhBB2x")
Arrival = tuple[int, int, int, int, int, int, int, int, int]
MOST_REPORTS, REPORTS_SIZE = int(library.kernel.MOST_REPORTS), int(library.kernel.REPORTS_SIZE)
Reader = Callable[[bytes, float], None]  # takes an opened compound of RTCP and when it came


class Stream(Protocol):
    """Whoever takes the packets of one SSRC that were opened in C; `memory` is its `struct stream`, if it has one."""

    memory: Any

    def forward(self) -> None:
        """Give on what waits in `memory`."""

    def take(self, arrival: Arrival, view: memoryview, now: float) -> None:
        """Take a packet; its payload stands in `view`, until this returns."""


class Sender:
    """A peer as the loop knows it: its keys, and the streams that it may open by itself."""

    def __init__(self, inbox: "Inbox", most: int, consent: Any, line: Any) -> None:
        self.memory: Any = ffi.new("struct sender *")
        self._owned = self.memory.consent, self.memory.line = consent, line
        self._inbox = inbox
        self._numbers: dict[int, int] = {}
        self._room = int(ffi.sizeof(self.memory.sources) // ffi.sizeof("struct source"))
        self._opens: Unprotector | None = None  # owns the context in `memory`
        self.memory.most = most
        self.expect(-1, -1)

    def opened_by(self, keys: Unprotector) -> None:
        """Open packets with the same keys, of the streams that are learned."""
        if self._opens is not keys:
            self._opens = keys
            self.memory.context = ffi.cast("void *", keys.address)

    def expect(self, number: int, level: int) -> None:
        """Look for the header extensions with these identifiers, -1 for none."""
        self.memory.number, self.memory.level = number, level

    def counted(self) -> int:
        """Count a packet that Python takes; return how many came in this tick."""
        self.memory.packets += 1
        return int(self.memory.packets)

    def tick(self, most: int) -> int:
        """Return how many packets came since the last call; from now on `most` are taken."""
        packets = int(self.memory.packets)
        self.memory.packets, self.memory.most = 0, most
        return packets

    def knows(self, source: int) -> bool:
        """Tell whether a stream is opened in C; or could not be, for there are too many."""
        return source in self._numbers or len(self._numbers) >= self._room

    def learn(self, source: int, stream: Stream) -> None:
        """Open a stream from now on."""
        self._numbers[source] = self._inbox.enter(stream)
        self._write()

    def unlearn(self, source: int) -> None:
        """Leave a stream to Python again."""
        number = self._numbers.pop(source, None)
        if number is not None:
            self._inbox.leave(number)
            self._write()

    def reported(self, source: int, reader: Reader) -> None:
        """Open the reports of an SSRC, of which one was opened with the same keys, in C from now on, for a reader."""
        memory, count = self.memory, int(self.memory.reporters_count)
        if count < len(memory.reporters) and source not in memory.reporters[0:count]:
            memory.reporters[count], memory.reporters_count = source, count + 1
            memory.reader = memory.reader or self._inbox.enter_reader(reader)

    def await_report(self) -> None:
        """Let the next report be passed on, although it may count nothing new."""
        self.memory.awaited = True

    def forget(self) -> None:
        """Leave everything to Python again, and let go of who reads."""
        for source in tuple(self._numbers):
            self.unlearn(source)
        self.memory.reporters_count = 0
        self._inbox.readers.pop(int(self.memory.reader), None)

    def _write(self) -> None:
        for place, (source, number) in enumerate(self._numbers.items()):
            self.memory.sources[place] = (source, number, self._inbox.streams[number].memory)
        self.memory.count = len(self._numbers)


class Owner(Protocol):
    """What a name stands for: a sender, or credentials."""

    memory: Any


class Table:
    """Whose the addresses are at one socket, or whose the ufrags are."""

    def __init__(self) -> None:
        self._seed = secrets.randbits(64)
        self._bind_name = library.library.bind_name
        self._bound: dict[bytes, Owner] = {}  # owns what the table points to
        self.memory: Any = ffi.new("struct table *")
        self._make(SMALLEST_TABLE)

    def _make(self, size: int) -> None:
        self._size = size
        self._places = ffi.new("struct place[]", size)
        memory = self.memory
        memory.seed, memory.size, memory.count, memory.places = self._seed, size, 0, self._places

    def bind(self, name: bytes, owner: Owner | None) -> None:
        """Take a name for an owner's; None for nobody's."""
        if owner is None:
            self._bound.pop(name, None)
            self._bind_name(self.memory, name, len(name), ffi.NULL)
            return
        before = self._bound.get(name)
        self._bound[name] = owner
        if before is None and 2 * len(self._bound) > self._size:
            self._make(2 * self._size)
            for each, whose in self._bound.items():
                self._bind_name(self.memory, each, len(each), whose.memory)
        else:
            self._bind_name(self.memory, name, len(name), owner.memory)


class Inbox:
    """Where datagrams wait for their turn, and the streams whose packets are opened there."""

    def __init__(self) -> None:
        most = TAKEN_AT_ONCE
        self.streams: dict[int, Stream] = {}
        self.readers: dict[int, Reader] = {}
        self._entered = self._place = 0
        self._left: dict[int, Stream] = {}  # something may wait in them still
        self._slots = ffi.new("unsigned char[]", most * SLOT)
        self._names = ffi.new("unsigned char[]", most * NAME_SIZE)
        self._messages = ffi.new("struct mmsghdr[]", most)
        self._parts = ffi.new("struct iovec[]", most)
        self._arrivals = ffi.new("struct arrival[]", most)
        self.memory: Any = ffi.new("struct inbox *")
        self.ufrags = Table()  # whose checks are not a stranger's
        self.memory.ufrags = self.ufrags.memory
        self.memory.memory, self.memory.names = self._slots, self._names
        self.memory.messages, self.memory.parts, self.memory.arrivals = self._messages, self._parts, self._arrivals
        self._reports, self._bodies = ffi.new("struct report[]", MOST_REPORTS), ffi.new("unsigned char[]", REPORTS_SIZE)
        self.memory.reports, self.memory.reports_memory = self._reports, self._bodies
        self.memory.hmac, self.memory.sha1, self.memory.socket = library.hmac, library.sha1, -1
        self.memory.unprotect, self.memory.unprotect_control = UNPROTECT_ADDRESS, UNPROTECT_CONTROL_ADDRESS
        self.memory.most, self.memory.slot, self.memory.largest = most, SLOT, LARGEST_DATAGRAM
        self._view = memoryview(ffi.buffer(self._slots))
        self._arrived = memoryview(ffi.buffer(self._arrivals))
        library.library.lay_out(self.memory)
        self._take_in, self._open_next = library.library.take_in, library.library.open_next

    def enter(self, stream: Stream) -> int:
        """Return the number under which a stream's packets will arrive."""
        self._entered += 1
        self.streams[self._entered] = stream
        return self._entered

    def enter_reader(self, reader: Reader) -> int:
        """Return the number under which reports will wait for a reader."""
        self._entered += 1
        self.readers[self._entered] = reader
        return self._entered

    def read_reports(self) -> None:
        """Give the compounds of RTCP that wait to their readers."""
        memory = self.memory
        count = int(memory.reports_count)
        if count:
            whole, reports = ffi.buffer(self._bodies), self._reports[0:count]
            waiting = [(each.reader, whole[each.at : each.at + each.size], each.now) for each in reports]
            memory.reports_count = memory.reports_used = memory.urgent = 0
            for number, compound, now in waiting:
                reader = self.readers.get(number)
                if reader is not None:
                    reader(compound, now)

    def leave(self, number: int) -> None:
        """Let go of a stream, once nothing waits in it."""
        self._left[number] = self.streams.pop(number)

    def forward(self, outbox: Outbox) -> None:
        """Let go what waits in the streams that are counted and kept in C."""
        memory = self.memory
        if memory.ready_count:
            outbox.forward_ready(memory)
        for each in range(memory.left):
            number = int(memory.ready_numbers[each])
            stream = self.streams.get(number) or self._left.get(number)
            if stream is not None:
                stream.forward()
        memory.left = 0
        if self._left:
            self._left = {}

    def take_in(self, handle: int) -> None:
        """Take what waits at a socket, at most `TAKEN_AT_ONCE` datagrams, unless the waiting loop has done so."""
        if self.memory.taken:
            self.memory.taken = 0
        else:
            self._take_in(self.memory, handle)

    def open(self, table: Table) -> bool:
        """Give opened packets to their streams, up to the first datagram that is Python's; tell whether there is one.

        It is then where `moved` finds it; all before it have been dealt with.
        """
        found, self.memory.found = int(self.memory.found), 0
        found = found or int(self._open_next(self.memory, table.memory))
        if found > 1:
            now, view, streams = float(self.memory.now), self._view, self.streams
            for arrival in ARRIVAL.iter_unpack(self._arrived[: (found >> 1) * ARRIVAL.size]):
                stream = streams.get(arrival[0])
                if stream is not None:
                    stream.take(arrival, view, now)
        return bool(found & 1)

    def moved(self) -> int:
        """Move the datagram that is Python's to `RECEIVING`; return its size."""
        place = self._place = int(self.memory.next)
        size = int(self._messages[place].msg_len)
        RECEIVING[:size] = self._view[place * SLOT : place * SLOT + size]
        self.memory.next = place + 1
        return size

    def came_from(self) -> tuple[Any, ...]:
        """Return the address of what was moved last."""
        length = min(int(self._messages[self._place].msg_hdr.msg_namelen), NAME_SIZE)
        return address_of(bytes(ffi.buffer(self._names + self._place * NAME_SIZE, length)))

    @property
    def received(self) -> int:
        """How many datagrams were dealt with here."""
        return int(self.memory.received)

    @property
    def unknown(self) -> int:
        """How many of them were strangers'."""
        return int(self.memory.unknown)


def address_of(name: bytes) -> tuple[Any, ...]:
    """Return a raw sockaddr as the socket module tells it."""
    family, port = struct.unpack_from("=H", name)[0], struct.unpack_from(">H", name, 2)[0]
    if family == socket.AF_INET6:
        flow, scope = struct.unpack_from(">I", name, 4)[0], struct.unpack_from("=I", name, 24)[0]
        return socket.inet_ntop(family, name[8:24]), port, flow, scope
    return socket.inet_ntoa(name[4:8]), port


def possible() -> bool:
    """Tell whether the loops were compiled."""
    return library.library is not None
