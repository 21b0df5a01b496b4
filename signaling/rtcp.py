"""RTCP built and read over bytes: reports (RFC 3550 6), feedback (RFC 4585, RFC 5104), transport-wide feedback."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION = 200, 201, 202
TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 205, 206
NACK, TRANSPORT_CC = 1, 15
PLI, FIR, APPLICATION = 1, 4, 15
HEAD, BLOCK = struct.Struct(">BBH").unpack_from, struct.Struct(">IIIIII").unpack_from
OURS = 1  # the SSRC that our feedback comes from

TICK_MICROSECONDS = 250
REFERENCE_MICROSECONDS = 64_000
MOST_ARRIVALS = 300
LONGEST_SPAN = 1500
MOST_REPORTED = 4096


class Block(NamedTuple):
    """One report block (RFC 3550 6.4.1)."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    delay: int


@dataclass(slots=True)
class Part:
    """One packet of a compound."""

    kind: int
    count: int
    body: bytes


def split(compound: bytes) -> Iterator[Part]:
    """Yield the packets of a compound until one is not whole; padding is taken off."""
    at = 0
    while at + 4 <= len(compound):
        first, kind, length = HEAD(compound, at)
        end = at + 4 + length * 4
        if first >> 6 != 2 or end > len(compound):
            return
        body = compound[at + 4 : end]
        if first & 0x20 and body:
            body = body[: max(0, len(body) - body[-1])]
        yield Part(kind, first & 31, body)
        at = end


def sender_report(part: Part) -> tuple[int, int, int] | None:
    """Return (ssrc, NTP time as 64 bits, RTP timestamp) of a sender report."""
    if part.kind != SENDER_REPORT or len(part.body) < 24:
        return None
    ssrc, high, low, timestamp = struct.unpack_from(">IIII", part.body)
    return ssrc, (high << 32) | low, timestamp


def blocks(part: Part) -> list[Block]:
    """Return the report blocks of a sender or receiver report."""
    start = {SENDER_REPORT: 24, RECEIVER_REPORT: 4}.get(part.kind)
    if start is None:
        return []
    found = []
    for number in range(part.count):
        at = start + 24 * number
        if at + 24 > len(part.body):
            break
        ssrc, loss, highest, jitter, last, delay = BLOCK(part.body, at)
        found.append(Block(ssrc, loss >> 24, loss & 0xFFFFFF, highest, jitter, last, delay))
    return found


def nacked(part: Part) -> tuple[int, list[int]] | None:
    """Return (media ssrc, lost sequence numbers) of a generic NACK (RFC 4585 6.2.1)."""
    if part.kind != TRANSPORT_FEEDBACK or part.count != NACK or len(part.body) < 12:
        return None
    media = struct.unpack_from(">I", part.body, 4)[0]
    lost = []
    for at in range(8, len(part.body) - 3, 4):
        first, bits = struct.unpack_from(">HH", part.body, at)
        lost.append(first)
        lost += [(first + 1 + bit) & 0xFFFF for bit in range(16) if bits >> bit & 1]
    return media, lost


def keyframes_wanted(part: Part) -> list[int]:
    """Return the media SSRCs of a PLI (RFC 4585 6.3.1) or FIR (RFC 5104 4.3.1)."""
    if part.kind != PAYLOAD_FEEDBACK or len(part.body) < 8:
        return []
    if part.count == PLI:
        return [struct.unpack_from(">I", part.body, 4)[0]]
    if part.count == FIR:
        return [struct.unpack_from(">I", part.body, at)[0] for at in range(8, len(part.body) - 7, 8)]
    return []


def estimated_bitrate(part: Part) -> int | None:
    """Return the bits a second of a REMB (draft-alvestrand-rmcat-remb-03)."""
    body = part.body
    if part.kind != PAYLOAD_FEEDBACK or part.count != APPLICATION or len(body) < 16 or body[8:12] != b"REMB":
        return None
    mantissa = ((body[13] & 3) << 16) | (body[14] << 8) | body[15]
    return mantissa << (body[13] >> 2)


def _symbols(body: bytes, count: int) -> tuple[list[int], int]:
    """Return the status of `count` packets and where the deltas begin."""
    symbols: list[int] = []
    at = 16
    while len(symbols) < count and at + 2 <= len(body):
        chunk = body[at] << 8 | body[at + 1]
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(symbols))
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    return symbols[:count], at


