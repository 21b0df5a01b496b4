"""What a subscriber may say by RTCP, right and wrong, and what has to become of it."""

import random
import struct
import time
from collections.abc import Callable
from math import inf
from typing import Any

from pylibsrtp import Policy
from receive import Both, World, begun, keys

from signaling import rtcp, stun
from signaling.bandwidth import LATE, RING, Departures, Feedback
from signaling.loops import library
from signaling.rtcp import Block
from signaling.transport.dtls import Certificate
from signaling.transport.inbox import MOST_REPORTS, REPORTS_SIZE
from signaling.transport.srtp import SHORTEST_RTCP, Unprotector

ffi = library.ffi
NOW, WAY = 1000.0, 7.0  # seconds; between the clocks of both sides
READER, REPORTER, STRANGER = 77, rtcp.OURS, 999
DESCRIPTION = rtcp.make_source_description(REPORTER, "x")
PLI = rtcp.make_pli(101)


def framed(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0x80 | count, kind, len(body) // 4) + body


def report(*blocks: tuple[int, int], first: int = 100) -> bytes:
    """A receiver report with (fraction lost, lost) of each stream."""
    return rtcp.make_receiver_report([Block(first + at, *each, 0, 0, 0, 0) for at, each in enumerate(blocks)])


SENDERS = rtcp.make_sender_report(REPORTER, 1, 2, 3, 4)
HEAD = struct.pack(">II", REPORTER, 101)
WAITS = {"SR": SENDERS, "RR": report((1, 1)), "RR SDES": report((1, 1)) + DESCRIPTION, "SR SDES": SENDERS + DESCRIPTION}
HURRIES = {
    "PLI": PLI, "RR PLI": report((1, 1)) + PLI, "NACK": rtcp.make_nack(101, [5]), "FIR": framed(206, 4, HEAD + HEAD),
    "REMB": framed(206, 15, HEAD + b"REMB\1\0\0\0" + HEAD), "BYE": framed(203, 1, HEAD[:4]),
    "SDES BYE": SENDERS + DESCRIPTION + framed(203, 1, HEAD[:4]), "APP": framed(204, 15, HEAD), "XR": framed(207, 0, HEAD),
    "unknown": framed(199, 15, HEAD), "feedback of another kind": framed(205, 14, HEAD), "206": framed(206, 15, HEAD),
}  # fmt: skip


# one compound in memory of just its size, so that the sanitizers see each byte too far


def unwrap(context: Any, _packet: Any, length: Any) -> int:
    """Stands for libsrtp: takes a tag away that is one byte shorter than `context` says."""
    length[0] -= int(ffi.cast("uintptr_t", context)) - 1
    return 0


UNWRAP = ffi.callback("int(void *, void *, int *)", unwrap)


class Waiting:
    """An inbox in which reports may wait, and a sender whose reports are opened in C."""

    def __init__(self, loops: Any, departures: Departures | None = None) -> None:
        self.loops, self.departures = loops, departures
        self.reports, self.bodies = ffi.new("struct report[]", MOST_REPORTS), ffi.new("unsigned char[]", REPORTS_SIZE)
        self.inbox, self.sender = ffi.new("struct inbox *"), ffi.new("struct sender *")
        self.inbox.reports, self.inbox.reports_memory = self.reports, self.bodies
        self.inbox.unprotect_control, self.inbox.now = ffi.cast("void *", UNWRAP), NOW
        self.sender.reader, self.sender.reporters_count, self.sender.reporters[0] = READER, 1, REPORTER
        self.sender.longest_delay, self.sender.calm = inf, True
        if departures is not None:
            self.sender.line = departures.line

    def passes(self, compound: bytes) -> bool:
        """Tell whether a compound waits for Python, which then is what came."""
        tag = max(0, SHORTEST_RTCP - len(compound))  # only of what would be too short
        memory = ffi.new("unsigned char[]", len(compound) + tag)
        ffi.buffer(memory)[:] = compound + b"\xff" * tag
        inbox, self.sender.context = self.inbox, ffi.cast("void *", tag + 1)
        inbox.reports_count = inbox.reports_used = inbox.urgent = 0
        assert self.loops.reported(inbox, self.sender, memory, len(compound) + tag) == 1
        if not inbox.reports_count:
            assert not inbox.reports_used and not inbox.urgent
            return False
        waits = self.reports[0]
        assert (waits.reader, waits.at, waits.size, waits.now) == (READER, 0, len(compound), NOW)
        assert ffi.buffer(self.bodies)[: waits.size] == compound
        return True


def departed(chance: random.Random) -> Departures:
    departures = Departures()
    if chance.random() < 0.02:
        return departures  # nothing left ever, there is no memory even
    departures.begin()
    departures.line.next = chance.choice([0, 65_530, 65_000, chance.randrange(65_536)])
    at = NOW - chance.choice([0.5, 9.0, 10.5, 40.0])
    if chance.random() < 0.2:
        departures.note([100] * (RING + 9), at)  # the ring is full: each place was another number's
    for _ in range(chance.choice([1, 5, 20])):
        at = min(NOW, at + chance.choice([0.0, 0.01, 0.3]))
        departures.note([100] * chance.choice([1, 3, 20, 300]), at)
    return departures


def first_of(chance: random.Random, departures: Departures, count: int) -> int:
    """A number from which on `count` packets are told of: all left lately, or some long ago, or never."""
    return int(departures.line.next) + 65_536 - count - chance.choice([0, 0, 0, 0, 1, 7, 4090, 5000, -3])


def made(chance: random.Random, departures: Departures) -> bytes:
    """Feedback as a client makes it; losses and delays are near to what is still well."""
    count = chance.choice([1, 5, 10, 11, 20, 40, 300])
    numbers = range(first := first_of(chance, departures, count), first + count)
    lost = chance.choice([0, count // 10, count // 10, count // 10 + 1, count // 3])
    gone = set(chance.sample(numbers[1:-1], min(lost, max(0, count - 2))))
    arrived = []
    for number in numbers:
        sent = departures._times[number & (RING - 1)] if departures._memory is not None else NOW
        at = (sent if sent > 0 else NOW) + WAY + chance.uniform(0, 0.1)
        if number not in gone:
            arrived.append((number, int(at * 1_000_000)))
    return chance.choice(rtcp.make_transport_cc(5, 3, arrived))


def raw(chance: random.Random, departures: Departures) -> bytes:
    """Any chunks, deltas, count and padding."""
    runs = [chance.choice([0, 1, 2, 30, 300, 8191]) for _ in range(chance.choice([0, 1, 3, 12]))]
    vectors = (0xBFFF, 0xD555, 0xEAAA, 0x8000, chance.randrange(0x8000, 0x10000))
    chunks = [chance.choice([chance.choice([0, 1, 1, 1, 2, 3]) << 13 | run, chance.choice(vectors)]) for run in runs]
    held = sum(each & 0x1FFF if each < 0x8000 else 7 if each & 0x4000 else 14 for each in chunks)
    count = chance.choice([held, held, held - 3, held + 5, 20, 0, 1, RING, RING + 1, 65_535]) & 0xFFFF
    reference = int((NOW + WAY + chance.uniform(-2, 0)) / 0.064) << 8
    head = struct.pack(">IIHHI", REPORTER, 5, first_of(chance, departures, min(count, 500)) & 0xFFFF, count, reference)
    body = head + b"".join(struct.pack(">H", each) for each in chunks)
    body += chance.randbytes(chance.choice([0, 1, held % 500, 2 * held % 500, 400]))
    end = bytes([chance.choice([0, 1, 2, 3, 4, 9, 200, 255])])
    body += bytes(3 - len(body) % 4) + end
    return framed(rtcp.TRANSPORT_FEEDBACK, rtcp.TRANSPORT_CC | chance.choice([0, 0x20]), body)


def told(chance: random.Random, departures: Departures) -> bytes:
    """Feedback, right or wrong, whole or cut."""
    whole = chance.choice([made, made, raw])(chance, departures)
    match chance.randrange(10):
        case 0 | 1:
            body = whole[4 : 4 * chance.randrange(2, len(whole) // 4 + 1)]
            return framed(rtcp.TRANSPORT_FEEDBACK, whole[0] & 0x3F, body)
        case 2:
            return whole[: chance.randrange(8, len(whole) + 1)]
        case 3:
            return whole[:2] + struct.pack(">H", chance.choice([0, 1, len(whole) // 4, 65_535])) + whole[4:]
    return whole


def settled(compound: bytes, departures: Departures) -> Feedback | None:
    found = [rtcp.arrivals(part) for part in rtcp.split(compound)]
    return departures.settle(*found[0], NOW) if found and found[0] is not None else None


def goes_well(compound: bytes, departures: Departures, longest: float) -> bool:
    """Judge as Python does; it alone looks at what is not one whole feedback of at most so many packets."""
    parts = list(rtcp.split(compound))
    whole = len(parts) == 1 and len(compound) == 4 + int.from_bytes(compound[2:4]) * 4
    if not whole or departures._memory is None or rtcp.arrivals(parts[0]) is None:
        return False
    feedback = settled(compound, departures)
    if int.from_bytes(parts[0].body[10:12]) > RING:
        return False
    if feedback is None:
        return True
    return feedback.lost <= LATE * (feedback.arrived + feedback.lost) and feedback.least_delay <= longest


# the whole path: two media ports, one of which has the loops


def turn(world: World, *datagrams: bytes) -> None:
    """Let datagrams come together, and do what is done with them while waiting (`watch.c`)."""
    for each in datagrams:
        world.far.sendto(each, world.sock.getsockname())
    inbox: Any = world.port.inbox
    if inbox is not None:
        inbox._take_in(inbox.memory, world.sock.fileno())
        inbox.memory.found = inbox._open_next(inbox.memory, world.port._tables[world.sock].memory)
        inbox.memory.taken = bool(inbox.memory.found)
    if inbox is None or inbox.memory.found:
        world.port._readable(world.sock)


class Joined(Both):
    """Two worlds whose subscriber sends reports: from its own address, and the first has been opened in Python."""

    def __init__(self, loops: Any, certificate: Certificate) -> None:
        super().__init__(loops, certificate)
        begun(self)
        self.client = keys(Policy.SSRC_ANY_OUTBOUND, 20)
        for world in self.worlds:
            world.subscriber.handshake.inbound = Unprotector(keys(Policy.SSRC_ANY_INBOUND, 20))
            ours = world.subscriber.transport()
            turn(world, stun.request(f"{ours.ufrag}:x", ours.pwd, b"x" * 12))
            assert world.far.recv(4096)
        self.inbox: Any = self.worlds[0].port.inbox
        self.lines = [world.subscriber.downlink.line for world in self.worlds]
        self.came(report((0, 0)))
        assert not self.inbox.memory.reports_count

    def sealed(self, *compounds: bytes) -> list[bytes]:
        return [self.client.protect_rtcp(each) for each in compounds]

    def came(self, *compounds: bytes) -> None:
        whole = self.sealed(*compounds)
        for world in self.worlds:
            turn(world, *whole)
            world.port.read_reports()

    def fed_back(self, lost: int, late: float = 0.0) -> bytes:
        """Let 20 packets leave both worlds at the same time; return the feedback, in which some of them are lost."""
        at = time.monotonic()
        [first] = {world.subscriber.downlink.departures.note([1000] * 20, at) for world in self.worlds}
        numbers = [first + each for each in range(20) if not 0 < each <= lost]
        [found] = rtcp.make_transport_cc(5, 3, [(number, int((at + WAY + late) * 1e6)) for number in numbers])
        return found

    def measured(self) -> None:
        """The line was measured, and nothing was suspicious for long."""
        self.came(self.fed_back(0))
        for line in self.lines:
            line._uneasy_at = -inf

    def settle(self) -> None:
        self.measured()
        for world in self.worlds:
            world.subscriber._settle(time.monotonic())
        assert self.calm

    @property
    def calm(self) -> bool:
        sender: Any = self.worlds[0].subscriber.sender
        return bool(sender.memory.calm)

    def said(self) -> Any:
        """Return what the subscriber's reports have changed: the same in both worlds."""
        found = [
            (
                {ssrc: (down.lost, down.lost_lately, down.nacked) for ssrc, down in world.subscriber.downs.items()},
                [track.keyframes_asked for track in world.tracks],
                (line.limit, line.quiet(time.monotonic()), line.measured),
            )
            for world, line in zip(self.worlds, self.lines, strict=True)
        ]
        assert found[0] == found[1]
        return found[0]


def any_control(chance: random.Random, both: Joined, measures: bool) -> bytes:
    media = chance.choice([100, 101, 101, STRANGER])
    match chance.randrange(6):
        case 0:
            return rtcp.make_nack(media, [chance.randrange(1000, 2000) for _ in range(3)])  # which were not sent
        case 1:
            return rtcp.make_pli(media)
        case 2:
            return framed(206, 4, HEAD + struct.pack(">II", media, 0))
        case 3 if measures:
            return both.fed_back(chance.choice([0, 0, 2, 6]))
        case 3:
            return framed(206, 15, HEAD + b"REMB" + bytes([1, chance.randrange(8, 12) << 2 | 3]) + chance.randbytes(2))
    blocks = [(chance.choice([0, 0, 0, 40]), chance.randrange(3)) for _ in range(chance.randrange(3))]
    return report(*blocks, first=chance.choice([100, 101]))


BAD: dict[str, Callable[[Joined], bytes]] = {
    "lost": lambda both: both.fed_back(3), "late": lambda both: both.fed_back(0, 0.06),
    "report": lambda both: report((9, 7)), "NACK": lambda both: rtcp.make_nack(100, [1000]),
}  # fmt: skip
