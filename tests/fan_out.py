"""A burst for many subscribers twice: given to the loop in C, and laid out by Python, which says what is right.

What the loop works on lies in blocks of exactly the size it was told: a sanitizer sees one byte too far. Without one
some bytes more lie behind its memory, which must stay as they were.
"""

import struct
from array import array
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import pytest
from cffi import FFI
from fan_out_scene import Link, Scene, Sub, keys, tagged
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp

from signaling.burst import NUMBER_AT, Burst, Dress
from signaling.loops.library import ffi
from signaling.rewriter import Rewriter, Span
from signaling.rtp import Packet, before
from signaling.transport.runs import one_by_one, runs_of

RING = 4096
SPARE = 160  # what libsrtp may write behind the memory's size
UNTOUCHED = 0xA5
CONTROL_SIZE = 24
declared = FFI()
declared.cdef("void *malloc(size_t size); void free(void *memory);")
LIBC: Any = declared.dlopen(None)
Message = tuple[int, bytes, int]  # to whom, its packets, their size if the kernel has to cut them


def newest_of(scene: Scene) -> int:
    """What all subscribers have got as the newest before the first burst."""
    firsts = [(scene.start - each.behind) & 0xFFFF for each in scene.subs]
    return next((one for one in firsts if not any(before(one, other) for other in firsts)), 0)


class Model:
    """What Python makes of a scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.sessions = [None if each.profile == "tag" else keys(each, scene.seed) for each in scene.links]
        self.times = [[-inf] * RING for _ in scene.links]
        self.sizes = [[0] * RING for _ in scene.links]
        self.next = [each.next for each in scene.links]
        self.octets = [each.octets for each in scene.links]
        self.counts = [[0, 0] for _ in scene.subs]
        self.rewriters = [self._rewriter(each) for each in scene.subs]

    def _rewriter(self, sub: Sub) -> Rewriter:
        found = Rewriter("")
        found.begin(Packet((self.scene.start - sub.behind) & 0xFFFF, 0, False, False, b""), 0.0)
        newest = Packet(newest_of(self.scene), 0, False, False, b"")
        found.catch_up(newest, (self.scene.start - sub.behind) & 0xFFFF, 0.0)
        span = found.span
        assert span is not None
        span.seq, span.timestamp, span.picture, span.tl0 = sub.seq, sub.timestamp, sub.picture, sub.tl0
        span.rewrites = sub.rewrites
        return found

    def span(self, number: int) -> Span:
        span = self.rewriters[number].span
        assert span is not None
        return span

    def deliver(self, number: int, packets: list[Packet], now: float) -> list[Message]:
        """Return a burst's messages for somebody, as `DownTrack.deliver` makes them."""
        sub, link, burst, span = (
            self.scene.subs[number],
            self.scene.subs[number].link,
            Burst(packets),
            self.span(number),
        )
        self.rewriters[number].follow(burst.newest, now)
        if before(burst.oldest.seq, span.first):
            fitting = [each for each in packets if span.number(each) >= 0]
            if not fitting:
                return []
            burst = Burst(fitting)
        self.counts[number][0] += len(burst.packets)
        self.counts[number][1] += burst.octets
        line = self.scene.links[link]
        extension = line.extension if line.remembers and now < line.numbered_until else 0
        layout = burst.layout(Dress(extension, line.tag, sub.kind, sub.redundant, sub.ssrc, sub.mid), span)
        sent: list[bytes] = []
        for at, size in layout.places:
            packet = bytearray(layout.image[at : at + size])
            if extension:
                packet[NUMBER_AT : NUMBER_AT + 2] = self.next[link].to_bytes(2)
            protected = self._protected(link, bytes(packet))
            if protected is not None:
                sent.append(protected)
                if extension:
                    self._note(link, size, now)
        runs, image = runs_of([len(each) for each in sent]), b"".join(sent)
        return [
            (number, image[start:end], segment if end - start > segment else 0)
            for start, end, segment in (runs if self.scene.cuts else one_by_one(runs))
        ]

    def _note(self, link: int, size: int, now: float) -> None:
        self.times[link][self.next[link] % RING], self.sizes[link][self.next[link] % RING] = now, size
        self.octets[link] += size
        self.next[link] = (self.next[link] + 1) % 65536

    def _protected(self, link: int, packet: bytes) -> bytes | None:
        session = self.sessions[link]
        if session is None:
            return tagged(packet, self.scene.links[link])
        memory, length = srtp_ffi.new("unsigned char[]", len(packet) + SPARE), srtp_ffi.new("int *", len(packet))
        srtp_ffi.memmove(memory, packet, len(packet))
        if srtp.srtp_protect(session._srtp[0], memory, length):
            return None
        return bytes(srtp_ffi.buffer(memory, length[0]))