def arrivals(part: Part) -> tuple[int, list[float | None]] | None:
    """Return the first number of a transport-wide feedback and each packet's arrival in seconds of the receiver."""
    body = part.body
    if part.kind != TRANSPORT_FEEDBACK or part.count != TRANSPORT_CC or len(body) < 16:
        return None
    base, count, reference = struct.unpack_from(">HHI", body, 8)
    symbols, at = _symbols(body, min(count, MOST_REPORTED))
    time = (reference >> 8) * (REFERENCE_MICROSECONDS // TICK_MICROSECONDS)
    found: list[float | None] = []
    for symbol in symbols:
        if symbol == 1 and at < len(body):
            time, at = time + body[at], at + 1
        elif symbol == 2 and at + 1 < len(body):
            time, at = time + int.from_bytes(body[at : at + 2], signed=True), at + 2
        else:
            found.append(None)
            continue
        found.append(time * TICK_MICROSECONDS / 1_000_000)
    return base, found


def make_receiver_report(reports: Sequence[Block]) -> bytes:
    """Make a receiver report of at most 31 blocks."""
    packed = b"".join(
        struct.pack(
            ">IIIIII", each.ssrc, ((each.fraction_lost & 255) << 24) | (each.lost & 0xFFFFFF),
            each.highest & 0xFFFFFFFF, each.jitter & 0xFFFFFFFF, each.last_report, each.delay & 0xFFFFFFFF,
        )
        for each in reports[:31]
    )  # fmt: skip
    count = min(31, len(reports))
    return struct.pack(">BBHI", 0x80 | count, RECEIVER_REPORT, 1 + 6 * count, OURS) + packed


def make_sender_report(ssrc: int, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    """Make a sender report without blocks."""
    return struct.pack(
        ">BBHIQIII", 0x80, SENDER_REPORT, 6, ssrc, ntp, timestamp & 0xFFFFFFFF, packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )  # fmt: skip


def make_source_description(ssrc: int, cname: str) -> bytes:
    """Make a source description that ties streams of one participant together (RFC 3550 6.5.1)."""
    name = cname.encode()[:255]
    item = b"\x01" + bytes([len(name)]) + name + b"\x00"
    item += bytes(-len(item) % 4)
    return struct.pack(">BBHI", 0x81, SOURCE_DESCRIPTION, 1 + len(item) // 4, ssrc) + item


def make_pli(media: int) -> bytes:
    """Ask for a keyframe."""
    return struct.pack(">BBHII", 0x80 | PLI, PAYLOAD_FEEDBACK, 2, OURS, media)


def make_nack(media: int, lost: Sequence[int]) -> bytes:
    """Ask for packets again."""
    seqs = sorted({seq & 0xFFFF for seq in lost})
    pairs = []
    while seqs:
        first, bits = seqs.pop(0), 0
        while seqs and seqs[0] - first <= 16:
            bits |= 1 << (seqs.pop(0) - first - 1)
        pairs.append(struct.pack(">HH", first, bits))
    return struct.pack(">BBHII", 0x80 | NACK, TRANSPORT_FEEDBACK, 2 + len(pairs), OURS, media) + b"".join(pairs)


def _chunks(symbols: Sequence[int]) -> bytes:
    """Encode packet status: runs of seven or more as run length, else two-bit vectors of seven."""
    out = b""
    at = 0
    while at < len(symbols):
        run = 1
        while at + run < len(symbols) and symbols[at + run] == symbols[at] and run < 8191:
            run += 1
        if run >= 7:
            out += struct.pack(">H", (symbols[at] << 13) | run)
            at += run
            continue
        vector = 0xC000
        for place, symbol in enumerate(symbols[at : at + 7]):
            vector |= symbol << (12 - 2 * place)
        out += struct.pack(">H", vector)
        at += 7
    return out


def _one_transport_cc(media: int, count: int, arrivals: Sequence[tuple[int, int]]) -> bytes:
    base = arrivals[0][0]
    arrived = dict(arrivals)
    reference = arrivals[0][1] // REFERENCE_MICROSECONDS
    time, symbols, deltas = reference * REFERENCE_MICROSECONDS, [], b""
    for seq in range(base, arrivals[-1][0] + 1):
        at = arrived.get(seq)
        if at is None:
            symbols.append(0)
            continue
        delta = (at - time) // TICK_MICROSECONDS
        small = 0 <= delta <= 255
        delta = delta if small else max(-32768, min(32767, delta))
        symbols.append(1 if small else 2)
        deltas += struct.pack(">B" if small else ">h", delta)
        time += delta * TICK_MICROSECONDS
    head = struct.pack(
        ">IIHHI", OURS, media, base & 0xFFFF, len(symbols), ((reference & 0xFFFFFF) << 8) | (count & 255)
    )
    body = head + _chunks(symbols) + deltas
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes([padding])
    return (
        struct.pack(">BBH", 0x80 | (0x20 if padding else 0) | TRANSPORT_CC, TRANSPORT_FEEDBACK, len(body) // 4) + body
    )


def make_transport_cc(media: int, count: int, arrivals: Sequence[tuple[int, int]]) -> list[bytes]:
    """Report arrivals, (extended sequence number, microseconds) in any order; one packet or several.

    See draft-holmer-rmcat-transport-wide-cc-extensions-01. A gap no packet can span begins a new one, so that a peer
    that jumps in its numbers makes us send little, not much.
    """
    packets: list[bytes] = []
    group: list[tuple[int, int]] = []
    for seq, at in sorted(dict(reversed(arrivals)).items()):
        if group and (len(group) >= MOST_ARRIVALS or seq - group[0][0] > LONGEST_SPAN):
            packets.append(_one_transport_cc(media, count + len(packets), group))
            group = []
        group.append((seq, at))
    if group:
        packets.append(_one_transport_cc(media, count + len(packets), group))
    return packets
