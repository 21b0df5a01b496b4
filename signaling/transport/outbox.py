"""Datagrams given to the kernel by the handful: what one turn of the loop sends goes out in one call.

Whoever sends asks for room, writes packets there and posts them to their destination. Packets that can be cut
(`runs`) are one message that the kernel cuts up (UDP_SEGMENT, Linux 4.18); all messages of a turn go by one
`sendmmsg`. Where the network device refuses to cut, they are sent one by one. A burst for many subscribers is written
and posted by a loop in C (`loops/fan_out.c`), into the same memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pylibsrtp._binding import ffi

from signaling.loops import library as _library
from signaling.loops.library import address as _address
from signaling.loops.library import ffi as _c
from signaling.loops.library import kernel as _kernel
from signaling.transport.runs import Run, one_by_one
from signaling.transport.srtp import PROTECT_ADDRESS

if TYPE_CHECKING:
    from signaling.crowd import Crowd

MEMORY = 192 << 10  # bytes: more than one layer's packets of a turn need
EARLY = 32 << 10  # bytes after which the first need not wait for the last; they are still near the processor then
SPARE = 160  # libsrtp may write a trailer that long
MOST_MESSAGES = 512
UDP_SEGMENT = 103
REFUSED = {errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP}

_HEADER, _VECTOR = struct.Struct("@PI4xPNPN"), struct.Struct("@PN")  # the beginning of msghdr, iovec
_HEADER_STEP, _VECTOR_STEP = _c.sizeof("struct mmsghdr"), _c.sizeof("struct iovec")
_CONTROL_SIZE = int(_kernel.CONTROL_SIZE)


class Name(NamedTuple):
    """An address of the socket module's as the kernel wants it; `memory` owns what `pointer` points to."""

    memory: Any
    pointer: int
    length: int


def socket_name(address: tuple[Any, ...]) -> Name:
    """Return an address as sockaddr_in or sockaddr_in6."""
    host, port = address[0], address[1]
    if ":" in host:
        flow, scope = (address[2], address[3]) if len(address) > 3 else (0, 0)
        packed = struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, flow)
        packed += socket.inet_pton(socket.AF_INET6, host.partition("%")[0]) + struct.pack("=I", scope)
    else:
        packed = struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(host) + bytes(8)
    memory = _c.new("char[]", packed)
    return Name(memory, _address(memory), len(packed))


