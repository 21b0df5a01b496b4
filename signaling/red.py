"""Opus with redundancy (audio/red, RFC 2198): each packet carries the frames before it once more."""

from signaling.rtp import media_size

MORE, OFFSET_AND_LENGTH = 0x80, 4


def primary(payload: bytes, *, padding: bool = False) -> bytes | None:
    """Return what a packet without redundancy would have carried; None if the block headers are not whole.

    Padding stays behind it; padding alone (a probe of the bandwidth) has no blocks and stays what it is.
    """
    size = media_size(payload, padding=padding)
    if size == 0 and padding:
        return payload
    at = redundant = 0
    while at < size and payload[at] & MORE:
        if at + OFFSET_AND_LENGTH > size:
            return None
        redundant += (payload[at + 2] & 3) << 8 | payload[at + 3]
        at += OFFSET_AND_LENGTH
    begins = at + 1 + redundant
    return payload[begins:] if begins < size else None
