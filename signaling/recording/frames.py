"""What the recorder makes of packets: frames, and what every depacketizer can do; no codec in particular."""

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


class Depacketizer(Protocol):
    """Packets in order to frames; where something is missing, on with a frame that needs none before it."""

    wants_keyframe: bool

    def push(self, packet: Packet) -> Frame | None:
        """Take the next packet; return the frame it completes. Raises Malformed."""

    def lost(self) -> None:
        """At least one packet is missing here."""
