"""SRTP (RFC 3711, RFC 7714) by libsrtp on buffers of our own; every length is checked before a byte is copied."""

from typing import Any

from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

from signaling.loops.library import ffi as loops

LARGEST_DATAGRAM = 2048
PROTECT = lib.srtp_protect


def _address(name: str) -> Any:
    """Return where a function of libsrtp's lies, for the loops."""
    return loops.cast("void *", int(ffi.cast("uintptr_t", ffi.addressof(lib, name))))


PROTECT_ADDRESS, UNPROTECT_ADDRESS = _address("srtp_protect"), _address("srtp_unprotect")
UNPROTECT_CONTROL_ADDRESS = _address("srtp_unprotect_rtcp")
TRAILER = 160  # libsrtp: at most 16 bytes of tag, 128 of MKI, 4 of SRTCP index
SHORTEST_HEADER = 12
SHORTEST_RTP, SHORTEST_RTCP = SHORTEST_HEADER + 10, 8 + 4 + 10  # header, (index,) shortest tag
MOST_SOURCES = 256


class Buffer:
    """Memory outside Python's that libsrtp works on in place."""

    def __init__(self) -> None:
        self.pointer = ffi.new("unsigned char[]", LARGEST_DATAGRAM + TRAILER)
        self.view = memoryview(ffi.buffer(self.pointer))
        self.length = ffi.new("int *")


INBOUND, OUTBOUND = Buffer(), Buffer()
RECEIVING = INBOUND.view[:LARGEST_DATAGRAM]


class Unprotector:
    """Opens what a peer protects; works on `INBOUND`. `address` is where the context lies, for the loops."""

    def __init__(self, keys: Session) -> None:
        self._keys = keys  # owns the raw context below: must outlive it
        self.context: Any = keys._srtp[0]  # noqa: SLF001  the only way to work without a copy
        self.address = int(ffi.cast("uintptr_t", self.context))
        self._sources: set[int] = set()

    def media(self, size: int) -> int:
        """Open the RTP packet of `size` bytes in place; return its length, or -1 if it is not to be trusted."""
        if not SHORTEST_RTP <= size <= LARGEST_DATAGRAM:
            return -1
        source = int.from_bytes(INBOUND.view[8:12])
        if not self._admits(source):
            return -1
        INBOUND.length[0] = size
        if lib.srtp_unprotect(self.context, INBOUND.pointer, INBOUND.length):
            return -1
        self._sources.add(source)
        return int(INBOUND.length[0])

    def _admits(self, source: int) -> bool:
        """Tell whether a source may be opened: libsrtp keeps a stream for each, a peer must not fill our memory."""
        return source in self._sources or len(self._sources) < MOST_SOURCES

    def control(self, size: int) -> bytes | None:
        """Open the RTCP compound of `size` bytes in place; return a copy, or None if it is not to be trusted."""
        if not SHORTEST_RTCP <= size <= LARGEST_DATAGRAM:
            return None
        source = int.from_bytes(INBOUND.view[4:8])
        if not self._admits(source):
            return None
        INBOUND.length[0] = size
        if lib.srtp_unprotect_rtcp(self.context, INBOUND.pointer, INBOUND.length):
            return None
        self._sources.add(source)
        return bytes(INBOUND.view[: INBOUND.length[0]])


class Protector:
    """Protects what goes to a peer: RTP where it stands, by `PROTECT` with `context`; RTCP in `OUTBOUND`.

    Every RTP packet grows by `tag` bytes. `address` is where the context lies, for the loops.
    """

    def __init__(self, keys: Session) -> None:
        self._keys = keys  # owns the raw context below: must outlive it
        self.context: Any = keys._srtp[0]  # noqa: SLF001  the only way to work without a copy
        self.address = int(ffi.cast("uintptr_t", self.context))
        self.tag = self._measured()

    def _measured(self) -> int:
        """Protect a packet that nobody gets, of a source that does not exist, to see what a tag is here."""
        size = SHORTEST_HEADER
        OUTBOUND.view[:size] = b"\x80" + bytes(size - 1)
        OUTBOUND.length[0] = size
        if PROTECT(self.context, OUTBOUND.pointer, OUTBOUND.length):
            raise ValueError("these keys protect nothing")
        lib.srtp_remove_stream(self.context, 0)
        return int(OUTBOUND.length[0]) - size

    def control(self, compound: bytes) -> memoryview | None:
        """Protect an RTCP compound; valid until the next call."""
        size = len(compound)
        if not 8 <= size <= LARGEST_DATAGRAM:
            return None
        OUTBOUND.view[:size] = compound
        OUTBOUND.length[0] = size
        if lib.srtp_protect_rtcp(self.context, OUTBOUND.pointer, OUTBOUND.length):
            return None
        return OUTBOUND.view[: OUTBOUND.length[0]]
