"""Datagrams given to the kernel by the handful: what one turn of the loop sends goes out in one call.

The packets for one destination stand behind each other in memory. A run of equal ones, the last may be shorter, is
one message that the kernel cuts up (UDP_SEGMENT, Linux 4.18); all messages of a turn go by one `sendmmsg`. Where the
network device refuses to cut, they are sent one by one. Called through cffi's ABI mode: no compiler is needed.
"""

import asyncio
import contextlib
import errno
import socket
import struct
from collections.abc import Callable
from typing import Any

from cffi import FFI
from pylibsrtp._binding import ffi

BATCH_BYTES = 40_000  # under the largest datagram of 65,507; about 33 packets of 1200
LARGEST_PACKET = 2048 + 160  # with libsrtp's longest trailer
MOST_SEGMENTS = 60  # UDP_MAX_SEGMENTS is 64
MOST_BATCHES = 256
MOST_MESSAGES = 512
UDP_SEGMENT = 103
REFUSED = {errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP}

_c: Any = FFI()
_c.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                void *msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
""")
_libc: Any = _c.dlopen(None)

Run = tuple[int, int, int]  # where it starts and ends, the size of its packets


class Batch:
    """Memory for the packets of one turn to one destination; the next one is written at `used`."""

    __slots__ = (
        "_open", "_segment", "_segments", "_start", "base", "memory", "name", "pointer", "runs", "sock", "used", "view",
    )  # fmt: skip

    def __init__(self, size: int = BATCH_BYTES) -> None:
        self.memory = ffi.new("unsigned char[]", size + LARGEST_PACKET)
        self.pointer = ffi.cast("unsigned char *", self.memory)
        self.view = memoryview(ffi.buffer(self.memory))
        self.base = _c.cast("char *", int(ffi.cast("uintptr_t", self.memory)))
        self.runs: list[Run] = []
        self.sock: Any = None
        self.name: Any = None
        self.used = self._start = self._segment = self._segments = 0
        self._open = False

    def commit(self, size: int) -> None:
        """Keep the packet of `size` bytes that was written at `used`."""
        used = self.used
        end = used + size
        if self._open and size <= self._segment and self._segments < MOST_SEGMENTS:
            self.runs[-1] = (self._start, end, self._segment)
            self._segments += 1
            self._open = size == self._segment
        else:
            self.runs.append((used, end, size))
            self._start, self._segment, self._segments, self._open = used, size, 1, True
        self.used = end

    def clear(self) -> None:
        """Forget everything."""
        self.runs = []
        self.used = 0
        self._open = False


class Single(Batch):
    """For a way out that is no UDP socket: each packet is sent at once by a function."""

    __slots__ = ("_send",)

    def __init__(self, send: Callable[[memoryview], object]) -> None:
        super().__init__(0)
        self._send = send

    def commit(self, size: int) -> None:
        """Send the packet of `size` bytes."""
        self._send(self.view[:size])


def socket_name(address: tuple[Any, ...]) -> Any:
    """Return an address of the socket module's as the kernel wants it (sockaddr_in, sockaddr_in6)."""
    host, port = address[0], address[1]
    if ":" in host:
        flow, scope = (address[2], address[3]) if len(address) > 3 else (0, 0)
        packed = struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, flow)
        packed += socket.inet_pton(socket.AF_INET6, host.partition("%")[0]) + struct.pack("=I", scope)
    else:
        packed = struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(host) + bytes(8)
    return _c.new("char[]", packed), len(packed)


class Outbox:
    """Gathers packets until the end of the turn. `hold` says that `flush` will be called; else the loop does it."""

    def __init__(self) -> None:
        self._free: list[Batch] = []
        self._made = 0
        self._dirty: list[Batch] = []
        self._work: list[Callable[[], None]] = []
        self._messages = _c.new("struct mmsghdr[]", MOST_MESSAGES)
        self._parts = _c.new("struct iovec[]", MOST_MESSAGES)
        self._headers = [self._messages[place].msg_hdr for place in range(MOST_MESSAGES)]
        self._vectors = [self._parts[place] for place in range(MOST_MESSAGES)]
        for header, vector in zip(self._headers, self._vectors, strict=True):
            header.msg_iov, header.msg_iovlen = _c.addressof(vector), 1
        self._controls: dict[int, Any] = {}
        self._cuts = True
        self.holding = self._scheduled = False
        self.dropped = 0

    def borrow(self, sock: socket.socket, name: Any) -> Batch:
        """Return memory for packets to a destination, until the next flush."""
        if len(self._dirty) >= MOST_BATCHES:
            self.send()
        batch = self._free.pop() if self._free else Batch()
        batch.sock, batch.name = sock, name
        self._dirty.append(batch)
        self._schedule()
        return batch

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
        before, self.holding = self.holding, True
        work, self._work = self._work, []
        for each in work:
            each()
        self.send()
        self.holding = before

    def send(self) -> None:
        """Send all there is. Every batch borrowed before is void afterwards: `used` is 0 and `name` None."""
        count, sock = 0, None
        dirty, self._dirty = self._dirty, []
        for batch in dirty:
            if count + len(batch.runs) > MOST_MESSAGES or (batch.sock is not sock and count):
                self._submit(sock, count)
                count = 0
            sock = batch.sock
            count = self._fill(batch, count)
        if count:
            self._submit(sock, count)
        for batch in dirty:
            batch.clear()
            batch.name = batch.sock = None
        self._free += dirty

    def _fill(self, batch: Batch, count: int) -> int:
        name, length = batch.name
        base = batch.base
        for start, end, segment in batch.runs:
            header, vector = self._headers[count], self._vectors[count]
            header.msg_name, header.msg_namelen = name, length
            vector.iov_base, vector.iov_len = base + start, end - start
            if end - start > segment and self._cuts:
                header.msg_control, header.msg_controllen = self._control(segment), 24
            else:
                header.msg_control, header.msg_controllen = _c.NULL, 0
            count += 1
        return count

    def _control(self, segment: int) -> Any:
        """Return the control message that asks for cutting: cmsghdr{24 or so, SOL_UDP, UDP_SEGMENT}, 16 bits."""
        control = self._controls.get(segment)
        if control is None:
            packed = struct.pack("@NiiH6x", struct.calcsize("@NiiH"), socket.IPPROTO_UDP, UDP_SEGMENT, segment)
            control = self._controls[segment] = _c.new("char[]", packed)
        return control

    def _submit(self, sock: Any, count: int) -> None:
        handle, done = sock.fileno(), 0
        while done < count and handle >= 0:
            sent = _libc.sendmmsg(handle, self._messages + done, count - done, 0)
            if sent > 0:
                done += sent
            elif _c.errno in (errno.EAGAIN, errno.ENOBUFS):
                self.dropped += count - done  # what the kernel has no room for is lost, as on any network
                return
            elif _c.errno != errno.EINTR:
                self._refused(sock, done, _c.errno)
                done += 1

    def _refused(self, sock: socket.socket, place: int, cause: int) -> None:
        """One message was not taken: send its packets one by one if it was the cutting, else it is lost."""
        header, vector = self._headers[place], self._vectors[place]
        if header.msg_control == _c.NULL or cause not in REFUSED:
            self.dropped += 1
            return
        self._cuts = self._cuts and cause not in (errno.EIO, errno.EOPNOTSUPP)
        segment = struct.unpack_from("@H", _c.buffer(header.msg_control, 24), 16)[0]
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
