"""DER by hand (X.690): the few shapes that signatures and time stamps consist of, as bytes in and bytes out.

Values that are read are parsed by asn1crypto and cryptography; here they are written, or looked at as encodings. (pure)
"""

import functools

NULL = b"\x05\x00"


def tlv(tag: int, *parts: bytes) -> bytes:
    """Tag, length, value; the value is what the parts make together."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """SET OF in DER: the elements in the order of their encodings (X.690 11.6)."""
    return tlv(0x31, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    """A constructed context tag: [number] around the parts."""
    return tlv(0xA0 | number, *parts)


def octets(content: bytes) -> bytes:
    return tlv(0x04, content)


def integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


@functools.cache
def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    return tlv(0x06, b"".join(_base128(number) for number in (first * 40 + second, *rest)))


def _base128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))


def retagged(tag: int, encoded: bytes) -> bytes:
    """The same value under another tag (an implicit one)."""
    return bytes((tag,)) + encoded[1:]


def canonical_length(encoded: bytes) -> int | None:
    """How long the first value is, if it and all within are encoded as DER must be; else None.

    Looks at lengths, the order of sets, numbers and truth values: what a careless reader would let vary.
    """
    try:
        return _walked(encoded, 0, len(encoded), 0)
    except (IndexError, RecursionError):
        return None


MOST_DEPTH = 40


def _walked(encoded: bytes, at: int, limit: int, depth: int) -> int | None:
    """Where the value at `at` ends."""
    tag, begin, end = _head(encoded, at)
    if end > limit or begin > end or tag & 0x1F == 0x1F or depth > MOST_DEPTH:
        return None
    if not tag & 0x20:
        return end if _primitive(tag, encoded[begin:end]) else None
    parts = []
    while begin < end:
        after = _walked(encoded, begin, end, depth + 1)
        if after is None:
            return None
        parts.append(encoded[begin:after])
        begin = after
    return None if tag == 0x31 and parts != sorted(parts) else end


def _head(encoded: bytes, at: int) -> tuple[int, int, int]:
    """Tag, where the content begins and where it ends; begins after its end when the length is not the shortest."""
    tag, length = encoded[at], encoded[at + 1]
    begin = at + 2
    if length >= 0x80:
        size = encoded[begin : begin + (length & 0x7F)]
        told = int.from_bytes(size, "big")
        if not size or size[0] == 0 or told < 0x80:
            return tag, at + 1, at
        begin, length = begin + len(size), told
    return tag, begin, begin + length


def _primitive(tag: int, content: bytes) -> bool:
    if tag == 0x01:
        return content in (b"\x00", b"\xff")
    if tag in (0x02, 0x0A):
        return len(content) > 0 and not (
            len(content) > 1 and content[0] in (0, 0xFF) and content[0] >> 7 == content[1] >> 7
        )
    return tag != 0x05 or not content