class Outbox:
    """Gathers packets until the turn ends or they are many. `holding`: `flush` will come, else the loop does it."""

    def __init__(self) -> None:
        self.loops = _library.library
        memory = ffi.new("unsigned char[]", MEMORY + SPARE)
        self.pointer = ffi.cast("unsigned char *", memory)
        self.view = memoryview(ffi.buffer(memory))
        self._memory, self._base = memory, int(ffi.cast("uintptr_t", memory))
        self._messages = _c.new("struct mmsghdr[]", MOST_MESSAGES)
        self._parts = _c.new("struct iovec[]", MOST_MESSAGES)
        self._cuttings = _c.new("unsigned char[]", MOST_MESSAGES * _CONTROL_SIZE)  # the loop's own control messages
        # How much is written and posted: here, where the loop counts too.
        self._waiting = _c.new("struct waiting *")
        waiting, waiting.memory = self._waiting, _c.cast("unsigned char *", self._base)
        waiting.messages, waiting.parts, waiting.controls = self._messages, self._parts, self._cuttings
        waiting.size, waiting.early, waiting.most, waiting.cuts = MEMORY, EARLY, MOST_MESSAGES, 1
        waiting.socket = -1
        self._headers, self._vectors = _c.buffer(self._messages), _c.buffer(self._parts)
        self._parts_address = _address(self._parts)
        self._socks: dict[int, Any] = {}  # by their handles
        self._kept: list[Any] = []  # what owns the addresses, until they are sent to
        self._controls: dict[int, tuple[Any, int]] = {}
        self._work: list[Callable[[], None]] = []
        self.holding = self._scheduled = False

    @property
    def memory(self) -> Any:
        """Return what waits as the loops see it, a `struct waiting *`."""
        return self._waiting

    @property
    def dropped(self) -> int:
        """Return how many messages the kernel did not take."""
        return int(self._waiting.dropped)

    def room(self, size: int, packets: int) -> int:
        """Return where in `view` so many bytes may be written; they must be posted, if at all, before the next call."""
        waiting = self._waiting
        if waiting.used > EARLY or waiting.used + size > MEMORY or waiting.count + packets > MOST_MESSAGES:
            self.send()
        place = int(waiting.used)
        waiting.used = place + size
        if not self.holding:
            self._schedule()
        return place

    def post(self, sock: Any, name: Name, place: int, runs: Sequence[Run]) -> None:
        """Let packets go to an address at the end of the turn; the runs count from `place` on."""
        waiting = self._waiting
        self._turn_to(sock)
        self._kept.append(name)
        _, pointer, length = name
        count, base = int(waiting.count), self._base + place
        for start, end, segment in runs if waiting.cuts else one_by_one(runs):
            control, control_size = self._control(segment) if end - start > segment else (0, 0)
            vector = count * _VECTOR_STEP
            _HEADER.pack_into(
                self._headers, count * _HEADER_STEP,
                pointer, length, self._parts_address + vector, 1, control, control_size,
            )  # fmt: skip
            _VECTOR.pack_into(self._vectors, vector, base + start, end - start)
            count += 1
        waiting.count = count

    def _turn_to(self, sock: Any) -> None:
        """Let what is posted now leave from a socket; what waits for another goes first."""
        handle = sock.fileno()
        if handle != self._waiting.socket or self._socks.get(handle) is not sock:
            self._submit()
            self._socks[handle], self._waiting.socket = sock, handle

    def keep(self, owner: object) -> None:
        """Let something live until all is sent that is written now."""
        self._kept.append(owner)

    def fan_out(self, crowd: Crowd, stream: Any) -> None:
        """Let what waits of a stream go to everybody of a crowd, at the end of the turn."""
        if not self.holding:
            self._schedule()
        done, everybody, memory = 0, len(crowd.records), stream.memory
        while done < everybody:
            self._turn_to(crowd.sock)
            done = self.loops.fan_out(
                self._waiting, memory, stream.waiting, stream.waiting_count, stream.newest, crowd.records, done,
                everybody, stream.heard_at, PROTECT_ADDRESS,
            )  # fmt: skip
            if done < everybody:
                self.send()

    def forward_ready(self, inbox: Any) -> None:
        """Let go what waits of all streams of a `struct inbox`, but for those that are left to Python."""
        while self.loops.forward_ready(inbox, self._waiting, PROTECT_ADDRESS):
            self.send()

    def postpone(self, work: Callable[[], None]) -> None:
        """Do something at the end of the turn, before what it sends goes out."""
        self._work.append(work)
        self._schedule()

    def _schedule(self) -> None:
        if not self.holding and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._later)

    def _later(self) -> None:
        self._scheduled = False
        self.flush()

    def flush(self) -> None:
        """End the turn: do what was postponed, send all there is."""
        held, self.holding = self.holding, True
        work, self._work = self._work, []
        for each in work:
            each()
        self.send()
        self.holding = held

    def send(self) -> None:
        """Send all there is; the memory may be written anew."""
        self._submit()
        self._waiting.used = 0

    def _control(self, segment: int) -> tuple[int, int]:
        """Return the control message that asks for cutting: cmsghdr{its length, SOL_UDP, UDP_SEGMENT}, 16 bits."""
        control = self._controls.get(segment)
        if control is None:
            packed = struct.pack("@NiiH6x", struct.calcsize("@NiiH"), socket.IPPROTO_UDP, UDP_SEGMENT, segment)
            memory = _c.new("char[]", packed)
            control = self._controls[segment] = memory, _address(memory)
        return control[1], _CONTROL_SIZE

    def _submit(self) -> None:
        """Give everything that waits to the kernel, from where the loops left it."""
        waiting = self._waiting
        sock: Any = self._socks.get(int(waiting.socket))
        handle = -1 if sock is None else sock.fileno()
        while waiting.sent < waiting.count and handle >= 0:  # else it was closed meanwhile
            sent = _kernel.sendmmsg(handle, self._messages + waiting.sent, waiting.count - waiting.sent, 0)
            if sent > 0:
                waiting.sent += sent
            elif _c.errno in (errno.EAGAIN, errno.ENOBUFS):
                waiting.dropped += waiting.count - waiting.sent  # what the kernel has no room for is lost, as anywhere
                break
            elif _c.errno != errno.EINTR:
                self._refused(sock, int(waiting.sent), _c.errno)
                waiting.sent += 1
        waiting.count = waiting.sent = 0
        self._kept = []

    def _refused(self, sock: socket.socket, place: int, cause: int) -> None:
        """One message was not taken: send its packets one by one if it was the cutting, else it is lost."""
        header, vector = self._messages[place].msg_hdr, self._parts[place]
        if header.msg_control == _c.NULL or cause not in REFUSED:
            self._waiting.dropped += 1
            return
        if cause in (errno.EIO, errno.EOPNOTSUPP):
            self._waiting.cuts = 0
        segment = struct.unpack_from("@H", _c.buffer(header.msg_control, _CONTROL_SIZE), 16)[0]
        packets = memoryview(_c.buffer(vector.iov_base, vector.iov_len))
        address = _read_name(bytes(_c.buffer(header.msg_name, header.msg_namelen)))
        for start in range(0, len(packets), segment):
            with contextlib.suppress(OSError):
                sock.sendto(packets[start : start + segment], address)


def _read_name(name: bytes) -> tuple[Any, ...]:
    family, port = struct.unpack("=H", name[:2])[0], struct.unpack(">H", name[2:4])[0]
    if family == socket.AF_INET6:
        return socket.inet_ntop(family, name[8:24]), port, 0, struct.unpack("=I", name[24:28])[0]
    return socket.inet_ntoa(name[4:8]), port