class Loop:
    """The same scene for the loop in C; what it leaves waiting is read as the kernel would."""

    def __init__(self, library: Any, scene: Scene, *, exact: bool, size: int, most: int) -> None:
        self.library, self.scene, self.size = library, scene, size
        self._blocks: list[Any] = []
        self.sent: list[Message] = []
        self.newest = newest_of(scene)
        self.sessions = [None if each.profile == "tag" else keys(each, scene.seed) for each in scene.links]
        spare = SPARE if any(self.sessions) else 0
        self.guarded = size + spare
        self._behind = 0 if exact else 64
        self.memory = self._block(bytes([UNTOUCHED]) * (self.guarded + self._behind))
        self.waiting = waiting = ffi.cast("struct waiting *", self._block(bytes(ffi.sizeof("struct waiting"))))
        waiting.memory = ffi.cast("unsigned char *", self.memory)
        waiting.messages = ffi.cast("void *", self._block(b"\xff" * ffi.sizeof("struct mmsghdr") * most))
        waiting.parts = ffi.cast("void *", self._block(b"\xff" * ffi.sizeof("struct iovec") * most))
        waiting.controls = ffi.cast("unsigned char *", self._block(b"\xff" * CONTROL_SIZE * most))
        waiting.size, waiting.early, waiting.most, waiting.cuts = size, scene.early, most, scene.cuts
        self.lines = [self._line(each) for each in scene.links]
        self.names: dict[int, int] = {}
        self.downs = [self._down(number, each) for number, each in enumerate(scene.subs)]
        addresses = [int(ffi.cast("uintptr_t", each)) for each in self.downs]
        self.array = ffi.cast("struct down **", self._block(array("Q", addresses).tobytes()))
        self._callback = ffi.callback("int(void *, void *, int *)", self._protect, error=-1)
        self.protect = ffi.cast("void *", self._callback)
        if any(self.sessions):
            address = int(srtp_ffi.cast("uintptr_t", srtp_ffi.addressof(srtp, "srtp_protect")))
            self.protect = ffi.cast("void *", address)

    def _block(self, content: bytes) -> Any:
        block = LIBC.malloc(len(content))
        ffi.memmove(block, content, len(content))
        self._blocks.append(block)
        return block

    def free(self) -> None:
        for each in self._blocks:
            LIBC.free(each)

    def _line(self, link: Link) -> Any:
        line = ffi.cast("struct line *", self._block(bytes(ffi.sizeof("struct line"))))
        line.numbered_until, line.octets = link.numbered_until, link.octets
        line.next, line.extension = link.next, link.extension
        if link.remembers:
            line.times = ffi.cast("double *", self._block(array("d", [-inf] * RING).tobytes()))
            line.sizes = ffi.cast("uint32_t *", self._block(bytes(4 * RING)))
        return line

    def _down(self, number: int, sub: Sub) -> Any:
        down = ffi.cast("struct down *", self._block(bytes(ffi.sizeof("struct down"))))
        session, name = self.sessions[sub.link], self._block(sub.name)
        owner = sub.link if session is None else int(srtp_ffi.cast("uintptr_t", session._srtp[0]))
        down.context, down.name, down.name_size = ffi.cast("void *", owner), name, len(sub.name)
        down.line, down.tag = self.lines[sub.link], self.scene.links[sub.link].tag
        down.first, down.seq, down.timestamp = (self.scene.start - sub.behind) & 0xFFFF, sub.seq, sub.timestamp
        down.picture, down.tl0, down.rewrites = sub.picture & 0xFFFF, sub.tl0 & 0xFF, sub.rewrites
        down.kind, down.redundant, down.ssrc = sub.kind, sub.redundant, sub.ssrc
        down.mid, down.mid_size = sub.mid + b"\xee" * (17 - len(sub.mid)), len(sub.mid)
        self.names[int(ffi.cast("uintptr_t", name))] = number
        return down

    def _protect(self, context: Any, packet: Any, length: Any) -> int:
        link, size = self.scene.links[int(ffi.cast("uintptr_t", context))], length[0]
        found = tagged(bytes(ffi.buffer(packet, size)), link)
        if found is None:  # it may leave anything where the packet and its tag would be
            ffi.memmove(packet, b"\xee" * (size + link.tag), size + link.tag)
            length[0] = 1
            return 7
        ffi.memmove(packet, found, len(found))
        length[0] = len(found)
        return 0

    def laid_out(self, packets: list[Packet]) -> tuple[Any, Any]:
        """Return a burst's bytes and records; where a packet's primary part ends its redundancy, they are the same."""
        records = ffi.new("struct packet[]", len(packets))
        image = b""
        for record, each in zip(records, packets, strict=True):
            found, red, start = each.picture, each.red or b"", len(image)
            shared = bool(red) and red.endswith(each.payload)
            image += red if shared else each.payload + red
            record.at = len(image) - len(each.payload) if shared else start
            record.red_at, record.size, record.red_size = len(image) - len(red), len(each.payload), len(red)
            record.timestamp, record.seq, record.marker = each.timestamp, each.seq, each.marker
            record.padding = each.padding
            record.picture_at, record.tl0_at = (-1, -1) if found is None else (found.picture_at, found.tl0_at)
            record.picture_bits = 0 if found is None else found.picture_bits
        return self._block(image), ffi.cast("struct packet *", self._block(bytes(ffi.buffer(records))))

    def given(self, packets: list[Packet], now: float) -> Iterator[tuple[int, int]]:
        """Give a burst to everybody, emptying when there is no room; yield from and to whom each call came."""
        image, records = self.laid_out(packets)
        done, everybody, waiting = 0, len(self.downs), self.waiting
        newest = Burst(packets).newest.seq if packets else 0
        self.newest = newest if before(self.newest, newest) else self.newest
        while done < everybody:
            following = self.library.fan_out(
                waiting, image, records, len(packets), self.newest, self.array, done, everybody, now, self.protect
            )
            assert waiting.used <= self.size and waiting.count <= waiting.most
            behind = bytes(ffi.buffer(self.memory, self.guarded + self._behind))[self.guarded :]
            assert behind == bytes([UNTOUCHED]) * self._behind
            yield done, following
            assert done <= following <= everybody
            assert following > done or waiting.count, "nobody finds room where nothing waits"
            if following < everybody:
                self.empty()
            done = following

    def empty(self) -> None:
        """Read what waits, and forget it."""
        waiting, end = self.waiting, self.waiting.memory
        for place in range(waiting.count):
            header, part = waiting.messages[place].msg_hdr, waiting.parts[place]
            number = self.names[int(ffi.cast("uintptr_t", header.msg_name))]
            assert header.msg_namelen == len(self.scene.subs[number].name)
            assert header.msg_iovlen == 1 and header.msg_iov == waiting.parts + place and not header.msg_flags
            assert part.iov_base == end
            end += part.iov_len
            segment = 0
            if header.msg_controllen:
                control = bytes(ffi.buffer(header.msg_control, header.msg_controllen))
                segment = struct.unpack("@NiiH6x", control)[3]
                assert control == cutting(segment) and segment
            else:
                assert header.msg_control == ffi.NULL
            self.sent.append((number, bytes(ffi.buffer(part.iov_base, part.iov_len)), segment))
        assert end == waiting.memory + waiting.used
        waiting.used = waiting.count = 0


def compiled(place: Path, *options: str) -> Path:
    """Compile the loops as they are compiled for use, and with these options."""
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(Path(__file__).resolve().parents[1] / "deploy")
        from compile_signaling import loops_compiled
    loops_compiled(place, *options)
    return place


def cutting(segment: int) -> bytes:
    """Return the control message that asks the kernel to cut a message up: SOL_UDP, UDP_SEGMENT (udp(7))."""
    return struct.pack("@NiiH6x", 18, 17, 103, segment)
