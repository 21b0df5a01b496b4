"""RTP headers read in place (RFC 3550 5.1, RFC 8285 header extensions), every length checked before it is used."""

import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple

HEADER = 12
ONE_BYTE, TWO_BYTE = 0xBEDE, 0x1000
HIGHEST_SHORT, LONGEST_SHORT = 14, 16  # identifier and bytes of a header extension of one byte (RFC 8285 4.2)

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


class Packet(NamedTuple):
    """One media packet without its header extensions; the payload keeps its padding, if any.

    `red` is the whole payload of a packet that came with redundancy (RFC 2198), of which `payload` is the primary
    part. `picture` tells where the picture numbers of VP8 stand, when they may have to be rewritten (`rewriter`).
    """

    seq: int
    timestamp: int
    marker: bool
    padding: bool
    payload: bytes
    red: bytes | None = None
    picture: Any = None


def mid_extension(identifier: int, mid: str) -> bytes:
    """Return the short header extension that names a section (RFC 8285 4.2, RFC 9143 15); empty if it has no room."""
    name = mid.encode()
    possible = 0 < identifier <= HIGHEST_SHORT and 0 < len(name) <= LONGEST_SHORT
    return bytes((identifier << 4 | len(name) - 1,)) + name if possible else b""


def before(first: int, second: int) -> bool:
    """Tell whether a sequence number is older than another, the other way round 65,536 (RFC 3550 A.1)."""
    return 0 < (second - first) & 0xFFFF < 0x8000


def new_source() -> int:
    """Return an SSRC at random (RFC 3550 8.1), never 0, which stands for none here."""
    return secrets.randbelow(2**32 - 1) + 1


def payload_offset(packet: memoryview, size: int) -> int:
    """Return where the payload starts, or -1 if the header is not whole."""
    if size < HEADER or packet[0] >> 6 != 2:
        return -1
    offset = HEADER + ((packet[0] & 15) << 2)
    if packet[0] & 16:
        if offset + 4 > size:
            return -1
        offset += 4 + (((packet[offset + 2] << 8) | packet[offset + 3]) << 2)
    return offset if offset <= size else -1


def extensions(packet: memoryview, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (identifier, offset, length) of each header extension before `end`, the payload's offset."""
    if not packet[0] & 16:
        return
    at = HEADER + ((packet[0] & 15) << 2)
    profile = (packet[at] << 8) | packet[at + 1]
    at += 4
    short = profile == ONE_BYTE
    if not short and profile & 0xFFF0 != TWO_BYTE:
        return
    while at < end:
        first = packet[at]
        if first == 0:  # padding
            at += 1
            continue
        if short:
            identifier, length = first >> 4, (first & 15) + 1
            at += 1
        elif at + 1 < end:
            identifier, length = first, packet[at + 1]
            at += 2
        else:
            return
        if at + length > end:
            return
        yield identifier, at, length
        at += length


def places(packet: memoryview, end: int, number: int, level: int) -> tuple[int, int]:
    """Return where transport-cc's number and the sound's level stand, by their identifiers; 0 for what is not there.

    The same as looking through `extensions`, in one go: this is asked of every packet.
    """
    if not packet[0] & 16:
        return 0, 0
    at = HEADER + ((packet[0] & 15) << 2)
    if packet[at] << 8 | packet[at + 1] == ONE_BYTE:
        return _short_places(packet, at + 4, end, number, level)
    number_at = level_at = 0
    for identifier, place, length in extensions(packet, end):
        if identifier == number and length == 2:
            number_at = place
        elif identifier == level:
            level_at = place
    return number_at, level_at


def _short_places(packet: memoryview, at: int, end: int, number: int, level: int) -> tuple[int, int]:
    number_at = level_at = 0
    while at < end:
        first = packet[at]
        if not first:  # padding
            at += 1
            continue
        following = at + 2 + (first & 15)
        if following > end:
            break
        if first >> 4 == number and first & 15 == 1:
            number_at = at + 1
        elif first >> 4 == level:
            level_at = at + 1
        at = following
    return number_at, level_at


def texts(packet: memoryview, end: int) -> dict[int, str]:
    """Return the extensions as text (MID, RID); what is no ASCII is left out."""
    found: dict[int, str] = {}
    for identifier, at, length in extensions(packet, end):
        value = bytes(packet[at : at + length])
        if value.isascii():
            found[identifier] = value.decode("ascii")
    return found


def media_size(payload: bytes, *, padding: bool) -> int:
    """Return the payload's length without its padding (RFC 3550 5.1: the last byte counts it)."""
    if not padding or not payload:
        return len(payload)
    return max(0, len(payload) - payload[-1])
