"""What the recorder makes of packets: frames, and what every depacketizer can do; no codec in particular."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from signaling.rtp import Packet

LARGEST_FRAME = 8_000_000  # bytes; a 4K keyframe is a quarter of it


class Malformed(ValueError):
    """A packet is not what its codec's payload format says; the recorder treats it as lost."""


class Format(NamedTuple):
    """What a file's head must say before the first frame: picture size (0 for sound) and the codec's own header."""

    width: int
    height: int
    private: bytes


class Frame(NamedTuple):
    """One frame as a file holds it; `form` stands with every frame that decoding may begin with."""

    timestamp: int
    payload: bytes
    form: Format | None


class Block(NamedTuple):
    """One frame at its time in the file."""

    at_ms: int
    keyframe: bool
    payload: bytes


class Cue(NamedTuple):
    """A piece of a file that playing may begin with."""

    at_ms: int
    offset: int


class Container(Protocol):
    """A kind of file, which grows by pieces and can be played after each of them."""

    def begin(self, form: Format, began_ns: int) -> bytes:
        """Return the beginning of a file whose time 0 is `began_ns` (UTC, nanoseconds since 1970)."""

    def piece(self, blocks: Sequence[Block], offset: int) -> bytes:
        """Return the next frames as they stand in the file from `offset` on."""

    def end(self, duration_ms: int, size: int) -> tuple[bytes, list[tuple[int, bytes]]]:
        """Return what is appended to a file of that size, and what is filled in before, as (offset, bytes)."""


class Depacketizer(Protocol):
    """Packets in order to frames; where something is missing, on with a frame that needs none before it."""

    wants_keyframe: bool

    def push(self, packet: Packet) -> Frame | None:
        """Take the next packet; return the frame it completes. Raises Malformed."""

    def lost(self) -> None:
        """At least one packet is missing here."""
