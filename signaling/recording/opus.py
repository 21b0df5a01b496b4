"""Opus: one packet is one frame (RFC 7587 4.2); its first byte tells how long it lasts (RFC 6716 3.1)."""

import struct

from signaling.recording.frames import Format, Frame, Malformed
from signaling.rtp import Packet, media_size

RATE = 48_000
CHANNELS = 2  # RFC 7587 7: always announced as two; a mono packet is decoded to both
LONGEST = 120 * RATE // 1000
SILK, HYBRID, CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)  # samples at 48 kHz

# RFC 7845 5.1, without pre-skip: nobody tells us the encoder's, and the timestamps already count what is played.
HEAD = struct.pack("<8sBBHIhB", b"OpusHead", 1, CHANNELS, 0, RATE, 0, 0)


def length(packet: bytes) -> int:
    """Return how many samples at 48 kHz a packet lasts; raises Malformed."""
    if not packet:
        raise Malformed("an Opus packet is empty")
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        one = SILK[config & 3]
    elif config < 16:
        one = HYBRID[config & 1]
    else:
        one = CELT[config & 3]
    if code < 3:
        count = 1 if code == 0 else 2
    elif len(packet) < 2:
        raise Malformed("an Opus packet ends before its frame count")
    else:
        count = packet[1] & 63
    if not 0 < count * one <= LONGEST:
        raise Malformed("an Opus packet lasts nothing, or longer than 120 ms")
    return count * one


class OpusFrames:
    """Each packet stands alone: a lost one leaves a hole on the timeline, which players fill."""

    wants_keyframe = False

    def push(self, packet: Packet) -> Frame | None:
        """Return the packet as a frame; None for padding alone. Raises Malformed."""
        payload = packet.payload[: media_size(packet.payload, padding=packet.padding)]
        if not payload:
            return None
        length(payload)
        return Frame(packet.timestamp, payload, Format(0, 0, HEAD))

    def lost(self) -> None:
        """Nothing depends on what is missing."""
