"""Opus with redundancy (audio/red, RFC 2198): each packet carries the frames before it once more."""

MORE, OFFSET_AND_LENGTH = 0x80, 4


def primary(payload: bytes) -> bytes | None:
    """Return what a packet without redundancy would have carried; None if the block headers are not whole."""
    at = redundant = 0
    size = len(payload)
    while at < size and payload[at] & MORE:
        if at + OFFSET_AND_LENGTH > size:
            return None
        redundant += (payload[at + 2] & 3) << 8 | payload[at + 3]
        at += OFFSET_AND_LENGTH
    begins = at + 1 + redundant
    return payload[begins:] if begins < size else None
